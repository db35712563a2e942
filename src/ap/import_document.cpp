#include "ap/import_document.hpp"

#include "ap/activity.hpp"
#include "ap/admit.hpp"
#include "ap/publish.hpp"
#include "vocab/terms.hpp"

namespace qp::ap {

namespace {

Result<store::AudienceId> audience_for(store::WriteTxn& txn, json::Value node) {
  std::vector<std::string> readers = read_activity(node).recipients();
  if (readers.empty() && node.contains(ldp::inbox.iri)) return store::AudienceId::Public;
  for (const Word& author : {as::actor, as::attributedTo}) {
    for (std::string& one : values_of(node, author.iri)) readers.push_back(std::move(one));
  }
  if (readers.empty()) return store::AudienceId::Nobody;
  return audience_of(txn, readers);
}

}  // namespace

Result<TermId> import_document(store::WriteTxn& txn, const jsonld::StoredForm& form,
                               std::string_view bytes, const Provenance& provenance,
                               const Services& services) {
  const bool is_named = form.root.kind == rdf::TermKind::Iri;
  std::vector<Owned> owned;
  const auto audience = QP_TRY(audience_for(txn, form.expanded));
  owned.push_back({is_named ? std::string(form.root.value) : std::string(), audience});
  const Activity activity = read_activity(form.expanded);
  const std::string object = QP_TRY(admitted_object(txn, activity));
  if (!object.empty()) {
    const auto object_audience = QP_TRY(audience_for(txn, activity.object));
    owned.push_back({object, object_audience});
  }
  const TermId document = QP_TRY(write_document(txn, form, bytes, owned, provenance));
  for (const Owned& one : owned) {
    if (!one.iri.empty()) QP_TRY(refresh_rendered(txn, one.iri, services));
  }
  return document;
}

}  // namespace qp::ap
