#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>

#include "base/mutex.hpp"
#include "base/thread_group.hpp"

namespace qp::net {

/// Threads that see to things which are named by a text, first come, first served: fetches, so that
/// nobody else waits for the network. They start when there is something for them. Any thread.
class Errands {
 public:
  struct Options {
    const char* name;  ///< of the threads, 15 characters at most
    std::size_t threads;
    std::size_t max_waiting;
  };
  using Run = std::function<void(const std::string& what)>;

  Errands(const Options& options, Run run);
  ~Errands() { stop(); }
  Errands(const Errands&) = delete;
  Errands& operator=(const Errands&) = delete;

  /// False where too much waits already.
  bool add(std::string what);
  /// Returns when nothing waits or is being done.
  void wait();
  /// Ends the threads when they have done what they are at; what waits is dropped.
  void stop();

 private:
  void work();

  const Options options_;
  const Run run_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable idle_;
  std::deque<std::string> waiting_ GUARDED_BY(mutex_);
  std::size_t free_ GUARDED_BY(mutex_) = 0;  // threads that wait
  std::size_t busy_ GUARDED_BY(mutex_) = 0;
  bool stopping_ GUARDED_BY(mutex_) = false;
  ThreadGroup threads_;  // last: they use all the others
};

}  // namespace qp::net
