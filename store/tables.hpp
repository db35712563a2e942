#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "store/access.hpp"
#include "store/store.hpp"

namespace qp::store {

/// The key of a row in the database.
std::string table_row_key(Table table, std::string_view key);

/// The key-value tables. Promises are those of Txn and WriteTxn.
class Tables {
 public:
  static constexpr std::size_t kLongestKey = 480;

  explicit Tables(Access& access) : access_(access) {}

  Result<std::optional<std::string_view>> get(Table table, std::string_view key) const;
  Result<void> each(Table table, std::string_view prefix,
                    const std::function<bool(std::string_view, std::string_view)>& each) const;
  Result<void> put(Table table, std::string_view key, std::string_view value);
  Result<bool> erase(Table table, std::string_view key);

 private:
  Access& access_;
};

}  // namespace qp::store
