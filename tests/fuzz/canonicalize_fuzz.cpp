// RDFC-1.0 of N-Quads: the canonical form is its own canonical form, does not depend on labels, nor
// on the order of triples, and is refused within its budget where it would take too long.
#include <algorithm>

#include "fuzz.hpp"
#include "proof/rdfc.hpp"
#include "rdf/nquads.hpp"

using namespace qp;

namespace {

std::string canonical(const rdf::Dataset& dataset) {
  const std::vector<rdf::QuadView> quads(dataset.begin(), dataset.end());
  const auto result = proof::canonicalize(quads);
  if (result) return result->nquads;
  fuzz::expect(result.error().code == Code::TooLarge, "only the budget stops it");
  return "over the budget";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto dataset = rdf::parse_quads(fuzz::text_of(data, size), rdf::Syntax::NQuads);
  if (!dataset) return 0;
  const std::string first = canonical(*dataset);
  if (first == "over the budget") return 0;
  const auto again = rdf::parse_quads(first, rdf::Syntax::NQuads);
  fuzz::expect(again.has_value(), "the canonical form is N-Quads");
  for (rdf::Quad& quad : *dataset) {
    for (rdf::Term* term : {&quad.s, &quad.o, &quad.g}) {
      if (term->kind == rdf::TermKind::Blank) term->value.insert(0, "z");
    }
  }
  fuzz::expect(canonical(*dataset) == first, "labels do not matter");
  // Where blank nodes name graphs the order does, in RDFC-1.0 itself: rdf-canonize gives the same
  // two answers for `_:a p _:b _:g . _:c p _:d _:g . _:d p _:c _:h .` in its orders.
  const bool is_named_by_blank = std::ranges::any_of(
      *dataset, [](const rdf::Quad& quad) { return quad.g.kind == rdf::TermKind::Blank; });
  if (is_named_by_blank) return 0;
  fuzz::expect(canonical(*again) == first, "the canonical form is its own");
  std::ranges::reverse(*dataset);
  const std::string other = canonical(*dataset);
  // Another order may be the one that takes too long.
  fuzz::expect(other == first || other == "over the budget", "order does not matter");
  return 0;
}
