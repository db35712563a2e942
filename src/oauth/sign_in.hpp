#pragma once

#include <optional>
#include <string_view>

#include "oauth/service.hpp"
#include "oauth/users.hpp"

namespace qp::oauth {

/// What came of a name and a password.
struct SignIn {
  std::optional<User> user;                  ///< who it is; nullopt: refused
  std::optional<std::chrono::seconds> wait;  ///< refused unseen: too many failures before
};

/// Looks a password up, with its limits: kSignInRate for `peer` and user, kAccountRate for the user
/// wherever the attempts come from, and for `peer` with whatever names. Only failures count. `peer`
/// empty: nothing counts but the user.
///
/// Unavailable where too many passwords are being checked already (PasswordSlots).
///
/// Takes some 50 ms on purpose, whoever the user is: a worker's job.
Result<SignIn> sign_in(const Service& service, std::string_view name, std::string_view password,
                       std::string_view peer, Millis now);

}  // namespace qp::oauth
