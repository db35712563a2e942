#include "bulk/named_files.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"

namespace qp::bulk {

namespace {

/// Mastodon's, and that of our own archives.
constexpr std::array<std::string_view, 2> kFolders = {"media_attachments/", "media/"};

}  // namespace

bool NamedFiles::is_hidden(std::string_view name) {
  while (name.starts_with("../")) name.remove_prefix(3);
  return name.starts_with('.') || name.find("/.") != name.npos;
}

bool NamedFiles::is_in_a_folder_for_them(std::string_view name) {
  return std::any_of(kFolders.begin(), kFolders.end(),
                     [&](std::string_view folder) { return name.starts_with(folder); });
}

bool NamedFiles::has(std::string_view name) const {
  if (is_hidden(name)) return false;
  return is_in_a_folder_for_them(name) || names_.contains(std::string(name));
}

void NamedFiles::add(std::string_view document) {
  json::Arena arena;
  json::ParseLimits limits;
  limits.allow_duplicate_keys = true;
  const auto parsed = json::parse(document, arena, limits);
  if (parsed) add(*parsed, false);
}

void NamedFiles::add(json::Value value, bool is_address) {
  for (const json::Member& member : value.members()) {
    add(member.value, member.key == "url" || member.key == "href");
  }
  for (const json::Value item : value.items()) add(item, is_address);
  if (!is_address || !value.is_string()) return;
  std::string_view path = value.text();
  while (path.starts_with('/')) path.remove_prefix(1);
  const auto colon = path.find(':');
  const bool is_path =
      !path.empty() && (colon == path.npos || path.substr(0, colon).find('/') != path.npos);
  if (!is_path || is_in_a_folder_for_them(path)) return;
  names_.emplace(path);
  if (auto plain = text::percent_decode(path)) names_.insert(*std::move(plain));
}

}  // namespace qp::bulk
