#pragma once

#include <atomic>
#include <chrono>
#include <string>

#include "base/result.hpp"

namespace qp::sparql {

/// When a query is to be done, from the reading of its text to the last row of its answer.
class Deadline {
 public:
  using Clock = std::chrono::steady_clock;

  /// There is none.
  Deadline() = default;
  /// So long from now, or when `stop` is set, which outlives it.
  static Deadline in(std::chrono::milliseconds time, const std::atomic<bool>* stop = nullptr) {
    return {Clock::now() + time, time, stop};
  }

  /// Whether what takes so long and cannot be interrupted may begin.
  bool allows(std::chrono::microseconds time) const {
    return at_ == Clock::time_point::max() || Clock::now() + time < at_;
  }
  bool is_over() const {
    return is_stopped() || (at_ != Clock::time_point::max() && Clock::now() >= at_);
  }
  Error passed() const {
    if (is_stopped()) return error(Code::Unavailable, "the query was interrupted");
    return error(Code::Unavailable, "the query took longer than its limit of " +
                                        std::to_string(time_.count()) + " ms");
  }

 private:
  Deadline(Clock::time_point at, std::chrono::milliseconds time, const std::atomic<bool>* stop)
      : at_(at), time_(time), stop_(stop) {}
  bool is_stopped() const { return stop_ != nullptr && *stop_; }

  Clock::time_point at_ = Clock::time_point::max();
  std::chrono::milliseconds time_{0};
  const std::atomic<bool>* stop_ = nullptr;
};

}  // namespace qp::sparql
