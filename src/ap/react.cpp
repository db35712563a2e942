#include "ap/react.hpp"

#include <array>

#include "ap/admit.hpp"
#include "ap/collection.hpp"
#include "ap/publish.hpp"
#include "ap/recipients.hpp"
#include "ap/tables.hpp"

namespace qp::ap {

namespace {

struct Kind {
  Word type;
  Role role;
};
/// A reaction with an emoji counts as a Like (FEP-c0e0).
constexpr std::array kKinds = {Kind{as::Like, Role::Likes}, Kind{litepub::EmojiReact, Role::Likes},
                               Kind{as::Dislike, Role::Dislikes}, Kind{as::Announce, Role::Shares}};

/// What stands in kReactions for it.
std::string key_of(const Kind& kind, std::string_view actor, std::string_view object) {
  const std::string collection = collection_of(object, kind.role);
  return pair_key(kind.type.iri, collection, actor);
}

/// The object's readers may see it where a reaction from elsewhere names no readers of its own:
/// that is how most servers send it. Of this server's those see it listed who may read it itself.
Result<store::AudienceId> readers_of(const Happening& happening, std::string_view object) {
  if (happening.sender || !happening.activity.recipients().empty()) return happening.audience;
  const auto id = QP_TRY(happening.txn.find_iri(object));
  const auto record = id ? QP_TRY(happening.txn.graph(*id)) : std::nullopt;
  return record ? record->audience : store::AudienceId::Nobody;
}

Result<void> react_to(const Happening& happening, const Kind& kind, const std::string& object) {
  const std::string actor = happening.activity.actor();
  if (!QP_TRY(is_open_to(happening.txn, object, actor))) return {};
  const std::string key = key_of(kind, actor, object);
  if (QP_TRY(happening.txn.get(kReactions, key))) return {};
  QP_TRY(happening.txn.put(kReactions, key, happening.activity.id));
  const auto audience = QP_TRY(readers_of(happening, object));
  QP_TRY(include(happening, collection_of(object, kind.role), happening.activity.id, audience));
  return refresh_rendered(happening.txn, object, happening.services);
}

}  // namespace

Result<void> react(const Happening& happening) {
  for (const Kind& kind : kKinds) {
    if (!happening.activity.is(kind.type)) continue;
    for (const std::string& object : happening.activity.objects) {
      QP_TRY(react_to(happening, kind, object));
      if (happening.sender && happening.activity.is(as::Like)) {
        QP_TRY(include(happening, happening.sender->liked, object, happening.audience));
      }
    }
  }
  return {};
}

Result<void> restore_reaction(store::WriteTxn& txn, const std::string& collection,
                              const std::string& activity) {
  const auto known = QP_TRY(find_activity(txn, activity));
  if (!known) return {};
  for (const Kind& kind : kKinds) {
    if (!known->is(kind.type)) continue;
    for (const std::string& object : known->objects) {
      const std::string key = key_of(kind, known->actor, object);
      if (collection_of(object, kind.role) != collection || QP_TRY(txn.get(kReactions, key))) {
        continue;
      }
      QP_TRY(txn.put(kReactions, key, activity));
    }
  }
  return {};
}

Result<bool> names_readers(const store::Txn& txn, std::string_view reaction) {
  if (QP_TRY(is_local(txn, reaction))) return true;
  for (const auto& [name, property] : kAddressing) {
    if (!QP_TRY(values_of(txn, reaction, property)).empty()) return true;
  }
  return false;
}

Result<void> take_back_reaction(const Happening& happening, const Known& known) {
  for (const Kind& kind : kKinds) {
    if (!known.is(kind.type)) continue;
    const std::string key = key_of(kind, known.actor, known.object);
    if (const auto kept = QP_TRY(happening.txn.get(kReactions, key))) {
      const std::string activity(*kept);
      QP_TRY(exclude(happening, collection_of(known.object, kind.role), activity));
      QP_TRY(happening.txn.erase(kReactions, key));
      QP_TRY(refresh_rendered(happening.txn, known.object, happening.services));
    }
    if (happening.sender && known.is(as::Like)) {
      QP_TRY(exclude(happening, happening.sender->liked, known.object));
    }
  }
  return {};
}

}  // namespace qp::ap
