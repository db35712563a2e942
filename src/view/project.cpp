#include "view/project.hpp"

#include <algorithm>
#include <limits>

#include "jsonld/fidelity.hpp"
#include "vocab/views.hpp"

namespace qp::view {

namespace {

using json::Arena;
using json::Value;
using store::OrderedQuad;
using store::Pattern;
using store::Txn;

constexpr std::string_view kActivityStreams = "https://www.w3.org/ns/activitystreams";
constexpr std::size_t kEmbedDepth = 2;

bool is_hidden_recipient(TermId predicate) {
  return std::any_of(vocab::kHiddenRecipients.begin(), vocab::kHiddenRecipients.end(),
                     [&](const Word& word) { return predicate == word; });
}

bool is_embedded(std::span<const TermId> types, TermId predicate) {
  return std::any_of(vocab::kEmbeds.begin(), vocab::kEmbeds.end(), [&](const vocab::Embed& row) {
    return predicate == row.property &&
           std::any_of(types.begin(), types.end(), [&](TermId type) { return type == row.type; });
  });
}

/// Collects statements, their text copied into the arena.
class Collector {
 public:
  /// `nameless`: the name that the store gave to something without an id; a blank node again.
  Collector(const Txn& txn, Arena& arena, TermId nameless = TermId::None)
      : txn_(txn), arena_(arena), nameless_(nameless) {}

  Result<std::vector<OrderedQuad>> quads_of(TermId graph, bool with_claims = false) const {
    std::vector<OrderedQuad> quads;
    store::Txn::ScanOptions options;
    options.with_claims = with_claims;
    QP_TRY(txn_.scan(Pattern{graph, {}, {}, {}}, options, [&](const OrderedQuad& quad) {
      quads.push_back(quad);
      return true;
    }));
    return quads;
  }

  Result<void> add(const OrderedQuad& quad) {
    jsonld::Statement statement;
    statement.s = QP_TRY(term(quad.quad.s));
    statement.p = QP_TRY(term(quad.quad.p));
    statement.o = QP_TRY(term(quad.quad.o));
    statement.ordinal = quad.ordinal;
    statements_.push_back(statement);
    return {};
  }

  Result<rdf::TermView> term(TermId id) {
    if (id == nameless_) return rdf::TermView{rdf::TermKind::Blank, "document", {}, {}};
    rdf::TermView view = QP_TRY(txn_.resolve(id));
    view.value = arena_.copy(view.value);
    view.datatype = arena_.copy(view.datatype);
    view.language = arena_.copy(view.language);
    return view;
  }

  const std::vector<jsonld::Statement>& statements() const { return statements_; }

 private:
  const Txn& txn_;
  Arena& arena_;
  TermId nameless_;
  std::vector<jsonld::Statement> statements_;
};

Result<Value> parse_kept(const std::string& text, Arena& arena) {
  if (text.empty()) return Value();
  // Our own, and deeper and wider than its document.
  json::ParseLimits limits;
  limits.depth *= 4;
  limits.members = std::numeric_limits<std::size_t>::max();
  return json::parse(arena.copy(text), arena, limits);
}

Result<Value> context_of(const store::DocumentRecord& document, Arena& arena) {
  const Value kept = QP_TRY(parse_kept(document.context, arena));
  return kept.is_null() ? Value::string(kActivityStreams) : kept;
}

/// The statements of `graph` and of the graphs that its view embeds.
Result<void> collect(const Txn& txn, TermId graph, const Walk& walk, std::size_t depth,
                     Collector& collector, std::vector<TermId>& embedded) {
  const auto quads = QP_TRY(collector.quads_of(graph));
  std::vector<TermId> types;
  for (const OrderedQuad& quad : quads) {
    if (quad.quad.s == graph && quad.quad.p == rdf::type) types.push_back(quad.quad.o);
  }
  for (const OrderedQuad& quad : quads) {
    if (!walk.with_hidden_recipients && is_hidden_recipient(quad.quad.p)) continue;
    QP_TRY(collector.add(quad));
    if (quad.quad.s != graph || depth == 0 || !is_embedded(types, quad.quad.p)) continue;
    const TermId other = quad.quad.o;
    if (!rdf::is_iri(other) || other == graph) continue;
    const auto record = QP_TRY(txn.graph(other));
    if (!record || record->kind != store::GraphKind::Source) continue;
    if (!walk.visible.sees(record->audience)) continue;
    embedded.push_back(other);
    QP_TRY(collect(txn, other, walk, depth - 1, collector, embedded));
  }
  return {};
}

void hide_recipients(Value value) {
  if (value.is_object()) {
    value.erase("bto");
    value.erase("bcc");
    for (const json::Member& member : value.members()) hide_recipients(member.value);
  }
  for (const Value item : value.items()) hide_recipients(item);
}

/// What of the source's difference holds for this view: the root's own, or the part that concerns
/// the activity's object; without that part where the object has changed since.
Result<Value> difference_for(const Txn& txn, TermId graph, const store::DocumentRecord& document,
                             std::span<const TermId> embedded, Arena& arena) {
  const Value all = QP_TRY(parse_kept(document.fidelity, arena));
  if (document.root != graph) return jsonld::difference_at(all, "object");
  for (const TermId other : embedded) {
    const auto record = QP_TRY(txn.graph(other));
    if (record && record->document != document.id) all.get("o").erase("object");
  }
  return all;
}

/// An object of this server names the collections of its reactions and answers: in their place
/// stands how many this reader may see of each. Their address begins with the object's.
Result<void> count_listings(const Txn& txn, Value object, const Walk& walk, Arena& arena) {
  const std::string_view id = object.get("id").text();
  for (const std::string_view key : {"likes", "shares", "replies"}) {
    const std::string_view listing = object.get(key).text();
    if (id.empty() || listing != arena.concat(arena.concat(id, "/"), key)) continue;
    const auto sequence = QP_TRY(txn.find_iri(listing));
    const auto count = sequence ? QP_TRY(txn.sequence_count(*sequence, walk.visible)) : 0;
    const Value counted = Value::object(arena, 3);
    counted.set(arena, "id", Value::string(listing));
    counted.set(arena, "type", Value::string("OrderedCollection"));
    counted.set(arena, "totalItems", Value::number(arena, static_cast<std::int64_t>(count)));
    object.set(arena, key, counted);
  }
  const Value inner = object.get("object");
  return inner.is_object() ? count_listings(txn, inner, walk, arena) : Result<void>();
}

}  // namespace

Result<Value> project(const Txn& txn, TermId graph, const Walk& walk,
                      const jsonld::ContextSource& contexts, Arena& arena) {
  const auto record = QP_TRY(txn.graph(graph));
  if (!record || record->kind == store::GraphKind::Claims || !walk.visible.sees(record->audience)) {
    return error(Code::NotFound, "no such resource");
  }
  store::DocumentRecord document;
  if (auto kept = QP_TRY(txn.document(record->document))) document = *std::move(kept);

  Collector collector(txn, arena);
  std::vector<TermId> embedded;
  QP_TRY(collect(txn, graph, walk, kEmbedDepth, collector, embedded));
  const auto root = QP_TRY(collector.term(graph));
  const Value context = QP_TRY(context_of(document, arena));
  Value value = QP_TRY(jsonld::restore(collector.statements(), root, context, contexts, arena));
  const Value difference = QP_TRY(difference_for(txn, graph, document, embedded, arena));
  value = jsonld::apply_difference(value, difference, arena);
  if (!value.contains("@context")) value.set(arena, "@context", context);
  if (!walk.with_hidden_recipients) hide_recipients(value);
  QP_TRY(count_listings(txn, value, walk, arena));
  return jsonld::to_wire_shape(value, arena);
}

Result<Value> rebuild(const Txn& txn, const store::DocumentRecord& document,
                      const jsonld::ContextSource& contexts, Arena& arena) {
  Collector collector(txn, arena, document.id);
  const auto add_all = [&](TermId graph) -> Result<void> {
    for (const OrderedQuad& quad : QP_TRY(collector.quads_of(graph, true))) {
      QP_TRY(collector.add(quad));
    }
    return {};
  };
  for (const TermId graph : document.graphs) {
    const auto record = QP_TRY(txn.graph(graph));
    if (record && record->document == document.id) QP_TRY(add_all(graph));
  }
  if (document.claims != TermId::None) QP_TRY(add_all(document.claims));
  const auto root = QP_TRY(collector.term(document.root));
  const Value context = QP_TRY(context_of(document, arena));
  const Value value =
      QP_TRY(jsonld::restore(collector.statements(), root, context, contexts, arena));
  const Value difference = QP_TRY(parse_kept(document.fidelity, arena));
  return jsonld::apply_difference(value, difference, arena);
}

Result<bool> is_tombstone(const Txn& txn, TermId graph) {
  return txn.probe(Pattern{graph, graph, rdf::type, as::Tombstone}, {});
}

}  // namespace qp::view
