#include "net/errands.hpp"

#include <utility>

namespace qp::net {

Errands::Errands(const Options& options, Run run)
    : options_(options),
      run_(std::move(run)),
      threads_(options_.name, options_.threads, [this] { work(); }) {}

bool Errands::add(std::string what) {
  bool is_short = false;
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= options_.max_waiting) return false;
    waiting_.push_back(std::move(what));
    is_short = waiting_.size() > free_;
  }
  if (is_short) threads_.start(1);
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
  threads_.join();
}

void Errands::work() {
  while (true) {
    std::string what;
    {
      std::unique_lock lock(mutex_);
      ++free_;
      wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
      --free_;
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
