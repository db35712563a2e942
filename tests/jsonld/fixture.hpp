#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "jsonld/context.hpp"
#include "jsonld/jsonld.hpp"

namespace qp::jsonld::test {

inline constexpr const char* kActivityStreams = R"({"@context": {
  "@vocab": "_:", "xsd": "http://www.w3.org/2001/XMLSchema#",
  "as": "https://www.w3.org/ns/activitystreams#", "id": "@id", "type": "@type",
  "Note": "as:Note", "name": "as:name", "content": "as:content",
  "to": {"@id": "as:to", "@type": "@id"}, "object": {"@id": "as:object", "@type": "@id"}}})";

/// Documents as texts, with a loader that has ActivityStreams (a short one) and what is put in.
struct Fixture {
  explicit Fixture(Mode mode = Mode::Conformant) {
    options.mode = mode;
    options.base = "https://example.org/doc";
    contexts["https://www.w3.org/ns/activitystreams"] = kActivityStreams;
    options.loader = [this](std::string_view url) -> Result<RemoteDocument> {
      ++loads;
      const auto found = contexts.find(std::string(url));
      if (found == contexts.end()) return error(Code::NotFound, std::string(url));
      return RemoteDocument{std::string(url), found->second, {}};
    };
  }

  json::Value parse(std::string_view text) { return json::parse(arena.copy(text), arena).value(); }
  /// The expanded document, or the error.
  std::string expanded(std::string_view text) {
    const auto result = expand(parse(text), options, arena);
    return result ? json::to_text(*result) : result.error().detail;
  }
  std::string compacted(std::string_view expanded_text, std::string_view context) {
    const auto result = compact(parse(expanded_text), parse(context), options, arena);
    if (!result) return result.error().detail;
    result->erase("@context");
    return json::to_text(*result);
  }

  json::Arena arena;
  Options options;
  std::map<std::string, std::string> contexts;
  int loads = 0;
};

}  // namespace qp::jsonld::test
