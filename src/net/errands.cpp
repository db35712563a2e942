#include "net/errands.hpp"

#include <pthread.h>

#include <utility>

namespace qp::net {

Errands::Errands(const Options& options, Run run) : options_(options), run_(std::move(run)) {
  for (std::size_t i = 0; i < options_.threads; ++i) threads_.emplace_back([this] { work(); });
}

bool Errands::add(std::string what) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= options_.max_waiting) return false;
    waiting_.push_back(std::move(what));
  }
  wake_.notify_one();
  return true;
}

void Errands::wait() {
  std::unique_lock lock(mutex_);
  idle_.wait(lock, [this] { return stopping_ || (waiting_.empty() && busy_ == 0); });
}

void Errands::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  idle_.notify_all();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void Errands::work() {
  pthread_setname_np(pthread_self(), options_.name);
  while (true) {
    std::string what;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
      if (stopping_) return;
      what = std::move(waiting_.front());
      waiting_.pop_front();
      ++busy_;
    }
    run_(what);
    const std::lock_guard lock(mutex_);
    --busy_;
    idle_.notify_all();
  }
}

}  // namespace qp::net
