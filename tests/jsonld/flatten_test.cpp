#include <doctest/doctest.h>

#include <string>

#include "jsonld/jsonld.hpp"

using namespace qp;
using namespace qp::jsonld;

namespace {

/// The flattened document as text, or what went wrong.
std::string flattened(std::string_view document, std::string_view context = "null") {
  json::Arena arena;
  Options options;
  options.ordered = true;
  const auto input = json::parse(document, arena);
  const auto words = json::parse(context, arena);
  REQUIRE(input.has_value());
  REQUIRE(words.has_value());
  const auto expanded = expand(*input, options, arena);
  REQUIRE(expanded.has_value());
  const auto result = flatten(*expanded, *words, options, arena);
  return result ? json::to_text(*result) : result.error().detail;
}

}  // namespace

TEST_CASE("what a document says of one node in several places comes together") {
  CHECK(flattened(R"([{"@id": "x:a", "x:p": [{"@id": "x:b", "x:q": 1}]},
                      {"@id": "x:b", "x:q": [2, 1]}])") ==
        R"([{"@id":"x:a","x:p":[{"@id":"x:b"}]},)"
        R"({"@id":"x:b","x:q":[{"@value":1},{"@value":2}]}])");
}

TEST_CASE("values that are equal are one, in whatever order their members stand") {
  CHECK(flattened(R"({"@id": "x:a", "x:p": [{"@value": "v", "@type": "x:t"},
                                            {"@type": "x:t", "@value": "v"}]})") ==
        R"([{"@id":"x:a","x:p":[{"@type":"x:t","@value":"v"}]}])");
}

TEST_CASE("lists keep their repeats and nest") {
  CHECK(
      flattened(R"({"@id": "x:a", "x:p": {"@list": [1, 1, {"@list": [2]}]}})") ==
      R"([{"@id":"x:a","x:p":[{"@list":[{"@value":1},{"@value":1},{"@list":[{"@value":2}]}]}]}])");
}

TEST_CASE("blank nodes get labels of one row, named or not") {
  CHECK(flattened(R"({"@id": "_:z", "x:p": [{"x:q": 1}, {"@id": "_:b0", "x:q": 2}]})") ==
        R"([{"@id":"_:b0","x:p":[{"@id":"_:b1"},{"@id":"_:b2"}]},)"
        R"({"@id":"_:b1","x:q":[{"@value":1}]},{"@id":"_:b2","x:q":[{"@value":2}]}])");
}

TEST_CASE("a named graph stands in its node, also an empty one") {
  CHECK(
      flattened(R"([{"@id": "x:g", "@graph": [{"@id": "x:a", "x:p": 1}]},
                      {"@id": "x:e", "@graph": []}])") ==
      R"([{"@id":"x:e","@graph":[]},{"@id":"x:g","@graph":[{"@id":"x:a","x:p":[{"@value":1}]}]}])");
}

TEST_CASE("with a context the result is in its words") {
  CHECK(flattened(R"({"@id": "x:a", "x:p": 1})", R"({"p": "x:p"})") ==
        R"({"@context":{"p":"x:p"},"@id":"x:a","p":1})");
}

TEST_CASE("one node with two indexes is an error with its code") {
  CHECK(flattened(R"([{"@id": "x:a", "@index": "1"}, {"@id": "x:a", "@index": "2"}])") ==
        "conflicting indexes: x:a");
}
