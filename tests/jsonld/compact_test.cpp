#include <doctest/doctest.h>

#include "fixture.hpp"

namespace qp::jsonld {
namespace {

using test::Fixture;

constexpr const char* kContext = R"("https://www.w3.org/ns/activitystreams")";

TEST_CASE("terms, aliases and relative references come back") {
  Fixture f;
  CHECK(f.compacted(R"([{"@id":"https://example.org/n",
                         "https://www.w3.org/ns/activitystreams#to":[{"@id":"https://a.example/"}],
                         "https://www.w3.org/ns/activitystreams#name":[{"@value":"x"}]}])",
                    kContext) == R"({"id":"n","to":"https://a.example/","name":"x"})");
}

TEST_CASE("the shortest compact IRI stands for what has no term") {
  Fixture f;
  CHECK(f.compacted(R"([{"http://p/q/a":[{"@value":1}]}])",
                    R"({"long": "http://p/q/", "p": "http://p/", "s": "http://p/q/"})") ==
        R"({"s:a":1})");
}

TEST_CASE("several nodes are put into a graph") {
  Fixture f;
  CHECK(f.compacted(R"([{"http://p/":[{"@value":1}]},{"http://p/":[{"@value":2}]}])",
                    R"({"p": "http://p/"})") == R"({"@graph":[{"p":1},{"p":2}]})");
}

TEST_CASE("an absolute IRI that would be read as a compact one is an error") {
  Fixture f;
  CHECK(f.compacted(R"([{"@id":"tag:x","http://p/":[{"@value":1}]}])",
                    R"({"tag": {"@id": "http://t/", "@prefix": true}})")
            .starts_with("IRI confused with prefix"));
}

TEST_CASE("stored: undefined and well-known keys come back as they were written") {
  Fixture f(Mode::Storage);
  const char* document = R"({"@context": "https://www.w3.org/ns/activitystreams",
      "type": ["Note", "Lock", "Hashtag"], "nickname": "x", "owner": "https://a.example/",
      "sensitive": true})";
  CHECK(f.compacted(f.expanded(document), kContext) ==
        R"({"type":["Note","Lock","Hashtag"],"nickname":"x","owner":"https://a.example/",)"
        R"("sensitive":true})");
}

TEST_CASE("stored: the context's own term for the IRI of a well-known key is preferred") {
  Fixture f(Mode::Storage);
  CHECK(f.compacted(R"([{"https://www.w3.org/ns/activitystreams#sensitive":[{"@value":true}]}])",
                    R"({"nsfw": "https://www.w3.org/ns/activitystreams#sensitive"})") ==
        R"({"nsfw":true})");
}

TEST_CASE("conformant: a well-known IRI without a term stays an IRI") {
  Fixture f;
  CHECK(f.compacted(R"([{"http://joinmastodon.org/ns#blurhash":[{"@value":"x"}]}])", kContext) ==
        R"({"http://joinmastodon.org/ns#blurhash":"x"})");
}

}  // namespace
}  // namespace qp::jsonld
