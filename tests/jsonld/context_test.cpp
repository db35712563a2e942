#include "jsonld/context.hpp"

#include <doctest/doctest.h>

#include "fixture.hpp"
#include "jsonld/errors.hpp"

namespace qp::jsonld {
namespace {

using test::Fixture;

TEST_CASE("an error starts with the spelling of the specification and may be told") {
  const Error error = fail(ErrorCode::InvalidTermDefinition, "name");
  CHECK(error.code == Code::BadInput);
  CHECK(error.message == "invalid term definition: name");
}

TEST_CASE("a term may refer to one that is defined behind it") {
  Fixture f;
  CHECK(f.expanded(R"({"@context": {"a": "p:a", "p": "http://p/"}, "a": 1})") ==
        R"([{"http://p/a":[{"@value":1}]}])");
}

TEST_CASE("terms that are defined by each other are refused") {
  Fixture f;
  CHECK(f.expanded(R"({"@context": {"a": "b:x", "b": "a:x"}})").starts_with("cyclic IRI mapping"));
}

TEST_CASE("a protected term keeps its definition") {
  Fixture f;
  CHECK(f.expanded(R"({"@context": [{"@protected": true, "a": "http://p/a"},
                                    {"a": "http://q/a"}]})")
            .starts_with("protected term redefinition"));
}

TEST_CASE("contexts that include each other end with an error") {
  Fixture f;
  f.contexts["http://c/1"] = R"({"@context": "http://c/2"})";
  f.contexts["http://c/2"] = R"({"@context": "http://c/1"})";
  CHECK(f.expanded(R"({"@context": "http://c/1"})").starts_with("context overflow"));
}

TEST_CASE("a context that was compiled for one document serves the next") {
  Fixture f;
  ContextCache cache;
  f.options.cache = &cache;
  const char* document = R"({"@context": ["https://www.w3.org/ns/activitystreams",
                                          {"a": "http://p/a"}], "a": 1})";
  const std::string first = f.expanded(document);
  f.options.base = "https://elsewhere.example/";
  CHECK(f.expanded(document) == first);
  CHECK(f.loads == 1);
}

TEST_CASE("a compiled context with a relative base is not shared between documents") {
  Fixture f;
  ContextCache cache;
  f.options.cache = &cache;
  const char* document =
      R"({"@context": {"@base": "sub/", "p": {"@id": "http://p/", "@type": "@id"}},
                             "p": "x"})";
  CHECK(f.expanded(document) == R"([{"http://p/":[{"@id":"https://example.org/sub/x"}]}])");
  f.options.base = "https://other.example/";
  CHECK(f.expanded(document) == R"([{"http://p/":[{"@id":"https://other.example/sub/x"}]}])");
}

TEST_CASE("the cache forgets what was not used for long, and stays within its bound") {
  ContextCache cache(std::size_t{8} * 1024);
  cache.insert("first", Context::initial(Mode::Conformant, ProcessingMode::JsonLd11));
  for (int i = 0; i < 100; ++i) {
    cache.insert("key" + std::to_string(i),
                 Context::initial(Mode::Conformant, ProcessingMode::JsonLd11));
  }
  CHECK(cache.find("first") == nullptr);
  CHECK(cache.find("key99") != nullptr);
}

TEST_CASE("the cache counts what the definitions of a context hold") {
  constexpr std::size_t kBytes = std::size_t{1} << 20;
  ContextCache cache(kBytes);
  const auto large = std::make_shared<Context>();
  large->own_bytes = kBytes / 4;
  for (int i = 0; i < 8; ++i) cache.insert("key" + std::to_string(i), large);
  CHECK(large.use_count() <= 4);
  TermDefinition definition;
  const std::size_t plain = definition.bytes();
  json::Arena arena;
  definition.context = std::make_shared<const OwnedJson>(json::Value::object(arena));
  CHECK(definition.bytes() > plain + definition.context->arena.bytes());
}

TEST_CASE("stored: an inline context cannot redefine a term of ActivityStreams") {
  Fixture f(Mode::Storage);
  CHECK(f.expanded(R"({"@context": ["https://www.w3.org/ns/activitystreams",
                                    {"content": "http://evil/"}], "content": "x"})") ==
        R"([{"https://www.w3.org/ns/activitystreams#content":[{"@value":"x"}]}])");
}

TEST_CASE("stored: a context that is not in the bundle counts as empty; conformant: an error") {
  const char* document = R"({"@context": ["https://www.w3.org/ns/activitystreams",
                                          "https://unknown.example/c"], "name": "x"})";
  Fixture stored(Mode::Storage);
  CHECK(stored.expanded(document) ==
        R"([{"https://www.w3.org/ns/activitystreams#name":[{"@value":"x"}]}])");
  Fixture conformant;
  CHECK(conformant.expanded(document).starts_with("loading remote context failed"));
}

}  // namespace
}  // namespace qp::jsonld
