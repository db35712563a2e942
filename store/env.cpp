#include "store/env.hpp"

#include <fcntl.h>
#include <sys/statvfs.h>
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
#include "store/page_check.hpp"
#include "vocab/terms.hpp"

namespace qp::store {

static constexpr std::string_view kFormatKey = "format";
static constexpr std::string_view kFormatName = "quadpub";
static constexpr unsigned kMaxReaders = 1024;
static constexpr std::size_t kSmallestMap = std::size_t{1} << 20;
static constexpr auto kAloneWait = std::chrono::seconds(5);
static constexpr mdb_mode_t kFileMode = 0600;
// A server reads here and there: with the system's reading ahead (8 MiB where this was measured)
// a page of a cold store took 100 ms instead of 10. What goes through all of it opens it to read.
static constexpr unsigned kServing = MDB_NORDAHEAD;

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
  // A link that leads nowhere is something, too: its disk may not be mounted.
  const auto is_there = [&] {
    return std::filesystem::exists(std::filesystem::symlink_status(file, ignored));
  };
  if (is_there()) return {};
  const auto lock = FolderLock::take(options.folder, FolderLock::Kind::Exclusive);
  // Another process is making it; or a second look shows that it has.
  if (!lock && lock.error().code == Code::Unavailable) return {};
  if (!lock) return lock.error();
  if (is_there()) return {};
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
  QP_TRY(env->map(options.initial_map_bytes, options.read_only ? MDB_RDONLY : kServing));
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
      return trouble(code, "opening " + file_.string());
    }
  }
}

Error Env::trouble(int code, std::string_view doing) const {
  static constexpr std::uint64_t kNoRoom = std::uint64_t{1} << 20;
  struct statvfs disk{};
  const bool is_full = code == EIO && ::statvfs(file_.parent_path().c_str(), &disk) == 0 &&
                       std::uint64_t{disk.f_bavail} * disk.f_frsize < kNoRoom;
  return lmdb_error(is_full ? ENOSPC : code, doing);
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
  if (code != 0) return trouble(code, "syncing");
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

// A store that seems to have lost rows is refused before it is served as if that were all.
Result<void> Env::check_counts(const Access& access) const {
  const Counters counters = QP_TRY(read_counters(access));
  const auto check = [&](Db db, std::uint64_t counted) -> Result<void> {
    const std::uint64_t rows = QP_TRY(access.entries(db));
    if (rows == counted) return {};
    return error(Code::Storage, "the store has " + std::to_string(rows) + " rows in " +
                                    kDbNames[static_cast<std::size_t>(db)] + " where " +
                                    std::to_string(counted) + " were counted");
  };
  for (const Db db : {Db::Gspo, Db::Spog, Db::Posg, Db::Ospg}) QP_TRY(check(db, counters.quads));
  for (const Db db : {Db::Terms, Db::TermIds}) QP_TRY(check(db, counters.terms));
  return {};
}

// A file without any database is new; one that lacks some of them is not ours.
Result<void> Env::open_databases(bool read_only) {
  MDB_txn* txn = nullptr;
  const int begun = mdb_txn_begin(env_.get(), nullptr, read_only ? MDB_RDONLY : 0U, &txn);
  if (begun != 0) return lmdb_error(begun, "beginning a transaction");
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
  auto good = check_format(access);
  if (good) good = check_counts(access);
  if (!good) return abort(good.error());
  if (const int code = mdb_txn_commit(txn); code != 0) return trouble(code, "creating");
  return {};
}

bool Env::is_inside(std::thread::id thread) const {
  return std::find(inside_.begin(), inside_.end(), thread) != inside_.end();
}

// Who is inside already may hold up the one that waits to be alone: it gets in.
std::thread::id Env::enter() {
  const std::thread::id thread = std::this_thread::get_id();
  std::unique_lock lock(mutex_);
  alone_ended_.wait(lock, [&] { return !alone_ || is_inside(thread); });
  inside_.push_back(thread);
  return thread;
}

void Env::leave(std::thread::id thread) {
  const std::lock_guard lock(mutex_);
  const auto last = std::find(inside_.rbegin(), inside_.rend(), thread);
  *last = inside_.back();
  inside_.pop_back();
  if (alone_ && inside_.empty()) emptied_.notify_all();
}

// LMDB unmaps the file and maps it again: nobody may read or write then.
Result<void> Env::when_alone(const char* purpose, const std::function<Result<void>()>& work) {
  std::unique_lock lock(mutex_);
  const bool waits_for_itself = is_inside(std::this_thread::get_id());
  if (!waits_for_itself) alone_ended_.wait(lock, [this] { return !alone_; });
  bool alone = false;
  if (!waits_for_itself) {
    alone_ = true;
    alone = emptied_.wait_for(lock, kAloneWait, [this] { return inside_.empty(); });
  }
  Result<void> done =
      alone ? work()
            : Result<void>(error(Code::Unavailable, std::string("a reader keeps ") + purpose));
  if (!waits_for_itself) alone_ = false;
  alone_ended_.notify_all();
  return done;
}

Result<Env::Entered> Env::begin_write() {
  QP_TRY(check_process());
  for (;;) {
    if (const auto write = QP_TRY(try_begin_write())) return *write;
  }
}

// nullopt: the map has followed the file, or the file is opened anew; to be tried again.
Result<std::optional<Env::Entered>> Env::try_begin_write() {
  Entered write;
  write.thread = enter();
  const int code = mdb_txn_begin(env_.get(), nullptr, 0, &write.txn);
  if (code == 0) return write;
  leave(write.thread);
  if (code != MDB_MAP_RESIZED && code != MDB_PANIC) {
    return lmdb_error(code, "beginning a transaction");
  }
  QP_TRY(code == MDB_PANIC ? recover() : follow_map());
  return std::nullopt;
}

void Env::end_write(const Entered& write) { leave(write.thread); }

// Where LMDB has given up the writer is about to open the file anew.
Result<Env::Entered> Env::begin_read() {
  QP_TRY(check_process());
  const auto until = std::chrono::steady_clock::now() + kAloneWait;
  for (;;) {
    if (const auto read = QP_TRY(try_begin_read())) return *read;
    if (std::chrono::steady_clock::now() > until) return lmdb_error(MDB_PANIC, "beginning to read");
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

// nullopt: LMDB has given up.
Result<std::optional<Env::Entered>> Env::try_begin_read() {
  Entered read;
  read.thread = enter();
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      read.txn = idle_.back();
      idle_.pop_back();
    }
  }
  const int code = read.txn != nullptr ? mdb_txn_renew(read.txn)
                                       : mdb_txn_begin(env_.get(), nullptr, MDB_RDONLY, &read.txn);
  if (code == 0) return read;
  if (read.txn != nullptr) mdb_txn_abort(read.txn);
  leave(read.thread);
  if (code == MDB_PANIC) return std::nullopt;
  if (code != MDB_MAP_RESIZED) return lmdb_error(code, "beginning to read");
  QP_TRY(follow_map());
  return try_begin_read();
}

void Env::end_read(const Entered& read) {
  mdb_txn_reset(read.txn);
  {
    const std::lock_guard lock(mutex_);
    idle_.push_back(read.txn);
  }
  leave(read.thread);
}

Result<void> Env::set_map(std::size_t bytes) {
  const int code = mdb_env_set_mapsize(env_.get(), bytes);
  if (code != 0) return lmdb_error(code, "resizing the map");
  return {};
}

// Another process may have let the map grow; then ours becomes what the file says.
Result<void> Env::follow_map() {
  return when_alone("the map from growing", [this] { return set_map(0); });
}

Result<void> Env::grow() {
  return when_alone("the map from growing", [this] {
    const std::size_t bytes = info().me_mapsize * 2;
    log::info("store_map_grows", {log::field("bytes", bytes)});
    return set_map(bytes);
  });
}

// A meta page is written anew by every second commit: it is read at once, then the reader keeps
// what it names.
Result<std::string> Env::check_pages() {
  static constexpr int kAttempts = 100;
  const pages::File file(file_);
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const Entered read = QP_TRY(begin_read());
    const auto meta = pages::meta_of(file, mdb_txn_id(read.txn));
    std::string found = meta ? store::check_pages(file, *meta) : std::string();
    end_read(read);
    if (meta) return found;
  }
  return std::string("no page names the state that is read");
}

void Env::check_readers() {
  int dead = 0;
  mdb_reader_check(env_.get(), &dead);
  if (dead > 0) log::warning("store_readers_cleared", {log::field("count", dead)});
}

std::uint64_t Env::generation() {
  const std::thread::id thread = enter();
  const std::uint64_t newest = opened_ << kTxnIdBits | info().me_last_txnid;
  leave(thread);
  return newest;
}

// LMDB tells it as text: a heading, then a line for each slot that ever was taken: process, thread
// and the snapshot, or `-` where there is none.
std::size_t Env::reading() const {
  std::size_t reading = 0;
  const auto count = [](const char* line, void* to) {
    std::string_view slot(line);
    while (!slot.empty() && (slot.back() == '\n' || slot.back() == ' ')) slot.remove_suffix(1);
    const std::size_t last = slot.rfind(' ');
    const char first = last == std::string_view::npos ? '-' : slot[last + 1];
    if (first >= '0' && first <= '9') ++*static_cast<std::size_t*>(to);
    return 0;
  };
  mdb_reader_list(env_.get(), count, &reading);
  return reading;
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
  return when_alone("the store from changing files", [&] { return reopen(copy); });
}

bool Env::is_given_up() const {
  MDB_txn* txn = nullptr;
  const int code = mdb_txn_begin(env_.get(), nullptr, MDB_RDONLY, &txn);
  if (code == 0) mdb_txn_abort(txn);
  return code == MDB_PANIC;
}

Result<void> Env::recover() {
  const std::thread::id thread = enter();
  const bool given_up = is_given_up();
  leave(thread);
  if (!given_up) return {};
  QP_TRY(when_alone("the store from being opened anew",
                    [&] { return is_given_up() ? reopen({}) : Result<void>(); }));
  log::warning("store_opened_anew", {});
  return {};
}

// Nobody reads or writes now. A copy is whole and on disk before it takes the file's place.
Result<void> Env::reopen(const std::filesystem::path& copy) {
  for (MDB_txn* txn : idle_) mdb_txn_abort(txn);
  idle_.clear();
  const std::size_t bytes = std::max<std::size_t>(info().me_mapsize, map_bytes_);
  env_.reset();
  ++opened_;
  auto renamed = copy.empty() ? Result<void>() : rename_durably(copy, file_);
  QP_TRY(map(bytes, kServing));
  QP_TRY(open_databases(false));
  return renamed;
}

Result<void> Env::copy(const std::filesystem::path& destination) {
  // For its owner only: there are keys in it. mdb_env_copy2 would leave that to the umask.
  const int file = ::open(destination.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return lmdb_error(errno, "making " + destination.string());
  auto copied = copy_to(file);
  ::close(file);
  if (copied) copied = sync_to_disk(destination);
  if (copied) copied = sync_to_disk(std::filesystem::absolute(destination).parent_path());
  if (!copied) ::unlink(destination.c_str());
  return copied;
}

Result<void> Env::copy_to(int file) {
  const Entered pin = QP_TRY(begin_read());  // keeps the map from growing meanwhile
  const int code = mdb_env_copyfd2(env_.get(), file, MDB_CP_COMPACT);
  end_read(pin);
  if (code != 0) return lmdb_error(code, "copying");
  return {};
}

}  // namespace qp::store
