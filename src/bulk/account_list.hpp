#pragma once

#include <optional>
#include <string_view>

#include "bulk/dump_reader.hpp"
#include "bulk/json_pieces.hpp"

/// Lists of accounts and posts as Mastodon, GoToSocial, Misskey and Pleroma give them: CSV, one on
/// each line.
namespace qp::bulk {

/// Collections that somebody named: this, and the name.
inline constexpr std::string_view kNamedLists = "lists/";

/// What such a file lists, by its name.
struct ListFile {
  std::string_view name;
  /// Whose members they are; `kNamedLists`: each line has its name first; empty: nothing here is.
  std::string_view collection;
  std::string_view refusal;  ///< why not
};
/// Nullptr: it is none of them.
const ListFile* find_list_file(std::string_view name);

class AccountList {
 public:
  AccountList(ByteReader read, const ListFile& file, std::string position)
      : lines_(std::move(read), JsonPieces::Of::Lines),
        file_(file),
        position_(std::move(position)) {}
  /// Members; of a file that is refused one Record that says so.
  std::optional<Record> next();

 private:
  JsonPieces lines_;
  const ListFile& file_;
  std::string position_;
  bool is_told_ = false;
};

/// A file, folder or archive: whether there is one that `find_list_file` knows, and what is in all
/// of these. NotFound names a path that is not there.
Result<bool> has_lists(const std::filesystem::path& path);
Result<std::unique_ptr<DumpReader>> read_lists(const std::filesystem::path& path);

}  // namespace qp::bulk
