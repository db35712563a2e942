#pragma once

#include <string>
#include <string_view>

/// Random secrets, of which the store sees only the hash. They carry 256 bits, so a plain SHA-256
/// keeps them; what people choose themselves goes through `hash_password` instead.
namespace qp::oauth {

/// `prefix` tells secret scanners, and people, what they look at.
std::string new_secret(std::string_view prefix);
/// SHA-256 as url-safe base64: 43 characters.
std::string secret_hash(std::string_view secret);

}  // namespace qp::oauth
