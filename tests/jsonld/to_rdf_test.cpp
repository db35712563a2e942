#include <doctest/doctest.h>

#include <map>

#include "jsonld/context.hpp"
#include "jsonld/jsonld.hpp"
#include "rdf/nquads.hpp"

using namespace qp;
using namespace qp::jsonld;

namespace {

std::string quads_of(std::string_view expanded, const RdfOptions& options = {}) {
  json::Arena arena;
  const auto value = json::parse(expanded, arena);
  REQUIRE(value.has_value());
  const auto quads = to_rdf(*value, options, arena);
  if (!quads) return quads.error().detail;
  std::string out;
  for (const EmittedQuad& each : *quads) {
    out += std::to_string(each.ordinal) + " ";
    rdf::write_nquad(each.quad, out);
  }
  return out;
}

}  // namespace

TEST_CASE("values are numbered in document order, and a repeated one is emitted once") {
  CHECK(quads_of(R"([{"@id":"t:s","t:p":[{"@value":"b"},{"@value":"a"},{"@value":"b"},
                                          {"@value":"c"}]}])") ==
        "1 <t:s> <t:p> \"b\" .\n2 <t:s> <t:p> \"a\" .\n3 <t:s> <t:p> \"c\" .\n");
}

TEST_CASE("a node in two places counts on") {
  CHECK(quads_of(R"([{"@id":"t:s","t:p":[{"@value":"a"}],"t:q":[{"@id":"t:s",
                     "t:p":[{"@value":"b"}]}]}])") ==
        "1 <t:s> <t:p> \"a\" .\n1 <t:s> <t:q> <t:s> .\n2 <t:s> <t:p> \"b\" .\n");
}

TEST_CASE("a list is a chain of cells; the items of a collection may be ordered values instead") {
  constexpr std::string_view kDocument =
      R"([{"@id":"t:s","t:p":[{"@list":[{"@value":"b"},{"@id":"t:o","t:q":[{"@value":"x"}]}]}]}])";
  for (const bool items_as_values : {false, true}) {
    const std::string chain = quads_of(kDocument, {.items_as_values = items_as_values});
    CHECK(chain.find("1 <t:s> <t:p> _:b0 .\n") == 0);
    CHECK(chain.find("_:b1 <http://www.w3.org/1999/02/22-rdf-syntax-ns#rest> "
                     "<http://www.w3.org/1999/02/22-rdf-syntax-ns#nil> .") != std::string::npos);
  }
  const std::string items = "https://www.w3.org/ns/activitystreams#items";
  const std::string collection = R"([{"@id":"t:s",")" + items + R"(":[{"@list":)";
  CHECK(quads_of(collection + R"([{"@value":"b"},{"@id":"t:o"}]}]}])", {.items_as_values = true}) ==
        "1 <t:s> <" + items + "> \"b\" .\n2 <t:s> <" + items + "> <t:o> .\n");
  CHECK(quads_of(collection + "[]}]}]", {.items_as_values = true}).empty());
}

TEST_CASE("native numbers have the canonical forms of JSON-LD") {
  const std::map<std::string, std::string> forms = {
      {"1", "\"1\"^^<http://www.w3.org/2001/XMLSchema#integer>"},
      {"-0", "\"0\"^^<http://www.w3.org/2001/XMLSchema#integer>"},
      {"1.0", "\"1\"^^<http://www.w3.org/2001/XMLSchema#integer>"},
      {"1e2", "\"100\"^^<http://www.w3.org/2001/XMLSchema#integer>"},
      {"5.3", "\"5.3E0\"^^<http://www.w3.org/2001/XMLSchema#double>"},
      {"1e21", "\"1.0E21\"^^<http://www.w3.org/2001/XMLSchema#double>"},
      {"-0.00012", "\"-1.2E-4\"^^<http://www.w3.org/2001/XMLSchema#double>"},
      {"123456789012345678901",
       "\"123456789012345678901\"^^<http://www.w3.org/2001/XMLSchema#integer>"},
  };
  for (const auto& [number, literal] : forms) {
    CHECK(quads_of(R"([{"@id":"t:s","t:p":[{"@value":)" + number + "}]}]") ==
          "1 <t:s> <t:p> " + literal + " .\n");
  }
}

TEST_CASE("a node with two indexes is refused") {
  CHECK(quads_of(R"([{"@id":"t:s","@index":"a"},{"@id":"t:s","@index":"b"}])")
            .starts_with("conflicting indexes"));
}

TEST_CASE("from_rdf folds a list and keeps the order of values") {
  json::Arena arena;
  const auto dataset =
      rdf::parse_quads("<t:s> <t:p> ( 1 ( 'x' ) () ) ; <t:q> 'b', 'a', 'b' .", rdf::Syntax::Turtle);
  REQUIRE(dataset.has_value());
  const std::vector<rdf::QuadView> quads = [&] {
    std::vector<rdf::QuadView> views;
    for (const rdf::Quad& quad : *dataset) views.push_back({quad.s, quad.p, quad.o, quad.g});
    return views;
  }();
  const auto document = from_rdf(quads, {.use_native_types = true}, arena);
  REQUIRE(document.has_value());
  CHECK(json::to_text(*document) ==
        R"([{"@id":"t:s","t:p":[{"@list":[{"@value":1},{"@list":[{"@value":"x"}]},{"@list":[]}]}],)"
        R"("t:q":[{"@value":"b"},{"@value":"a"}]}])");
}

TEST_CASE("from_rdf leaves a list that bites its own tail as it is") {
  json::Arena arena;
  const std::string rdf_namespace = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
  const auto dataset = rdf::parse_quads("@prefix rdf: <" + rdf_namespace +
                                            "> . _:a rdf:first 1 ; rdf:rest _:b . _:b rdf:first 2 "
                                            "; rdf:rest _:a . <t:s> <t:p> rdf:nil .",
                                        rdf::Syntax::Turtle);
  REQUIRE(dataset.has_value());
  std::vector<rdf::QuadView> quads;
  for (const rdf::Quad& quad : *dataset) quads.push_back({quad.s, quad.p, quad.o, quad.g});
  const auto document = from_rdf(quads, {}, arena);
  REQUIRE(document.has_value());
  CHECK(document->size() == 3);
}
