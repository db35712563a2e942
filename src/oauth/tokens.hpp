#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "oauth/limits.hpp"
#include "oauth/scopes.hpp"
#include "store/store.hpp"

/// Bearer tokens (RFC 6750). All tokens that follow from one sign-in are a family: they live only
/// as long as the family does, so ending it ends them all in one write.
namespace qp::oauth {

/// With or without a refresh token (RFC 6749 4.4.3: none for a client's own tokens).
enum class Refreshable : std::uint8_t { No, Yes };

struct TokenRequest {
  std::string user;    ///< empty: the client acts for itself
  std::string client;  ///< id; empty: made on the command line
  Scopes scopes = Scopes::all();
  std::string actor = {};  ///< IRI of the one actor that it is for; empty: all of the user's
  std::chrono::seconds ttl = limits::kAccessTime;
  Refreshable refreshable = Refreshable::Yes;
};

struct IssuedTokens {
  std::string access_token;
  std::string refresh_token;  ///< empty: none
  std::chrono::seconds expires_in{0};
  Scopes scopes;
  std::string user;
  std::string actor;
  std::string family;
};

/// What the bearer of a token may do.
struct Grant {
  std::string user;    ///< empty: a client that acts for itself
  std::string client;  ///< empty: made on the command line
  Scopes scopes;
  std::string actor;  ///< empty: any of the user's
  Millis issued{0};
  Millis expires{0};
};

/// Begins a family. NotFound: no such user; Forbidden: the user is disabled.
Result<IssuedTokens> issue(store::WriteTxn& txn, const TokenRequest& request, Millis now);

/// Unauthenticated where `token` is no access token, is over, was revoked, or its user was
/// disabled or changed the password since. One sentence for all of them.
Result<Grant> find_token(const store::Txn& txn, std::string_view token, Millis now);
/// The same for a refresh token that is still good for one use.
Result<Grant> find_refresh_token(const store::Txn& txn, std::string_view token, Millis now);

/// Why a refresh token or a code gave no tokens.
enum class Refusal : std::uint8_t {
  Unknown,      ///< never given out, over, or revoked
  OtherClient,  ///< given to another client
  Reused,       ///< used before: its family has been ended
  WiderScope,   ///< asked for more than was granted
  OtherRedirect,
  WrongVerifier,
};
/// A refusal is a value and no Error: what it wrote (an ended family) must be committed.
using Redeemed = std::variant<IssuedTokens, Refusal>;

struct RefreshRequest {
  std::string_view token;
  std::string_view client;
  std::optional<Scopes> scopes;  ///< of the new access token; nullopt: all that was granted
  std::chrono::seconds ttl = limits::kAccessTime;
};
/// Gives new tokens and uses the old refresh token up (RFC 9700 4.14.2).
Result<Redeemed> refresh(store::WriteTxn& txn, const RefreshRequest& request, Millis now);

/// Ends the family of an access or refresh token. False where there is no such token or family.
Result<bool> revoke(store::WriteTxn& txn, std::string_view token);
/// The client that an access or refresh token, used or not, was given to.
Result<std::optional<std::string>> client_of(const store::Txn& txn, std::string_view token);
/// Ends one family by its name (IssuedTokens::family).
Result<bool> revoke_family(store::WriteTxn& txn, std::string_view family);
/// Ends all families of the user; says how many.
Result<std::size_t> revoke_all(store::WriteTxn& txn, std::string_view user);

/// Ends all families that a client was given, or those of one user only; says how many.
Result<std::size_t> revoke_client(store::WriteTxn& txn, std::string_view client,
                                  std::string_view user = {});

/// Something that may act for a user.
struct Granted {
  std::string client;  ///< id; empty: made on the command line
  std::string actor;   ///< empty: all of the user's
  Millis expires{0};
};
/// What holds at `now`.
Result<std::vector<Granted>> granted_by(const store::Txn& txn, std::string_view user, Millis now);

/// Takes out at most `limit` records of tokens, codes, families and sessions that are over or whose
/// family is; says how many.
Result<std::size_t> sweep(store::WriteTxn& txn, Millis now, std::size_t limit = 1000);

}  // namespace qp::oauth
