#pragma once

#include <string>

#include "ap/services.hpp"
#include "sig/keypair.hpp"

namespace qp::ap {

/// Puts new keys under the ids of the old ones, and tells the followers by an Update. Peers that
/// have the old key ask for the new one when a signature does not fit (interop.md I11). NotFound
/// where no such actor lives here.
Result<void> rotate_key(store::WriteTxn& txn, const std::string& actor_iri,
                        const sig::PrivateKey& rsa, const sig::PrivateKey& ed25519,
                        const Services& services);

}  // namespace qp::ap
