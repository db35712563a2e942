// Documents on their way into the store and back: whatever the operator brings in comes back equal;
// what the network may not send is refused, not half read.
#include "fuzz.hpp"
#include "jsonld/document.hpp"
#include "jsonld/fidelity.hpp"

using namespace qp;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  json::Arena arena;
  const auto document = json::parse(fuzz::text_of(data, size), arena);
  if (!document || !document->is_object()) return 0;
  const jsonld::ContextSource contexts{fuzz::shared_cache(), fuzz::load};
  for (const auto sender : {jsonld::Sender::Network, jsonld::Sender::Operator}) {
    const json::Value original = json::deep_copy(*document, arena);
    const auto form =
        jsonld::read_for_storage(json::deep_copy(*document, arena), contexts, arena, sender);
    if (!form) {
      const bool is_limit = form.error().code == Code::TooLarge;
      if (!is_limit && sender == jsonld::Sender::Operator) {
        std::fprintf(stderr, "%s\n", form.error().detail.c_str());
      }
      fuzz::expect(sender == jsonld::Sender::Network || is_limit,
                   "the operator's document is read");
      continue;
    }
    std::vector<jsonld::Statement> statements;
    for (const auto& emitted : form->quads) {
      fuzz::expect(rdf::validate(emitted.quad).has_value(), "quads are valid");
      statements.push_back({emitted.quad.s, emitted.quad.p, emitted.quad.o, emitted.ordinal});
    }
    const auto restored = jsonld::restore(statements, form->root, form->context, contexts, arena);
    fuzz::expect(restored.has_value(), "what was stored can be restored");
    const json::Value back =
        jsonld::apply_difference(*restored, json::deep_copy(form->difference, arena), arena);
    fuzz::expect(json::equal(back, original), "the document comes back");
  }
  return 0;
}
