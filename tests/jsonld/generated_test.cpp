#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "jsonld/context.hpp"
#include "jsonld/document.hpp"
#include "jsonld/fidelity.hpp"
#include "vocab/contexts.hpp"

// Documents that nobody wrote: made from words that mean something and words that do not.
namespace qp::jsonld {
namespace {

class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  std::string document() {
    std::string text = "{";
    if (chance(5, 6)) text += R"("@context":)" + context() + ",";
    if (chance(3, 4)) text += R"("id":)" + pick(kIds) + ",";
    return text + members(4) + "}";
  }

 private:
  using Words = std::vector<std::string>;
  static const Words kIds, kKeys, kScalars, kContexts;

  bool chance(int hits, int of) { return static_cast<int>(random_() % of) < hits; }
  const std::string& pick(const Words& words) { return words[random_() % words.size()]; }

  std::string context() {
    if (chance(1, 3)) return pick(kContexts);
    return "[" + pick(kContexts) + "," + pick(kContexts) + "," + pick(kContexts) + "]";
  }

  /// Each key once, with a colon-free comma list.
  std::string members(int depth) {
    std::string text;
    Words keys = kKeys;
    std::shuffle(keys.begin(), keys.end(), random_);
    const std::size_t count = random_() % 7;
    for (std::size_t i = 0; i < count; ++i) {
      text += (text.empty() ? "" : ",") + keys[i] + ":" + value(depth);
    }
    return text.empty() ? R"("name":"x")" : text;
  }

  std::string value(int depth) {
    if (depth == 0 || chance(1, 2)) return pick(kScalars);
    if (chance(1, 2)) return "{" + members(depth - 1) + "}";
    std::string text = "[";
    for (std::size_t i = random_() % 4; i > 0; --i) {
      text += value(depth - 1) + (i > 1 ? "," : "");
    }
    return text + "]";
  }

  std::mt19937 random_;
};

const Generator::Words Generator::kIds = {R"("https://a.example/1")", R"("https://a.example/2")",
                                          R"("_:b0")", "null", R"("odd id")"};
const Generator::Words Generator::kKeys = {
    R"("id")",         R"("type")",      R"("to")",        R"("object")",    R"("actor")",
    R"("tag")",        R"("name")",      R"("nameMap")",   R"("content")",   R"("orderedItems")",
    R"("items")",      R"("width")",     R"("latitude")",  R"("published")", R"("publicKey")",
    R"("owner")",      R"("sensitive")", R"("undefined")", R"("odd key")",   R"("ex:y")",
    R"("@language")",  R"("@value")",    R"("@graph")",    R"("@list")",     R"("@future")",
    R"("attachment")", R"("url")",       R"("list")",      R"("")"};
const Generator::Words Generator::kScalars = {"null",
                                              "true",
                                              "false",
                                              "0",
                                              "1.0",
                                              "-0",
                                              "1e2",
                                              "12345678901234567890",
                                              R"("")",
                                              R"("plain")",
                                              R"("Public")",
                                              R"("as:Public")",
                                              R"("https://a.example/1")",
                                              R"("_:b0")",
                                              R"("_:b1")",
                                              R"("Note")",
                                              R"("2025-01-01T00:00:00Z")",
                                              "[]",
                                              "{}",
                                              R"("@type")",
                                              R"({"en":"x","de":["y",null]})",
                                              R"({"@value":"v","@language":"en"})",
                                              R"("a b")",
                                              R"({"id":"https://a.example/2","name":"two"})",
                                              R"(["a","b","a"])"};
const Generator::Words Generator::kContexts = {
    R"("https://www.w3.org/ns/activitystreams")",
    R"("https://w3id.org/security/v1")",
    R"("https://unknown.example/c")",
    "null",
    "{}",
    R"({"@language":"en"})",
    R"({"ex":"http://ex/","undefined":{"@id":"ex:u","@container":"@set"}})",
    R"({"list":{"@id":"http://ex/l","@container":"@list"}})",
    R"({"@vocab":"http://ex/"})",
    R"({"tag":"http://ex/tag","sensitive":null})",
    R"({"bad":5})",
    R"({"undefined":"@id"})"};

/// As the store gives statements back: in another order, blank nodes under other labels.
std::vector<Statement> from_a_store(const StoredForm& form, json::Arena& arena, unsigned seed) {
  std::vector<Statement> statements;
  const auto renamed = [&](rdf::TermView term) {
    if (term.kind == rdf::TermKind::Blank) term.value = arena.concat("x", term.value);
    return term;
  };
  statements.reserve(form.quads.size());
  for (const auto& emitted : form.quads) {
    statements.push_back(
        {renamed(emitted.quad.s), emitted.quad.p, renamed(emitted.quad.o), emitted.ordinal});
  }
  std::shuffle(statements.begin(), statements.end(), std::mt19937(seed));
  return statements;
}

}  // namespace

TEST_CASE("whatever JSON object the operator brings in comes back from its quads") {
  ContextCache cache;
  const ContextSource contexts{cache, [](std::string_view url) -> Result<RemoteDocument> {
                                 const auto* bundled = vocab::find_bundled_context(url);
                                 if (!bundled) return error(Code::NotFound, std::string(url));
                                 return RemoteDocument{
                                     std::string(url), std::string(bundled->json), {}};
                               }};
  for (unsigned seed = 0; seed < 3000; ++seed) {
    json::Arena arena;
    const std::string text = Generator(seed).document();
    CAPTURE(seed);
    CAPTURE(text);
    json::ParseLimits limits;
    limits.allow_duplicate_keys = true;
    const auto document = json::parse(text, arena, limits).value();
    const auto original = json::deep_copy(document, arena);
    const auto form = read_for_storage(document, contexts, arena, Sender::Operator);
    if (!form) FAIL(form.error().detail);
    const auto statements = from_a_store(*form, arena, seed);
    rdf::TermView root = form->root;
    if (root.kind == rdf::TermKind::Blank) root.value = arena.concat("x", root.value);
    const auto kept = json::parse(arena.copy(json::to_text(form->difference)), arena).value();
    const auto restored = restore(statements, root, form->context, contexts, arena).value();
    const auto back = apply_difference(restored, kept, arena);
    if (json::equal(back, original)) continue;
    CAPTURE(json::to_text(kept));
    FAIL_CHECK(json::to_text(back));
  }
}

}  // namespace qp::jsonld
