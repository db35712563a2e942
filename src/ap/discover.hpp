#pragma once

#include <string>
#include <string_view>

#include "ap/services.hpp"
#include "base/result.hpp"

namespace qp::ap {

struct Discovered {
  std::string actor;    ///< IRI, served from its own id
  std::string account;  ///< `user@host`, as its own server spells it
};

/// The actor behind `user@host`, `@user@host` or `acct:user@host` (RFC 7033). Believed only where
/// both directions agree: the host's answer names the actor, and the actor (or the host of its id)
/// names the account. An answer for another host's account is asked of that host, once. Plain http
/// is used for loopback hosts only. Unauthenticated where they disagree, NotFound where nobody has
/// that name.
Result<Discovered> discover(std::string_view account, const Services& services);

}  // namespace qp::ap
