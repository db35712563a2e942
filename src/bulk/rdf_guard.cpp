#include "bulk/rdf_guard.hpp"

#include <algorithm>
#include <array>

#include "vocab/terms.hpp"

namespace qp::bulk {

namespace {

constexpr std::string_view kOfDocument = "its graph is what a document says";
constexpr std::string_view kOfServer = "the server keeps that itself";
constexpr std::string_view kMembers = "the members of a collection are kept by the server";
constexpr std::string_view kKey = "a key is of its actor's own document";

bool is_key(TermId predicate) {
  static constexpr std::array kKeys = {sec::publicKey, sec::publicKeyPem, sec::publicKeyMultibase};
  return std::any_of(kKeys.begin(), kKeys.end(),
                     [&](const Word& word) { return predicate == word; });
}

/// An unnamed graph is none of the server's.
bool is_iri(const rdf::TermView& term) {
  return term.kind == rdf::TermKind::Iri && !term.value.empty();
}

}  // namespace

Result<bool> RdfGuard::is_kept(const store::Txn& txn, std::string_view iri) const {
  return rules_.is_kept && !iri.empty() ? rules_.is_kept(txn, iri) : Result<bool>(false);
}

Result<Verdict> RdfGuard::of_graph(const store::Txn& txn, TermId graph,
                                   std::string_view name) const {
  const auto record = graph == TermId::None ? std::nullopt : QP_TRY(txn.graph(graph));
  if (record && record->kind != store::GraphKind::Loaded) {
    return Verdict{Fate::Refuse, kOfDocument};
  }
  return QP_TRY(is_kept(txn, name)) ? Verdict{Fate::Refuse, kOfServer} : Verdict();
}

Result<std::string_view> RdfGuard::trouble_of_subject(const store::Txn& txn,
                                                      const store::QuadIds& ids,
                                                      const rdf::QuadView& quad) const {
  if (!is_iri(quad.s)) return std::string_view();
  if (ids.p == as::items) {
    const bool has_items = QP_TRY(txn.sequence_count(ids.s, store::Visible::everything())) != 0;
    return has_items || QP_TRY(is_kept(txn, quad.s.value)) ? kMembers : std::string_view();
  }
  const std::string_view actor = quad.s.value.substr(0, quad.s.value.find('#'));
  const auto id = QP_TRY(txn.find_iri(actor));
  const Verdict verdict = QP_TRY(of_graph(txn, id.value_or(TermId::None), actor));
  return verdict.fate == Fate::Refuse ? kKey : std::string_view();
}

Result<Verdict> RdfGuard::judge(const store::Txn& txn, const store::QuadIds& ids,
                                const rdf::QuadView& quad) {
  if (ids.g != graph_ || graph_ == TermId::None) {
    verdict_ = QP_TRY(of_graph(txn, ids.g, quad.g.value));
    graph_ = ids.g;
  }
  Verdict verdict = verdict_;
  // A graph with blank nodes comes back with others; which of them are the same nobody can say.
  bool is_here = verdict.fate == Fate::Refuse &&
                 (quad.s.kind == rdf::TermKind::Blank || quad.o.kind == rdf::TermKind::Blank);
  if (is_here) return Verdict{Fate::Here, {}};
  if (verdict.fate == Fate::Add) {
    if (ids.p != as::items && !is_key(ids.p)) return verdict;
    verdict.reason = QP_TRY(trouble_of_subject(txn, ids, quad));
    if (verdict.reason.empty()) return verdict;
    verdict.fate = Fate::Refuse;
  }
  if (quad.o.kind == rdf::TermKind::Blank) return verdict;
  is_here = QP_TRY(txn.probe(ids, {.with_claims = true})) ||
            (ids.p == as::items && QP_TRY(txn.sequence_contains(ids.s, ids.o)));
  return is_here ? Verdict{Fate::Here, {}} : verdict;
}

}  // namespace qp::bulk
