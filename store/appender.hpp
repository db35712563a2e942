#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "base/result.hpp"
#include "store/access.hpp"
#include "store/counters.hpp"
#include "store/env.hpp"

namespace qp::store {

/// Appends rows to the databases of a new file, each in the order of its keys, with a commit now
/// and then, so that not all dirty pages lie in memory. What was not committed is given up when
/// this dies. Used by one thread.
class Appender {
 public:
  /// `env`: from Env::create, for `file`. What was read of that and of the file `old` leaves memory
  /// with each commit.
  Appender(Env& env, std::filesystem::path file, std::filesystem::path old)
      : env_(env), file_(std::move(file)), old_(std::move(old)) {}
  ~Appender();
  Appender(const Appender&) = delete;
  Appender& operator=(const Appender&) = delete;

  /// `key` sorts behind all that the database has.
  Result<void> append(Db db, std::string_view key, std::string_view value);
  Result<void> put(const Counters& counters);
  Result<void> commit();

  Result<std::uint64_t> entries(Db db);
  /// Appended so far, to all of them.
  std::uint64_t rows() const { return rows_; }

 private:
  struct Close {
    void operator()(MDB_cursor* cursor) const { mdb_cursor_close(cursor); }
  };
  Result<void> begin();
  Result<void> open(Db db);

  Env& env_;
  std::filesystem::path file_, old_;
  std::optional<Env::Entered> write_;
  std::optional<Access> access_;
  std::unique_ptr<MDB_cursor, Close> cursor_;
  Db db_ = Db::Count;  ///< where cursor_ is
  std::uint64_t rows_ = 0;
  std::size_t bytes_ = 0;  ///< since the last commit
};

}  // namespace qp::store
