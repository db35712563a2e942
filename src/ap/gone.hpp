#pragma once

#include "ap/actor.hpp"
#include "store/store.hpp"

namespace qp::ap {

/// The actor is deleted, or its user was disabled: it answers 410, and takes part in nothing.
Result<bool> is_gone(const store::Txn& txn, const Actor& actor);

}  // namespace qp::ap
