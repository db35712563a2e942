#pragma once

#include <lmdb.h>

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <vector>

#include "base/mutex.hpp"
#include "base/result.hpp"
#include "store/access.hpp"
#include "store/store.hpp"

namespace qp::store {

inline constexpr std::uint32_t kFormatVersion = 1;

/// The open file: LMDB's environment and its named databases. Any thread. Opened once a process
/// (LMDB's file locks are lost when a second one closes).
class Env {
 public:
  static Result<std::unique_ptr<Env>> open(const Options& options);
  ~Env();
  Env(const Env&) = delete;
  Env& operator=(const Env&) = delete;

  /// A read transaction, from the pool where one lies there. While one is out the map cannot
  /// grow. Given back by `end_read`, from any thread.
  Result<MDB_txn*> begin_read();
  void end_read(MDB_txn* txn);

  /// Waits for LMDB's one writer of all processes.
  Result<MDB_txn*> begin_write();

  /// At least doubles the map. Waits for readers to end, 5 s at most: then Unavailable. The caller
  /// has no transaction open.
  Result<void> grow();
  /// Clears the slots of readers that died.
  void check_readers();

  /// Writes a compacted copy, which is on disk when this returns. Storage if the file exists.
  Result<void> copy(const std::filesystem::path& destination);

  const DbHandles& handles() const { return handles_; }
  MDB_envinfo info() const;

 private:
  struct Close {
    void operator()(MDB_env* env) const { mdb_env_close(env); }
  };
  Env() = default;
  Result<void> map(const Options& options, const std::filesystem::path& file);
  Result<void> open_databases(bool read_only);
  Result<void> check_format(const Access& access) const;
  Result<void> resize(std::size_t bytes);
  Result<MDB_txn*> begin(unsigned flags);

  std::unique_ptr<MDB_env, Close> env_;
  DbHandles handles_{};

  std::mutex mutex_;
  std::condition_variable readers_ended_;
  std::condition_variable resized_;
  std::vector<MDB_txn*> idle_ GUARDED_BY(mutex_);
  std::size_t active_ GUARDED_BY(mutex_) = 0;
  bool resizing_ GUARDED_BY(mutex_) = false;
};

}  // namespace qp::store
