#pragma once

#include <lmdb.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/result.hpp"

/// The only way to LMDB's transactions: every return code passes through here.
namespace qp::store {

/// The named databases of the file; names and layout in store/FORMAT.md.
enum class Db : std::uint8_t {
  Meta,
  TermIds,
  Terms,
  Gspo,
  Spog,
  Posg,
  Ospg,
  Graphs,
  Statistics,
  Documents,
  DocumentBytes,
  Audiences,
  AudienceIds,
  AudienceMembers,
  Sequence,
  SequenceAudience,
  SequenceMember,
  SequenceCount,
  MemberSequence,
  Queue,
  QueueLane,
  QueueHead,
  Rendered,
  Tables,
  Count
};
inline constexpr std::size_t kDbCount = static_cast<std::size_t>(Db::Count);
inline constexpr std::array<const char*, kDbCount> kDbNames = {"meta",
                                                               "term_ids",
                                                               "terms",
                                                               "gspo",
                                                               "spog",
                                                               "posg",
                                                               "ospg",
                                                               "graphs",
                                                               "statistics",
                                                               "documents",
                                                               "document_bytes",
                                                               "audiences",
                                                               "audience_ids",
                                                               "audience_members",
                                                               "sequence",
                                                               "sequence_audience",
                                                               "sequence_member",
                                                               "sequence_count",
                                                               "member_sequence",
                                                               "queue",
                                                               "queue_lane",
                                                               "queue_head",
                                                               "rendered",
                                                               "tables"};
using DbHandles = std::array<MDB_dbi, kDbCount>;

/// What LMDB's or the system's error number says, while doing that. Disk and map full are
/// Unavailable, everything else Storage.
Error lmdb_error(int code, std::string_view doing);

inline MDB_val to_val(std::string_view text) {
  return {text.size(), const_cast<char*>(text.data())};
}
inline std::string_view from_val(const MDB_val& value) {
  return {static_cast<const char*>(value.mv_data), value.mv_size};
}

class Access;

/// A place in one database. Dies before its transaction.
class Cursor {
 public:
  /// To the first key at or after `key`. False: there is none.
  Result<bool> seek(std::string_view key) { return move(MDB_SET_RANGE, key); }
  Result<bool> first() { return move(MDB_FIRST, {}); }
  Result<bool> last() { return move(MDB_LAST, {}); }
  Result<bool> next() { return move(MDB_NEXT, {}); }
  Result<bool> previous() { return move(MDB_PREV, {}); }
  /// To the last key before `key`.
  Result<bool> seek_before(std::string_view key);

  /// `next` and `previous` without a Result, for loops over many rows. False: there is none, or it
  /// failed, which `status` tells.
  bool step() { return step(MDB_NEXT); }
  bool step_back() { return step(MDB_PREV); }
  Result<void> status() const;
  /// For loops of steps: whether the transaction has lived too long.
  Result<void> check_time() const;

  std::string_view key() const { return from_val(key_); }
  std::string_view value() const { return from_val(value_); }

 private:
  friend class Access;
  struct Close {
    void operator()(MDB_cursor* cursor) const { mdb_cursor_close(cursor); }
  };
  friend class WriteCursor;
  Cursor(MDB_cursor* cursor, const Access& access) : cursor_(cursor), access_(&access) {}
  Result<bool> move(MDB_cursor_op operation, std::string_view key);
  bool step(MDB_cursor_op operation) {
    code_ = mdb_cursor_get(cursor_.get(), &key_, &value_, operation);
    return code_ == 0;
  }

  std::unique_ptr<MDB_cursor, Close> cursor_;
  const Access* access_;
  MDB_val key_{};
  MDB_val value_{};
  int code_ = 0;
};

/// A Cursor that writes; keys in ascending order go to the page where the last one went.
class WriteCursor : public Cursor {
 public:
  /// Stays at the key.
  Result<void> put(std::string_view key, std::string_view value);
  /// False if the key was not there.
  Result<bool> erase(std::string_view key);

 private:
  friend class Access;
  WriteCursor(Cursor cursor, Access& access) : Cursor(std::move(cursor)), writer_(&access) {}

  Access* writer_;
};

/// One transaction's way to the databases. Does not own the transaction. It remembers the first
/// failure, so that a writer cannot commit what a closure went on after.
class Access {
 public:
  Access(MDB_txn* txn, const DbHandles& handles) : txn_(txn), handles_(&handles) {}
  Access(const Access&) = delete;
  Access& operator=(const Access&) = delete;

  Result<std::optional<std::string_view>> get(Db db, std::string_view key) const;
  Result<bool> contains(Db db, std::string_view key) const;
  Result<Cursor> cursor(Db db) const;
  Result<WriteCursor> write_cursor(Db db);
  Result<std::uint64_t> entries(Db db) const;
  Result<MDB_stat> stat(Db db) const;
  /// What LMDB keeps about how keys are compared; 0 for all of ours.
  Result<unsigned> flags(Db db) const;

  /// Neither key nor value is borrowed from this transaction.
  Result<void> put(Db db, std::string_view key, std::string_view value);
  /// False, and nothing is written, if the key is there.
  Result<bool> insert(Db db, std::string_view key, std::string_view value);
  /// False if the key was not there.
  Result<bool> erase(Db db, std::string_view key);

  /// Calls `each(key, value)` for keys that begin with `prefix` until it returns false.
  template <class Each>
  Result<void> each(Db db, std::string_view prefix, const Each& each) const {
    Cursor at = QP_TRY(cursor(db));
    bool found = QP_TRY(prefix.empty() ? at.first() : at.seek(prefix));
    while (found && at.key().starts_with(prefix) && each(at.key(), at.value())) {
      found = QP_TRY(at.next());
    }
    return {};
  }

  /// From then on cursors and every 64th lookup are refused with Unavailable.
  void end_at(std::chrono::steady_clock::time_point end) { end_ = end; }
  Result<void> check_time() const;

  MDB_txn* txn() const { return txn_; }
  int failure() const { return failure_; }
  std::uint64_t writes() const { return writes_; }
  Error failed(int code, std::string_view doing) const;

 private:
  friend class WriteCursor;
  MDB_dbi handle(Db db) const { return (*handles_)[static_cast<std::size_t>(db)]; }

  MDB_txn* txn_;
  const DbHandles* handles_;
  mutable int failure_ = 0;
  std::uint64_t writes_ = 0;
  std::optional<std::chrono::steady_clock::time_point> end_;
  mutable std::uint32_t lookups_ = 0;
};

/// A value that its checksum or its layout gives away as damaged.
Error damaged(Db db, std::string_view key);

}  // namespace qp::store
