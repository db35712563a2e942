#include "ap/ingest.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <queue>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "ap/tables.hpp"
#include "base/own_json.hpp"
#include "base/random.hpp"
#include "jsonld/fidelity.hpp"
#include "sig/digest.hpp"
#include "vocab/terms.hpp"

namespace qp::ap {

namespace {

using jsonld::EmittedQuad;
using store::OrderedQuad;

std::string_view without_fragment(std::string_view iri) { return iri.substr(0, iri.find('#')); }

/// Which graph each statement goes to: the index of an owned resource, or kClaims.
class Partition {
 public:
  static constexpr std::size_t kClaims = static_cast<std::size_t>(-1);

  Partition(const jsonld::StoredForm& form, std::span<const Owned> owned) : owned_(owned) {
    if (form.root.kind == rdf::TermKind::Blank) blanks_[form.root.value] = index_of("");
    place_blanks(form.quads);
  }

  std::size_t graph_of(const rdf::TermView& subject) const {
    if (subject.kind == rdf::TermKind::Blank) {
      const auto found = blanks_.find(subject.value);
      return found == blanks_.end() ? kClaims : found->second;
    }
    // Activities of many servers have ids with a fragment: `<actor>#follows/1`.
    const std::size_t itself = index_of(subject.value);
    return itself == kClaims ? index_of(without_fragment(subject.value)) : itself;
  }

 private:
  std::size_t index_of(std::string_view iri) const {
    const auto found = std::find_if(owned_.begin(), owned_.end(),
                                    [&](const Owned& one) { return one.iri == iri; });
    return found == owned_.end() ? kClaims : static_cast<std::size_t>(found - owned_.begin());
  }

  /// A blank node goes where it is spoken of; chains of them are followed to their end. As if the
  /// statements were gone through again and again: what is spoken of twice goes with the first that
  /// has a place by then.
  void place_blanks(std::span<const EmittedQuad> quads) {
    using Visit = std::pair<std::size_t, std::size_t>;  // which time through, which statement
    std::priority_queue<Visit, std::vector<Visit>, std::greater<>> visits;
    std::unordered_map<std::string_view, std::vector<std::size_t>> by_subject;
    for (std::size_t i = 0; i < quads.size(); ++i) {
      const rdf::TermView& subject = quads[i].quad.s;
      if (quads[i].quad.o.kind != rdf::TermKind::Blank) continue;
      if (subject.kind == rdf::TermKind::Blank && !blanks_.contains(subject.value)) {
        by_subject[subject.value].push_back(i);
      } else {
        visits.emplace(0, i);
      }
    }
    while (!visits.empty()) {
      const auto [time, i] = visits.top();
      visits.pop();
      const std::string_view blank = quads[i].quad.o.value;
      if (!blanks_.emplace(blank, graph_of(quads[i].quad.s)).second) continue;
      for (const std::size_t next : by_subject[blank]) {
        visits.emplace(next > i ? time : time + 1, next);
      }
    }
  }

  std::span<const Owned> owned_;
  std::unordered_map<std::string_view, std::size_t> blanks_;
};

/// Terms of one document: blank node labels are its own.
class Interner {
 public:
  explicit Interner(store::WriteTxn& txn) : txn_(txn) {}

  /// A blank node that has a name in the store.
  void name(const rdf::TermView& blank, TermId id) { blanks_.emplace(blank.value, id); }

  Result<TermId> operator()(const rdf::TermView& term) {
    if (term.kind != rdf::TermKind::Blank) return txn_.intern(term);
    const auto found = blanks_.find(term.value);
    if (found != blanks_.end()) return found->second;
    const TermId id = QP_TRY(txn_.new_blank());
    blanks_.emplace(term.value, id);
    return id;
  }

 private:
  store::WriteTxn& txn_;
  std::unordered_map<std::string_view, TermId> blanks_;
};

/// How many values each (s, p) has: an only value needs no ordinal.
std::map<std::pair<std::string_view, std::string_view>, int> count_values(
    const jsonld::StoredForm& form) {
  std::map<std::pair<std::string_view, std::string_view>, int> counts;
  for (const EmittedQuad& emitted : form.quads) {
    ++counts[{emitted.quad.s.value, emitted.quad.p.value}];
  }
  return counts;
}

/// The quads that `graph` has now move to the claims of the document that said them.
Result<void> retire(store::WriteTxn& txn, TermId graph) {
  const auto record = QP_TRY(txn.graph(graph));
  if (!record || record->document == TermId::None) return {};
  auto document = QP_TRY(txn.document(record->document));
  if (!document) return {};
  std::vector<OrderedQuad> quads;
  QP_TRY(txn.scan({graph, {}, {}, {}}, {}, [&](const OrderedQuad& quad) {
    quads.push_back(quad);
    return true;
  }));
  if (document->claims == TermId::None) {
    const auto name = rdf::Term::copy(QP_TRY(txn.resolve(document->id)));
    document->claims = QP_TRY(txn.intern_iri(name.value + "#claims"));
    QP_TRY(txn.update_document(*document));
    QP_TRY(txn.replace_graph(document->claims, {},
                             {document->id, store::AudienceId::Nobody, store::GraphKind::Claims}));
  }
  for (OrderedQuad& quad : quads) quad.quad.g = document->claims;
  return txn.apply({}, quads);
}

store::DocumentRecord describe(const jsonld::StoredForm& form, std::string_view bytes,
                               const Provenance& provenance) {
  store::DocumentRecord record;
  record.sha256 = sig::sha256(bytes);
  if (form.has_context) record.context = json::to_text(form.context);
  record.source_url = provenance.source_url;
  record.attested_by = provenance.attested_by;
  record.attested_how = provenance.attested_how;
  record.via = provenance.via;
  record.received = provenance.received;
  if (!form.difference.is_null()) record.fidelity = json::to_text(form.difference);
  return record;
}

/// The document's statements by where they go, in the ids of the store.
struct Sorted {
  std::vector<std::vector<OrderedQuad>> graphs;  ///< as `owned`
  std::vector<OrderedQuad> claims;
};

/// Sets the root of `record`.
Result<Sorted> sort_into_graphs(store::WriteTxn& txn, const jsonld::StoredForm& form,
                                std::span<const Owned> owned, store::DocumentRecord& record) {
  Interner intern(txn);
  if (form.root.kind == rdf::TermKind::Blank) intern.name(form.root, record.id);
  record.root = QP_TRY(intern(form.root));
  const Partition partition(form, owned);
  const auto counts = count_values(form);
  Sorted sorted;
  sorted.graphs.resize(owned.size());
  for (const EmittedQuad& emitted : form.quads) {
    OrderedQuad quad;
    quad.quad.s = QP_TRY(intern(emitted.quad.s));
    quad.quad.p = QP_TRY(intern(emitted.quad.p));
    quad.quad.o = QP_TRY(intern(emitted.quad.o));
    const bool only = counts.at({emitted.quad.s.value, emitted.quad.p.value}) == 1;
    const bool in_list = (emitted.ordinal & jsonld::kListOrdinal) != 0;
    quad.ordinal = only && !in_list ? 0 : emitted.ordinal;
    const std::size_t index = partition.graph_of(emitted.quad.s);
    (index == Partition::kClaims ? sorted.claims : sorted.graphs[index]).push_back(quad);
  }
  return sorted;
}

Result<TermId> graph_of(store::WriteTxn& txn, const Owned& owned,
                        const store::DocumentRecord& record) {
  if (owned.iri.empty()) return record.id;
  return txn.intern_iri(owned.iri);
}

Result<void> write_claims(store::WriteTxn& txn, std::span<const OrderedQuad> claims,
                          const std::string& document, store::DocumentRecord& record) {
  if (claims.empty() && record.claims == TermId::None) return {};
  record.claims = QP_TRY(txn.intern_iri(document + "#claims"));
  return txn.replace_graph(record.claims, claims,
                           {record.id, store::AudienceId::Nobody, store::GraphKind::Claims});
}

/// So that the document is read again when the context is there (contexts.hpp).
Result<void> note_missing_contexts(store::WriteTxn& txn, const jsonld::StoredForm& form,
                                   const std::string& document) {
  for (const std::string& url : form.missing_contexts) {
    std::string key = url;
    key.append(" ").append(document);
    if (key.size() <= kMaxKey) QP_TRY(txn.put(kMissingContexts, key, ""));
  }
  return {};
}

}  // namespace

Result<store::AudienceId> audience_of(store::WriteTxn& txn, std::span<const std::string> members,
                                      std::string_view except) {
  std::vector<TermId> ids;
  for (const std::string& member : members) {
    if (member == as::Public.iri) return store::AudienceId::Public;
    ids.push_back(QP_TRY(txn.intern_iri(member)));
  }
  if (except.empty()) return txn.intern_audience(ids);
  const std::vector<TermId> shut_out{QP_TRY(txn.intern_iri(except))};
  return txn.intern_audience(ids, shut_out);
}

Result<TermId> write_document(store::WriteTxn& txn, const jsonld::StoredForm& form,
                              std::string_view bytes, std::span<const Owned> owned,
                              const Provenance& provenance) {
  store::DocumentRecord record = describe(form, bytes, provenance);
  const std::string name = provenance.document.empty()
                               ? "urn:uuid:" + random::uuid_v7(Millis(provenance.received))
                               : provenance.document;
  record.id = QP_TRY(txn.intern_iri(name));
  const Sorted sorted = QP_TRY(sort_into_graphs(txn, form, owned, record));
  for (std::size_t i = 0; i < owned.size(); ++i) {
    if (sorted.graphs[i].empty()) continue;
    const TermId graph = QP_TRY(graph_of(txn, owned[i], record));
    QP_TRY(retire(txn, graph));
    QP_TRY(txn.replace_graph(graph, sorted.graphs[i],
                             {record.id, owned[i].audience, store::GraphKind::Source}));
    record.graphs.push_back(graph);
  }
  QP_TRY(write_claims(txn, sorted.claims, name, record));
  QP_TRY(note_missing_contexts(txn, form, name));
  QP_TRY(txn.put_document(record, bytes));
  return record.id;
}

Result<void> note_edit(store::WriteTxn& txn, TermId graph, const Provenance& provenance) {
  const auto record = QP_TRY(txn.graph(graph));
  if (!record || record->document == TermId::None) return {};
  auto document = QP_TRY(txn.document(record->document));
  if (!document) return {};
  const bool goes_on = document->attested_by == provenance.attested_by &&
                       document->attested_how == provenance.attested_how;
  if (goes_on) return {};
  QP_TRY(retire(txn, graph));
  if (document->root != graph && !document->fidelity.empty()) {
    json::Arena arena;
    const auto all = QP_TRY(json::parse(document->fidelity, arena, json::kOwnJson));
    const auto own = jsonld::difference_at(all, "object");
    document->fidelity = own.is_null() ? "" : json::to_text(own);
  }
  const std::string name = "urn:uuid:" + random::uuid_v7(Millis(provenance.received));
  document->id = QP_TRY(txn.intern_iri(name));
  document->sha256 = sig::sha256("");
  document->source_url = provenance.source_url;
  document->attested_by = provenance.attested_by;
  document->attested_how = provenance.attested_how;
  document->via = provenance.via;
  document->received = provenance.received;
  document->root = graph;
  document->graphs = {graph};
  document->claims = TermId::None;
  QP_TRY(txn.put_document(*document, ""));
  std::vector<OrderedQuad> quads;
  QP_TRY(txn.scan({graph, {}, {}, {}}, {}, [&](const OrderedQuad& quad) {
    quads.push_back(quad);
    return true;
  }));
  return txn.replace_graph(graph, quads, {document->id, record->audience, record->kind});
}

Result<void> rewrite_document(store::WriteTxn& txn, store::DocumentRecord record,
                              const jsonld::StoredForm& form) {
  std::vector<Owned> owned;
  for (const TermId graph : record.graphs) {
    const auto kept = QP_TRY(txn.graph(graph));
    if (!kept || kept->document != record.id) continue;  // a newer document is its source
    const std::string iri(graph == record.id ? "" : QP_TRY(txn.resolve(graph)).value);
    owned.push_back({iri, kept->audience});
  }
  const Sorted sorted = QP_TRY(sort_into_graphs(txn, form, owned, record));
  for (std::size_t i = 0; i < owned.size(); ++i) {
    const TermId graph = QP_TRY(graph_of(txn, owned[i], record));
    QP_TRY(txn.replace_graph(graph, sorted.graphs[i],
                             {record.id, owned[i].audience, store::GraphKind::Source}));
  }
  const std::string name(QP_TRY(txn.resolve(record.id)).value);
  QP_TRY(write_claims(txn, sorted.claims, name, record));
  QP_TRY(note_missing_contexts(txn, form, name));
  record.fidelity = form.difference.is_null() ? "" : json::to_text(form.difference);
  return txn.update_document(record);
}

}  // namespace qp::ap
