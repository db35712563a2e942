#pragma once

#include <lmdb.h>

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/mutex.hpp"
#include "base/result.hpp"
#include "store/access.hpp"
#include "store/folder_lock.hpp"
#include "store/store.hpp"

namespace qp::store {

inline constexpr std::uint32_t kFormatVersion = 1;

inline constexpr const char* kFileName = "quads.mdb";

/// The open file: LMDB's environment and its named databases. Any thread. Opened once a process
/// (LMDB's file locks are lost when a second one closes): Conflict for a second time; a child
/// process cannot use what its parent opened.
class Env {
 public:
  /// Holds a shared lock of the folder.
  static Result<std::unique_ptr<Env>> open(const Options& options);
  /// The same for a caller that has the exclusive lock.
  static Result<std::unique_ptr<Env>> open_locked(const Options& options);
  /// A new file at `file`, with no lock and no sync of its own until `sync`: for one thread that
  /// builds it and then lets it take another's place.
  static Result<std::unique_ptr<Env>> create(const Options& options,
                                             const std::filesystem::path& file);
  ~Env();
  Env(const Env&) = delete;
  Env& operator=(const Env&) = delete;

  /// A transaction, and whose it is. While one is out the map cannot grow; whoever has one gets
  /// more of them at once.
  struct Entered {
    MDB_txn* txn = nullptr;
    std::thread::id thread;
  };
  /// A read transaction, from the pool where one lies there. Given back by `end_read`, from any
  /// thread.
  Result<Entered> begin_read();
  void end_read(const Entered& read);

  /// Waits for LMDB's one writer of all processes. `end_write` says that it is committed or
  /// aborted.
  Result<Entered> begin_write();
  void end_write(const Entered& write);

  /// At least doubles the map. Waits for all transactions to end, 5 s at most: then Unavailable.
  /// The caller has none.
  Result<void> grow();
  /// What LMDB's code says went wrong. LMDB calls it an input/output error, too, when a disk that
  /// becomes full takes only a part of a write.
  Error trouble(int code, std::string_view doing) const;
  /// After a commit that failed: LMDB gives an environment up whose meta page it could not write,
  /// for readers too. Opens the file anew then; waits for readers to end as `grow` does.
  Result<void> recover();
  /// What is wrong with how the file's pages are used; empty: nothing is (page_check.hpp).
  Result<std::string> check_pages();
  /// Clears the slots of readers that died.
  void check_readers();
  /// Which state the newest commit of any process made. Only ever grows, also where the file is
  /// opened anew or another one takes its place. Any thread.
  std::uint64_t generation();
  /// Which one `read` sees.
  std::uint64_t generation_of(const Entered& read) const {
    return opened_ << kTxnIdBits | mdb_txn_id(read.txn);
  }
  /// Transactions that read now, of all processes.
  std::size_t reading() const;

  /// Everything that was committed to a file from `create` is on disk.
  Result<void> sync();

  /// Puts a compacted copy in the file's place and goes on with it. Waits for readers to end, 5 s
  /// at most: then Unavailable, as when another process has the store open; the file is as it was.
  /// The caller is the writer and has no transaction open.
  Result<void> compact();

  /// Writes a compacted copy, which is on disk when this returns. Storage if the file exists.
  Result<void> copy(const std::filesystem::path& destination);

  /// Words that came after the file was last opened for writing: rows [first, second).
  std::pair<std::size_t, std::size_t> new_words() const { return {old_words_, words_}; }
  /// In a write transaction: from its commit on these words are no longer new.
  Result<void> mark_words(Access& access) const;

  const DbHandles& handles() const { return handles_; }
  MDB_envinfo info() const;

 private:
  struct Close {
    void operator()(MDB_env* env) const { mdb_env_close(env); }
  };
  explicit Env(const Options& options);
  Result<void> map(std::size_t bytes, unsigned flags);
  Result<void> open_databases(bool read_only);
  Result<void> check_format(const Access& access);
  Result<void> check_counts(const Access& access) const;
  Result<void> set_map(std::size_t bytes);  // alone
  Result<void> follow_map();
  Result<void> copy_to(int file);
  Result<void> swap_in(const std::filesystem::path& copy);
  bool is_given_up() const;
  Result<std::optional<Entered>> try_begin_read();
  Result<std::optional<Entered>> try_begin_write();
  Result<void> reopen(const std::filesystem::path& copy);  // alone
  Result<void> check_process() const;

  static constexpr unsigned kTxnIdBits = 48;

  std::thread::id enter();
  void leave(std::thread::id thread);
  Result<void> when_alone(const char* purpose, const std::function<Result<void>()>& work);
  bool is_inside(std::thread::id thread) const;  // mutex_ is held

  FolderLock lock_;  ///< first: it goes last
  std::filesystem::path file_;
  std::size_t map_bytes_;
  bool read_only_;
  std::size_t words_;      ///< that the program knows
  std::size_t old_words_;  ///< that the file was last opened for
  int process_;
  std::unique_ptr<MDB_env, Close> env_;
  DbHandles handles_{};
  std::uint64_t opened_ = 0;  ///< how often; changes when nobody is inside

  std::mutex mutex_;
  std::condition_variable emptied_;
  std::condition_variable alone_ended_;
  std::vector<MDB_txn*> idle_ GUARDED_BY(mutex_);
  std::vector<std::thread::id> inside_ GUARDED_BY(mutex_);  ///< once for each transaction
  bool alone_ GUARDED_BY(mutex_) = false;                   ///< someone is, or waits to be
};

}  // namespace qp::store
