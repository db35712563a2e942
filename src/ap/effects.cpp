#include "ap/effects.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "ap/publish.hpp"
#include "base/random.hpp"

namespace qp::ap {

namespace {

using store::WriteTxn;

Result<void> append(WriteTxn& txn, std::string_view collection, std::string_view member) {
  const TermId sequence = QP_TRY(txn.intern_iri(collection));
  const TermId id = QP_TRY(txn.intern_iri(member));
  QP_TRY(txn.sequence_append(sequence, id, store::AudienceId::Public));
  return {};
}

Result<void> remove(WriteTxn& txn, std::string_view collection, std::string_view member) {
  const auto sequence = QP_TRY(txn.find_iri(collection));
  const auto id = QP_TRY(txn.find_iri(member));
  if (sequence && id) QP_TRY(txn.sequence_remove(*sequence, *id));
  return {};
}

/// What the store knows of an activity that another one names.
struct Known {
  std::vector<std::string> types;
  std::string actor, object;
  bool is(const Word& type) const { return contains(types, type.iri); }
};

Result<std::vector<std::string>> values(const WriteTxn& txn, TermId subject, TermId property) {
  std::vector<TermId> ids;
  QP_TRY(txn.scan({subject, subject, property, {}}, {}, [&](const store::OrderedQuad& quad) {
    ids.push_back(quad.quad.o);
    return true;
  }));
  std::vector<std::string> texts;
  for (const TermId id : ids) texts.emplace_back(QP_TRY(txn.resolve(id)).value);
  return texts;
}

Result<std::optional<Known>> find_activity(const WriteTxn& txn, std::string_view iri) {
  const auto id = QP_TRY(txn.find_iri(iri));
  if (!id) return std::optional<Known>();
  Known known;
  known.types = QP_TRY(values(txn, *id, rdf::type));
  const auto actors = QP_TRY(values(txn, *id, as::actor));
  const auto objects = QP_TRY(values(txn, *id, as::object));
  if (known.types.empty() || actors.size() != 1) return std::optional<Known>();
  known.actor = actors.front();
  if (!objects.empty()) known.object = objects.front();
  return std::optional<Known>(known);
}

/// The activity that `happening` is about: as stored, else as embedded in it. What is embedded is
/// the sender's word: it is used only for what the sender may say anyway.
Result<std::optional<Known>> subject_of(const Happening& happening) {
  const Activity& activity = happening.activity;
  if (!activity.objects.empty()) {
    auto known = QP_TRY(find_activity(happening.txn, activity.objects.front()));
    if (known) return known;
  }
  if (!activity.object.is_object()) return std::optional<Known>();
  const Activity inner = read_activity(activity.object);
  return std::optional<Known>(
      Known{inner.types, inner.actor(), inner.objects.empty() ? "" : inner.objects.front()});
}

Result<void> answer_follow(const Happening& happening, const Actor& recipient,
                           std::string_view type) {
  const nlohmann::ordered_json document = {
      {"@context", "https://www.w3.org/ns/activitystreams"},
      {"id", recipient.iri.substr(0, recipient.iri.find("/actors/")) + "/activities/" +
                 random::uuid_v7(happening.services.clock())},
      {"type", type},
      {"actor", recipient.iri},
      {"object",
       {{"id", happening.activity.id},
        {"type", "Follow"},
        {"actor", happening.activity.actor()},
        {"object", recipient.iri}}},
      {"to", {happening.activity.actor()}},
      {"published", time::rfc3339(happening.services.clock())}};
  const auto prepared = QP_TRY(prepare(document.dump(), "", happening.services));
  return publish(happening.txn, recipient, *prepared, "server", happening.services);
}

/// Follow: automatic unless the actor wants to be asked (ActivityPub 7.5).
Result<void> follow_received(const Happening& happening, const Actor& recipient) {
  const std::string& follower = happening.activity.actors.front();
  if (!contains(happening.activity.objects, recipient.iri) || follower == recipient.iri) return {};
  if (recipient.manual_follows) return {};
  QP_TRY(append(happening.txn, recipient.followers, follower));
  return answer_follow(happening, recipient, "Accept");
}

/// Accept of a Follow: only from the one who was to be followed (7.6).
Result<void> accept_received(const Happening& happening, const Actor& recipient) {
  if (happening.activity.objects.empty()) return {};
  const auto follow = QP_TRY(find_activity(happening.txn, happening.activity.objects.front()));
  if (!follow || !follow->is(as::Follow) || follow->actor != recipient.iri) return {};
  if (follow->object != happening.activity.actor()) return {};
  return append(happening.txn, recipient.following, follow->object);
}

Result<void> reject_received(const Happening& happening, const Actor& recipient) {
  const auto follow = QP_TRY(subject_of(happening));
  if (!follow || !follow->is(as::Follow) || follow->actor != recipient.iri) return {};
  if (follow->object != happening.activity.actor()) return {};
  return remove(happening.txn, recipient.following, follow->object);
}

/// Undo: only by the actor of what is undone (7.12).
Result<void> undo_received(const Happening& happening, const Actor& recipient) {
  const auto undone = QP_TRY(subject_of(happening));
  if (!undone || undone->actor != happening.activity.actor()) return {};
  if (undone->is(as::Follow) && undone->object == recipient.iri) {
    return remove(happening.txn, recipient.followers, undone->actor);
  }
  return {};
}

Result<void> undo_submitted(const Happening& happening, const Actor& actor) {
  const auto undone = QP_TRY(subject_of(happening));
  if (!undone || undone->actor != actor.iri) return {};
  if (undone->is(as::Follow)) return remove(happening.txn, actor.following, undone->object);
  if (undone->is(as::Like)) return remove(happening.txn, actor.liked, undone->object);
  return {};
}

Result<void> accept_submitted(const Happening& happening, const Actor& actor) {
  const auto follow = QP_TRY(subject_of(happening));
  if (!follow || !follow->is(as::Follow) || follow->object != actor.iri) return {};
  return append(happening.txn, actor.followers, follow->actor);
}

Result<void> reject_submitted(const Happening& happening, const Actor& actor) {
  const auto follow = QP_TRY(subject_of(happening));
  if (!follow || !follow->is(as::Follow) || follow->object != actor.iri) return {};
  return remove(happening.txn, actor.followers, follow->actor);
}

Result<void> like_submitted(const Happening& happening, const Actor& actor) {
  for (const std::string& object : happening.activity.objects) {
    QP_TRY(append(happening.txn, actor.liked, object));
  }
  return {};
}

Result<void> delete_submitted(const Happening& happening, const Actor&) {
  for (const std::string& object : happening.activity.objects) {
    QP_TRY(entomb(happening.txn, object, happening.services));
  }
  return {};
}

/// To support an activity, add a row and a function.
struct Effect {
  Word type;
  Result<void> (*apply)(const Happening&, const Actor&);
};

constexpr Effect kInboxEffects[] = {
    {as::Follow, follow_received},
    {as::Accept, accept_received},
    {as::Reject, reject_received},
    {as::Undo, undo_received},
};

constexpr Effect kOutboxEffects[] = {
    {as::Undo, undo_submitted}, {as::Accept, accept_submitted}, {as::Reject, reject_submitted},
    {as::Like, like_submitted}, {as::Delete, delete_submitted},
};

Result<void> apply(std::span<const Effect> effects, const Happening& happening,
                   const Actor& actor) {
  for (const Effect& effect : effects) {
    if (happening.activity.is(effect.type)) QP_TRY(effect.apply(happening, actor));
  }
  return {};
}

/// Who the store says an object belongs to; empty: not known.
Result<std::vector<std::string>> owners_of(const WriteTxn& txn, TermId object) {
  auto owners = QP_TRY(values(txn, object, as::attributedTo));
  for (const std::string& actor : QP_TRY(values(txn, object, as::actor))) owners.push_back(actor);
  return owners;
}

}  // namespace

Result<void> apply_outbox_effects(const Happening& happening, const Actor& actor) {
  return apply(kOutboxEffects, happening, actor);
}

Result<void> apply_inbox_effects(const Happening& happening, const Actor& recipient) {
  return apply(kInboxEffects, happening, recipient);
}

Result<void> apply_origin_effects(const Happening& happening) {
  if (!happening.activity.is(as::Delete)) return {};
  const std::string actor = happening.activity.actor();
  for (const std::string& object : happening.activity.objects) {
    const auto id = QP_TRY(happening.txn.find_iri(object));
    if (!id || origin_of(object) != origin_of(actor)) continue;
    const bool owns = object == actor || contains(QP_TRY(owners_of(happening.txn, *id)), actor);
    if (owns) QP_TRY(entomb(happening.txn, object, happening.services));
  }
  return {};
}

}  // namespace qp::ap
