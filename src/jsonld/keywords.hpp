#pragma once

#include <algorithm>
#include <string_view>

/// The keywords of JSON-LD 1.1 (syntax 1.7), and those of framing.
namespace qp::jsonld {

inline constexpr std::string_view kKeywords[] = {
    "@base",        "@container", "@context",  "@default",   "@direction", "@embed",
    "@explicit",    "@graph",     "@id",       "@import",    "@included",  "@index",
    "@json",        "@language",  "@list",     "@nest",      "@none",      "@null",
    "@omitDefault", "@prefix",    "@preserve", "@propagate", "@protected", "@requireAll",
    "@reverse",     "@set",       "@type",     "@value",     "@version",   "@vocab"};

inline bool is_keyword(std::string_view text) {
  if (text.size() < 3 || text.front() != '@') return false;
  return std::find(std::begin(kKeywords), std::end(kKeywords), text) != std::end(kKeywords);
}

/// "@" 1*ALPHA: reserved for keywords of later versions; such terms and values are ignored.
inline bool has_keyword_form(std::string_view text) {
  if (text.size() < 2 || text.front() != '@') return false;
  return std::all_of(text.begin() + 1, text.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
}

inline bool is_blank(std::string_view text) { return text.starts_with("_:"); }

}  // namespace qp::jsonld
