#include "rdf/language_tag.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace qp::rdf {

static char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c; }

std::optional<std::string> usual_case(std::string_view tag) {
  static constexpr std::size_t kRegion = 2, kScript = 4;
  if (tag.empty()) return std::nullopt;
  std::string made = text::lower(tag);
  bool private_use = false;  // what follows a single letter has no case of its own
  for (std::size_t begin = 0; begin < made.size();) {
    const std::size_t end = std::min(made.find('-', begin), made.size());
    const std::size_t length = end - begin;
    if (begin != 0 && !private_use && (length == kRegion || length == kScript)) {
      const std::size_t capitals = length == kRegion ? length : 1;
      for (std::size_t i = begin; i < begin + capitals; ++i) made[i] = upper(made[i]);
    }
    private_use = private_use || length == 1;
    begin = end + 1;
  }
  return made == tag ? std::nullopt : std::optional(std::move(made));
}

}  // namespace qp::rdf
