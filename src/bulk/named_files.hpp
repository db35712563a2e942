#pragma once

#include <string>
#include <string_view>
#include <unordered_set>

#include "base/json.hpp"

/// Which files of an archive are somebody's to show: a folder has others beside them.
namespace qp::bulk {

class NamedFiles {
 public:
  /// What a document (JSON) names by a path in the archive. Says nothing of what is no JSON.
  void add(std::string_view document);
  /// Named by one, or in a folder for such files; never a hidden one. `../` leads up from where the
  /// documents are.
  bool has(std::string_view name) const;
  /// The same as far as it needs no document.
  static bool is_in_a_folder_for_them(std::string_view name);
  static bool is_hidden(std::string_view name);

 private:
  void add(json::Value value, bool is_address);

  std::unordered_set<std::string> names_;
};

}  // namespace qp::bulk
