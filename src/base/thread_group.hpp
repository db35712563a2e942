#pragma once

#include <cstddef>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "base/mutex.hpp"

namespace qp {

/// Threads that do the same, started when there is work for one more: what is never needed costs
/// nothing. They end by themselves, when their owner tells them to. Any thread.
class ThreadGroup {
 public:
  /// `name`: of the threads, 15 characters at most, borrowed as long as this lives.
  ThreadGroup(const char* name, std::size_t most, std::function<void()> run)
      : name_(name), most_(most), run_(std::move(run)) {}
  ~ThreadGroup() { join(); }
  ThreadGroup(const ThreadGroup&) = delete;
  ThreadGroup& operator=(const ThreadGroup&) = delete;

  /// Starts `count` more, or as many as are still allowed. Where the system has no room for a
  /// thread, those that run go on alone.
  void start(std::size_t count);
  /// Waits until all have ended. None can be started any more.
  void join();

 private:
  const char* const name_;
  const std::size_t most_;
  const std::function<void()> run_;
  std::mutex mutex_;
  bool joined_ GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_ GUARDED_BY(mutex_);
};

}  // namespace qp
