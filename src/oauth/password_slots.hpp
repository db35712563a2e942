#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>

#include "base/mutex.hpp"
#include "oauth/limits.hpp"

namespace qp::oauth {

/// Room for the memory that checking a password takes (64 MiB each). Any thread.
class PasswordSlots {
 public:
  explicit PasswordSlots(std::size_t most = limits::kPasswordsAtOnce,
                         std::size_t most_waiting = limits::kPasswordsWaiting)
      : most_(most), most_waiting_(most_waiting) {}

  /// Waits for a place; leave() gives it back. False where too many wait, or it took too long.
  bool enter() {
    std::unique_lock lock(mutex_);
    const auto is_free = [this] { return busy_ < most_; };
    if (!is_free()) {
      if (waiting_ >= most_waiting_) return false;
      ++waiting_;
      left_.wait_for(lock, limits::kPasswordWait, is_free);
      --waiting_;
      if (!is_free()) return false;
    }
    ++busy_;
    return true;
  }
  void leave() {
    {
      const std::lock_guard lock(mutex_);
      --busy_;
    }
    left_.notify_one();
  }

 private:
  const std::size_t most_, most_waiting_;
  std::mutex mutex_;
  std::condition_variable left_;
  std::size_t busy_ GUARDED_BY(mutex_) = 0;
  std::size_t waiting_ GUARDED_BY(mutex_) = 0;
};

}  // namespace qp::oauth
