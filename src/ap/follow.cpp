#include "ap/follow.hpp"

#include <array>

#include <nlohmann/json.hpp>

#include "ap/collection.hpp"
#include "ap/gone.hpp"
#include "ap/ids.hpp"
#include "ap/move.hpp"
#include "ap/publish.hpp"
#include "ap/tables.hpp"
#include "base/text.hpp"

namespace qp::ap {

namespace {

/// What stands between two actors, by kFollows.
struct Relation {
  std::string follow;  ///< the Follow that began it
  bool accepted = false;
  bool rejected = false;  ///< kept so that a Reject can be taken back
};

/// Where kFollows has the relations of one actor, to whomever.
std::string relations_of(std::string_view actor) { return pair_key("party", actor, "") + ' '; }

std::string key_of(std::string_view follower, std::string_view followed) {
  return pair_key("follow", follower, followed);
}

Result<std::optional<Relation>> find_relation(const store::Txn& txn, std::string_view follower,
                                              std::string_view followed) {
  const auto kept = QP_TRY(txn.get(kFollows, key_of(follower, followed)));
  if (!kept) return std::optional<Relation>();
  const auto record = nlohmann::json::parse(*kept, nullptr, false);
  if (!record.is_object()) return Error{Code::Storage, "a follow's record is damaged", {}};
  return std::optional(Relation{record.value("follow", ""), record.value("accepted", false),
                                record.value("rejected", false)});
}

Result<void> put_relation(store::WriteTxn& txn, std::string_view follower,
                          std::string_view followed, const Relation& relation) {
  const std::string key = key_of(follower, followed);
  const nlohmann::json record = {{"follow", relation.follow},
                                 {"accepted", relation.accepted},
                                 {"rejected", relation.rejected}};
  const nlohmann::json parties = {{"follower", follower}, {"followed", followed}};
  QP_TRY(txn.put(kFollows, key, record.dump()));
  for (const std::string_view party : {follower, followed}) {
    QP_TRY(txn.put(kFollows, relations_of(party) + key, parties.dump()));
  }
  return {};
}

Result<void> erase_relation(store::WriteTxn& txn, std::string_view follower,
                            std::string_view followed) {
  const std::string key = key_of(follower, followed);
  QP_TRY(txn.erase(kFollows, key));
  for (const std::string_view party : {follower, followed}) {
    QP_TRY(txn.erase(kFollows, relations_of(party) + key));
  }
  return {};
}

Result<store::AudienceId> only(store::WriteTxn& txn, const std::string& reader) {
  const std::array readers{reader};
  return audience_of(txn, readers);
}

/// Into the pending requests of those of the two that are of this server, or out of them.
Result<void> set_pending(const Happening& happening, const std::string& follower,
                         const std::string& followed, const std::string& follow, bool is_pending) {
  const std::array<std::pair<std::string, Role>, 2> sides{
      {{follower, Role::PendingFollowing}, {followed, Role::PendingFollowers}}};
  for (const auto& [owner, role] : sides) {
    if (!QP_TRY(find_actor(happening.txn, owner))) continue;
    const std::string collection = collection_of(owner, role);
    if (is_pending) {
      QP_TRY(include(happening, collection, follow, QP_TRY(only(happening.txn, owner))));
    } else {
      QP_TRY(exclude(happening, collection, follow));
    }
  }
  return {};
}

/// Into followers and following, or out of them.
Result<void> set_following(const Happening& happening, const std::string& follower,
                           const std::string& followed, bool follows) {
  const auto change = [&](const std::string& collection,
                          const std::string& member) -> Result<void> {
    if (follows) {
      QP_TRY(include(happening, collection, member, store::AudienceId::Public));
    } else {
      QP_TRY(exclude(happening, collection, member));
    }
    return {};
  };
  if (const auto one = QP_TRY(find_actor(happening.txn, follower))) {
    QP_TRY(change(one->following, followed));
  }
  if (const auto one = QP_TRY(find_actor(happening.txn, followed))) {
    QP_TRY(change(one->followers, follower));
  }
  return {};
}

/// Neither follows nor asks to.
Result<void> part(const Happening& happening, const std::string& follower,
                  const std::string& followed) {
  if (const auto relation = QP_TRY(find_relation(happening.txn, follower, followed))) {
    QP_TRY(set_pending(happening, follower, followed, relation->follow, false));
    QP_TRY(erase_relation(happening.txn, follower, followed));
  }
  return set_following(happening, follower, followed, false);
}

/// The server does for `actor` what its owner has asked for once and for all.
Result<void> say(const Happening& happening, const Actor& actor, std::string_view type,
                 const nlohmann::ordered_json& object, const std::string& to) {
  const Millis now = happening.services.clock();
  const nlohmann::ordered_json document = {{"@context", "https://www.w3.org/ns/activitystreams"},
                                           {"id", new_activity_iri(actor.iri, now)},
                                           {"type", type},
                                           {"actor", actor.iri},
                                           {"object", object},
                                           {"to", nlohmann::ordered_json::array({to})},
                                           {"published", time::rfc3339(now)}};
  const auto prepared = QP_TRY(prepare(document.dump(), "", happening.services));
  return publish(happening.txn, actor, *prepared, "server", happening.services);
}

nlohmann::ordered_json follow_document(std::string_view id, std::string_view follower,
                                       std::string_view followed) {
  return {{"id", id}, {"type", "Follow"}, {"actor", follower}, {"object", followed}};
}

Result<void> accept(const Happening& happening, const Actor& followed, const std::string& follower,
                    const std::string& follow) {
  return say(happening, followed, "Accept", follow_document(follow, follower, followed.iri),
             follower);
}

Result<void> ask(const Happening& happening, const std::string& followed) {
  const std::string follower = happening.activity.actor();
  if (follower == followed) return {};
  const auto asked = QP_TRY(find_actor(happening.txn, followed));
  if (asked ? QP_TRY(is_gone(happening.txn, *asked)) : !happening.sender) return {};
  if (asked && QP_TRY(has_blocked(happening.txn, followed, follower))) return {};

  Relation relation{happening.activity.id, false};
  if (const auto before = QP_TRY(find_relation(happening.txn, follower, followed))) {
    QP_TRY(set_pending(happening, follower, followed, before->follow, false));
    relation.accepted = before->accepted;
  }
  QP_TRY(put_relation(happening.txn, follower, followed, relation));
  if (!relation.accepted) {
    QP_TRY(set_pending(happening, follower, followed, relation.follow, true));
  }
  const bool is_automatic = asked && (relation.accepted || !asked->manual_follows);
  return is_automatic ? accept(happening, *asked, follower, relation.follow) : Result<void>();
}

/// The Follow that is answered, if it was asked of the one who answers.
Result<std::optional<Known>> answered(const Happening& happening) {
  auto follow = QP_TRY(subject_of(happening.txn, happening.activity));
  if (!follow || !follow->is(as::Follow) ||
      !contains(follow->objects, happening.activity.actor())) {
    return std::optional<Known>();
  }
  follow->object = happening.activity.actor();
  return follow;
}

}  // namespace

Result<void> follow(const Happening& happening) {
  for (const std::string& followed : happening.activity.objects) QP_TRY(ask(happening, followed));
  return {};
}

Result<void> accept_follow(const Happening& happening) {
  const auto follow = QP_TRY(answered(happening));
  if (!follow) return {};
  auto relation = QP_TRY(find_relation(happening.txn, follow->actor, follow->object));
  if (!relation || relation->rejected) return {};
  QP_TRY(set_pending(happening, follow->actor, follow->object, relation->follow, false));
  relation->accepted = true;
  QP_TRY(put_relation(happening.txn, follow->actor, follow->object, *relation));
  return set_following(happening, follow->actor, follow->object, true);
}

Result<void> reject_follow(const Happening& happening) {
  const auto follow = QP_TRY(answered(happening));
  if (!follow) return {};
  auto relation = QP_TRY(find_relation(happening.txn, follow->actor, follow->object));
  QP_TRY(part(happening, follow->actor, follow->object));
  if (!relation) return {};
  relation->accepted = false;
  relation->rejected = true;
  return put_relation(happening.txn, follow->actor, follow->object, *relation);
}

Result<void> take_back_follow(const Happening& happening, const Known& known) {
  return part(happening, known.actor, known.object);
}

Result<void> take_back_answer(const Happening& happening, const Known& known) {
  auto follow = QP_TRY(find_activity(happening.txn, known.object));
  if (!follow || !follow->is(as::Follow) || !contains(follow->objects, known.actor)) return {};
  follow->object = known.actor;
  // Of a Follow that was taken back since, and may have been asked anew, it answers nothing.
  if (QP_TRY(happening.txn.get(kGone, pair_key("undone", follow->id, follow->actor)))) return {};
  auto relation = QP_TRY(find_relation(happening.txn, follow->actor, follow->object));
  if (!relation || !(known.is(as::Reject) ? relation->rejected : relation->accepted)) return {};
  relation->accepted = relation->rejected = false;
  QP_TRY(put_relation(happening.txn, follow->actor, follow->object, *relation));
  QP_TRY(set_following(happening, follow->actor, follow->object, false));
  QP_TRY(set_pending(happening, follow->actor, follow->object, relation->follow, true));
  const auto asked = QP_TRY(find_actor(happening.txn, follow->object));
  const bool is_automatic = known.is(as::Reject) && asked && !asked->manual_follows;
  return is_automatic ? accept(happening, *asked, follow->actor, relation->follow) : Result<void>();
}

Result<void> block(const Happening& happening) {
  const std::string actor = happening.activity.actor();
  for (const std::string& other : happening.activity.objects) {
    if (other == actor) continue;
    if (happening.sender) {
      const auto audience = QP_TRY(only(happening.txn, actor));
      QP_TRY(include(happening, collection_of(actor, Role::Blocked), other, audience));
    }
    QP_TRY(part(happening, actor, other));
    QP_TRY(part(happening, other, actor));
  }
  return {};
}

Result<void> take_back_block(const Happening& happening, const Known& known) {
  if (!happening.sender) return {};
  QP_TRY(exclude(happening, collection_of(known.actor, Role::Blocked), known.object));
  return {};
}

namespace {

Result<void> follow_instead(const Happening& happening, const Actor& follower,
                            const std::string& before, const std::string& now) {
  const auto relation = QP_TRY(find_relation(happening.txn, follower.iri, before));
  if (relation) {
    QP_TRY(say(happening, follower, "Undo", follow_document(relation->follow, follower.iri, before),
               before));
  }
  const bool follows = QP_TRY(find_relation(happening.txn, follower.iri, now)).has_value();
  if (follows || follower.iri == now) return {};
  return say(happening, follower, "Follow", now, now);
}

/// `target` empty: it has not moved.
Result<void> set_moved_to(const Happening& happening, const std::string& target) {
  store::WriteTxn& txn = happening.txn;
  const std::string actor = happening.activity.actor();
  const TermId graph = QP_TRY(txn.intern_iri(actor));
  std::vector<store::QuadIds> before;
  QP_TRY(txn.scan({graph, graph, as::movedTo, {}}, {}, [&](const store::OrderedQuad& quad) {
    before.push_back(quad.quad);
    return true;
  }));
  std::vector<store::OrderedQuad> now;
  if (!target.empty()) {
    const TermId to = QP_TRY(txn.intern_iri(target));
    now.push_back({{graph, graph, as::movedTo, to}, 0});
  }
  QP_TRY(txn.apply(before, now));
  return refresh_rendered(txn, actor, happening.services);
}

}  // namespace

Result<bool> lead_followers(const Happening& happening, const std::string& target) {
  const std::string actor = happening.activity.actor();
  if (!contains(QP_TRY(values_of(happening.txn, target, as::alsoKnownAs)), actor)) return false;
  for (const std::string& iri : QP_TRY(collections_with(happening.txn, actor))) {
    const auto collection = QP_TRY(find_collection(happening.txn, iri));
    if (!collection || collection->role != Role::Following) continue;
    const auto follower = QP_TRY(find_actor(happening.txn, collection->owner));
    if (follower) QP_TRY(follow_instead(happening, *follower, actor, target));
  }
  return true;
}

Result<bool> has_local_followers(const store::Txn& txn, std::string_view actor) {
  for (const std::string& iri : QP_TRY(collections_with(txn, actor))) {
    const auto collection = QP_TRY(find_collection(txn, iri));
    if (collection && collection->role == Role::Following) return true;
  }
  return false;
}

Result<void> move(const Happening& happening) {
  const Activity& activity = happening.activity;
  if (activity.targets.size() != 1) return {};
  const std::string& target = activity.targets.front();
  if (happening.sender) QP_TRY(set_moved_to(happening, target));
  const bool is_here = QP_TRY(is_local(happening.txn, target));
  if (!happening.sender && !happening.has_fresh_target && !is_here) return {};
  const bool agrees = QP_TRY(lead_followers(happening, target));
  if (agrees || is_here || !happening.sender) return {};
  return plan_move(happening.txn, activity.id, activity.actor(), target, happening.services);
}

Result<void> end_following(const Happening& happening, const std::string& follower,
                           const std::string& followed) {
  return part(happening, follower, followed);
}

Result<void> settle_following(const Happening& happening, const Actor& follower,
                              const std::string& followed) {
  auto relation = QP_TRY(find_relation(happening.txn, follower.iri, followed));
  if (relation && !relation->rejected) {
    QP_TRY(set_pending(happening, follower.iri, followed, relation->follow, false));
    relation->accepted = true;
    QP_TRY(put_relation(happening.txn, follower.iri, followed, *relation));
    return set_following(happening, follower.iri, followed, true);
  }
  constexpr std::int64_t kDay = Millis(std::chrono::hours(24)).count();
  const std::string told = pair_key("told", follower.iri, followed);
  const std::int64_t now = happening.services.clock().count();
  if (const auto before = QP_TRY(happening.txn.get(kFollows, told))) {
    if (now - static_cast<std::int64_t>(text::to_uint(*before).value_or(0)) < kDay) return {};
  }
  QP_TRY(happening.txn.put(kFollows, told, std::to_string(now)));
  // Without an id where the Follow is not known any more: what is embedded is sent only so.
  auto follow = follow_document(relation ? relation->follow : "", follower.iri, followed);
  if (!relation) follow.erase("id");
  return say(happening, follower, "Undo", follow, followed);
}

Result<void> take_back_move(const Happening& happening, const Known&) {
  return happening.sender ? set_moved_to(happening, "") : Result<void>();
}

Result<void> forget_actor(const Happening& happening, const std::string& actor) {
  std::vector<std::pair<std::string, std::string>> relations;
  QP_TRY(happening.txn.each(
      kFollows, relations_of(actor), [&](std::string_view, std::string_view text) {
        const auto parties = nlohmann::json::parse(text, nullptr, false);
        if (parties.is_object()) {
          relations.emplace_back(parties.value("follower", ""), parties.value("followed", ""));
        }
        return true;
      }));
  for (const auto& [follower, followed] : relations) QP_TRY(part(happening, follower, followed));
  for (const std::string& iri : QP_TRY(collections_with(happening.txn, actor))) {
    const auto collection = QP_TRY(find_collection(happening.txn, iri));
    if (!collection) continue;
    if (collection->role == Role::Followers) QP_TRY(part(happening, actor, collection->owner));
    if (collection->role == Role::Following) QP_TRY(part(happening, collection->owner, actor));
  }
  return {};
}

}  // namespace qp::ap
