#include "store/writer.hpp"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

#include "base/log.hpp"

namespace qp::store {

static constexpr std::size_t kBatch = 512;
// After so many neighbours have failed the others are committed one by one: a sender of failing
// work cannot make a batch run as often as it has members.
static constexpr int kReruns = 4;
static constexpr auto kReaderCheckEvery = std::chrono::minutes(1);

Writer::Writer(Env& env, const WordIndex& words)
    : env_(env), words_(words), thread_([this] { run(); }) {
  pthread_setname_np(thread_.native_handle(), "store-writer");
}

Writer::~Writer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  work_came_.notify_all();
  thread_.join();
}

Result<void> Writer::write(Store::Write work) { return wait_for(Job{std::move(work), {}, {}}); }

Result<void> Writer::between(std::function<Result<void>()> work) {
  return wait_for(Job{{}, std::move(work), {}});
}

Result<void> Writer::wait_for(Job job) {
  if (std::this_thread::get_id() == thread_.get_id()) {
    return Error{Code::Internal, "store: write() inside a write", {}};
  }
  auto done = job.done.get_future();
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return Error{Code::Unavailable, "store: closing", {}};
    queue_.push_back(&job);
  }
  work_came_.notify_one();
  return done.get();
}

// The queue's front: many writes, or one job that wants to be alone. Empty: nothing came.
Writer::Batch Writer::next_batch() {
  std::unique_lock lock(mutex_);
  work_came_.wait_for(lock, kReaderCheckEvery, [this] { return stopping_ || !queue_.empty(); });
  Batch batch;
  while (!queue_.empty() && batch.size() < kBatch) {
    const bool alone = queue_.front()->alone != nullptr;
    if (alone && !batch.empty()) break;
    batch.push_back(queue_.front());
    queue_.pop_front();
    if (alone) break;
  }
  return batch;
}

bool Writer::is_done() {
  const std::lock_guard lock(mutex_);
  return stopping_ && queue_.empty();
}

void Writer::run() {
  auto checked = std::chrono::steady_clock::now();
  while (!is_done()) {
    Batch batch = next_batch();
    if (!batch.empty() && batch.front()->alone) {
      batch.front()->done.set_value(batch.front()->alone());
    } else if (!batch.empty()) {
      commit(std::move(batch));
    }
    if (std::chrono::steady_clock::now() - checked >= kReaderCheckEvery) {
      env_.check_readers();
      checked = std::chrono::steady_clock::now();
    }
  }
}

void Writer::fail_all(Batch& batch, const Error& error) {
  log::error("store_write_failed",
             {log::field("detail", error.detail), log::field("writes", batch.size())});
  for (Job* job : batch) job->done.set_value(error);
  batch.clear();
}

void Writer::commit(Batch batch) {
  int reruns = 0;
  while (!batch.empty()) {
    if (reruns > kReruns && batch.size() > 1) {
      for (Job* job : batch) commit(Batch{job});
      return;
    }
    const Attempt outcome = attempt(batch);
    if (outcome == Attempt::Again) ++reruns;
    if (outcome == Attempt::Grow) {
      const auto grown = env_.grow();
      if (!grown) fail_all(batch, grown.error());
    }
  }
}

static Result<void> run_guarded(const Store::Write& work, WriteTxn& txn) {
  try {
    return work(txn);
  } catch (const std::exception& trouble) {
    return Error{Code::Internal, std::string("store: a write threw: ") + trouble.what(), {}};
  }
}

// Runs and commits the batch. A job that fails is answered and leaves it; where it had written
// something already the others start again without it.
Writer::Attempt Writer::attempt(Batch& batch) {
  auto begun = LmdbWrite::begin(env_, words_);
  if (!begun) {
    fail_all(batch, begun.error());
    return Attempt::Finished;
  }
  LmdbWrite& txn = **begun;
  for (std::size_t i = 0; i < batch.size();) {
    const std::uint64_t writes = txn.writes();
    Result<void> result = run_guarded(batch[i]->work, txn);
    if (txn.failure() == MDB_MAP_FULL) return Attempt::Grow;
    if (txn.failure() != 0) result = env_.trouble(txn.failure(), "in a write");
    if (result) {
      ++i;
      continue;
    }
    batch[i]->done.set_value(std::move(result));
    batch.erase(batch.begin() + static_cast<std::ptrdiff_t>(i));
    if (txn.writes() != writes || txn.failure() != 0) return Attempt::Again;
  }
  return batch.empty() ? Attempt::Finished : commit(txn, batch);
}

Writer::Attempt Writer::commit(LmdbWrite& txn, Batch& batch) {
  const int code = txn.writes() == 0 ? 0 : txn.commit();
  if (code == MDB_MAP_FULL) return Attempt::Grow;
  if (code != 0) {
    const Error trouble = env_.trouble(code, "committing");
    const auto recovered = env_.recover();
    if (!recovered)
      log::error("store_not_recovered", {log::field("detail", recovered.error().detail)});
    fail_all(batch, trouble);
    return Attempt::Finished;
  }
  for (Job* job : batch) job->done.set_value({});
  batch.clear();
  return Attempt::Finished;
}

}  // namespace qp::store
