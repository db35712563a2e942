#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <vector>

#include "base/mutex.hpp"
#include "base/time.hpp"

namespace qp::web {

/// What the server had done, and held, at one moment. The first line counts from its start.
struct Figures {
  Millis at{};
  std::uint64_t requests = 0, rejected = 0, delivered = 0, failed = 0;
  std::uint64_t quads = 0, documents = 0, file_bytes = 0, queued = 0;
};

/// Figures of the last day, one a minute, in memory: for the plots of /admin/. Any thread.
class History {
 public:
  static constexpr std::size_t kKept = std::size_t{24} * 60;

  void add(const Figures& figures);
  /// Oldest first.
  std::vector<Figures> all() const;

 private:
  mutable std::mutex mutex_;
  std::deque<Figures> figures_ GUARDED_BY(mutex_);
};

}  // namespace qp::web
