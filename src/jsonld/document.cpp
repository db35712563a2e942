#include "jsonld/document.hpp"

#include "jsonld/fidelity.hpp"
#include "vocab/terms.hpp"

namespace qp::jsonld {

namespace {

using json::Arena;
using json::Value;

Options storage_options(const ContextSource& contexts) {
  Options options;
  options.mode = Mode::Storage;
  options.cache = &contexts.cache;
  options.loader = contexts.loader;
  return options;
}

Result<void> check_size(const std::vector<EmittedQuad>& quads) {
  if (quads.size() > limits::kQuadsPerDocument) {
    return error(Code::TooLarge, "more than " + std::to_string(limits::kQuadsPerDocument) +
                                     " statements in one document");
  }
  return {};
}

}  // namespace

Result<StoredForm> read_for_storage(Value document, const ContextSource& contexts, Arena& arena) {
  if (!document.is_object()) return bad_input("the document is not a JSON object");
  StoredForm form;
  form.json = document;
  form.context = document.contains("@context")
                     ? document.get("@context")
                     : Value::string("https://www.w3.org/ns/activitystreams");

  const Value expanded = QP_TRY(expand(document, storage_options(contexts), arena));
  if (expanded.size() != 1) return bad_input("the document does not describe one resource");
  form.expanded = expanded.items()[0];
  // A label for a root without an id, so that its blank node can be told from the others.
  static constexpr std::string_view kRootLabel = "_:document";
  if (!form.expanded.contains("@id")) {
    form.expanded.set(arena, "@id", Value::string(kRootLabel));
  }

  RdfOptions options;
  options.lists_as_values = true;
  // The labels of the root change in to_rdf; the root is found again as the first subject.
  form.quads = QP_TRY(to_rdf(expanded, options, arena));
  QP_TRY(check_size(form.quads));
  const std::string_view id = form.expanded.get("@id").text();
  if (id.starts_with("_:")) {
    if (form.quads.empty()) return bad_input("the document says nothing");
    form.expanded.erase("@id");
    form.root = form.quads.front().quad.s;
  } else {
    form.root = {rdf::TermKind::Iri, id, {}, {}};
  }

  std::vector<Statement> statements;
  statements.reserve(form.quads.size());
  for (const EmittedQuad& emitted : form.quads) {
    statements.push_back({emitted.quad.s, emitted.quad.p, emitted.quad.o, emitted.ordinal});
  }
  const Value restored = QP_TRY(restore(statements, form.root, form.context, contexts, arena));
  form.difference = difference(restored, document, arena);
  return form;
}

Result<Value> restore(std::span<const Statement> statements, const rdf::TermView& root,
                      Value context, const ContextSource& contexts, Arena& arena) {
  const Value node = nest(statements, root, arena);
  const Value expanded = Value::array(arena, std::span(&node, 1));
  const Value compacted = QP_TRY(compact(expanded, context, storage_options(contexts), arena));
  return to_wire_shape(compacted, arena);
}

}  // namespace qp::jsonld
