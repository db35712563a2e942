#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "store/store.hpp"

/// Which user may act as which local actor. A user may have several; an actor has one user.
namespace qp::oauth {

struct OwnedActor {
  std::int64_t number = 0;  ///< counts the actors of this server from 1; never reused
  std::string user;
  std::string actor;  ///< IRI
  Millis created{0};
};

/// NotFound for an unknown user, Conflict where the actor has a user already.
Result<OwnedActor> add_actor(store::WriteTxn& txn, std::string_view user, std::string_view actor,
                             Millis now);

/// Who owns the actor; nullopt for what is no local actor.
Result<std::optional<OwnedActor>> find_actor(const store::Txn& txn, std::string_view actor);
/// Oldest first.
Result<std::vector<OwnedActor>> actors_of(const store::Txn& txn, std::string_view user);

}  // namespace qp::oauth
