#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

/// Redirect URIs of clients.
namespace qp::oauth {

/// BadInput unless a client may register it: https, http to this machine, or a private-use scheme
/// with a dot in its name (RFC 8252 7.1); no fragment, no user, ASCII, at most 2048 bytes.
Result<void> check_redirect_uri(std::string_view uri);

/// Equal as text; where the registered one is `http://127.0.0.1` or `http://[::1]` the port may
/// differ (RFC 8252 7.3).
bool redirect_matches(std::string_view registered, std::string_view given);

/// `uri` with one more query parameter.
std::string with_parameter(std::string_view uri, std::string_view name, std::string_view value);

}  // namespace qp::oauth
