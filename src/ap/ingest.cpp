#include "ap/ingest.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "base/random.hpp"
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
    // A blank node goes where it is spoken of; chains of them are followed to their end.
    if (form.root.kind == rdf::TermKind::Blank) blanks_[form.root.value] = index_of("");
    for (bool changed = true; changed;) {
      changed = false;
      for (const EmittedQuad& emitted : form.quads) changed |= place(emitted);
    }
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

  bool place(const EmittedQuad& emitted) {
    if (emitted.quad.o.kind != rdf::TermKind::Blank || blanks_.contains(emitted.quad.o.value)) {
      return false;
    }
    const auto& subject = emitted.quad.s;
    if (subject.kind == rdf::TermKind::Blank && !blanks_.contains(subject.value)) return false;
    blanks_[emitted.quad.o.value] = graph_of(subject);
    return true;
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

}  // namespace

Result<store::AudienceId> audience_of(store::WriteTxn& txn, std::span<const std::string> members) {
  std::vector<TermId> ids;
  for (const std::string& member : members) {
    if (member == as::Public.iri) return store::AudienceId::Public;
    ids.push_back(QP_TRY(txn.intern_iri(member)));
  }
  return txn.intern_audience(ids);
}

Result<TermId> write_document(store::WriteTxn& txn, const jsonld::StoredForm& form,
                              std::string_view bytes, std::span<const Owned> owned,
                              const Provenance& provenance) {
  store::DocumentRecord record = describe(form, bytes, provenance);
  const std::string name = "urn:uuid:" + random::uuid_v7(Millis(provenance.received));
  record.id = QP_TRY(txn.intern_iri(name));
  Interner intern(txn);
  const bool is_nameless = form.root.kind == rdf::TermKind::Blank;
  if (is_nameless) intern.name(form.root, record.id);
  record.root = QP_TRY(intern(form.root));

  const Partition partition(form, owned);
  const auto counts = count_values(form);
  std::vector<std::vector<OrderedQuad>> graphs(owned.size());
  std::vector<OrderedQuad> claims;
  for (const EmittedQuad& emitted : form.quads) {
    OrderedQuad quad;
    quad.quad.s = QP_TRY(intern(emitted.quad.s));
    quad.quad.p = QP_TRY(intern(emitted.quad.p));
    quad.quad.o = QP_TRY(intern(emitted.quad.o));
    const bool only = counts.at({emitted.quad.s.value, emitted.quad.p.value}) == 1;
    const bool in_list = (emitted.ordinal & jsonld::kListOrdinal) != 0;
    quad.ordinal = only && !in_list ? 0 : emitted.ordinal;
    const std::size_t index = partition.graph_of(emitted.quad.s);
    (index == Partition::kClaims ? claims : graphs[index]).push_back(quad);
  }
  for (std::size_t i = 0; i < owned.size(); ++i) {
    if (graphs[i].empty()) continue;
    const std::string& iri = owned[i].iri;
    const TermId graph = iri.empty() ? record.id : QP_TRY(txn.intern_iri(iri));
    QP_TRY(retire(txn, graph));
    QP_TRY(txn.replace_graph(graph, graphs[i],
                             {record.id, owned[i].audience, store::GraphKind::Source}));
    record.graphs.push_back(graph);
  }
  if (!claims.empty()) {
    record.claims = QP_TRY(txn.intern_iri(name + "#claims"));
    QP_TRY(txn.replace_graph(record.claims, claims,
                             {record.id, store::AudienceId::Nobody, store::GraphKind::Claims}));
  }
  QP_TRY(txn.put_document(record, bytes));
  return record.id;
}

}  // namespace qp::ap
