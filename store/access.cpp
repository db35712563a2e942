#include "store/access.hpp"

#include <cerrno>
#include <string>

#include "base/text.hpp"

namespace qp::store {

Error lmdb_error(int code, std::string_view doing) {
  const bool full = code == ENOSPC || code == EDQUOT || code == MDB_MAP_FULL ||
                    code == MDB_READERS_FULL || code == MDB_TXN_FULL;
  std::string detail = "store: " + std::string(doing) + ": " + mdb_strerror(code);
  return Error{full ? Code::Unavailable : Code::Storage, std::move(detail), {}};
}

Error damaged(Db db, std::string_view key) {
  return Error{Code::Storage,
               std::string("store: damaged value in ") + kDbNames[static_cast<std::size_t>(db)] +
                   " under key " + text::hex(key),
               {}};
}

Result<bool> Cursor::move(MDB_cursor_op operation, std::string_view key) {
  if (operation == MDB_SET_RANGE) key_ = to_val(key);
  const int code = mdb_cursor_get(cursor_.get(), &key_, &value_, operation);
  if (code == MDB_NOTFOUND) return false;
  if (code != 0) return access_->failed(code, "moving a cursor");
  return true;
}

Result<void> Cursor::status() const {
  if (code_ != 0 && code_ != MDB_NOTFOUND) return access_->failed(code_, "moving a cursor");
  return {};
}

Result<void> Cursor::check_time() const { return access_->check_time(); }

Result<void> WriteCursor::put(std::string_view key, std::string_view value) {
  ++writer_->writes_;
  MDB_val wanted = to_val(key);
  MDB_val given = to_val(value);
  const int code = mdb_cursor_put(cursor_.get(), &wanted, &given, 0);
  if (code != 0) return writer_->failed(code, "writing");
  return {};
}

Result<bool> WriteCursor::erase(std::string_view key) {
  ++writer_->writes_;
  MDB_val wanted = to_val(key);
  int code = mdb_cursor_get(cursor_.get(), &wanted, &value_, MDB_SET);
  if (code == MDB_NOTFOUND) return false;
  if (code == 0) code = mdb_cursor_del(cursor_.get(), 0);
  if (code != 0) return writer_->failed(code, "erasing");
  return true;
}

Result<bool> Cursor::seek_before(std::string_view key) {
  return QP_TRY(seek(key)) ? previous() : last();
}

Error Access::failed(int code, std::string_view doing) const {
  if (failure_ == 0) failure_ = code;
  return lmdb_error(code, doing);
}

Result<void> Access::check_time() const {
  if (!end_ || std::chrono::steady_clock::now() < *end_) return {};
  return error(Code::Unavailable, "this read of the store took too long");
}

// How many lookups share one look at the clock.
static constexpr std::uint32_t kLookupsPerLook = 64;

Result<std::optional<std::string_view>> Access::get(Db db, std::string_view key) const {
  if (end_ && ++lookups_ % kLookupsPerLook == 0) QP_TRY(check_time());
  MDB_val wanted = to_val(key);
  MDB_val found;
  const int code = mdb_get(txn_, handle(db), &wanted, &found);
  if (code == MDB_NOTFOUND) return std::nullopt;
  if (code != 0) return failed(code, "reading");
  return from_val(found);
}

Result<bool> Access::contains(Db db, std::string_view key) const {
  return QP_TRY(get(db, key)).has_value();
}

Result<Cursor> Access::cursor(Db db) const {
  if (end_) QP_TRY(check_time());
  MDB_cursor* cursor = nullptr;
  const int code = mdb_cursor_open(txn_, handle(db), &cursor);
  if (code != 0) return failed(code, "opening a cursor");
  return Cursor(cursor, *this);
}

Result<WriteCursor> Access::write_cursor(Db db) { return WriteCursor(QP_TRY(cursor(db)), *this); }

Result<MDB_stat> Access::stat(Db db) const {
  MDB_stat stat;
  const int code = mdb_stat(txn_, handle(db), &stat);
  if (code != 0) return failed(code, "counting");
  return stat;
}

Result<unsigned> Access::flags(Db db) const {
  unsigned flags = 0;
  const int code = mdb_dbi_flags(txn_, handle(db), &flags);
  if (code != 0) return failed(code, "reading flags");
  return flags;
}

Result<std::uint64_t> Access::entries(Db db) const {
  return static_cast<std::uint64_t>(QP_TRY(stat(db)).ms_entries);
}

Result<void> Access::put(Db db, std::string_view key, std::string_view value) {
  ++writes_;
  MDB_val wanted = to_val(key);
  MDB_val given = to_val(value);
  const int code = mdb_put(txn_, handle(db), &wanted, &given, 0);
  if (code != 0) return failed(code, "writing");
  return {};
}

Result<bool> Access::insert(Db db, std::string_view key, std::string_view value) {
  MDB_val wanted = to_val(key);
  MDB_val given = to_val(value);
  ++writes_;
  const int code = mdb_put(txn_, handle(db), &wanted, &given, MDB_NOOVERWRITE);
  if (code == MDB_KEYEXIST) return false;
  if (code != 0) return failed(code, "writing");
  return true;
}

Result<bool> Access::erase(Db db, std::string_view key) {
  ++writes_;
  MDB_val wanted = to_val(key);
  const int code = mdb_del(txn_, handle(db), &wanted, nullptr);
  if (code == MDB_NOTFOUND) return false;
  if (code != 0) return failed(code, "erasing");
  return true;
}

}  // namespace qp::store
