#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "oauth/scopes.hpp"
#include "oauth/tokens.hpp"
#include "store/store.hpp"

/// Authorization codes (RFC 6749 4.1.2) with PKCE (RFC 7636, S256 only).
namespace qp::oauth {

/// What the user consented to.
struct CodeRequest {
  std::string user;
  std::string client;
  std::string redirect_uri;    ///< as in the authorization request
  std::string code_challenge;  ///< is_code_challenge holds
  Scopes scopes = Scopes::all();
  std::string actor;  ///< that the tokens will be for; empty: all of the user's
};

/// base64url of a SHA-256 (RFC 7636 4.2).
bool is_code_challenge(std::string_view text);
/// 43 to 128 characters (RFC 7636 4.1).
inline bool is_code_verifier(std::string_view text) {
  return text.size() >= 43 && text.size() <= 128;
}
std::string code_challenge_of(std::string_view verifier);

/// BadInput where the challenge is none.
Result<std::string> issue_code(store::WriteTxn& txn, const CodeRequest& request, Millis now);

struct CodeClaim {
  std::string_view code;
  std::string_view client;
  std::optional<std::string_view> redirect_uri;  ///< OAuth 2.1 lets a client leave it out
  std::string_view verifier;
  std::chrono::seconds ttl = limits::kAccessTime;
};
/// Tokens, once. A second time ends the family that the first one began (RFC 6749 4.1.2).
Result<Redeemed> redeem_code(store::WriteTxn& txn, const CodeClaim& claim, Millis now);

}  // namespace qp::oauth
