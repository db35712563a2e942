#pragma once

#include <string>
#include <string_view>

#include "ap/services.hpp"
#include "jsonld/document.hpp"

/// Whom a Move leads to (interop.md I23): only its own server can say that it agrees.
namespace qp::ap {

/// An actor's document that was just fetched from its id: it becomes the source of what it is
/// about. Not of what is deleted here.
Result<void> write_fetched_actor(store::WriteTxn& txn, const jsonld::StoredForm& form,
                                 std::string_view bytes, const Services& services);

/// Plans complete_move: a client moved `actor`, of this server, to one that is not known to agree.
Result<void> plan_move(store::WriteTxn& txn, const std::string& move, const std::string& actor,
                       const std::string& target, const Services& services);

/// Asks `target`'s server what it is, and lets the followers of `actor` that are of this server go
/// along if it agrees. Waits for the network.
Result<void> complete_move(const std::string& actor, const std::string& target,
                           const Services& services);

}  // namespace qp::ap
