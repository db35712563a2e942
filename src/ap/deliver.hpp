#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

#include "ap/services.hpp"
#include "base/mutex.hpp"

namespace qp::ap {

/// Sends what the queue holds: parallel over hosts, in order within one, backing off on failure.
class Delivery {
 public:
  explicit Delivery(Services& services, std::size_t threads = 4);
  ~Delivery();
  Delivery(const Delivery&) = delete;
  Delivery& operator=(const Delivery&) = delete;

  void start();
  /// Something was queued. Any thread.
  void wake();
  /// Lets what is being sent finish.
  void stop();

  struct Counters {
    std::uint64_t delivered, failed, dropped;
  };
  Counters counters() const { return {delivered_, failed_, dropped_}; }

 private:
  void run();
  bool take(store::QueueItem& item);
  void attempt(const store::QueueItem& item);

  Services& services_;
  std::size_t thread_count_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::unordered_set<std::string> busy_lanes_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
  bool woken_ GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
  std::atomic<std::uint64_t> delivered_{0}, failed_{0}, dropped_{0};
};

}  // namespace qp::ap
