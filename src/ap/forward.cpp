#include "ap/forward.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <unordered_set>

#include "ap/addressing.hpp"
#include "ap/collection.hpp"
#include "ap/publish.hpp"

namespace qp::ap {

namespace {

constexpr std::array kLinks = {as::inReplyTo, as::object, as::target, as::tag};

/// What the activity leads to at the first step: by itself, and by what it embeds.
std::vector<std::string> first_steps(const Activity& activity) {
  std::vector<std::string> steps = activity.objects;
  steps.insert(steps.end(), activity.targets.begin(), activity.targets.end());
  const auto add = [&](json::Value node) {
    for (const Word& link : kLinks) {
      for (auto& one : values_of(node, link.iri)) steps.push_back(std::move(one));
    }
    for (const json::Value tag : node.get(as::tag.iri).items()) {
      for (auto& one : values_of(tag, as::href.iri)) steps.push_back(std::move(one));
    }
  };
  if (activity.object.is_object()) add(activity.object);
  return steps;
}

/// From link to link, as far as it is known here, kReplyChain things at most.
Result<bool> reaches_this_server(const store::Txn& txn, const Activity& activity) {
  const auto first = first_steps(activity);
  std::deque<std::string> waiting(first.begin(), first.end());
  std::vector<std::string> seen;
  while (!waiting.empty() && seen.size() < limits::kReplyChain) {
    const std::string thing = std::move(waiting.front());
    waiting.pop_front();
    if (contains(seen, thing)) continue;
    seen.push_back(thing);
    const auto id = QP_TRY(txn.find_iri(thing));
    if (!id || !QP_TRY(txn.graph(*id))) continue;
    if (QP_TRY(is_local(txn, thing))) return true;
    for (const Word& link : kLinks) {
      for (auto& next : QP_TRY(values_of(txn, thing, link))) waiting.push_back(std::move(next));
    }
  }
  return false;
}

bool has_hidden_recipients(const Activity& activity) {
  const auto hides = [](const Activity& one) { return !one.bto.empty() || !one.bcc.empty(); };
  return hides(activity) || (activity.object.is_object() && hides(read_activity(activity.object)));
}

struct Addressed {
  std::string collection;
  Actor owner;
};

/// Collections of this server in to, cc and audience.
Result<std::vector<Addressed>> addressed_collections(const store::Txn& txn,
                                                     const Activity& activity) {
  std::vector<Addressed> found;
  for (const auto* list : {&activity.to, &activity.cc, &activity.audience}) {
    for (const std::string& iri : *list) {
      const auto collection = QP_TRY(find_collection(txn, iri));
      if (!collection) continue;
      const auto owner = QP_TRY(find_actor(txn, collection->owner));
      if (!owner || QP_TRY(has_blocked(txn, owner->iri, activity.actor()))) continue;
      if (collection->role == Role::Followers || collection->role == Role::Other) {
        found.push_back({iri, *owner});
      }
    }
  }
  return found;
}

}  // namespace

Result<std::vector<Actor>> forward(const Happening& happening) {
  const Activity& activity = happening.activity;
  std::vector<Actor> here;
  const auto collections = QP_TRY(addressed_collections(happening.txn, activity));
  if (collections.empty() || has_hidden_recipients(activity) ||
      !QP_TRY(reaches_this_server(happening.txn, activity))) {
    return here;
  }
  std::unordered_set<std::string> inboxes;
  for (const Addressed& addressed : collections) {
    Activity to_members;
    to_members.to = {addressed.collection};
    Targets targets = QP_TRY(targets_of(happening.txn, addressed.owner, to_members));
    // The sender's own server has it, and who got it through one collection needs it once.
    std::erase_if(targets.remote, [&](const Remote& one) {
      const std::string& inbox = one.inbox.empty() ? one.actor : one.inbox;
      return host_of(inbox) == host_of(activity.actor()) || !inboxes.insert(inbox).second;
    });
    QP_TRY(enqueue(happening.txn, addressed.owner, activity, targets.remote, happening.services));
    for (Actor& member : targets.local) here.push_back(std::move(member));
  }
  return here;
}

}  // namespace qp::ap
