#include "ap/wipe.hpp"

#include <nlohmann/json.hpp>

#include "ap/activity.hpp"
#include "ap/actor.hpp"
#include "ap/collection.hpp"
#include "ap/effects.hpp"

namespace qp::ap {

namespace {

/// So many at a time that the writer is free again within a moment.
constexpr std::size_t kAtATime = 50;

/// The activity, and what it created.
Result<void> erase_both(const Happening& happening, const std::string& activity) {
  const auto known = QP_TRY(find_activity(happening.txn, activity));
  if (known && known->is(as::Create)) {
    for (const std::string& object : QP_TRY(values_of(happening.txn, activity, as::object))) {
      const auto owners = QP_TRY(owners_of(happening.txn, object));
      if (contains(owners, happening.activity.actor())) QP_TRY(erase_own(happening, object));
    }
  }
  return erase_own(happening, activity);
}

/// How many were in it, or as many as are done at a time.
Result<std::size_t> empty_some(store::WriteTxn& txn, const std::string& collection) {
  const auto sequence = QP_TRY(txn.find_iri(collection));
  if (!sequence) return std::size_t{0};
  const auto items =
      QP_TRY(txn.sequence_before(*sequence, 0, kAtATime, store::Visible::everything()));
  for (const store::SequenceItem& item : items) {
    QP_TRY(txn.sequence_remove(*sequence, item.member));
  }
  return items.size();
}

Result<std::size_t> empty_some_of(store::WriteTxn& txn, const Actor& actor) {
  std::vector<std::string> collections = {actor.inbox, actor.outbox, actor.followers,
                                          actor.following, actor.liked};
  for (const Role role : {Role::Blocked, Role::PendingFollowers, Role::PendingFollowing,
                          Role::Featured, Role::Streams, Role::Bookmarks}) {
    collections.push_back(collection_of(actor.iri, role));
  }
  for (const std::string& collection : collections) {
    if (const std::size_t count = QP_TRY(empty_some(txn, collection))) return count;
  }
  return std::size_t{0};
}

}  // namespace

Result<void> plan_wipe(store::WriteTxn& txn, const std::string& actor, const Services& services) {
  const nlohmann::json job = {{"wiped", actor}, {"activity", actor}};
  QP_TRY(txn.queue_push(services.clock().count(), "posts of " + actor, job.dump()));
  return {};
}

Result<void> wipe_some(store::WriteTxn& txn, const std::string& actor, const Services& services) {
  const auto self = QP_TRY(find_actor(txn, actor));
  if (!self || !self->deleted) return {};
  const TermId outbox = QP_TRY(txn.intern_iri(self->outbox));
  Activity deletion;
  deletion.types = {std::string(as::Delete.iri)};
  deletion.actors = {actor};
  const Happening happening{txn, deletion, services, store::AudienceId::Nobody, std::string()};
  bool is_any = false;
  const auto items = QP_TRY(txn.sequence_before(outbox, 0, kAtATime, store::Visible::everything()));
  for (const store::SequenceItem& item : items) {
    const std::string activity(QP_TRY(txn.resolve(item.member)).value);
    const auto known = QP_TRY(find_activity(txn, activity));
    if (known && known->is(as::Delete) && known->object == actor) continue;  // is still being sent
    is_any = true;
    QP_TRY(erase_both(happening, activity));
    QP_TRY(txn.sequence_remove(outbox, item.member));
  }
  if (!is_any) is_any = QP_TRY(empty_some_of(txn, *self)) > 0;
  return is_any ? plan_wipe(txn, actor, services) : Result<void>();
}

}  // namespace qp::ap
