#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "oauth/users.hpp"
#include "store/store.hpp"

/// Browsers that somebody signed in with. The browser keeps a secret in a cookie, the store only
/// its hash. A session opens the pages of this server and nothing else: no API takes it.
namespace qp::oauth {

/// The secret of a new session of who was verified just before; errors as of check_still_holds.
Result<std::string> start_session(store::WriteTxn& txn, const User& verified, Millis now);
/// Whose session it is. nullopt where it is unknown, over or ended, or its user was disabled or
/// changed the password since.
Result<std::optional<User>> find_session(const store::Txn& txn, std::string_view secret,
                                         Millis now);
/// False where there is no such session.
Result<bool> end_session(store::WriteTxn& txn, std::string_view secret);
/// Ends all sessions of the user; says how many.
Result<std::size_t> end_sessions(store::WriteTxn& txn, std::string_view user);

/// The secret of a browser that nobody has signed in with yet: what its forms are bound to.
std::string new_visitor();
/// What a form carries that only a page made for that browser can know (CSRF); made from the
/// secret of its session or its visit, which it does not give away.
std::string form_token(std::string_view secret);

}  // namespace qp::oauth
