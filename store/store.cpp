#include "store/store.hpp"

#include "store/bytes.hpp"
#include "store/dictionary.hpp"
#include "store/env.hpp"
#include "store/txn.hpp"
#include "store/verify.hpp"
#include "store/writer.hpp"

namespace qp::store {
namespace {

class LmdbStore final : public Store {
 public:
  LmdbStore(std::unique_ptr<Env> env, bool read_only) : env_(std::move(env)) {
    if (!read_only) writer_.emplace(*env_, words_);
  }

  Result<std::unique_ptr<Txn>> read() override {
    return std::unique_ptr<Txn>(QP_TRY(LmdbRead::begin(*env_, words_)));
  }

  Result<void> write(Write work) override {
    if (!writer_) return Error{Code::Storage, "store: opened for reading only", {}};
    return writer_->write(std::move(work));
  }

  Result<Statistics> statistics() override;

  Result<Verification> verify() override {
    const auto txn = QP_TRY(LmdbRead::begin(*env_, words_));
    return store::verify(txn->access(), txn->dictionary());
  }

  Result<void> backup(const std::filesystem::path& destination) override {
    return env_->copy(destination);
  }

 private:
  const WordIndex words_;
  std::unique_ptr<Env> env_;
  std::optional<Writer> writer_;  // last: its thread uses the others
};

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
  found.readers = info.me_numreaders;
  return found;
}

}  // namespace

Result<std::unique_ptr<Store>> Store::open(const Options& options) {
  auto env = QP_TRY(Env::open(options));
  return std::unique_ptr<Store>(std::make_unique<LmdbStore>(std::move(env), options.read_only));
}

}  // namespace qp::store
