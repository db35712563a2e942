#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/access.hpp"
#include "store/types.hpp"

namespace qp::store {

/// How predicates and classes are used, kept in step with the indexes. Promises are those of Txn.
class UseTable {
 public:
  enum class Kind : std::uint8_t { Predicate = 0, Class = 1 };
  using Row = std::pair<Kind, TermId>;
  using Rows = std::vector<std::pair<TermId, UseCounts>>;

  explicit UseTable(Access& access) : access_(access) {}

  /// Zeros where there is no row.
  Result<UseCounts> find(Kind kind, TermId id) const;
  Result<Rows> all(Kind kind) const;

  /// What the running call changed; `flush` writes it. Numbers wrap: a decrement adds 2^64 - 1.
  UseCounts& change(Kind kind, TermId id) { return changes_[{kind, id}]; }
  Result<void> flush();

 private:
  Access& access_;
  std::map<Row, UseCounts> changes_;
};

/// Counts the uses from whole indexes: every quad of Spog and of Posg, each in its order.
class UseCounter {
 public:
  void count(Order order, const QuadIds& quad);
  const std::map<UseTable::Row, UseCounts>& rows() const { return rows_; }

 private:
  std::map<UseTable::Row, UseCounts> rows_;
  Order order_ = Order::Gspo;  ///< of the quad before
  QuadIds last_;
  UseCounts* predicate_ = nullptr;  ///< the row of last_.p
};

std::optional<UseTable::Row> decode_use_key(std::string_view key);
/// A row, without its checksum; nullopt: damaged.
std::optional<UseCounts> decode_use(std::string_view value);
/// Key and value of a row.
std::pair<std::string, std::string> encode_use(UseTable::Row row, const UseCounts& use);

}  // namespace qp::store
