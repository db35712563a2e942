#include "ap/effects.hpp"

#include <algorithm>

#include <fmt/core.h>

#include "ap/addressing.hpp"
#include "ap/admit.hpp"
#include "ap/collection.hpp"
#include "ap/follow.hpp"
#include "ap/overview.hpp"
#include "ap/publish.hpp"
#include "ap/react.hpp"
#include "ap/tables.hpp"
#include "ap/vote.hpp"
#include "ap/wipe.hpp"
#include "sig/digest.hpp"
#include "view/project.hpp"

namespace qp::ap {

namespace {

Result<store::AudienceId> audience_of_graph(const store::Txn& txn, std::string_view iri,
                                            store::AudienceId otherwise) {
  const auto id = QP_TRY(txn.find_iri(iri));
  const auto record = id ? QP_TRY(txn.graph(*id)) : std::nullopt;
  return record ? record->audience : otherwise;
}

/// An answer is listed with what it answers, for those who may read the answer (AS2 `replies`).
Result<void> list_reply(const Happening& happening, const std::string& parent) {
  if (!QP_TRY(is_open_to(happening.txn, parent, happening.activity.actor()))) return {};
  const auto audience =
      QP_TRY(audience_of_graph(happening.txn, happening.object, happening.audience));
  const std::string replies = collection_of(parent, Role::Replies);
  if (QP_TRY(include(happening, replies, happening.object, audience))) {
    return refresh_rendered(happening.txn, parent, happening.services);
  }
  return {};
}

Result<bool> is_deleted(const store::Txn& txn, std::string_view iri) {
  const auto id = QP_TRY(txn.find_iri(iri));
  return id && QP_TRY(view::is_tombstone(txn, *id));
}

/// A collection of the actor's own, with what is in it from the start.
Result<void> found_collection(const Happening& happening) {
  const std::string actor = happening.activity.actor();
  QP_TRY(put_collection(happening.txn, happening.object,
                        {actor, {}, Role::Other, happening.services.clock().count()}));
  for (auto member = happening.members.rbegin(); member != happening.members.rend(); ++member) {
    if (QP_TRY(is_deleted(happening.txn, *member))) continue;
    const auto audience = QP_TRY(audience_of_graph(happening.txn, *member, happening.audience));
    QP_TRY(include(happening, happening.object, *member, audience));
  }
  if (happening.sender) {
    const std::string streams = collection_of(actor, Role::Streams);
    QP_TRY(include(happening, streams, happening.object, happening.audience));
  }
  return {};
}

Result<void> create(const Happening& happening) {
  if (happening.object.empty()) return {};
  if (is_collection(happening.activity.object)) return found_collection(happening);
  if (QP_TRY(vote(happening))) return {};
  for (const auto& parent : values_of(happening.activity.object, as::inReplyTo.iri)) {
    QP_TRY(list_reply(happening, parent));
  }
  return {};
}

/// At the same place.
Result<void> readdress_item(store::WriteTxn& txn, TermId sequence, TermId member,
                            store::AudienceId audience, std::uint64_t key) {
  QP_TRY(txn.sequence_remove(sequence, member));
  QP_TRY(txn.sequence_append(sequence, member, audience, key));
  return {};
}

/// Lists that an object is in for those who may read it.
bool is_listing(Role role) {
  return role == Role::Replies || role == Role::Featured || role == Role::Streams ||
         role == Role::Other;
}

/// What has other readers now has them in all lists that it is in.
Result<void> readdress_listings(const Happening& happening, store::AudienceId audience) {
  store::WriteTxn& txn = happening.txn;
  const TermId member = QP_TRY(txn.intern_iri(happening.object));
  for (const TermId sequence : QP_TRY(txn.sequences_of(member))) {
    const std::string iri(QP_TRY(txn.resolve(sequence)).value);
    const auto collection = QP_TRY(find_collection(txn, iri));
    if (!collection || !is_listing(collection->role)) continue;
    const auto item = QP_TRY(txn.sequence_item(sequence, member));
    if (!item || item->audience == audience) continue;
    QP_TRY(readdress_item(txn, sequence, member, audience, item->key));
    if (!collection->of.empty()) {
      QP_TRY(refresh_rendered(txn, collection->of, happening.services));
    }
  }
  return {};
}

/// Of the reactions to it those that name no readers of their own (react.hpp).
Result<void> readdress_reactions(const Happening& happening, store::AudienceId audience) {
  store::WriteTxn& txn = happening.txn;
  for (const Role role : {Role::Likes, Role::Shares, Role::Dislikes}) {
    const auto sequence = QP_TRY(txn.find_iri(collection_of(happening.object, role)));
    if (!sequence) continue;
    std::uint64_t below = 0;
    for (;;) {
      const auto items =
          QP_TRY(txn.sequence_before(*sequence, below, 1000, store::Visible::everything()));
      if (items.empty()) break;
      for (const store::SequenceItem& item : items) {
        if (item.audience != happening.before.audience) continue;
        const std::string reaction(QP_TRY(txn.resolve(item.member)).value);
        if (QP_TRY(names_readers(txn, reaction))) continue;
        QP_TRY(readdress_item(txn, *sequence, item.member, audience, item.key));
      }
      below = items.back().key;
    }
  }
  return {};
}

/// An answer to something else than before is listed there, and not where it was.
Result<void> move_reply(const Happening& happening) {
  const auto parents = values_of(happening.activity.object, as::inReplyTo.iri);
  for (const std::string& parent : happening.before.parents) {
    if (contains(parents, parent)) continue;
    if (QP_TRY(exclude(happening, collection_of(parent, Role::Replies), happening.object))) {
      QP_TRY(refresh_rendered(happening.txn, parent, happening.services));
    }
  }
  for (const std::string& parent : parents) {
    if (!contains(happening.before.parents, parent)) QP_TRY(list_reply(happening, parent));
  }
  return {};
}

Result<void> update_listings(const Happening& happening) {
  QP_TRY(move_reply(happening));
  const auto audience =
      QP_TRY(audience_of_graph(happening.txn, happening.object, happening.audience));
  QP_TRY(readdress_listings(happening, audience));
  const bool is_same = happening.before.audience == audience;
  return is_same ? Result<void>() : readdress_reactions(happening, audience);
}

Result<void> update(const Happening& happening) {
  if (happening.object.empty()) return {};
  if (happening.object == happening.activity.actor()) {
    return happening.sender
               ? take_over_profile(happening.txn, *happening.sender, happening.activity.object)
               : put_remote_actor(happening.txn, remote_actor_in(happening.activity.object));
  }
  return update_listings(happening);
}

/// What is deleted is no longer an answer to anything, nor pinned, nor in any collection that
/// somebody keeps by hand.
Result<void> strike_from_listings(const Happening& happening, const std::string& object) {
  for (const std::string& iri : QP_TRY(collections_with(happening.txn, object))) {
    const auto collection = QP_TRY(find_collection(happening.txn, iri));
    if (!collection || !is_listing(collection->role)) continue;
    QP_TRY(exclude(happening, iri, object));
    if (!collection->of.empty()) {
      QP_TRY(refresh_rendered(happening.txn, collection->of, happening.services));
    }
  }
  return {};
}

/// Of a collection that its owner made nothing stays but its Tombstone.
Result<void> dissolve_collection(const Happening& happening, const std::string& iri) {
  store::WriteTxn& txn = happening.txn;
  if (!QP_TRY(txn.get(kCollections, iri.substr(0, kMaxKey)))) return {};
  const auto collection = QP_TRY(find_collection(txn, iri));
  if (!collection || collection->role != Role::Other) return {};
  QP_TRY(txn.erase(kCollections, iri));
  const TermId sequence = QP_TRY(txn.intern_iri(iri));
  for (;;) {
    const auto items = QP_TRY(txn.sequence_before(sequence, 0, 1000, store::Visible::everything()));
    if (items.empty()) return {};
    for (const auto& item : items) QP_TRY(txn.sequence_remove(sequence, item.member));
  }
}

Result<void> take_back(const Happening& happening, const Known& known);

}  // namespace

Result<void> erase_own(const Happening& happening, const std::string& object) {
  store::WriteTxn& txn = happening.txn;
  const std::string actor = happening.activity.actor();
  const auto id = QP_TRY(txn.find_iri(object));
  if (object == actor) QP_TRY(forget_actor(happening, actor));
  if (!id || !QP_TRY(txn.graph(*id))) {
    // Its Create may be still under way; it is to find the object gone.
    return txn.put(kGone, pair_key("gone", object, actor), "");
  }
  const auto known = QP_TRY(find_activity(txn, object));
  if (known && known->actor == actor) QP_TRY(take_back(happening, *known));
  QP_TRY(strike_from_listings(happening, object));
  QP_TRY(dissolve_collection(happening, object));
  if (object == actor && happening.sender) {
    QP_TRY(mark_deleted(txn, *happening.sender));
    QP_TRY(plan_wipe(txn, actor, happening.services));
  }
  return entomb(txn, object, happening.services);
}

namespace {

Result<void> remove_objects(const Happening& happening) {
  for (const std::string& object : happening.activity.objects) {
    QP_TRY(erase_own(happening, object));
  }
  return {};
}

/// Collections that the actor keeps here by hand (6.6, 7.8), each with each object.
template <class Each>
Result<void> each_curated(const Happening& happening, const Each& each) {
  for (const std::string& target : happening.activity.targets) {
    if (!QP_TRY(find_collection(happening.txn, target))) continue;  // not kept here
    for (const std::string& object : happening.activity.objects) QP_TRY(each(target, object));
  }
  return {};
}

Result<void> add(const Happening& happening) {
  return each_curated(
      happening, [&](const std::string& target, const std::string& object) -> Result<bool> {
        return include(happening, target, object,
                       QP_TRY(audience_of_graph(happening.txn, object, happening.audience)));
      });
}

Result<void> remove(const Happening& happening) {
  return each_curated(happening, [&](const std::string& target, const std::string& object) {
    return exclude(happening, target, object);
  });
}

/// A report that was withdrawn is closed, by its reporter (overview.hpp).
Result<void> take_back_flag(const Happening& happening, const Known& known) {
  if (!QP_TRY(find_activity(happening.txn, known.id))) return {};
  return close_report(happening.txn, known.id, known.actor);
}

/// To support the Undo of an activity, add a row and a function.
struct Inverse {
  Word type;
  Result<void> (*apply)(const Happening&, const Known&);
};
constexpr Inverse kInverses[] = {
    {as::Follow, take_back_follow},
    {as::Accept, take_back_answer},
    {as::Reject, take_back_answer},
    {as::Move, take_back_move},
    {as::Block, take_back_block},
    {as::Like, take_back_reaction},
    {as::Dislike, take_back_reaction},
    {as::Announce, take_back_reaction},
    {litepub::EmojiReact, take_back_reaction},
    {as::Flag, take_back_flag},
};

/// What was taken back stays so: what its actor does again later is another activity.
Result<bool> is_taken_back_already(const Happening& happening, const Known& known) {
  if (!QP_TRY(find_activity(happening.txn, known.id))) return false;
  const std::string key = pair_key("undone", known.id, known.actor);
  if (QP_TRY(happening.txn.get(kGone, key))) return true;
  QP_TRY(happening.txn.put(kGone, key, ""));
  return false;
}

Result<void> take_back(const Happening& happening, const Known& known) {
  const auto inverse =
      std::ranges::find_if(kInverses, [&](const Inverse& one) { return known.is(one.type); });
  if (inverse == std::end(kInverses)) return {};
  if (QP_TRY(is_taken_back_already(happening, known))) return {};
  if (known.objects.size() < 2) return inverse->apply(happening, known);
  Known one = known;
  for (const std::string& object : known.objects) {
    one.object = object;
    QP_TRY(inverse->apply(happening, one));
  }
  return {};
}

/// Undo (7.12): of what its own actor did.
Result<void> undo(const Happening& happening) {
  const auto undone = QP_TRY(subject_of(happening.txn, happening.activity));
  return undone ? take_back(happening, *undone) : Result<void>();
}

/// To support an activity, add a row and a function. Every other one is stored, listed and sent.
struct Effect {
  Word type;
  Result<void> (*apply)(const Happening&);
};
constexpr Effect kEffects[] = {
    {as::Create, create},
    {as::Update, update},
    {as::Delete, remove_objects},
    {as::Follow, follow},
    {as::Accept, accept_follow},
    {as::Reject, reject_follow},
    {as::Like, react},
    {as::Dislike, react},
    {litepub::EmojiReact, react},
    {as::Announce, react},
    {as::Add, add},
    {as::Remove, remove},
    {as::Move, move},
    {as::Block, block},
    {as::Undo, undo},
};

}  // namespace

Result<void> apply_effects(const Happening& happening) {
  const auto admitted = admit_effects(happening.txn, happening.activity);
  if (!admitted) {
    // Broken rules only: that the store is in trouble is no reason to go on.
    const Code code = admitted.error().code;
    const bool is_refusal = code == Code::Forbidden || code == Code::NotFound || code == Code::Gone;
    return is_refusal ? Result<void>() : admitted;
  }
  std::vector<Result<void> (*)(const Happening&)> applied;
  for (const Effect& effect : kEffects) {
    if (!happening.activity.is(effect.type)) continue;
    if (std::find(applied.begin(), applied.end(), effect.apply) != applied.end()) continue;
    applied.push_back(effect.apply);
    QP_TRY(effect.apply(happening));
  }
  return {};
}

Result<std::optional<Known>> find_activity(const store::Txn& txn, std::string_view iri) {
  Known known;
  known.id = iri;
  known.types = QP_TRY(values_of(txn, iri, rdf::type));
  const auto actors = QP_TRY(values_of(txn, iri, as::actor));
  if (known.types.empty() || actors.size() != 1) return std::optional<Known>();
  known.actor = actors.front();
  known.objects = QP_TRY(values_of(txn, iri, as::object));
  if (!known.objects.empty()) known.object = known.objects.front();
  return std::optional<Known>(known);
}

Result<std::optional<Known>> subject_of(const store::Txn& txn, const Activity& activity) {
  if (!activity.objects.empty()) {
    auto known = QP_TRY(find_activity(txn, activity.objects.front()));
    if (known) return known;
  }
  if (!activity.object.is_object()) return std::optional<Known>();
  const Activity inner = read_activity(activity.object);
  Known known;
  known.id = inner.id;
  known.types = inner.types;
  known.actor = inner.actor();
  known.objects = inner.objects;
  if (!known.objects.empty()) known.object = known.objects.front();
  // Nobody undoes what is another's.
  if (inner.actors.empty() && activity.is(as::Undo)) known.actor = activity.actor();
  return std::optional<Known>(known);
}

Result<Before> find_before(const store::Txn& txn, std::string_view object) {
  Before before;
  before.audience = QP_TRY(audience_of_graph(txn, object, store::AudienceId::Nobody));
  before.parents = QP_TRY(values_of(txn, object, as::inReplyTo));
  return before;
}

Result<bool> include(const Happening& happening, std::string_view collection,
                     std::string_view member, store::AudienceId audience) {
  const bool changed = QP_TRY(add_member(happening.txn, collection, member, audience));
  if (changed && happening.caused) {
    happening.caused->push_back(fmt::format("added {} to {}", member, collection));
  }
  return changed;
}

Result<bool> exclude(const Happening& happening, std::string_view collection,
                     std::string_view member) {
  const bool changed = QP_TRY(remove_member(happening.txn, collection, member));
  if (changed && happening.caused) {
    happening.caused->push_back(fmt::format("removed {} from {}", member, collection));
  }
  return changed;
}

std::string pair_key(std::string_view kind, std::string_view a, std::string_view b) {
  std::string text(kind);
  text.append("\n").append(a).append("\n").append(b);
  return text::hex(sig::sha256_text(text)).substr(0, 40);
}

}  // namespace qp::ap
