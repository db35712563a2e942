#include <doctest/doctest.h>

#include <string>

#include "jsonld/jsonld.hpp"

using namespace qp;
using namespace qp::jsonld;

namespace {

/// The framed document as text, or what went wrong.
std::string framed(std::string_view document, std::string_view frame_text,
                   const FrameOptions& frame_options = {},
                   ProcessingMode mode = ProcessingMode::JsonLd11) {
  json::Arena arena;
  Options options;
  options.processing_mode = mode;
  const auto input = json::parse(document, arena);
  const auto wanted = json::parse(frame_text, arena);
  REQUIRE(input.has_value());
  REQUIRE(wanted.has_value());
  const auto expanded = expand(*input, options, arena);
  REQUIRE(expanded.has_value());
  const auto result = frame(*expanded, *wanted, options, frame_options, arena);
  return result ? json::to_text(*result) : result.error().detail;
}

constexpr std::string_view kFamily = R"([
  {"@id": "x:ann", "@type": "x:Person", "x:child": [{"@id": "x:bob"}, {"@id": "x:cy"}]},
  {"@id": "x:bob", "@type": "x:Person", "x:name": "Bob"},
  {"@id": "x:cy", "@type": "x:Dog", "x:name": "Cy"}])";

}  // namespace

TEST_CASE("a node pattern asks for what the referenced node is like") {
  CHECK(framed(kFamily, R"({"x:child": {"@type": "x:Dog"}, "@explicit": true})")
            .starts_with(R"({"@id":"x:ann")"));
  CHECK(framed(kFamily, R"({"x:child": {"@type": "x:Cat"}, "@explicit": true})") == "{}");
}

TEST_CASE("match none leaves out nodes that have the property, whatever else matches") {
  CHECK(framed(kFamily, R"({"@type": "x:Person", "x:child": []})") ==
        R"({"@id":"x:bob","@type":"x:Person","x:name":"Bob","x:child":null})");
}

TEST_CASE("the flags of the caller hold where the frame says nothing") {
  FrameOptions options;
  options.explicit_inclusion = true;
  options.omit_default = true;
  CHECK(framed(kFamily, R"({"@id": "x:ann", "x:name": {}})", options) ==
        R"({"@id":"x:ann","@type":"x:Person"})");
  options = {};
  options.embed = Embed::Never;
  CHECK(framed(kFamily, R"({"@id": "x:ann"})", options) ==
        R"({"@id":"x:ann","@type":"x:Person","x:child":[{"@id":"x:bob"},{"@id":"x:cy"}]})");
  options = {};
  options.require_all = true;
  CHECK(framed(kFamily, R"({"x:name": {}, "x:child": {}})", options) == "{}");
}

TEST_CASE("@graph may be asked for and left out") {
  FrameOptions options;
  options.omit_graph = false;
  CHECK(framed(kFamily, R"({"@id": "x:bob"})", options) ==
        R"({"@graph":[{"@id":"x:bob","@type":"x:Person","x:name":"Bob"}]})");
  CHECK(framed(kFamily, R"({"@id": "x:nobody"})", options) == R"({"@graph":[]})");
  CHECK(framed(kFamily, R"({"@id": "x:bob"})", {}, ProcessingMode::JsonLd10)
            .starts_with(R"({"@graph":[)"));
}

TEST_CASE("a blank node that is named once loses its name unless it is to be kept") {
  constexpr std::string_view document = R"({"@id": "x:a", "x:p": {"x:q": 1}})";
  CHECK(framed(document, R"({"@id": "x:a"})") == R"({"@id":"x:a","x:p":{"x:q":1}})");
  FrameOptions options;
  options.prune_blank_node_identifiers = false;
  CHECK(framed(document, R"({"@id": "x:a"})", options) ==
        R"({"@id":"x:a","x:p":{"@id":"_:b0","x:q":1}})");
}

TEST_CASE("the default graph may be framed alone") {
  constexpr std::string_view document = R"([{"@id": "x:g", "@graph": [{"@id": "x:a", "x:p": 1}]},
                                            {"@id": "x:a", "x:q": 2}])";
  FrameOptions options;
  options.frame_default = true;
  CHECK(framed(document, R"({"@id": "x:a"})", options) == R"({"@id":"x:a","x:q":2})");
  CHECK(framed(document, R"({"@id": "x:a"})") == R"({"@id":"x:a","x:p":1,"x:q":2})");
}

TEST_CASE("nodes that refer to each other end") {
  CHECK(framed(R"([{"@id": "x:a", "x:p": {"@id": "x:b"}}, {"@id": "x:b", "x:p": {"@id": "x:a"}}])",
               R"({"@id": "x:a", "@embed": "@always"})") ==
        R"({"@id":"x:a","x:p":{"@id":"x:b","x:p":{"@id":"x:a"}}})");
  CHECK(framed(R"({"@id": "x:g", "@graph": [{"@id": "x:g", "x:p": 1}]})",
               R"({"@graph": {"@id": "x:g"}})") ==
        R"({"@id":"x:g","@graph":[{"@id":"x:g","x:p":1}]})");
}

TEST_CASE("a frame that is none is an error with its code") {
  CHECK(framed("{}", "[]").starts_with("invalid frame"));
  CHECK(framed("{}", R"([{"@id": "x:a"}, {"@id": "x:b"}])").starts_with("invalid frame"));
  CHECK(framed(kFamily, R"({"@id": "_:b"})").starts_with("invalid frame"));
  CHECK(framed(kFamily, R"({"@explicit": "maybe"})").starts_with("invalid frame"));
  CHECK(framed(kFamily, R"({"@embed": "@last"})").starts_with("invalid @embed value"));
}
