#include "ap/publish.hpp"

#include <algorithm>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "ap/addressing.hpp"
#include "ap/effects.hpp"
#include "ap/tables.hpp"
#include "view/project.hpp"
#include "view/serve.hpp"

namespace qp::ap {

namespace {

using store::WriteTxn;

/// Everyone who may read the activity: its recipients and its actor.
std::vector<std::string> readers_of(const Activity& activity) {
  auto readers = activity.recipients();
  if (!contains(readers, activity.actor())) readers.push_back(activity.actor());
  return readers;
}

Result<void> append(WriteTxn& txn, std::string_view collection, std::string_view activity,
                    store::AudienceId audience) {
  const TermId sequence = QP_TRY(txn.intern_iri(collection));
  const TermId member = QP_TRY(txn.intern_iri(activity));
  QP_TRY(txn.sequence_append(sequence, member, audience));
  return {};
}

std::string_view lane_of(const Remote& remote, std::string& memory) {
  memory = host_of(remote.inbox.empty() ? remote.actor : remote.inbox);
  return memory;
}

Result<void> enqueue(WriteTxn& txn, const Actor& sender, const Activity& activity,
                     std::span<const Remote> remote, const Services& services) {
  for (const Remote& one : remote) {
    const std::string payload = nlohmann::json{
        {"activity", activity.id},
        {"sender", sender.iri},
        {"recipient", one.actor},
        {"inbox", one.inbox},
        {"queued",
         services.clock().count()}}.dump();
    std::string lane;
    QP_TRY(txn.queue_push(services.clock().count(), lane_of(one, lane), payload));
  }
  return {};
}

Result<void> count_post(WriteTxn& txn) {
  const auto kept = QP_TRY(txn.get(kCounters, "local_posts"));
  const std::uint64_t count = kept ? text::to_uint(*kept).value_or(0) : 0;
  return txn.put(kCounters, "local_posts", std::to_string(count + 1));
}

}  // namespace

Result<std::unique_ptr<Prepared>> prepare(std::string document, std::string object,
                                          const Services& services) {
  auto prepared = std::make_unique<Prepared>();
  prepared->bytes = std::move(document);
  prepared->object = std::move(object);
  const auto parsed = QP_TRY(json::parse(prepared->bytes, prepared->arena));
  prepared->form = QP_TRY(
      jsonld::read_for_storage(parsed, {services.contexts, services.loader}, prepared->arena));
  prepared->activity = read_activity(prepared->form.expanded);
  return prepared;
}

Result<void> publish(WriteTxn& txn, const Actor& actor, const Prepared& prepared,
                     std::string_view how, const Services& services) {
  const Activity& activity = prepared.activity;
  const auto audience = QP_TRY(audience_of(txn, readers_of(activity)));
  std::vector<Owned> owned{{activity.id, audience}};
  if (!prepared.object.empty()) owned.push_back({prepared.object, audience});
  const Provenance provenance{
      {}, "user " + actor.user, std::string(how), actor.outbox, services.clock().count()};
  QP_TRY(write_document(txn, prepared.form, prepared.bytes, owned, provenance));
  QP_TRY(append(txn, actor.outbox, activity.id, audience));

  const Happening happening{txn, activity, services};
  const Targets targets = QP_TRY(targets_of(txn, actor, activity));
  QP_TRY(apply_outbox_effects(happening, actor));
  QP_TRY(refresh_rendered(txn, activity.id, services));
  if (!prepared.object.empty()) QP_TRY(refresh_rendered(txn, prepared.object, services));
  if (activity.is(as::Create)) QP_TRY(count_post(txn));
  if (activity.is(as::Block)) return {};  // 6.9: a Block is not delivered
  QP_TRY(enqueue(txn, actor, activity, targets.remote, services));
  return receive_locally(txn, activity, targets.local, services);
}

Result<void> receive_locally(WriteTxn& txn, const Activity& activity,
                             std::span<const Actor> recipients, const Services& services) {
  if (recipients.empty()) return {};
  const Happening happening{txn, activity, services};
  auto readers = readers_of(activity);
  for (const Actor& recipient : recipients) {
    if (!contains(readers, recipient.iri)) readers.push_back(recipient.iri);
  }
  const TermId graph = QP_TRY(txn.intern_iri(activity.id));
  QP_TRY(txn.set_audience(graph, QP_TRY(audience_of(txn, readers))));
  for (const Actor& recipient : recipients) {
    const std::vector<std::string> owner{recipient.iri};
    QP_TRY(append(txn, recipient.inbox, activity.id, QP_TRY(audience_of(txn, owner))));
    QP_TRY(apply_inbox_effects(happening, recipient));
  }
  return {};
}

Result<void> refresh_rendered(WriteTxn& txn, std::string_view iri, const Services& services) {
  QP_TRY(txn.erase_rendered(iri));
  auto served = view::serve(txn, iri, {}, {services.contexts, services.loader});
  if (!served) {
    if (served.error().code == Code::NotFound) return {};
    return std::move(served).error();
  }
  if (!served->is_public) return {};
  store::Rendered rendered;
  rendered.content_type = "application/activity+json";
  rendered.etag = std::move(served->etag);
  rendered.audience = store::AudienceId::Public;
  rendered.status = static_cast<std::uint16_t>(served->status);
  rendered.body = std::move(served->body);
  return txn.put_rendered(iri, 0, rendered);
}

Result<void> entomb(WriteTxn& txn, std::string_view iri, const Services& services) {
  const auto id = QP_TRY(txn.find_iri(iri));
  const auto record = id ? QP_TRY(txn.graph(*id)) : std::nullopt;
  if (!record || QP_TRY(view::is_tombstone(txn, *id))) return {};
  std::string former;
  std::vector<TermId> types;
  QP_TRY(txn.scan({*id, *id, rdf::type, {}}, {}, [&](const store::OrderedQuad& quad) {
    types.push_back(quad.quad.o);
    return true;
  }));
  if (!types.empty()) former = QP_TRY(txn.resolve(types.front())).value;

  nlohmann::ordered_json document = {{"@context", "https://www.w3.org/ns/activitystreams"},
                                     {"id", iri},
                                     {"type", "Tombstone"},
                                     {"deleted", time::rfc3339(services.clock())}};
  if (former.starts_with(as::kNamespace)) {
    document["formerType"] = former.substr(as::kNamespace.size());
  }
  const auto prepared = QP_TRY(prepare(document.dump(), "", services));
  const TermId source = record->document;
  // Its words go; that it was here, since when and from whom stays (design.md, thesis 3).
  QP_TRY(txn.erase_graph(*id));
  const Owned owned{std::string(iri), record->audience};
  QP_TRY(write_document(txn, prepared->form, prepared->bytes, std::span(&owned, 1),
                        {{}, "server", "deleted", {}, services.clock().count()}));
  if (source != TermId::None) QP_TRY(txn.erase_document_bytes(source));
  return refresh_rendered(txn, iri, services);
}

}  // namespace qp::ap
