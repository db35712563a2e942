#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace qp::sig {

std::array<std::uint8_t, 32> sha256(std::string_view bytes);
std::string sha256_text(std::string_view bytes);  ///< the 32 bytes as std::string

std::string digest(std::string_view body);          ///< a Digest field: `SHA-256=...` (RFC 3230)
std::string content_digest(std::string_view body);  ///< a Content-Digest field (RFC 9530)

/// The body is what the field says: of the algorithms that we know (SHA-256 and SHA-512) one at
/// least is listed, none twice, and all match. BadInput for another body or a malformed field,
/// Unauthenticated where no listed algorithm is known.
Result<void> check_digest(std::string_view field, std::string_view body);
Result<void> check_content_digest(std::string_view field, std::string_view body);

}  // namespace qp::sig
