#include "vocab/contexts.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

using nlohmann::json;
using namespace qp::vocab;

namespace {

std::filesystem::path published_contexts() {
  if (const char* given = std::getenv("QUADPUB_CONTEXTS")) return given;
  return std::filesystem::path(QUADPUB_SOURCE_DIR) / ".." / "shared" / "corpus" / "contexts";
}

/// `text` with its prefix replaced, as far as `terms` define one.
std::string resolved(const std::string& text, const json& terms) {
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos || text.substr(colon).starts_with("://")) return text;
  const auto prefix = terms.find(text.substr(0, colon));
  if (prefix == terms.end()) return text;
  const json& id = prefix->is_object() ? prefix->at("@id") : *prefix;
  return resolved(id.get<std::string>(), terms) + text.substr(colon + 1);
}

json meaning(const json& context);

/// A definition in its long form, with IRIs in full.
json definition_meaning(const json& definition, const json& terms) {
  if (definition.is_null() || definition.is_boolean()) return definition;
  json result = definition.is_string() ? json{{"@id", definition}} : definition;
  for (const char* key : {"@id", "@type", "@reverse"}) {
    if (result.contains(key)) result[key] = resolved(result[key].get<std::string>(), terms);
  }
  if (result.contains("@context")) result["@context"] = meaning(result["@context"]);
  return result;
}

json meaning(const json& context) {
  if (context.is_array()) {
    json result = json::array();
    for (const json& item : context) result.push_back(meaning(item));
    return result;
  }
  if (!context.is_object()) return context;
  json result = json::object();
  for (const auto& [term, definition] : context.items()) {
    const bool keyword = term.starts_with('@');
    result[term] = keyword ? definition : definition_meaning(definition, context);
  }
  return result;
}

/// Without the terms that are defined as they would be without a definition (most of schema.org).
json without_what_vocab_says(json context) {
  if (!context.is_object() || !context.contains("@vocab")) return context;
  const auto vocab = context["@vocab"].get<std::string>();
  json result = json::object();
  for (const auto& [term, definition] : context.items()) {
    const bool says_more = definition_meaning(definition, context) != json{{"@id", vocab + term}};
    if (term.starts_with('@') || says_more) result[term] = definition;
  }
  return result;
}

}  // namespace

TEST_CASE(
    "every shipped context is JSON with nothing but a @context, and is found by its address") {
  std::set<std::string_view> seen;
  for (const BundledContext& context : bundled_contexts()) {
    CAPTURE(context.url);
    const json document = json::parse(context.json);
    CHECK(document.size() == 1);
    CHECK(document.contains("@context"));
    CHECK(find_bundled_context(context.url) == &context);
    CHECK(seen.insert(context.url).second);
  }
  CHECK(seen.size() == 20);
}

TEST_CASE("a context is found under the other spellings of its address") {
  const BundledContext* as2 = find_bundled_context("https://www.w3.org/ns/activitystreams");
  REQUIRE(as2 != nullptr);
  CHECK(find_bundled_context("http://www.w3.org/ns/activitystreams") == as2);
  CHECK(find_bundled_context("http://www.w3.org/ns/activitystreams#") == as2);
  CHECK(find_bundled_context("https://www.w3.org/ns/activitystreams.jsonld") == as2);
  CHECK(find_bundled_context("http://w3id.org/security/v1") != nullptr);
  const BundledContext* litepub =
      find_bundled_context("https://pleroma.example/schemas/litepub-0.1.jsonld");
  REQUIRE(litepub != nullptr);
  CHECK(litepub == find_bundled_context("https://litepub.social/litepub/context.jsonld"));
  CHECK(find_bundled_context("https://mbin.example/contexts") ==
        find_bundled_context("https://kbin.test/contexts"));
}

TEST_CASE("other addresses find nothing") {
  for (const char* url : {"", "contexts", "https:///contexts", "https://www.w3.org/ns/", "#",
                          "https://a.example/x/contexts", "ftp://w3id.org/security/v1",
                          "https://a.example/schemas/litepub-0X1.jsonld"}) {
    CAPTURE(url);
    CHECK(find_bundled_context(url) == nullptr);
  }
}

TEST_CASE("each shipped context means what the published one means") {
  const std::filesystem::path folder = published_contexts();
  std::ifstream index_file(folder / "index.json");
  if (!index_file) {
    MESSAGE("SKIPPED: no published contexts in " << folder);
    return;
  }
  std::set<std::string_view> compared;
  const json index = json::parse(index_file);
  for (const auto& [url, file] : index["exact"].items()) {
    CAPTURE(url);
    const BundledContext* ours = find_bundled_context(url);
    REQUIRE(ours != nullptr);
    std::ifstream published(folder / file.get<std::string>());
    const json expected = json::parse(published)["@context"];
    CHECK(meaning(without_what_vocab_says(json::parse(ours->json)["@context"])) ==
          meaning(without_what_vocab_says(expected)));
    compared.insert(ours->url);
  }
  CHECK(compared.size() == bundled_contexts().size());
}
