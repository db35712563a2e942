#include "proof/rdfc.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <random>

#include "rdf/isomorphic.hpp"
#include "rdf/nquads.hpp"

using namespace qp;
using namespace qp::proof;

namespace {

rdf::Dataset read(std::string_view nquads) {
  auto dataset = rdf::parse_quads(nquads, rdf::Syntax::NQuads);
  REQUIRE(dataset.has_value());
  return *std::move(dataset);
}

std::string canonical(const rdf::Dataset& dataset, const CanonicalizeOptions& options = {}) {
  const std::vector<rdf::QuadView> quads(dataset.begin(), dataset.end());
  const auto result = canonicalize(quads, options);
  return result ? result->nquads : result.error().detail;
}

const rdf::Term kP = rdf::Term::iri("https://example.org/p");
const rdf::Term kQ = rdf::Term::iri("https://example.org/q");

rdf::Term node(std::size_t n) { return rdf::Term::blank("n" + std::to_string(n)); }

/// A few blank nodes with random edges between them, a literal or a graph here and there.
rdf::Dataset random_dataset(std::mt19937& random) {
  rdf::Dataset dataset;
  const std::size_t nodes = 2 + random() % 5;
  for (std::size_t edges = 1 + random() % 9; edges > 0; --edges) {
    rdf::Quad quad{node(random() % nodes), random() % 2 == 0 ? kP : kQ, node(random() % nodes), {}};
    if (random() % 5 == 0) quad.o = rdf::Term::literal("x", "https://example.org/type");
    if (random() % 5 == 0) quad.g = node(random() % nodes);
    dataset.push_back(quad);
  }
  return dataset;
}

/// The same dataset with other labels, in another order, one quad twice.
rdf::Dataset shuffled(rdf::Dataset dataset, std::mt19937& random) {
  const std::string suffix = "x" + std::to_string(random());
  const std::size_t turn = random() % 10;
  for (rdf::Quad& quad : dataset) {
    for (rdf::Term* term : {&quad.s, &quad.o, &quad.g}) {
      if (term->kind != rdf::TermKind::Blank) continue;
      term->value = std::to_string((term->value.back() + turn) % 10) + suffix;
    }
  }
  dataset.push_back(dataset.front());
  std::ranges::shuffle(dataset, random);
  return dataset;
}

/// Every blank node linked to every other one.
rdf::Dataset clique(std::size_t size) {
  rdf::Dataset dataset;
  for (std::size_t a = 0; a < size; ++a) {
    for (std::size_t b = 0; b < size; ++b) dataset.push_back({node(a), kP, node(b), {}});
  }
  return dataset;
}

/// A ring in which no node differs from another.
rdf::Dataset ring(std::size_t size) {
  rdf::Dataset dataset;
  for (std::size_t n = 0; n < size; ++n) dataset.push_back({node(n), kP, node((n + 1) % size), {}});
  return dataset;
}

void check_is_refused_quickly(const rdf::Dataset& dataset) {
  const auto start = std::chrono::steady_clock::now();
  CHECK(canonical(dataset).starts_with("not verifiable: "));
  const auto took = std::chrono::steady_clock::now() - start;
  // Some tens of milliseconds; sanitizers and a busy machine take longer.
  CHECK(took < std::chrono::seconds(2));
}

}  // namespace

TEST_CASE("nothing has an empty canonical form") { CHECK(canonical({}).empty()); }

TEST_CASE("quads without blank nodes are sorted, and repeats are dropped") {
  CHECK(canonical(read("<x:b> <x:p> \"1\" .\n<x:a> <x:p> \"1\" <x:g> .\n<x:b> <x:p> \"1\" .\n")) ==
        "<x:a> <x:p> \"1\" <x:g> .\n<x:b> <x:p> \"1\" .\n");
}

TEST_CASE("blank nodes are named by the order of their hashes, and the map says from what") {
  const rdf::Dataset dataset = read("_:z <x:p> _:y .\n_:y <x:p> \"1\" _:y .\n");
  const std::vector<rdf::QuadView> quads(dataset.begin(), dataset.end());
  const auto result = canonicalize(quads).value();
  CHECK(result.nquads == "_:c14n0 <x:p> _:c14n1 .\n_:c14n1 <x:p> \"1\" _:c14n1 .\n");
  CHECK(result.labels == std::vector<std::string_view>{"z", "y"});
}

TEST_CASE("RDFC-1.0 escapes control characters, URDNA2015 leaves them") {
  const rdf::Dataset dataset = read("<x:a> <x:p> \"\\u0001\\t\\n\\u007F\" .\n");
  CHECK(canonical(dataset) == "<x:a> <x:p> \"\\u0001\\t\\n\\u007F\" .\n");
  CHECK(canonical(dataset, {.algorithm = Canonicalization::Urdna2015}) ==
        "<x:a> <x:p> \"\x01\t\\n\x7f\" .\n");
}

TEST_CASE("a blank node as predicate has no canonical form") {
  const rdf::Dataset dataset{{node(0), node(1), node(2), {}}};
  CHECK(canonical(dataset).find("predicate") != std::string::npos);
}

TEST_CASE("labels, order and repeats do not change the canonical form") {
  std::mt19937 random(1);
  for (int i = 0; i < 2000; ++i) {
    const rdf::Dataset dataset = random_dataset(random);
    const std::string text = canonical(dataset);
    REQUIRE(rdf::isomorphic(read(text), dataset));
    REQUIRE(canonical(shuffled(dataset, random)) == text);
    REQUIRE(canonical(read(text)) == text);
  }
}

TEST_CASE("datasets that are not isomorphic have different canonical forms") {
  std::mt19937 random(2);
  for (int i = 0; i < 2000; ++i) {
    const rdf::Dataset a = random_dataset(random);
    const rdf::Dataset b = random_dataset(random);
    REQUIRE((canonical(a) == canonical(b)) == rdf::isomorphic(a, b));
  }
}

TEST_CASE("poison graphs are refused within the budget") {
  check_is_refused_quickly(clique(10));
  check_is_refused_quickly(clique(60));
  check_is_refused_quickly(ring(1000));
  rdf::Dataset long_names = clique(10);
  for (rdf::Quad& quad : long_names) quad.p.value.append(8000, 'x');
  check_is_refused_quickly(long_names);
}

TEST_CASE("the budget can be raised, and is enough for what is symmetric but small") {
  CHECK(canonical(ring(20)).starts_with("_:c14n0 "));
  CHECK(canonical(clique(4)).starts_with("_:c14n0 "));
  CHECK(canonical(ring(200), {.steps = 1}).starts_with("not verifiable"));
}

TEST_CASE("a thousand equal blank nodes that hang on one are no poison") {
  rdf::Dataset dataset;
  for (std::size_t n = 0; n < 1000; ++n) {
    dataset.push_back({rdf::Term::iri("x:root"), kP, node(n), {}});
    dataset.push_back({node(n), kQ, rdf::Term::iri("x:leaf"), {}});
  }
  CHECK(canonical(dataset).starts_with("<x:root> "));
}
