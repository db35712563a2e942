#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ap/actor.hpp"
#include "ap/services.hpp"

/// The server's own actor on each domain (FEP-2677): an Application that signs fetches. Anyone may
/// read it unsigned, so that two servers never wait for each other's keys (interop.md I2).
namespace qp::ap {

/// Its IRI; nullopt for a domain that was never served.
Result<std::optional<std::string>> find_application(const store::Txn& txn, std::string_view host);
/// Makes it where there is none, with keys made now (170 ms).
Result<void> ensure_application(const Domain& domain, const Services& services);
/// Signs as the application of `domain`, with the key that is stored at that moment. `services`
/// outlives it.
FetchSigner application_signer(const Domain& domain, const Services& services);

}  // namespace qp::ap
