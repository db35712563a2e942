#include "net/worker_pool.hpp"

#include <pthread.h>

#include <algorithm>
#include <utility>

namespace qp::net {

void WorkerPool::start(std::size_t workers) {
  for (std::size_t i = 0; i < workers; ++i) {
    threads_.emplace_back([this] { work(); });
    pthread_setname_np(threads_.back().native_handle(), "qp-worker");
  }
}

void WorkerPool::submit(std::vector<Job>& jobs) {
  std::size_t taken = 0;
  std::size_t to_wake = 0;
  {
    const std::lock_guard lock(mutex_);
    if (!stopping_) taken = std::min(jobs.size(), max_queued_ - queue_.size());
    std::size_t brief = 0;
    for (std::size_t i = 0; i < taken; ++i) {
      brief += jobs[i].brief ? 1 : 0;
      queue_.push_back(std::move(jobs[i]));
    }
    to_wake = std::min(idle_, taken - brief + std::min(brief, cores_));
  }
  jobs.erase(jobs.begin(), jobs.begin() + static_cast<std::ptrdiff_t>(taken));
  for (; to_wake > 0; --to_wake) wake_.notify_one();
}

void WorkerPool::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void WorkerPool::work() {
  Responder responder(handler_);
  std::unique_lock lock(mutex_);
  while (true) {
    ++idle_;
    wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    --idle_;
    if (queue_.empty()) return;
    Job job = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    run_(std::move(job), responder);
    lock.lock();
  }
}

}  // namespace qp::net
