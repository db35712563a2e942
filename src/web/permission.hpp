#pragma once

#include <optional>

#include "ap/activity.hpp"
#include "ap/actor.hpp"
#include "oauth/scopes.hpp"
#include "store/store.hpp"
#include "web/auth.hpp"

/// What a token's scopes allow, judged by what is asked for (spec: client-api.md).
namespace qp::web {

/// The scope that `activity`, posted to the outbox of `poster`, needs and the caller lacks: for
/// each of its types, and for everybody that it or its object is addressed to. nullopt: it is
/// allowed.
///
/// A Like, an Announce or a reply is allowed by the scope of its kind, or by one of
/// react{local,own,any} that its object falls under. An Undo needs what the undone activity did,
/// and so does a Delete of an activity, which takes it back. What has no scope of its own needs
/// `write`. Following, blocking and answering address the one whom they concern without an
/// addressing scope.
Result<std::optional<oauth::Scope>> missing_scope(const store::Txn& txn, const Caller& caller,
                                                  const ap::Actor& poster,
                                                  const ap::Activity& activity);

/// The scope that reading a collection of the caller's own takes.
oauth::Scope reading_scope(ap::Role role);

}  // namespace qp::web
