#pragma once

#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/mutex.hpp"
#include "store/env.hpp"
#include "store/store.hpp"
#include "store/txn.hpp"

namespace qp::store {

/// The one thread that writes, with group commit: what came while a commit was under way goes into
/// the next one together. Owns its thread; the destructor finishes what is queued.
class Writer {
 public:
  Writer(Env& env, const WordIndex& words);
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  /// Returns when `work` is on disk, or with the Error for which it is not. Any other thread.
  Result<void> write(Store::Write work);

 private:
  struct Job {
    Store::Write work;
    std::promise<Result<void>> done;
  };
  using Batch = std::vector<Job*>;
  enum class Attempt { Finished, Again, Grow };

  void run();
  void commit(Batch batch);
  Attempt attempt(Batch& batch);
  Attempt commit(LmdbWrite& txn, Batch& batch);
  static void fail_all(Batch& batch, const Error& error);

  Env& env_;
  const WordIndex& words_;

  std::mutex mutex_;
  std::condition_variable work_came_;
  std::deque<Job*> queue_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::thread thread_;  // last: it uses the others
};

}  // namespace qp::store
