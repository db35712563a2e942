#include "store/appender.hpp"

#include "store/mapped_file.hpp"

namespace qp::store {

static constexpr std::size_t kBytesPerCommit = std::size_t{4} << 20;

Appender::~Appender() {
  cursor_.reset();
  if (!write_) return;
  mdb_txn_abort(write_->txn);
  env_.end_write(*write_);
}

Result<void> Appender::begin() {
  if (write_) return {};
  write_ = QP_TRY(env_.begin_write());
  access_.emplace(write_->txn, env_.handles());
  return {};
}

Result<void> Appender::open(Db db) {
  QP_TRY(begin());
  cursor_.reset();
  MDB_cursor* cursor = nullptr;
  const MDB_dbi handle = env_.handles()[static_cast<std::size_t>(db)];
  if (const int code = mdb_cursor_open(write_->txn, handle, &cursor); code != 0) {
    return access_->failed(code, "opening a cursor");
  }
  cursor_.reset(cursor);
  db_ = db;
  return {};
}

Result<void> Appender::append(Db db, std::string_view key, std::string_view value) {
  if (!cursor_ || db != db_) QP_TRY(open(db));
  MDB_val wanted = to_val(key);
  MDB_val given = to_val(value);
  const int code = mdb_cursor_put(cursor_.get(), &wanted, &given, MDB_APPEND);
  if (code != 0) return env_.trouble(code, "appending");
  ++rows_;
  bytes_ += key.size() + value.size();
  return bytes_ < kBytesPerCommit ? Result<void>() : commit();
}

Result<std::uint64_t> Appender::entries(Db db) {
  QP_TRY(begin());
  return access_->entries(db);
}

Result<void> Appender::put(const Counters& counters) {
  QP_TRY(begin());
  cursor_.reset();
  return write_counters(*access_, counters);
}

Result<void> Appender::commit() {
  bytes_ = 0;
  let_go_of_pages(old_);
  let_go_of_pages(file_);
  cursor_.reset();
  if (!write_) return {};
  access_.reset();
  const int code = mdb_txn_commit(write_->txn);
  env_.end_write(*write_);
  write_.reset();
  if (code != 0) return env_.trouble(code, "committing a bulk load");
  return {};
}

}  // namespace qp::store
