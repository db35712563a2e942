#include "ap/addressing.hpp"

#include <algorithm>
#include <array>
#include <unordered_set>

#include <nlohmann/json.hpp>

#include "ap/admit.hpp"
#include "ap/tables.hpp"

namespace qp::ap {

namespace {

using nlohmann::json;
using store::Txn;

/// What ends or answers something has to arrive, and a report goes to the server of whom it is
/// about.
bool reaches_blocked(const Activity& activity) {
  return std::ranges::any_of(std::array{as::Accept, as::Reject, as::Undo, as::Delete, as::Flag},
                             [&](const Word& type) { return activity.is(type); });
}

class Collector {
 public:
  Collector(const Txn& txn, const Actor& sender, const Activity& activity)
      : txn_(txn), sender_(sender), skips_blocked_(!reaches_blocked(activity)) {}

  /// Whether others who get the activity see that it is for that one.
  enum class Mention { Open, Hidden };

  Result<void> add(const std::string& iri, Mention mention) {
    if (iri == as::Public.iri || iri == sender_.iri || QP_TRY(is_shut_out(iri))) return {};
    if (auto actor = QP_TRY(find_actor(txn_, iri))) {
      if (actor->deleted) return {};
      if (seen_.insert(iri).second) found_.local.push_back(*std::move(actor));
      return {};
    }
    const auto collection = QP_TRY(find_collection(txn_, iri));
    if (collection) {
      if (collection->owner == sender_.iri) return add_members(iri, mention);
      return {};
    }
    return add_remote(iri, mention == Mention::Hidden ? Door::Own : Door::OwnUnlessShared);
  }

  Result<void> add_member(const std::string& iri, Mention mention) {
    if (QP_TRY(is_shut_out(iri))) return {};
    if (auto actor = QP_TRY(find_actor(txn_, iri))) {
      if (seen_.insert(iri).second) found_.local.push_back(*std::move(actor));
      return {};
    }
    return add_remote(iri, mention == Mention::Hidden ? Door::Own : Door::Shared);
  }

  Targets take() {
    // Which shared inboxes are used is known only now.
    for (Named& one : named_) {
      if (one.shared_inbox.empty() || !inboxes_.contains(one.shared_inbox)) {
        add_inbox(std::move(one.remote));
      }
    }
    return std::move(found_);
  }

 private:
  enum class Door { Own, OwnUnlessShared, Shared };
  struct Named {
    Remote remote;
    std::string shared_inbox;
  };

  Result<void> add_members(const std::string& collection, Mention mention) {
    return each_member(txn_, collection,
                       [&](const std::string& member) { return add_member(member, mention); });
  }

  /// Whom the sender has blocked reads nothing of it (6.9), and so is sent nothing to read.
  Result<bool> is_shut_out(const std::string& iri) const {
    return skips_blocked_ ? has_blocked(txn_, sender_.iri, iri) : Result<bool>(false);
  }

  Result<void> add_remote(const std::string& iri, Door door) {
    const std::string origin = origin_of(iri);
    const bool is_on_web = origin.starts_with("https://") || origin.starts_with("http://");
    if (!is_on_web || !seen_.insert(iri).second) return {};
    if (QP_TRY(is_local(txn_, iri))) return {};  // no actor, and so nobody
    if (QP_TRY(is_blocked(txn_, host_of(iri)))) return {};
    const auto known = QP_TRY(find_remote_actor(txn_, iri));
    const std::string shared = known ? known->shared_inbox : std::string();
    Remote remote{iri, known ? known->inbox : std::string()};
    if (door == Door::OwnUnlessShared) {
      named_.push_back({std::move(remote), shared});
      return {};
    }
    if (door == Door::Shared && !shared.empty()) remote.inbox = shared;
    add_inbox(std::move(remote));
    return {};
  }

  void add_inbox(Remote remote) {
    if (remote.inbox.empty() || inboxes_.insert(remote.inbox).second) {
      found_.remote.push_back(std::move(remote));
    }
  }

  const Txn& txn_;
  const Actor& sender_;
  bool skips_blocked_;
  Targets found_;
  std::vector<Named> named_;
  std::unordered_set<std::string> seen_, inboxes_;
};

}  // namespace

Result<Targets> targets_of(const Txn& txn, const Actor& sender, const Activity& activity,
                           std::span<const std::string> also) {
  if (activity.recipients().size() > limits::kRecipients) {
    return error(Code::TooLarge,
                 "more than " + std::to_string(limits::kRecipients) + " recipients");
  }
  using Mention = Collector::Mention;
  Collector collector(txn, sender, activity);
  // Those that are shown come first: who is named twice is not hidden.
  std::vector<std::string> hidden = activity.bto;
  hidden.insert(hidden.end(), activity.bcc.begin(), activity.bcc.end());
  for (const auto* shown : {&activity.to, &activity.cc, &activity.audience}) {
    for (const std::string& one : *shown) QP_TRY(collector.add(one, Mention::Open));
  }
  for (const std::string& one : hidden) QP_TRY(collector.add(one, Mention::Hidden));
  for (const std::string& one : also) QP_TRY(collector.add_member(one, Mention::Open));
  if (!activity.is(as::Flag)) return collector.take();
  // A Flag goes to the servers of those whom it is about; they themselves are not told.
  for (const std::string& object : activity.objects) {
    if (QP_TRY(is_local(txn, object))) continue;
    const auto owners = QP_TRY(owners_of(txn, object));
    QP_TRY(collector.add(owners.empty() ? object : owners.front(), Mention::Open));
  }
  Targets targets = collector.take();
  targets.local.clear();
  return targets;
}

namespace {

/// Whom the activity is about: its objects and targets, what they answer or take back, and those
/// to whom these belong. Many servers send a Like or an Undo without naming anybody.
Result<std::vector<std::string>> concerned(const Txn& txn, const Activity& activity) {
  auto things = activity.objects;
  const auto add_all = [&](const std::vector<std::string>& more) {
    things.insert(things.end(), more.begin(), more.end());
  };
  add_all(activity.targets);
  if (activity.object.is_object()) {
    add_all(values_of(activity.object, as::inReplyTo.iri));
    add_all(values_of(activity.object, as::object.iri));
  }
  std::vector<std::string> found = things;
  for (const std::string& thing : things) {
    if (!QP_TRY(is_local(txn, thing))) continue;
    for (auto& owner : QP_TRY(owners_of(txn, thing))) found.push_back(std::move(owner));
  }
  return found;
}

}  // namespace

Result<std::vector<Actor>> local_recipients(const Txn& txn, const Activity& activity) {
  std::vector<Actor> found;
  std::unordered_set<std::string> seen;
  const auto add = [&](const std::string& iri) -> Result<void> {
    if (!seen.insert(iri).second) return {};
    auto actor = QP_TRY(find_actor(txn, iri));
    if (actor && !actor->deleted) found.push_back(*std::move(actor));
    return {};
  };
  const auto recipients = activity.recipients();
  for (const std::string& one : recipients) QP_TRY(add(one));
  for (const std::string& one : QP_TRY(concerned(txn, activity))) QP_TRY(add(one));

  const auto sender = QP_TRY(find_remote_actor(txn, activity.actor()));
  const bool to_followers =
      contains(recipients, as::Public.iri) || (sender && contains(recipients, sender->followers));
  const auto id = QP_TRY(txn.find_iri(activity.actor()));
  if (!to_followers || !id) return found;
  for (const TermId sequence : QP_TRY(txn.sequences_of(*id))) {
    const std::string iri(QP_TRY(txn.resolve(sequence)).value);
    const auto collection = QP_TRY(find_collection(txn, iri));
    if (collection && collection->role == Role::Following) QP_TRY(add(collection->owner));
  }
  return found;
}

Result<std::optional<RemoteActor>> find_remote_actor(const Txn& txn, std::string_view iri) {
  if (iri.empty() || iri.size() > kMaxKey) return std::optional<RemoteActor>();
  const auto value = QP_TRY(txn.get(kRemoteActors, iri));
  if (!value) return std::optional<RemoteActor>();
  const json record = json::parse(*value, nullptr, false);
  if (!record.is_object()) return Error{Code::Storage, "a remote actor's record is damaged", {}};
  return std::optional<RemoteActor>(RemoteActor{std::string(iri), record.value("inbox", ""),
                                                record.value("shared_inbox", ""),
                                                record.value("followers", "")});
}

RemoteActor remote_actor_in(qp::json::Value node) {
  const auto first = [](qp::json::Value in, const Word& property) {
    auto values = values_of(in, property.iri);
    return values.empty() ? std::string() : std::move(values.front());
  };
  RemoteActor actor;
  actor.iri = node.get("@id").text();
  actor.inbox = first(node, ldp::inbox);
  actor.followers = first(node, as::followers);
  const qp::json::Value endpoints = node.get(as::endpoints.iri);
  if (!endpoints.empty()) actor.shared_inbox = first(endpoints.items()[0], as::sharedInbox);
  // A delivery goes where the actor's own server says, and nowhere else.
  for (std::string* inbox : {&actor.inbox, &actor.shared_inbox}) {
    if (origin_of(*inbox).empty()) inbox->clear();
  }
  return actor;
}

namespace {

/// Who is in `followers` decides who may read: it is this actor's, whoever else of its server made
/// a collection of that name known here.
Result<void> claim_followers(store::WriteTxn& txn, const RemoteActor& actor) {
  const std::string& followers = actor.followers;
  if (followers.empty() || followers.size() > kMaxKey || followers == actor.iri ||
      origin_of(followers) != origin_of(actor.iri) || QP_TRY(is_local(txn, followers))) {
    return {};
  }
  if (QP_TRY(txn.get(kFollowersOf, followers))) return {};  // the first one's
  QP_TRY(txn.put(kFollowersOf, followers, actor.iri));
  const auto collection = QP_TRY(find_collection(txn, followers));
  if (!collection || collection->owner == actor.iri) return {};
  QP_TRY(txn.erase(kCollections, followers));
  std::vector<std::string> members;
  QP_TRY(each_member(txn, followers, [&](const std::string& member) -> Result<void> {
    members.push_back(member);
    return {};
  }));
  for (const std::string& member : members) QP_TRY(remove_member(txn, followers, member));
  return {};
}

}  // namespace

Result<void> put_remote_actor(store::WriteTxn& txn, const RemoteActor& actor) {
  if (actor.iri.size() > kMaxKey) return bad_input("the actor's id is longer than 480 bytes");
  QP_TRY(claim_followers(txn, actor));
  return txn.put(kRemoteActors, actor.iri,
                 json{{"inbox", actor.inbox},
                      {"shared_inbox", actor.shared_inbox},
                      {"followers", actor.followers}}
                     .dump());
}

}  // namespace qp::ap
