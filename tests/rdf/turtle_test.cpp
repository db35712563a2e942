#include "rdf/turtle.hpp"

#include <doctest/doctest.h>

#include "rdf/isomorphic.hpp"
#include "rdf/nquads.hpp"

using namespace qp::rdf;

namespace {
const std::vector<qp::vocab::Prefix> kPrefixes = {{"as", "https://www.w3.org/ns/activitystreams#"},
                                                  {"unused", "https://unused.example/"}};
}

TEST_CASE("Turtle and TriG read back as the quads that they were written from") {
  const std::string text =
      "<http://x/a> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> "
      "<https://www.w3.org/ns/activitystreams#Note> .\n"
      "<http://x/a> <https://www.w3.org/ns/activitystreams#name> \"q\\\"\\n\" .\n"
      "<http://x/a> <https://www.w3.org/ns/activitystreams#name> \"hallo\"@de .\n"
      "<http://x/a> <https://www.w3.org/ns/activitystreams#tag> _:b .\n"
      "_:b <https://www.w3.org/ns/activitystreams#1odd/name> "
      "\"5\"^^<http://www.w3.org/2001/XMLSchema#integer> .\n"
      "_:b <http://x/b> \"true\"^^<http://www.w3.org/2001/XMLSchema#boolean> .\n"
      "_:b <http://x/b> \"x\"^^<https://www.w3.org/ns/activitystreams#odd> .\n";
  auto dataset = parse_quads(text, Syntax::NQuads);
  REQUIRE(dataset);
  std::vector<QuadView> quads(dataset->begin(), dataset->end());

  const std::string turtle = to_turtle(quads, kPrefixes);
  CHECK(turtle.find("a as:Note ;") != std::string::npos);
  CHECK(turtle.find("unused") == std::string::npos);
  const auto again = parse_quads(turtle, Syntax::Turtle);
  REQUIRE(again);
  CHECK(isomorphic(*dataset, *again));
}

TEST_CASE("graphs stand in braces, the default graph without, whatever the order") {
  const auto dataset = parse_quads(
      "<http://x/a> <http://x/p> \"1\" <http://x/g> .\n<http://x/a> <http://x/p> \"2\" "
      "<http://x/g> .\n"
      "<http://x/a> <http://x/p> \"3\" .\n<http://x/a> <http://x/p> \"4\" _:g .\n"
      "_:g <http://x/q> <https://www.w3.org/ns/activitystreams#Note> <http://x/g> .\n",
      Syntax::NQuads);
  REQUIRE(dataset);
  const std::vector<QuadView> quads(dataset->begin(), dataset->end());
  const std::string text = to_turtle(quads, kPrefixes);
  CHECK(text.find("<http://x/g> {\n    <http://x/a> <http://x/p> \"1\", \"2\" .\n}\n"
                  "<http://x/a> <http://x/p> \"3\" .\n_:g {\n") != std::string::npos);
  const auto again = parse_quads(text, Syntax::TriG);
  REQUIRE(again);
  CHECK(isomorphic(*dataset, *again));
}

TEST_CASE("nothing is an empty text, also in graphs") { CHECK(to_turtle({}, kPrefixes).empty()); }
