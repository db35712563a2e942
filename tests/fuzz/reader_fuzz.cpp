// The readers of N-Quads, Turtle and TriG (QP_FUZZ_SYNTAX): what they give are valid quads, which
// are the same when they are written and read again.
#include "fuzz.hpp"
#include "rdf/nquads.hpp"

using namespace qp;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto dataset = rdf::parse_quads(fuzz::text_of(data, size), rdf::Syntax::QP_FUZZ_SYNTAX,
                                        "https://example.org/base");
  if (!dataset) return 0;
  for (const rdf::Quad& quad : *dataset) {
    fuzz::expect(rdf::validate(quad).has_value(), "quads are valid");
  }
  const auto again = rdf::parse_quads(rdf::to_nquads(*dataset), rdf::Syntax::NQuads);
  fuzz::expect(again.has_value(), "what is written can be read");
  fuzz::expect(*again == *dataset, "what is read again is the same");
  return 0;
}
