#include "rdf/turtle.hpp"

#include <doctest/doctest.h>

#include "rdf/isomorphic.hpp"
#include "rdf/nquads.hpp"

using namespace qp::rdf;

namespace {
const std::vector<Prefix> kPrefixes = {{"as", "https://www.w3.org/ns/activitystreams#"},
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

  const auto named = parse_quads(to_turtle(quads, kPrefixes, "http://x/g"), Syntax::TriG);
  REQUIRE(named);
  for (Quad& quad : *dataset) quad.g = Term::iri("http://x/g");
  CHECK(isomorphic(*dataset, *named));
}
