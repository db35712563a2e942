#include "ap/publish.hpp"

#include <algorithm>
#include <array>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "ap/addressing.hpp"
#include "ap/collection.hpp"
#include "ap/effects.hpp"
#include "ap/media.hpp"
#include "ap/tables.hpp"
#include "base/own_json.hpp"
#include "view/project.hpp"
#include "view/serve.hpp"
#include "vocab/views.hpp"

namespace qp::ap {

namespace {

using store::WriteTxn;

/// Everyone who may read the activity: its recipients and its actor.
std::vector<std::string> readers_of(const Activity& activity) {
  auto readers = activity.recipients();
  if (!contains(readers, activity.actor())) readers.push_back(activity.actor());
  return readers;
}

/// The newest, under the time as its key: what is imported later finds its place by its date.
Result<void> append_to_outbox(WriteTxn& txn, std::string_view outbox, std::string_view activity,
                              store::AudienceId audience, Millis now) {
  const TermId sequence = QP_TRY(txn.intern_iri(outbox));
  const TermId member = QP_TRY(txn.intern_iri(activity));
  const auto newest = QP_TRY(txn.sequence_before(sequence, 0, 1, store::Visible::everything()));
  const std::uint64_t above = newest.empty() ? 1 : newest.front().key + 1;
  const auto key =
      std::max(above, static_cast<std::uint64_t>(std::max<std::int64_t>(now.count(), 0)));
  QP_TRY(txn.sequence_append(sequence, member, audience, key));
  return {};
}

std::string lane_of(const Remote& remote) {
  return host_of(remote.inbox.empty() ? remote.actor : remote.inbox);
}

Result<void> count_post(WriteTxn& txn) {
  const auto kept = QP_TRY(txn.get(kCounters, "local_posts"));
  const std::uint64_t count = kept ? text::to_uint(*kept).value_or(0) : 0;
  return txn.put(kCounters, "local_posts", std::to_string(count + 1));
}

Result<bool> is_about_a_block(const store::Txn& txn, const Activity& activity) {
  if (activity.is(as::Block)) return true;
  if (!activity.is(as::Undo)) return false;
  const auto undone = QP_TRY(subject_of(txn, activity));
  return undone && undone->is(as::Block);
}

}  // namespace

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
    QP_TRY(txn.queue_push(services.clock().count(), lane_of(one), payload));
  }
  return {};
}

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
  const auto audience =
      QP_TRY(audience_of(txn, readers_of(activity), collection_of(actor.iri, Role::Blocked)));
  std::vector<Owned> owned{{activity.id, audience}};
  if (!prepared.object.empty()) {
    // Who an actor is can be read by all, whoever is told that it has changed.
    const bool is_profile = prepared.object == actor.iri;
    owned.push_back({prepared.object, is_profile ? store::AudienceId::Public : audience});
  }
  const Provenance provenance{
      {}, "user " + actor.user, std::string(how), actor.outbox, services.clock().count()};
  const Before before = QP_TRY(find_before(txn, prepared.object));
  QP_TRY(write_document(txn, prepared.form, prepared.bytes, owned, provenance));
  QP_TRY(append_to_outbox(txn, actor.outbox, activity.id, audience, services.clock()));

  // Before the effects: an Undo takes away whom it would have reached.
  const Targets targets = QP_TRY(targets_of(txn, actor, activity, prepared.also));
  std::vector<std::string> caused;
  const Happening happening{txn,    activity,         services, audience, prepared.object,
                            &actor, prepared.members, &caused,  false,    before};
  QP_TRY(apply_effects(happening));
  QP_TRY(note_caused(txn, activity.id, caused));
  if (!prepared.object.empty()) QP_TRY(refresh_rendered(txn, prepared.object, services));
  QP_TRY(refresh_rendered(txn, activity.id, services));
  if (activity.is(as::Create)) QP_TRY(count_post(txn));
  if (QP_TRY(is_about_a_block(txn, activity))) return {};  // 6.9: is not delivered
  QP_TRY(enqueue(txn, actor, activity, targets.remote, services));
  return receive_locally(txn, activity, targets.local);
}

Result<void> note_caused(WriteTxn& txn, std::string_view activity,
                         std::span<const std::string> caused) {
  if (caused.empty() || activity.size() > kMaxKey) return {};
  return txn.put(kCaused, activity, nlohmann::json(caused).dump());
}

Result<void> receive_locally(WriteTxn& txn, const Activity& activity,
                             std::span<const Actor> recipients) {
  for (const Actor& recipient : recipients) {
    if (QP_TRY(has_blocked(txn, recipient.iri, activity.actor()))) continue;
    const std::array owner{recipient.iri};
    QP_TRY(add_member(txn, recipient.inbox, activity.id, QP_TRY(audience_of(txn, owner))));
  }
  return {};
}

namespace {

constexpr std::size_t kEmbedDepth = 2;  // as view/project walks
/// More than these are left to be rendered when they are asked for.
constexpr std::size_t kEmbeddersRendered = 4;

/// Where kEmbeddedIn has what embeds the resource.
std::string embedders_prefix(std::string_view iri) { return pair_key("embedded", iri, "") + ' '; }

/// False where the key would be too long: such a resource is not kept rendered.
Result<bool> note_embedded(WriteTxn& txn, std::string_view iri) {
  const auto types = QP_TRY(values_of(txn, iri, rdf::type));
  for (const vocab::Embed& embed : vocab::kEmbeds) {
    if (!contains(types, embed.type.iri)) continue;
    for (const std::string& inner : QP_TRY(values_of(txn, iri, embed.property))) {
      const std::string key = embedders_prefix(inner).append(iri);
      if (key.size() > kMaxKey) return false;
      QP_TRY(txn.put(kEmbeddedIn, key, ""));
    }
  }
  return true;
}

Result<void> keep_rendered(WriteTxn& txn, std::string_view iri, std::uint8_t view,
                           store::AudienceId audience, view::Served served) {
  store::Rendered rendered;
  rendered.content_type = "application/activity+json";
  rendered.etag = std::move(served.etag);
  rendered.audience = audience;
  rendered.status = static_cast<std::uint16_t>(served.status);
  rendered.body = std::move(served.body);
  return txn.put_rendered(iri, view, rendered);
}

/// The local actor that the resource belongs to; empty: none.
Result<std::string> local_owner(const store::Txn& txn, std::string_view iri) {
  for (std::string& owner : QP_TRY(owners_of(txn, iri))) {
    if (QP_TRY(find_actor(txn, owner))) return std::move(owner);
  }
  return std::string();
}

/// What is the author's own cannot be taken out of its sight by somebody else's doing.
Result<bool> is_all_own(const store::Txn& txn, const std::string& author,
                        std::span<const TermId> graphs) {
  const view::Sight sight = QP_TRY(view::sight_of(txn, author));
  for (const TermId graph : graphs) {
    if (!QP_TRY(view::is_author(txn, graph, sight))) return false;
  }
  return true;
}

/// False where they are not kept.
Result<bool> render_for_author(WriteTxn& txn, std::string_view iri, const Services& services) {
  const std::string author = QP_TRY(local_owner(txn, iri));
  if (author.empty()) return false;
  auto served = QP_TRY(view::serve(txn, iri, author, {services.contexts, services.loader}));
  if (!QP_TRY(is_all_own(txn, author, served.embedded))) return false;
  const std::array members{author};
  const auto audience = QP_TRY(audience_of(txn, members));
  QP_TRY(keep_rendered(txn, iri, view::kAuthorView, audience, std::move(served)));
  return true;
}

/// The resource's finished bytes: those that all get who may read it, where that is one text, and
/// its author's where that is more. Nobody asks this server for what is of others.
Result<void> render(WriteTxn& txn, std::string_view iri, const Services& services) {
  if (!QP_TRY(is_local(txn, iri))) return {};
  QP_TRY(txn.erase_rendered(iri));
  if (QP_TRY(find_collection(txn, iri))) return {};  // how many are in it changes all the time
  auto served = view::serve_audience(txn, iri, {services.contexts, services.loader});
  if (!served) {
    if (served.error().code == Code::NotFound) return {};
    return std::move(served).error();
  }
  if (!QP_TRY(note_embedded(txn, iri))) return {};
  const store::AudienceId audience = served->audience;
  bool is_for_all = served->same_for_all;
  if (is_for_all && served->hides_recipients) {
    is_for_all = QP_TRY(render_for_author(txn, iri, services));
  }
  if (is_for_all) {
    return keep_rendered(txn, iri, view::kSharedView, audience, *std::move(served));
  }
  if (audience != store::AudienceId::Public) return {};
  return keep_rendered(txn, iri, view::kAnonymousView, audience, *std::move(served));
}

/// What shows the resource inside.
Result<std::vector<std::string>> embedders_of(const store::Txn& txn, std::string_view iri) {
  const std::string prefix = embedders_prefix(iri);
  std::vector<std::string> embedders;
  QP_TRY(txn.each(kEmbeddedIn, prefix, [&](std::string_view key, std::string_view) {
    embedders.emplace_back(key.substr(prefix.size()));
    return true;
  }));
  return embedders;
}

Result<void> refresh(WriteTxn& txn, std::string_view iri, std::size_t depth,
                     const Services& services) {
  QP_TRY(render(txn, iri, services));
  if (depth == 0) return {};
  const std::vector<std::string> embedders = QP_TRY(embedders_of(txn, iri));
  for (std::size_t i = 0; i < embedders.size(); ++i) {
    if (i < kEmbeddersRendered) {
      QP_TRY(refresh(txn, embedders[i], depth - 1, services));
    } else {
      QP_TRY(txn.erase_rendered(embedders[i]));
      QP_TRY(txn.erase(kEmbeddedIn, embedders_prefix(iri) + embedders[i]));
    }
  }
  return {};
}

Result<void> drop(WriteTxn& txn, std::string_view iri, std::size_t depth) {
  QP_TRY(txn.erase_rendered(iri));
  if (depth == 0) return {};
  for (const std::string& embedder : QP_TRY(embedders_of(txn, iri))) {
    QP_TRY(drop(txn, embedder, depth - 1));
  }
  return {};
}

}  // namespace

Result<void> drop_rendered(WriteTxn& txn, std::string_view iri) {
  return drop(txn, iri, kEmbedDepth);
}

Result<void> refresh_rendered(WriteTxn& txn, std::string_view iri, const Services& services) {
  return refresh(txn, iri, kEmbedDepth, services);
}

namespace {

/// The documents that spoke of `resource` as its source, now or before.
Result<std::vector<store::DocumentRecord>> sources_of(const store::Txn& txn, TermId resource) {
  std::vector<TermId> graphs{resource};
  store::Txn::ScanOptions with_claims;
  with_claims.with_claims = true;
  QP_TRY(txn.scan({.s = resource}, with_claims, [&](const store::OrderedQuad& quad) {
    if (graphs.back() != quad.quad.g) graphs.push_back(quad.quad.g);
    return true;
  }));
  std::vector<store::DocumentRecord> sources;
  for (const TermId graph : graphs) {
    const auto record = QP_TRY(txn.graph(graph));
    if (!record || record->document == TermId::None) continue;
    auto document = QP_TRY(txn.document(record->document));
    if (!document) continue;
    const bool was_source = std::find(document->graphs.begin(), document->graphs.end(), resource) !=
                            document->graphs.end();
    const bool known = std::any_of(sources.begin(), sources.end(),
                                   [&](const auto& one) { return one.id == document->id; });
    if (was_source && !known) sources.push_back(*std::move(document));
  }
  return sources;
}

/// What the document said of the resource goes: bytes, claims, and how its object was written. That
/// it was here, since when and from whom stays (design.md, thesis 3).
Result<void> erase_words(WriteTxn& txn, store::DocumentRecord document) {
  QP_TRY(txn.erase_document_bytes(document.id));
  if (document.claims != TermId::None) QP_TRY(txn.erase_graph(document.claims));
  document.claims = TermId::None;
  if (!document.fidelity.empty()) {
    json::Arena arena;
    const auto difference = QP_TRY(json::parse(document.fidelity, arena, json::kOwnJson));
    const bool is_root = document.graphs.size() == 1;
    if (!is_root) difference.get("o").erase("object");
    document.fidelity = is_root ? std::string() : json::to_text(difference);
  }
  return txn.update_document(document);
}

}  // namespace

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
  const auto sources = QP_TRY(sources_of(txn, *id));
  QP_TRY(drop_media_of(txn, iri));
  QP_TRY(txn.erase_graph(*id));
  for (const store::DocumentRecord& source : sources) QP_TRY(erase_words(txn, source));
  const Owned owned{std::string(iri), record->audience};
  QP_TRY(write_document(txn, prepared->form, prepared->bytes, std::span(&owned, 1),
                        {{}, "server", "deleted", {}, services.clock().count()}));
  return refresh_rendered(txn, iri, services);
}

}  // namespace qp::ap
