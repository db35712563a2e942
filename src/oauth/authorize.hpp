#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/text.hpp"
#include "oauth/clients.hpp"
#include "oauth/codes.hpp"
#include "oauth/scopes.hpp"

/// The authorization request (RFC 6749 4.1.1), apart from the pages that sign in and ask consent.
namespace qp::oauth {

/// A request that holds; the user may be asked.
struct Authorization {
  Client client;
  std::string redirect_uri;
  std::string state;  ///< echoed, never shown
  std::string code_challenge;
  Scopes scopes;
};

/// A request that does not.
struct AuthorizationRefusal {
  std::string error;        ///< invalid_request, invalid_scope, ...
  std::string description;  ///< our own words
  /// Where to send the browser. Empty: nowhere, show a page: the client or its redirect URI do
  /// not hold, and we are no open redirector.
  std::string location;
};

/// `client`: whom the request's client_id names; nullopt: nobody. `issuer`: the domain's base URL,
/// named in what goes back (RFC 9207).
std::variant<Authorization, AuthorizationRefusal> check_authorization(std::optional<Client> client,
                                                                      const text::Form& query,
                                                                      std::string_view issuer);

/// Where the browser goes with the code that `issue_code` made.
std::string consent_location(const Authorization& request, std::string_view code,
                             std::string_view issuer);
/// Where it goes when the user said no.
std::string denial_location(const Authorization& request, std::string_view issuer);

}  // namespace qp::oauth
