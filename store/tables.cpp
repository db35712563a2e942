#include "store/tables.hpp"

#include <string>

#include "store/bytes.hpp"

namespace qp::store {

std::string table_row_key(Table table, std::string_view key) {
  std::string row(1, static_cast<char>(table));
  return row.append(key);
}

Result<std::optional<std::string_view>> Tables::get(Table table, std::string_view key) const {
  const std::string row = table_row_key(table, key);
  if (key.size() > kLongestKey) return std::nullopt;
  const auto found = QP_TRY(access_.get(Db::Tables, row));
  if (!found) return std::nullopt;
  // Keys and tokens: a flipped bit must not pass for a value.
  if (!checksum_holds(row, *found)) return damaged(Db::Tables, row);
  return without_checksum(*found);
}

Result<void> Tables::each(
    Table table, std::string_view prefix,
    const std::function<bool(std::string_view, std::string_view)>& each) const {
  std::optional<Error> trouble;
  if (prefix.size() > kLongestKey) return {};
  QP_TRY(access_.each(Db::Tables, table_row_key(table, prefix),
                      [&](std::string_view row, std::string_view sealed) {
                        if (!checksum_holds(row, sealed)) trouble = damaged(Db::Tables, row);
                        return !trouble && each(row.substr(1), *without_checksum(sealed));
                      }));
  if (trouble) return *std::move(trouble);
  return {};
}

Result<void> Tables::put(Table table, std::string_view key, std::string_view value) {
  if (key.size() > kLongestKey) return bad_input("key too long");
  const std::string row = table_row_key(table, key);
  std::string sealed(value);
  append_checksum(row, sealed);
  return access_.put(Db::Tables, row, sealed);
}

Result<bool> Tables::erase(Table table, std::string_view key) {
  if (key.size() > kLongestKey) return false;
  return access_.erase(Db::Tables, table_row_key(table, key));
}

}  // namespace qp::store
