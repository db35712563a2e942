#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
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

  /// Runs `work` on the writer thread between two commits, with no transaction open.
  Result<void> between(std::function<Result<void>()> work);

 private:
  struct Job {
    Store::Write work;
    std::function<Result<void>()> alone;  ///< instead of `work`: see `between`
    std::promise<Result<void>> done;
  };
  using Batch = std::vector<Job*>;
  enum class Attempt { Finished, Again, Grow };

  Result<void> wait_for(Job job);
  Batch next_batch();
  bool is_done();
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
