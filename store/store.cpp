#include "store/store.hpp"

#include "store/bytes.hpp"
#include "store/dictionary.hpp"
#include "store/env.hpp"
#include "store/folder_lock.hpp"
#include "store/rekey.hpp"
#include "store/sweep.hpp"
#include "store/txn.hpp"
#include "store/verify.hpp"
#include "store/writer.hpp"

namespace qp::store {
namespace {

class LmdbStore final : public Store {
 public:
  LmdbStore(std::unique_ptr<Env> env, const Options& options)
      : words_(options.words), read_time_(options.read_time), env_(std::move(env)) {
    if (!options.read_only) writer_.emplace(*env_, words_);
  }

  Result<std::unique_ptr<Txn>> read() override {
    return std::unique_ptr<Txn>(QP_TRY(LmdbRead::begin(*env_, words_, read_time_)));
  }

  std::uint64_t generation() override { return env_->generation(); }

  Result<void> write(Write work) override {
    if (!writer_) return for_reading();
    return writer_->write(std::move(work));
  }

  Result<Statistics> statistics() override;

  Result<Verification> verify() override {
    const auto txn = QP_TRY(LmdbRead::begin(*env_, words_));
    Verification found = QP_TRY(store::verify(txn->access(), txn->dictionary()));
    std::string pages = QP_TRY(env_->check_pages());
    if (!pages.empty()) found.problems.push_back(std::move(pages));
    return found;
  }

  Result<void> backup(const std::filesystem::path& destination) override {
    return env_->copy(destination);
  }

  Result<SweepReport> sweep() override;

  Result<void> compact() override {
    if (!writer_) return for_reading();
    return writer_->between([this] { return env_->compact(); });
  }

 private:
  static Error for_reading() { return Error{Code::Storage, "store: opened for reading only", {}}; }

  const WordIndex words_;
  const std::chrono::milliseconds read_time_;
  std::unique_ptr<Env> env_;
  std::optional<Writer> writer_;  // last: its thread uses the others
};

// What may go is looked for beside the writers; they wait only while it is looked at again.
Result<SweepReport> LmdbStore::sweep() {
  if (!writer_) return for_reading();
  SweepReport report;
  std::vector<TermId> unused;
  {
    const auto txn = QP_TRY(LmdbRead::begin(*env_, words_));
    report.terms = QP_TRY(txn->access().entries(Db::Terms));
    unused = QP_TRY(unused_terms(txn->access(), QP_TRY(all_terms(txn->access()))));
  }
  if (unused.empty()) return report;
  QP_TRY(writer_->write([&](WriteTxn& given) -> Result<void> {
    // The writer gives no other.
    auto& txn = static_cast<LmdbWrite&>(given);
    report.removed = 0;
    for (const TermId id : QP_TRY(unused_terms(txn.access(), unused))) {
      if (QP_TRY(txn.dictionary().erase(id))) ++report.removed;
    }
    return {};
  }));
  return report;
}

// LMDB's own list of free pages: each value begins with how many it names.
Result<std::uint64_t> free_pages(MDB_txn* txn) {
  static constexpr MDB_dbi kFreeList = 0;
  MDB_cursor* cursor = nullptr;
  int code = mdb_cursor_open(txn, kFreeList, &cursor);
  if (code != 0) return lmdb_error(code, "counting free pages");
  std::uint64_t pages = 0;
  MDB_val key, value;
  while ((code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0) {
    pages += *static_cast<const std::size_t*>(value.mv_data);
  }
  mdb_cursor_close(cursor);
  if (code != MDB_NOTFOUND) return lmdb_error(code, "counting free pages");
  return pages;
}

/// A folder of its own for a file that is looked at before it takes another's place.
class TemporaryCopy {
 public:
  explicit TemporaryCopy(std::filesystem::path folder) : folder_(std::move(folder)) { remove(); }
  ~TemporaryCopy() { remove(); }
  TemporaryCopy(const TemporaryCopy&) = delete;
  TemporaryCopy& operator=(const TemporaryCopy&) = delete;

  Result<void> of(const std::filesystem::path& source) {
    std::error_code trouble;
    std::filesystem::create_directories(folder_, trouble);
    if (!trouble) std::filesystem::copy_file(source, file(), trouble);
    // Whatever the backup's is: there are keys in it.
    using std::filesystem::perms;
    if (!trouble) permissions(file(), perms::owner_read | perms::owner_write, trouble);
    if (!trouble) return {};
    return Error{Code::Storage, "store: copying " + source.string() + ": " + trouble.message(), {}};
  }
  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path file() const { return folder_ / kFileName; }

 private:
  void remove() const {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  std::filesystem::path folder_;
};

// The name is never without a file: the old one gets a second name before it loses the first.
Result<void> keep_beside(const std::filesystem::path& file, const std::filesystem::path& kept) {
  std::error_code trouble;
  std::filesystem::remove(kept, trouble);
  std::filesystem::create_hard_link(file, kept, trouble);
  if (trouble) return Error{Code::Storage, "store: keeping the old file: " + trouble.message(), {}};
  return {};
}

// Each sequence has one row or more among the counts.
Result<std::uint64_t> count_sequences(const Access& access) {
  std::uint64_t sequences = 0;
  TermId last = TermId::None;
  QP_TRY(access.each(Db::SequenceCount, {}, [&](std::string_view key, auto) {
    const TermId sequence = ByteReader(key).id();
    if (sequence != last) ++sequences;
    last = sequence;
    return true;
  }));
  return sequences;
}

Result<Statistics> LmdbStore::statistics() {
  const auto txn = QP_TRY(LmdbRead::begin(*env_, words_));
  const Access& access = txn->access();
  Statistics found;
  found.quads = QP_TRY(access.entries(Db::Gspo));
  found.terms = QP_TRY(access.entries(Db::Terms));
  found.graphs = QP_TRY(access.entries(Db::Graphs));
  found.documents = QP_TRY(access.entries(Db::Documents));
  found.sequences = QP_TRY(count_sequences(access));
  found.queued = QP_TRY(access.entries(Db::Queue));
  std::uint64_t page_bytes = 0;
  for (std::size_t i = 0; i < kDbCount; ++i) {
    const MDB_stat stat = QP_TRY(access.stat(static_cast<Db>(i)));
    page_bytes = stat.ms_psize;
    found.index_bytes.emplace_back(
        kDbNames[i],
        page_bytes * (stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages));
  }
  const MDB_envinfo info = env_->info();
  found.free_pages = QP_TRY(free_pages(access.txn()));
  found.used_pages = info.me_last_pgno + 1 - found.free_pages;
  found.file_bytes = page_bytes * (info.me_last_pgno + 1);
  found.readers = env_->reading() - 1;  // this one is none
  return found;
}

// With ids as this program's words have them.
Result<std::unique_ptr<Env>> open_file(const Options& options) {
  auto env = QP_TRY(Env::open(options));
  const auto [first, last] = env->new_words();
  if (first >= last || !options.read_only) {
    QP_TRY(rekey_new_words(*env, WordIndex(options.words)));
    return env;
  }
  // Ids that are to change can only be read once they have.
  env.reset();
  Options writing = options;
  writing.read_only = false;
  auto changed = QP_TRY(open_file(writing));
  changed.reset();
  return Env::open(options);
}

}  // namespace

Result<std::unique_ptr<Store>> Store::open(const Options& options) {
  auto env = QP_TRY(open_file(options));
  return std::unique_ptr<Store>(std::make_unique<LmdbStore>(std::move(env), options));
}

Result<void> restore(const Options& options, const std::filesystem::path& source) {
  TemporaryCopy copy(options.folder / "restore.new");
  QP_TRY(copy.of(source));
  Options opened = options;
  opened.folder = copy.folder();
  opened.read_only = false;
  const Verification found = QP_TRY(verify_apart(opened));
  if (!found.problems.empty()) {
    return Error{Code::Storage, source.string() + " is damaged: " + found.problems.front(), {}};
  }
  const FolderLock lock = QP_TRY(FolderLock::take(options.folder, FolderLock::Kind::Exclusive));
  const std::filesystem::path file = options.folder / kFileName;
  if (std::filesystem::exists(file)) QP_TRY(keep_beside(file, file.string() + ".old"));
  return rename_durably(copy.file(), file);
}

}  // namespace qp::store
