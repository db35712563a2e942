#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <deque>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.hpp"
#include "net/worker_pool.hpp"

namespace qp::net {

using SteadyTime = std::chrono::steady_clock::time_point;

/// Requests that wait for something from the network, each under a key. Any thread.
class ParkingLot {
 public:
  enum class Outcome {
    Parked,
    Ready,  ///< the key was resumed while the handler still ran: handle it anew at once
    Full,   ///< kParkedRequests, or kParkedPerHost of this key
  };

  explicit ParkingLot(std::chrono::milliseconds parked_time) : parked_time_(parked_time) {}

  /// Takes `job` where the outcome is Parked. `handled_since`: when its handler began.
  Outcome park(Job& job, const std::string& key, SteadyTime handled_since);
  /// Those that wait for `key`.
  std::vector<Job> resume(const std::string& key);
  /// Those whose time is over at `now`. Cheap where nothing is parked.
  std::vector<Job> expired(SteadyTime now);
  std::vector<Job> all();
  std::size_t size() const { return size_.load(std::memory_order_relaxed); }

 private:
  struct Parked {
    std::string key;
    Job job;
  };
  template <class Predicate>
  std::vector<Job> take_if(Predicate predicate);

  const std::chrono::milliseconds parked_time_;
  std::mutex mutex_;
  std::vector<Parked> parked_ GUARDED_BY(mutex_);
  std::deque<std::pair<SteadyTime, std::string>> resumed_ GUARDED_BY(mutex_);  // the latest
  std::atomic<std::size_t> size_ = 0;
};

}  // namespace qp::net
