#include <algorithm>

#include "base/text.hpp"
#include "jsonld/expander.hpp"
#include "jsonld/framer.hpp"
#include "jsonld/keywords.hpp"

// Frame Matching and Value Pattern Matching, JSON-LD Framing 4.2 and 4.3; numbers are the steps.
namespace qp::jsonld {
namespace {

using json::Member;
using json::Value;

bool is_framing_keyword(std::string_view key) {
  return key == "@default" || key == "@embed" || key == "@explicit" || key == "@omitDefault" ||
         key == "@requireAll";
}

/// Says nothing, once its framing keywords are left out.
bool is_wildcard(Value pattern) {
  return pattern.is_object() && std::ranges::all_of(pattern.members(), [](const Member& member) {
           return is_framing_keyword(member.key);
         });
}

bool has_wildcard(Value patterns) {
  return std::ranges::any_of(patterns.items(), [](Value item) { return is_wildcard(item); });
}

bool contains(Value values, Value wanted) {
  return std::ranges::any_of(values.items(),
                             [&](Value value) { return json::equal(value, wanted); });
}

/// 2.1: "match none" is here as good as a wildcard, for every node has a name.
bool matches_id(Value id, Value patterns) {
  return contains(patterns, id) || patterns.empty() || has_wildcard(patterns);
}

/// 2.2
bool matches_type(Value types, Value patterns) {
  if (patterns.empty()) return types.empty();
  if (std::ranges::any_of(types.items(), [&](Value type) { return contains(patterns, type); })) {
    return true;
  }
  return std::ranges::any_of(patterns.items(), [&](Value pattern) {
    return pattern.contains("@default") || (is_wildcard(pattern) && !types.empty());
  });
}

bool is_same_text(Value a, Value b, bool ignores_case) {
  if (!ignores_case || !a.is_string() || !b.is_string()) return json::equal(a, b);
  return text::equals_ignoring_case(a.text(), b.text());
}

/// One of @value, @type and @language. Where the pattern does not mention it the value must not
/// have it, as with "match none": so do the reference implementations.
bool matches_entry(Value value, Value pattern, std::string_view key) {
  const Value* found = value.find(key);
  const Value* wanted = pattern.find(key);
  if (!wanted) return !found;
  const std::span<const Value> choices =
      wanted->is_array() ? std::span<const Value>(wanted->items()) : std::span(wanted, 1);
  if (!found) return choices.empty();
  return std::ranges::any_of(choices, [&](Value choice) {
    return is_wildcard(choice) || is_same_text(*found, choice, key == "@language");
  });
}

}  // namespace

bool matches_value_pattern(Value value, Value pattern) {
  const auto mentions = [&](std::string_view key) { return pattern.contains(key); };
  if (!mentions("@value") && !mentions("@type") && !mentions("@language")) return true;
  return matches_entry(value, pattern, "@value") && matches_entry(value, pattern, "@type") &&
         matches_entry(value, pattern, "@language");
}

bool FrameMatcher::matches(Value node, Value frame) const {
  bool has_pattern = false;
  bool some = false;
  for (const Member& member : frame.members()) {
    if (member.key == "@id" || member.key == "@type") {
      const Value given = node.get(member.key);
      const bool fits =
          member.key == "@id" ? matches_id(given, member.value) : matches_type(given, member.value);
      if (!fits) return false;  // 2.3
      has_pattern = some = true;
      continue;
    }
    if (is_keyword(member.key)) continue;
    has_pattern = true;
    const Match match = match_property(node.get(member.key), member.value);
    if (match == Match::Excluded || (match == Match::No && require_all_)) return false;
    some = some || match == Match::Yes;
  }
  return some || !has_pattern;  // 1, 2
}

FrameMatcher::Match FrameMatcher::match_property(Value values, Value patterns) const {
  // 2.6
  if (patterns.empty()) return values.empty() ? Match::Yes : Match::Excluded;
  // 2.5
  if (values.empty() && patterns.items()[0].contains("@default")) return Match::Default;
  const bool fits = std::ranges::any_of(
      patterns.items(), [&](Value pattern) { return matches_pattern(values, pattern); });
  return fits ? Match::Yes : Match::No;
}

bool FrameMatcher::matches_pattern(Value values, Value pattern) const {
  if (is_wildcard(pattern)) return !values.empty();  // 2.7
  if (is_value_object(pattern)) {                    // 2.8
    return std::ranges::any_of(values.items(), [&](Value value) {
      return is_value_object(value) && matches_value_pattern(value, pattern);
    });
  }
  if (is_list_object(pattern)) {
    // A list with one item that fits.
    return std::ranges::any_of(values.items(), [&](Value value) {
      const Value wanted = pattern.get("@list");
      return is_list_object(value) && std::ranges::any_of(wanted.items(), [&](Value item) {
               return matches_pattern(value.get("@list"), item);
             });
    });
  }
  return std::ranges::any_of(values.items(), [&](Value value) {  // 2.9
    const Value* id = value.find("@id");
    const Value node = id ? graph_.find(id->text()) : Value();
    return !node.is_null() && matches(node, pattern);
  });
}

}  // namespace qp::jsonld
