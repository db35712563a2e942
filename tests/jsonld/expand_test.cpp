#include <doctest/doctest.h>

#include "fixture.hpp"

namespace qp::jsonld {
namespace {

using test::Fixture;

constexpr const char* kUses = R"("@context": "https://www.w3.org/ns/activitystreams", )";

std::string with_context(const std::string& members) {
  return std::string("{") + kUses + members + "}";
}

TEST_CASE("a node is expanded to full IRIs") {
  Fixture f;
  CHECK(f.expanded(with_context(R"("id": "n", "type": "Note", "name": "x")")) ==
        R"([{"@id":"https://example.org/n","@type":["https://www.w3.org/ns/activitystreams#Note"],)"
        R"("https://www.w3.org/ns/activitystreams#name":[{"@value":"x"}]}])");
}

TEST_CASE("an undefined key is dropped where there is no vocabulary") {
  Fixture f;
  CHECK(f.expanded(R"({"@context": {"a": "http://p/a"}, "a": 1, "b": 2})") ==
        R"([{"http://p/a":[{"@value":1}]}])");
}

TEST_CASE("conformant: an undefined key follows the vocabulary as the specification says") {
  Fixture f;
  CHECK(f.expanded(with_context(R"("sensitive": true)")) ==
        R"([{"_:sensitive":[{"@value":true}]}])");
}

TEST_CASE("stored: an undefined key and an undefined type keep their names") {
  Fixture f(Mode::Storage);
  CHECK(f.expanded(with_context(R"("type": "Lock", "nickname": "x")")) ==
        R"([{"@type":["urn:quadpub:undefined:Lock"],)"
        R"("urn:quadpub:undefined:nickname":[{"@value":"x"}]}])");
}

TEST_CASE("stored: a well-known key without a definition gets its own IRI") {
  Fixture f(Mode::Storage);
  CHECK(f.expanded(with_context(R"("type": "Hashtag", "owner": "https://a.example/")")) ==
        R"([{"@type":["https://www.w3.org/ns/activitystreams#Hashtag"],)"
        R"("https://w3id.org/security#owner":[{"@id":"https://a.example/"}]}])");
}

TEST_CASE("stored: the sender's own definition of a well-known key counts") {
  Fixture f(Mode::Storage);
  CHECK(f.expanded(R"({"@context": ["https://www.w3.org/ns/activitystreams",
                                    {"owner": "http://my/owner"}], "owner": "x"})") ==
        R"([{"http://my/owner":[{"@value":"x"}]}])");
}

TEST_CASE("stored: a document without a context is ActivityStreams") {
  Fixture f(Mode::Storage);
  CHECK(f.expanded(R"({"name": "x"})") ==
        R"([{"https://www.w3.org/ns/activitystreams#name":[{"@value":"x"}]}])");
}

TEST_CASE("conformant: a bare Public is a relative reference") {
  Fixture f;
  CHECK(f.expanded(with_context(R"("to": "Public")")) ==
        R"([{"https://www.w3.org/ns/activitystreams#to":[{"@id":"https://example.org/Public"}]}])");
}

TEST_CASE("an id of null is refused, and dropped where the document is stored") {
  const std::string document = with_context(R"("id": null, "name": "x")");
  Fixture conformant;
  CHECK(conformant.expanded(document).starts_with("invalid @id value"));
  Fixture stored(Mode::Storage);
  CHECK(stored.expanded(document) ==
        R"([{"https://www.w3.org/ns/activitystreams#name":[{"@value":"x"}]}])");
}

TEST_CASE("stored: what moves the root of a document is refused, by any name") {
  const char* const documents[] = {
      R"({"@graph": [{"name": "x"}]})",
      R"({"name": "x", "@included": [{"name": "y"}]})",
      R"({"name": "x", "@reverse": {"object": {"name": "y"}}})",
      R"({"@context": {"g": "@graph"}, "g": [{"http://p/": 1}]})",
      R"({"@context": {"g": {"@id": "http://p/g", "@container": "@graph"}}, "g": {"http://p/": 1}})",
      R"({"@context": {"r": {"@reverse": "http://p/"}}, "r": {"http://q/": "y"}})",
  };
  for (const char* document : documents) {
    Fixture f(Mode::Storage);
    CHECK(f.expanded(document).ends_with("is not accepted in documents that are to be stored"));
  }
}

}  // namespace
}  // namespace qp::jsonld
