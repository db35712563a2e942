#pragma once

#include <span>
#include <string>
#include <vector>

#include "ap/activity.hpp"
#include "ap/actor.hpp"
#include "store/store.hpp"

/// To whom an activity goes (ActivityPub 6.1, 7.1).
namespace qp::ap {

struct Remote {
  std::string actor;  ///< IRI of one recipient behind this delivery
  std::string inbox;  ///< where to post; empty: to be looked up first
};
struct Targets {
  std::vector<Actor> local;
  std::vector<Remote> remote;  ///< each inbox once
};

/// The recipients of a local actor's activity, and `also` (actors): collections of its own
/// expanded, everyone once, the sender and Public left out. A shared inbox stands for all behind
/// it, but not for whom only bto or bcc names: nobody there would know. TooLarge over kRecipients
/// named ones.
Result<Targets> targets_of(const store::Txn& txn, const Actor& sender, const Activity& activity,
                           std::span<const std::string> also = {});

/// Local actors that a remote activity concerns: named ones, followers of its actor where it is
/// addressed to them or to all, those whom its object is about or belongs to.
Result<std::vector<Actor>> local_recipients(const store::Txn& txn, const Activity& activity);

/// A remote actor as far as it is known here.
struct RemoteActor {
  std::string iri, inbox, shared_inbox, followers;
};
Result<std::optional<RemoteActor>> find_remote_actor(const store::Txn& txn, std::string_view iri);
/// As its own document, in expanded form, says it.
RemoteActor remote_actor_in(json::Value node);
Result<void> put_remote_actor(store::WriteTxn& txn, const RemoteActor& actor);

}  // namespace qp::ap
