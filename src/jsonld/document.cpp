#include "jsonld/document.hpp"

#include <algorithm>
#include <unordered_set>

#include "jsonld/fidelity.hpp"
#include "jsonld/repair.hpp"
#include "jsonld/salvage.hpp"
#include "rdf/iri.hpp"
#include "rdf/language_tag.hpp"
#include "vocab/terms.hpp"

namespace qp::jsonld {

namespace {

using json::Arena;
using json::Value;

constexpr std::string_view kActivityStreams = "https://www.w3.org/ns/activitystreams";
/// A label for a root without an id, so that its blank node can be told from the others.
constexpr std::string_view kRootLabel = "_:document";
/// Member of the difference; no part of it: a list of names.
constexpr std::string_view kRepairs = "!";

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
  std::unordered_set<std::string_view> blanks;
  for (const EmittedQuad& emitted : quads) {
    for (const rdf::TermView& term : {emitted.quad.s, emitted.quad.o}) {
      if (term.kind == rdf::TermKind::Blank) blanks.insert(term.value);
    }
  }
  if (blanks.size() > limits::kBlankNodesPerDocument) {
    return error(Code::TooLarge, "more than " + std::to_string(limits::kBlankNodesPerDocument) +
                                     " nodes without an id in one document");
  }
  return {};
}

Result<Repaired> expand_and_repair(Value document, const ContextSource& contexts, Arena& arena) {
  const Value expanded = QP_TRY(expand(document, storage_options(contexts), arena));
  return repair(expanded, arena);
}

/// As the store spells language tags, so that another spelling stands in the difference.
void spell_languages(std::vector<EmittedQuad>& quads, Arena& arena) {
  bool changes = false;
  for (EmittedQuad& emitted : quads) {
    const auto usual = rdf::usual_case(emitted.quad.o.language);
    if (!usual) continue;
    emitted.quad.o.language = arena.copy(*usual);
    changes = true;
  }
  if (!changes) return;
  std::unordered_set<rdf::QuadView, rdf::QuadHash> seen;
  std::erase_if(quads, [&](const EmittedQuad& each) { return !seen.insert(each.quad).second; });
}

/// One node, of which something can be said.
Result<Value> root_of(Value expanded) {
  if (expanded.size() != 1) return bad_input("the document does not describe one resource");
  const Value root = expanded.items()[0];
  const std::string_view id = root.get("@id").text();
  const bool has_name = !id.empty() && !id.starts_with("_:");
  if (has_name && !rdf::is_absolute_iri(id)) {
    return bad_input("the document's id is not an absolute IRI: " + std::string(id));
  }
  return root;
}

/// What is stored of a document, before it is compared with what comes back.
Result<StoredForm> map_document(Value document, const ContextSource& contexts, Arena& arena,
                                unsigned& repairs) {
  StoredForm form;
  const Value context = document.get("@context");
  form.has_context = !context.is_null();
  form.context = form.has_context ? context : Value::string(kActivityStreams);
  const Repaired repaired = QP_TRY(expand_and_repair(document, contexts, arena));
  repairs = repaired.repairs;
  form.expanded = QP_TRY(root_of(repaired.document));
  const bool is_named = form.expanded.get("@id").is_string();
  if (!is_named) form.expanded.set(arena, "@id", Value::string(kRootLabel));

  RdfOptions options;
  options.items_as_values = true;
  form.quads = QP_TRY(to_rdf(repaired.document, options, arena));
  QP_TRY(check_size(form.quads));
  spell_languages(form.quads, arena);
  if (form.quads.empty()) return bad_input("the document says nothing");
  const std::string_view id = form.expanded.get("@id").text();
  if (!id.starts_with("_:")) {
    form.root = {rdf::TermKind::Iri, id, {}, {}};
    return form;
  }
  // Its label changes in to_rdf; the root is found again as the first subject.
  form.expanded.erase("@id");
  form.root = form.quads.front().quad.s;
  return form;
}

Result<Value> restore(const StoredForm& form, const ContextSource& contexts, Arena& arena) {
  std::vector<Statement> statements;
  statements.reserve(form.quads.size());
  for (const EmittedQuad& emitted : form.quads) {
    statements.push_back({emitted.quad.s, emitted.quad.p, emitted.quad.o, emitted.ordinal});
  }
  return restore(statements, form.root, form.context, contexts, arena);
}

Loader noting_what_is_missing(const Loader& loader, std::vector<std::string>& missing) {
  return [&loader, &missing](std::string_view url) -> Result<RemoteDocument> {
    auto loaded = loader ? loader(url) : error(Code::NotFound, std::string(url));
    if (!loaded && loaded.error().code == Code::NotFound &&
        std::find(missing.begin(), missing.end(), url) == missing.end()) {
      missing.emplace_back(url);
    }
    return loaded;
  };
}

/// A graph of its own, kept as JSON (expand.cpp).
bool has_proof(const std::vector<EmittedQuad>& quads) {
  return std::any_of(quads.begin(), quads.end(), [](const EmittedQuad& emitted) {
    return emitted.quad.p.value == sec::proof.iri && emitted.quad.o.datatype == rdf::JSON.iri;
  });
}

Value with_repairs(Value difference, unsigned repairs, bool has_json, Arena& arena) {
  const Value names = Value::array(arena);
  for (std::size_t i = 0; i < std::size(kRepairNames); ++i) {
    if ((repairs >> i) & 1U) names.push_back(arena, Value::string(kRepairNames[i]));
  }
  if (has_json) names.push_back(arena, Value::string("json"));
  if (names.empty()) return difference;
  const Value result = difference.is_null() ? Value::object(arena, 1) : difference;
  result.set(arena, kRepairs, names);
  return result;
}

}  // namespace

Result<Value> expand_for_storage(Value document, const ContextSource& contexts, Arena& arena) {
  return QP_TRY(expand_and_repair(document, contexts, arena)).document;
}

Result<StoredForm> read_for_storage(Value document, const ContextSource& given, Arena& arena,
                                    Sender sender) {
  std::vector<std::string> missing;
  const ContextSource contexts{given.cache, noting_what_is_missing(given.loader, missing)};
  if (!document.is_object()) return bad_input("the document is not a JSON object");
  unsigned repairs = 0;
  auto mapped = map_document(document, contexts, arena, repairs);
  const bool is_salvaged =
      !mapped && sender == Sender::Operator && mapped.error().code == Code::BadInput;
  if (is_salvaged) {
    const auto maps = [&](Value candidate) {
      unsigned ignored = 0;
      return map_document(candidate, contexts, arena, ignored).has_value();
    };
    mapped = map_document(salvage(document, maps, arena), contexts, arena, repairs);
  }
  StoredForm form = QP_TRY(std::move(mapped));
  form.json = document;
  const Value restored = QP_TRY(restore(form, contexts, arena));
  form.difference = with_repairs(difference(restored, document, arena), repairs,
                                 is_salvaged || has_proof(form.quads), arena);
  form.missing_contexts = std::move(missing);
  return form;
}

Result<Value> restore(std::span<const Statement> statements, const rdf::TermView& root,
                      Value context, const ContextSource& contexts, Arena& arena) {
  const Value node = nest(statements, root, arena);
  const Value expanded = Value::array(arena, std::span(&node, 1));
  const Value compacted = QP_TRY(compact(expanded, context, storage_options(contexts), arena));
  return to_wire_shape(compacted, arena);
}

std::vector<std::string> repairs_in(Value difference) {
  std::vector<std::string> names;
  for (const Value name : difference.get(kRepairs).items()) names.emplace_back(name.text());
  return names;
}

}  // namespace qp::jsonld
