#include "store/env.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <string>
#include <thread>

#include "base/log.hpp"
#include "store/bytes.hpp"
#include "store/counters.hpp"
#include "store/file_check.hpp"
#include "vocab/terms.hpp"

namespace qp::store {

static constexpr std::string_view kFormatKey = "format";
static constexpr std::string_view kFormatName = "quadpub";
static constexpr unsigned kMaxReaders = 1024;
static constexpr std::size_t kSmallestMap = std::size_t{1} << 20;
static constexpr auto kResizeWait = std::chrono::seconds(5);
static constexpr mdb_mode_t kFileMode = 0600;

static std::size_t page_size(MDB_env* env) {
  MDB_stat stat;
  mdb_env_stat(env, &stat);
  return stat.ms_psize;
}

// Name, version, byte order, page size, rows of terms.def when it was last opened for writing.
static std::string format_record(MDB_env* env, std::size_t rows) {
  std::string value(kFormatName);
  append_number(value, kFormatVersion, 4);
  value.push_back(std::endian::native == std::endian::little ? 'l' : 'b');
  append_number(value, page_size(env), 4);
  append_number(value, rows, 4);
  append_checksum(kFormatKey, value);
  return value;
}

Env::Env(const Options& options)
    : file_(options.folder / kFileName),
      map_bytes_(options.initial_map_bytes),
      read_only_(options.read_only),
      words_(std::min(options.words, vocab::rows().size())),
      old_words_(words_),
      process_(::getpid()) {}

// Made whole under another name: LMDB's own first pages could be torn by a crash.
static Result<void> create_if_missing(const Options& options) {
  const std::filesystem::path file = options.folder / kFileName;
  std::error_code ignored;
  if (std::filesystem::exists(file, ignored)) return {};
  const auto lock = FolderLock::take(options.folder, FolderLock::Kind::Exclusive);
  // Another process is making it; or a second look shows that it has.
  if (!lock && lock.error().code == Code::Unavailable) return {};
  if (!lock) return lock.error();
  if (std::filesystem::exists(file, ignored)) return {};
  const std::filesystem::path fresh = file.string() + ".new";
  std::filesystem::remove(fresh, ignored);
  auto env = QP_TRY(Env::create(options, fresh));
  QP_TRY(env->sync());
  env.reset();
  return rename_durably(fresh, file);
}

Result<std::unique_ptr<Env>> Env::open(const Options& options) {
  std::error_code trouble;
  if (!options.read_only) std::filesystem::create_directories(options.folder, trouble);
  if (trouble) {
    return Error{Code::Storage, "store: " + options.folder.string() + ": " + trouble.message(), {}};
  }
  if (!options.read_only) QP_TRY(create_if_missing(options));
  FolderLock lock = QP_TRY(FolderLock::take(options.folder, FolderLock::Kind::Shared));
  auto env = QP_TRY(open_locked(options));
  env->lock_ = std::move(lock);
  return env;
}

Result<std::unique_ptr<Env>> Env::open_locked(const Options& options) {
  std::unique_ptr<Env> env(new Env(options));
  if (!options.force_filesystem) QP_TRY(check_filesystem(options.folder));
  QP_TRY(check_not_open(env->file_));
  QP_TRY(check_not_truncated(env->file_));
  // A server reads here and there: with the system's reading ahead (8 MiB where this was measured)
  // a page of a cold store took 100 ms instead of 10. What goes through all of it opens it to read.
  QP_TRY(env->map(options.initial_map_bytes, options.read_only ? MDB_RDONLY : MDB_NORDAHEAD));
  env->check_readers();
  QP_TRY(env->open_databases(options.read_only));
  return env;
}

Result<std::unique_ptr<Env>> Env::create(const Options& options,
                                         const std::filesystem::path& file) {
  std::unique_ptr<Env> env(new Env(options));
  env->file_ = file;
  QP_TRY(env->map(options.initial_map_bytes, MDB_NOSYNC | MDB_NOLOCK));
  QP_TRY(env->open_databases(false));
  return env;
}

// A machine that does not give so much address space gets what it can; the map grows later.
Result<void> Env::map(std::size_t wanted, unsigned flags) {
  for (std::size_t bytes = std::max(wanted, kSmallestMap);; bytes /= 4) {
    MDB_env* env = nullptr;
    if (const int code = mdb_env_create(&env); code != 0) return lmdb_error(code, "creating");
    env_.reset(env);
    mdb_env_set_maxdbs(env, kDbCount);
    mdb_env_set_maxreaders(env, kMaxReaders);
    mdb_env_set_mapsize(env, bytes);
    const int code = mdb_env_open(env, file_.c_str(), MDB_NOSUBDIR | MDB_NOTLS | flags, kFileMode);
    if (code == 0) return {};
    if (code != ENOMEM || bytes / 4 < kSmallestMap) {
      return lmdb_error(code, "opening " + file_.string());
    }
  }
}

Result<void> Env::check_process() const {
  if (::getpid() == process_) return {};
  return Error{Code::Internal, "store: opened by the parent process", {}};
}

Result<void> Env::mark_words(Access& access) const {
  return access.put(Db::Meta, kFormatKey, format_record(env_.get(), words_));
}

Result<void> Env::sync() {
  const int code = mdb_env_sync(env_.get(), 1);
  if (code != 0) return lmdb_error(code, "syncing");
  return {};
}

Env::~Env() {
  for (MDB_txn* txn : idle_) mdb_txn_abort(txn);
}

Result<void> Env::check_format(const Access& access) {
  const auto found = QP_TRY(access.get(Db::Meta, kFormatKey));
  ByteReader reader(found.value_or(std::string_view()));
  if (!found || reader.take(kFormatName.size()) != kFormatName) {
    return error(Code::Storage, "the file has no format marker: it is no quadpub store");
  }
  const std::uint64_t version = reader.number(4);
  if (version > kFormatVersion) {
    return error(Code::Storage, "the store has format " + std::to_string(version) +
                                    ", which is newer than this program's " +
                                    std::to_string(kFormatVersion));
  }
  const std::string expected = format_record(env_.get(), 0);
  const std::size_t fixed = kFormatName.size() + 4;
  if (reader.take(5) != std::string_view(expected).substr(fixed, 5)) {
    return error(Code::Storage, "the store was made with another byte order or page size");
  }
  const std::uint64_t rows = reader.number(4);
  if (!reader.good() || !checksum_holds(kFormatKey, *found)) return damaged(Db::Meta, kFormatKey);
  old_words_ = rows;
  if (rows > words_) {
    return error(Code::Storage,
                 "the store knows " + std::to_string(rows) + " words, more than this program");
  }
  return {};
}

// A file without any database is new; one that lacks some of them is not ours.
Result<void> Env::open_databases(bool read_only) {
  MDB_txn* txn = QP_TRY(begin(read_only ? MDB_RDONLY : 0U));
  const auto abort = [txn](Error error) {
    mdb_txn_abort(txn);
    return error;
  };
  MDB_stat stat;
  MDB_dbi main = 0;
  if (const int code = mdb_dbi_open(txn, nullptr, 0, &main); code != 0) {
    return abort(lmdb_error(code, "opening the main database"));
  }
  mdb_stat(txn, main, &stat);
  const bool is_new = stat.ms_entries == 0;
  for (std::size_t i = 0; i < kDbCount; ++i) {
    const unsigned flags = is_new && !read_only ? MDB_CREATE : 0U;
    const int code = mdb_dbi_open(txn, kDbNames[i], flags, &handles_[i]);
    if (code != 0) return abort(lmdb_error(code, std::string("opening ") + kDbNames[i]));
  }
  Access access(txn, handles_);
  if (is_new) {
    const auto marked = access.put(Db::Meta, kFormatKey, format_record(env_.get(), words_));
    if (!marked) return abort(marked.error());
    const auto counted = write_counters(access, Counters{});
    if (!counted) return abort(counted.error());
  }
  const auto good = check_format(access);
  if (!good) return abort(good.error());
  if (const int code = mdb_txn_commit(txn); code != 0) return lmdb_error(code, "creating");
  return {};
}

// Another process may have let the map grow; then ours follows.
Result<MDB_txn*> Env::begin(unsigned flags) {
  QP_TRY(check_process());
  MDB_txn* txn = nullptr;
  int code = mdb_txn_begin(env_.get(), nullptr, flags, &txn);
  if (code == MDB_MAP_RESIZED || code == MDB_PANIC) {
    QP_TRY(code == MDB_PANIC ? recover() : resize(0));
    code = mdb_txn_begin(env_.get(), nullptr, flags, &txn);
  }
  if (code != 0) return lmdb_error(code, "beginning a transaction");
  return txn;
}

Result<MDB_txn*> Env::begin_write() { return begin(0); }

// Where LMDB has given up the writer is about to open the file anew.
Result<MDB_txn*> Env::begin_read() {
  QP_TRY(check_process());
  const auto until = std::chrono::steady_clock::now() + kResizeWait;
  for (;;) {
    if (MDB_txn* txn = QP_TRY(try_begin_read())) return txn;
    if (std::chrono::steady_clock::now() > until) return lmdb_error(MDB_PANIC, "beginning to read");
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

// nullptr: LMDB has given up.
Result<MDB_txn*> Env::try_begin_read() {
  MDB_txn* txn = nullptr;
  {
    std::unique_lock lock(mutex_);
    resized_.wait(lock, [this] { return !resizing_; });
    ++active_;
    if (!idle_.empty()) {
      txn = idle_.back();
      idle_.pop_back();
    }
  }
  const int code =
      txn != nullptr ? mdb_txn_renew(txn) : mdb_txn_begin(env_.get(), nullptr, MDB_RDONLY, &txn);
  if (code == 0) return txn;
  if (txn != nullptr) mdb_txn_abort(txn);
  end_read(nullptr);
  if (code == MDB_PANIC) return nullptr;
  if (code != MDB_MAP_RESIZED) return lmdb_error(code, "beginning to read");
  QP_TRY(resize(0));
  return try_begin_read();
}

void Env::end_read(MDB_txn* txn) {
  if (txn != nullptr) mdb_txn_reset(txn);
  const std::lock_guard lock(mutex_);
  if (txn != nullptr) idle_.push_back(txn);
  --active_;
  if (resizing_ && active_ == 0) readers_ended_.notify_all();
}

// LMDB unmaps and maps again: nobody may be reading then. `bytes` 0: as the file says.
Result<void> Env::resize(std::size_t bytes) {
  std::unique_lock lock(mutex_);
  resized_.wait(lock, [this] { return !resizing_; });
  resizing_ = true;
  const bool alone = readers_ended_.wait_for(lock, kResizeWait, [this] { return active_ == 0; });
  const int code = alone ? mdb_env_set_mapsize(env_.get(), bytes) : 0;
  resizing_ = false;
  resized_.notify_all();
  if (!alone) return Error{Code::Unavailable, "store: a reader keeps the map from growing", {}};
  if (code != 0) return lmdb_error(code, "resizing the map");
  return {};
}

Result<void> Env::grow() {
  const std::size_t bytes = info().me_mapsize * 2;
  log::info("store_map_grows", {log::field("bytes", bytes)});
  return resize(bytes);
}

void Env::check_readers() {
  int dead = 0;
  mdb_reader_check(env_.get(), &dead);
  if (dead > 0) log::warning("store_readers_cleared", {log::field("count", dead)});
}

MDB_envinfo Env::info() const {
  MDB_envinfo info;
  mdb_env_info(env_.get(), &info);
  return info;
}

Result<void> Env::compact() {
  if (read_only_) return Error{Code::Storage, "store: opened for reading only", {}};
  const std::filesystem::path copy = file_.string() + ".new";
  std::error_code ignored;
  std::filesystem::remove(copy, ignored);
  QP_TRY(lock_.change(FolderLock::Kind::Exclusive));
  auto swapped = swap_in(copy);
  std::filesystem::remove(copy, ignored);
  QP_TRY(lock_.change(FolderLock::Kind::Shared));
  return swapped;
}

// Readers go on until the copy is there; then the file is changed between two of them.
Result<void> Env::swap_in(const std::filesystem::path& copy) {
  QP_TRY(this->copy(copy));
  std::unique_lock lock(mutex_);
  resized_.wait(lock, [this] { return !resizing_; });
  resizing_ = true;
  const bool alone = readers_ended_.wait_for(lock, kResizeWait, [this] { return active_ == 0; });
  auto swapped =
      alone
          ? reopen(copy)
          : Result<void>(error(Code::Unavailable, "a reader keeps the store from changing files"));
  resizing_ = false;
  resized_.notify_all();
  return swapped;
}

bool Env::is_given_up() const {
  MDB_txn* txn = nullptr;
  const int code = mdb_txn_begin(env_.get(), nullptr, MDB_RDONLY, &txn);
  if (code == 0) mdb_txn_abort(txn);
  return code == MDB_PANIC;
}

Result<void> Env::recover() {
  if (!is_given_up()) return {};
  std::unique_lock lock(mutex_);
  resized_.wait(lock, [this] { return !resizing_; });
  resizing_ = true;
  const bool alone = readers_ended_.wait_for(lock, kResizeWait, [this] { return active_ == 0; });
  auto opened = alone ? reopen({})
                      : Result<void>(error(Code::Unavailable,
                                           "a reader keeps the store from being opened anew"));
  resizing_ = false;
  resized_.notify_all();
  if (opened) log::warning("store_opened_anew", {});
  return opened;
}

// Nobody reads or writes now. A copy is whole and on disk before it takes the file's place.
Result<void> Env::reopen(const std::filesystem::path& copy) {
  for (MDB_txn* txn : idle_) mdb_txn_abort(txn);
  idle_.clear();
  const std::size_t bytes = std::max<std::size_t>(info().me_mapsize, map_bytes_);
  env_.reset();
  auto renamed = copy.empty() ? Result<void>() : rename_durably(copy, file_);
  QP_TRY(map(bytes, 0));
  QP_TRY(open_databases(false));
  return renamed;
}

Result<void> Env::copy(const std::filesystem::path& destination) {
  // For its owner only: there are keys in it. mdb_env_copy2 would leave that to the umask.
  const int file = ::open(destination.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return lmdb_error(errno, "making " + destination.string());
  const auto pin = begin_read();  // keeps the map from growing meanwhile
  const int code = pin ? mdb_env_copyfd2(env_.get(), file, MDB_CP_COMPACT) : 0;
  if (pin) end_read(*pin);
  ::close(file);
  if (!pin || code != 0) {
    ::unlink(destination.c_str());
    return pin ? lmdb_error(code, "copying to " + destination.string()) : pin.error();
  }
  QP_TRY(sync_to_disk(destination));
  return sync_to_disk(std::filesystem::absolute(destination).parent_path());
}

}  // namespace qp::store
