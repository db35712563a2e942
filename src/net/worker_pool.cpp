#include "net/worker_pool.hpp"

#include <algorithm>
#include <utility>

namespace qp::net {

void WorkerPool::submit(std::vector<Job>& jobs) {
  std::size_t taken = 0;
  std::size_t wanted = 0;
  std::size_t idle = 0;
  {
    const std::lock_guard lock(mutex_);
    const std::size_t called = std::min(idle_, queue_.size());  // for what is queued already
    if (!stopping_) taken = std::min(jobs.size(), max_queued_ - queue_.size());
    std::size_t brief = 0;
    for (std::size_t i = 0; i < taken; ++i) {
      brief += jobs[i].brief ? 1 : 0;
      queue_.push_back(std::move(jobs[i]));
    }
    wanted = taken - brief + std::min(brief, cores_);
    idle = idle_ - called;
  }
  jobs.erase(jobs.begin(), jobs.begin() + static_cast<std::ptrdiff_t>(taken));
  if (wanted > idle) threads_.start(wanted - idle);
  for (std::size_t i = std::min(idle, wanted); i > 0; --i) wake_.notify_one();
}

void WorkerPool::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  threads_.join();
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
