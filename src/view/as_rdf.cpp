#include "view/as_rdf.hpp"

#include "base/own_json.hpp"
#include "jsonld/document.hpp"
#include "rdf/turtle.hpp"
#include "vocab/terms.hpp"

namespace qp::view {

Result<std::string> as_rdf(std::string_view body, std::string_view iri, rdf::Syntax syntax,
                           const Contexts& contexts) {
  json::Arena arena;
  const json::Value document = QP_TRY(json::parse(body, arena, json::kOwnJson));
  const json::Value expanded =
      QP_TRY(jsonld::expand_for_storage(document, {contexts.cache, contexts.loader}, arena));
  const auto emitted = QP_TRY(jsonld::to_rdf(expanded, {}, arena));
  std::vector<rdf::QuadView> quads;
  quads.reserve(emitted.size());
  const bool has_graph = syntax == rdf::Syntax::NQuads || syntax == rdf::Syntax::TriG;
  for (const jsonld::EmittedQuad& one : emitted) {
    quads.push_back(one.quad);
    quads.back().g = has_graph ? rdf::TermView{rdf::TermKind::Iri, iri, {}, {}} : rdf::TermView();
  }
  if (syntax == rdf::Syntax::Turtle || syntax == rdf::Syntax::TriG) {
    return rdf::to_turtle(quads, vocab::prefixes());
  }
  std::string text;
  for (const rdf::QuadView& quad : quads) rdf::write_nquad(quad, text);
  return text;
}

}  // namespace qp::view
