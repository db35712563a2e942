#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "jsonld/jsonld.hpp"

/// Where `quadpub jsonld` finds documents: files, standard input, folders that stand for addresses,
/// and the contexts that we ship. Nothing is ever fetched.
namespace qp::tools {

class Documents {
 public:
  /// Each of `maps` is PREFIX=FOLDER, checked by `check_map`.
  explicit Documents(const std::vector<std::string>& maps);

  /// `name` is an address, a file, or `-` for standard input; only an address is given back as the
  /// document's. Fails with `loading document failed`.
  Result<jsonld::RemoteDocument> load(const std::string& name) const;
  /// For contexts; lives no longer than this.
  jsonld::Loader loader() const;

  static bool is_address(std::string_view name) { return name.find("://") != name.npos; }
  /// What is wrong with the value of --map; empty where nothing is.
  static std::string check_map(const std::string& map);

 private:
  Result<jsonld::RemoteDocument> find(std::string_view address) const;
  std::string file_of(std::string_view address) const;

  std::vector<std::pair<std::string, std::string>> maps_;
};

}  // namespace qp::tools
