#include "base/thread_group.hpp"

#include <pthread.h>

#include <system_error>
#include <utility>

#include "base/log.hpp"

namespace qp {

void ThreadGroup::start(std::size_t count) {
  const std::lock_guard lock(mutex_);
  for (; count > 0 && !joined_ && threads_.size() < most_; --count) {
    try {
      threads_.emplace_back([this] {
        pthread_setname_np(pthread_self(), name_);
        run_();
      });
    } catch (const std::system_error& trouble) {
      log::warning("no_more_threads",
                   {log::field("name", name_), log::field("detail", trouble.what())});
      return;
    }
  }
}

void ThreadGroup::join() {
  std::vector<std::thread> threads;
  {
    const std::lock_guard lock(mutex_);
    joined_ = true;
    threads.swap(threads_);
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace qp
