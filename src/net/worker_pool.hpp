#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "base/mutex.hpp"
#include "base/thread_group.hpp"
#include "net/body_budget.hpp"
#include "net/message.hpp"
#include "net/responder.hpp"

namespace qp::net {

/// Which connection waits for an answer. Outlives the connection: a later one in the same slot
/// has another generation.
struct Ticket {
  std::uint32_t loop = 0;
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;
};

/// A request on its way through the pool; it owns everything that it needs.
struct Job {
  Request request;
  Ticket ticket;
  bool keep_alive = false;
  int attempt = 0;     ///< how often it was parked; kMostParkings too when its time is over
  bool brief = false;  ///< Where::Brief
  BodyBudget::Share body{};
  std::chrono::steady_clock::time_point parked_until{};  ///< set when it is parked first
};

/// Threads for handlers that are slower than a lookup, as many as are needed up to `workers`, and a
/// bounded queue before them.
class WorkerPool {
 public:
  /// Runs on a worker, with that worker's responder.
  using Run = std::function<void(Job job, Responder& responder)>;

  WorkerPool(std::size_t workers, std::size_t max_queued, const Handler& handler, Run run)
      : max_queued_(max_queued),
        handler_(handler),
        run_(std::move(run)),
        threads_("qp-worker", workers, [this] { work(); }) {}
  ~WorkerPool() { stop(); }

  void start() { threads_.start(1); }
  /// Takes jobs off the front of `jobs` until the queue is full, under one lock: waking workers is
  /// what a hand-off costs. For brief jobs, however many, no more are woken than there are cores:
  /// they are done before more of them could begin. Any thread.
  void submit(std::vector<Job>& jobs);
  /// Finishes what is queued and ends the threads.
  void stop();

 private:
  void work();

  const std::size_t max_queued_;
  const std::size_t cores_ = std::max<std::size_t>(1, std::thread::hardware_concurrency());
  const Handler& handler_;
  const Run run_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> queue_ GUARDED_BY(mutex_);
  std::size_t idle_ GUARDED_BY(mutex_) = 0;
  bool stopping_ GUARDED_BY(mutex_) = false;
  ThreadGroup threads_;  // last: they use all the others
};

}  // namespace qp::net
