// RDFC-1.0 of N-Quads: the canonical form is its own canonical form, does not depend on labels and
// order, and is refused within its budget where it would take too long.
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
  fuzz::expect(canonical(*again) == first, "the canonical form is its own");
  std::ranges::reverse(*dataset);
  for (rdf::Quad& quad : *dataset) {
    for (rdf::Term* term : {&quad.s, &quad.o, &quad.g}) {
      if (term->kind == rdf::TermKind::Blank) term->value.insert(0, "z");
    }
  }
  const std::string other = canonical(*dataset);
  // Another order may be the one that takes too long.
  fuzz::expect(other == first || other == "over the budget", "labels and order do not matter");
  return 0;
}
