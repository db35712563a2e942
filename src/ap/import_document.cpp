#include "ap/import_document.hpp"

#include "ap/activity.hpp"
#include "ap/actor.hpp"
#include "ap/admit.hpp"
#include "ap/ballots.hpp"
#include "ap/collection.hpp"
#include "ap/publish.hpp"
#include "ap/react.hpp"
#include "base/limits.hpp"
#include "base/random.hpp"
#include "base/text.hpp"
#include "rdf/iri.hpp"
#include "sig/digest.hpp"
#include "view/project.hpp"
#include "vocab/terms.hpp"

namespace qp::ap {

namespace {

Result<store::AudienceId> audience_for(store::WriteTxn& txn, json::Value node) {
  const std::vector<std::string> readers = readers_of(node);
  if (readers.empty()) return store::AudienceId::Nobody;
  return audience_of(txn, readers);
}

Result<bool> is_tombstone(const store::Txn& txn, const std::string& iri) {
  const auto id = QP_TRY(txn.find_iri(iri));
  return id && QP_TRY(txn.graph(*id)) && QP_TRY(view::is_tombstone(txn, *id));
}

/// Who lives here, and what the server keeps, speaks for itself.
Result<bool> may_be_source(const store::Txn& txn, const std::string& iri) {
  const std::string whole = iri.substr(0, iri.find('#'));
  if (whole.empty()) return true;
  if (QP_TRY(find_actor(txn, whole)) || QP_TRY(find_collection(txn, whole))) return false;
  return may_replace(txn, iri);
}

}  // namespace

std::vector<std::string> readers_of(json::Value node) {
  std::vector<std::string> readers = read_activity(node).recipients();
  if (readers.empty() && node.contains(ldp::inbox.iri)) {
    readers.emplace_back(as::Public.iri);
    return readers;
  }
  for (const Word& author : {as::actor, as::attributedTo}) {
    for (std::string& one : values_of(node, author.iri)) {
      if (!contains(readers, one)) readers.push_back(std::move(one));
    }
  }
  return readers;
}

Result<store::AudienceId> audience_of_tombstone(store::WriteTxn& txn, const std::string& iri) {
  auto audience = store::AudienceId::Nobody;
  const auto id = QP_TRY(txn.find_iri(iri));
  if (!id) return audience;
  for (const TermId activity : QP_TRY(resources_with(txn, as::object, *id))) {
    const std::string name(QP_TRY(txn.resolve(activity)).value);
    if (origin_of(name) != origin_of(iri)) continue;
    if (!QP_TRY(txn.probe({activity, activity, rdf::type, as::Create}, {}))) continue;
    const auto record = QP_TRY(txn.graph(activity));
    if (record) audience = record->audience;
  }
  return audience;
}

Result<bool> may_replace(const store::Txn& txn, std::string_view iri) {
  const auto id = QP_TRY(txn.find_iri(iri));
  const auto record = id ? QP_TRY(txn.graph(*id)) : std::nullopt;
  if (!record || record->kind == store::GraphKind::Claims) return true;
  const auto document = QP_TRY(txn.document(record->document));
  return document && document->attested_how == "import";
}

bool is_listing_here(Role role) {
  return role == Role::Likes || role == Role::Shares || role == Role::Replies ||
         role == Role::Dislikes || role == Role::SharedInbox;
}

Result<void> import_listed(store::WriteTxn& txn, const std::string& collection,
                           const std::string& member, const std::vector<std::string>* readers) {
  const auto kept = QP_TRY(find_collection(txn, collection));
  if (!kept || !is_listing_here(kept->role)) {
    return error(Code::NotFound, collection + " is no list of an object that is here");
  }
  if (!rdf::is_absolute_iri(member) || member.size() > limits::kIriBytes) {
    return bad_input("a member that is no IRI");
  }
  if (!kept->of.empty() && !QP_TRY(may_replace(txn, kept->of))) return {};
  auto audience = store::AudienceId::Public;
  if (readers != nullptr) {
    audience = readers->empty() ? store::AudienceId::Nobody : QP_TRY(audience_of(txn, *readers));
  }
  const TermId sequence = QP_TRY(txn.intern_iri(collection));
  const TermId id = QP_TRY(txn.intern_iri(member));
  QP_TRY(txn.sequence_append(sequence, id, audience, 0));
  if (!kept->of.empty()) QP_TRY(txn.erase_rendered(kept->of));
  return restore_reaction(txn, collection, member);
}

Result<void> import_addition(store::WriteTxn& txn, std::string_view text) {
  json::Arena arena;
  const json::Value said = QP_TRY(json::parse(text, arena));
  if (said.get("type").is("Question")) return import_votes(txn, said);
  if (!said.get("type").is("Tombstone")) return bad_input("neither a Question nor a Tombstone");
  const std::string iri(said.get("id").text());
  if (!QP_TRY(is_tombstone(txn, iri))) return error(Code::NotFound, iri + " is not deleted here");
  if (!QP_TRY(may_replace(txn, iri))) return {};
  std::vector<std::string> readers;
  for (const json::Value reader : said.get("to").items()) readers.emplace_back(reader.text());
  const auto audience =
      readers.empty() ? store::AudienceId::Nobody : QP_TRY(audience_of(txn, readers));
  const TermId graph = QP_TRY(txn.intern_iri(iri));
  QP_TRY(txn.set_audience(graph, audience));
  return txn.erase_rendered(iri);
}

std::string document_name(json::Value document) {
  return "urn:uuid:" + random::named_uuid(sig::sha256_text(json::to_text(document)));
}

Result<TermId> import_document(store::WriteTxn& txn, const jsonld::StoredForm& form,
                               std::string_view bytes, const Services& services) {
  const Provenance provenance{
      {}, "operator", "import", {}, services.clock().count(), document_name(form.json)};
  if (const auto known = QP_TRY(txn.find_iri(provenance.document))) {
    if (QP_TRY(txn.document(*known))) return *known;
  }
  const bool is_named = form.root.kind == rdf::TermKind::Iri;
  std::vector<Owned> owned;
  const std::string root(is_named ? form.root.value : "");
  const Activity activity = read_activity(form.expanded);
  const bool is_tombstone_itself = activity.is(as::Tombstone);
  auto audience = QP_TRY(audience_for(txn, form.expanded));
  if (is_tombstone_itself && audience == store::AudienceId::Nobody) {
    audience = QP_TRY(audience_of_tombstone(txn, root));
  }
  const bool is_here = QP_TRY(is_tombstone(txn, root));
  if (!is_tombstone_itself && is_here) return error(Code::Gone, "it was deleted here");
  if (!is_here && QP_TRY(may_be_source(txn, root))) owned.push_back({root, audience});
  const std::string object = QP_TRY(admitted_object(txn, activity));
  if (!object.empty() && QP_TRY(may_be_source(txn, object))) {
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
