#include "tools/jsonld_documents.hpp"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <system_error>

#include "base/text.hpp"
#include "bulk/entries.hpp"
#include "bulk/limits.hpp"
#include "jsonld/errors.hpp"
#include "rdf/iri.hpp"
#include "vocab/contexts.hpp"

namespace qp::tools {

namespace {

using jsonld::RemoteDocument;

Error cannot_load(std::string_view name, const std::string& why) {
  return jsonld::fail(jsonld::ErrorCode::LoadingDocumentFailed, std::string(name) + ": " + why);
}

Result<std::string> read_all(std::istream& in, std::string_view name) {
  auto text = bulk::read_all(bulk::reader_of(in), bulk::limits::kDocumentBytes);
  return text ? text : cannot_load(name, text.error().detail);
}

Result<std::string> read_file(const std::string& path) {
  std::error_code trouble;
  if (std::filesystem::is_directory(path, trouble)) return cannot_load(path, "is a folder");
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in) return cannot_load(path, std::generic_category().message(errno));
  return read_all(in, path);
}

/// A rest that leaves its folder.
bool climbs(std::string_view rest) {
  for (const std::string_view segment : text::split(rest, '/')) {
    if (segment == "..") return true;
  }
  return rest.starts_with('/');
}

}  // namespace

Documents::Documents(const std::vector<std::string>& maps) {
  for (const std::string& map : maps) {
    const auto [prefix, folder] = text::split_once(map, '=');
    std::string path(folder.value_or(""));
    if (prefix.ends_with('/') && !path.ends_with('/')) path += '/';
    maps_.emplace_back(prefix, std::move(path));
  }
}

std::string Documents::check_map(const std::string& map) {
  const auto [prefix, folder] = text::split_once(map, '=');
  if (folder && !folder->empty() && rdf::has_scheme(prefix)) return {};
  return map + " is not PREFIX=FOLDER with the beginning of an address and a folder";
}

/// Of several prefixes the longest counts.
std::string Documents::file_of(std::string_view address) const {
  std::string file;
  std::size_t longest = 0;
  for (const auto& [prefix, folder] : maps_) {
    if (!address.starts_with(prefix) || prefix.size() <= longest) continue;
    const std::string_view rest = address.substr(prefix.size());
    if (climbs(rest)) continue;
    longest = prefix.size();
    file = folder + std::string(rest);
  }
  return file;
}

Result<RemoteDocument> Documents::find(std::string_view address) const {
  const std::string url(address.substr(0, address.find('#')));
  if (const std::string file = file_of(url); !file.empty()) {
    return RemoteDocument{url, QP_TRY(read_file(file)), {}};
  }
  if (const vocab::BundledContext* context = vocab::find_bundled_context(address)) {
    return RemoteDocument{std::string(address), std::string(context->json), {}};
  }
  return cannot_load(address, "neither below a --map nor a context that is shipped");
}

Result<RemoteDocument> Documents::load(const std::string& name) const {
  if (is_address(name)) return find(name);
  if (name == "-") return RemoteDocument{{}, QP_TRY(read_all(std::cin, "standard input")), {}};
  return RemoteDocument{{}, QP_TRY(read_file(name)), {}};
}

jsonld::Loader Documents::loader() const {
  return [this](std::string_view url) { return find(url); };
}

}  // namespace qp::tools
