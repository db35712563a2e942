#pragma once

#include <string>
#include <string_view>

#include "oauth/service.hpp"

namespace qp::oauth {

/// Paths of the endpoints below a domain's base URL; each is answered without its last '/' too.
inline constexpr std::string_view kAuthorizePath = "/o/authorize/";
inline constexpr std::string_view kTokenPath = "/o/token/";
inline constexpr std::string_view kRegisterPath = "/o/register/";
inline constexpr std::string_view kRevokePath = "/o/revoke_token/";
inline constexpr std::string_view kIntrospectPath = "/o/introspect/";

/// /.well-known/oauth-protected-resource (RFC 9728) as JSON: the API is its own server's.
std::string resource_metadata(std::string_view issuer);

/// /.well-known/oauth-authorization-server (RFC 8414) as JSON. `issuer`: the domain's base URL,
/// without a '/' at its end.
std::string server_metadata(std::string_view issuer, const Settings& settings);

}  // namespace qp::oauth
