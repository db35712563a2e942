#pragma once

#include <string>

#include "ap/services.hpp"
#include "base/result.hpp"
#include "store/store.hpp"

/// What an actor of this server said goes with it when it deletes itself: bit by bit, by the queue,
/// so that nobody waits behind a hundred thousand posts and no kill leaves the rest.
namespace qp::ap {

Result<void> plan_wipe(store::WriteTxn& txn, const std::string& actor, const Services& services);

/// Makes Tombstones of the newest things that are left of the deleted `actor`: of what it wrote and
/// did, all but the Delete of itself; then empties its collections: nobody can ask for them any
/// more. Plans the next ones where there are more.
Result<void> wipe_some(store::WriteTxn& txn, const std::string& actor, const Services& services);

}  // namespace qp::ap
