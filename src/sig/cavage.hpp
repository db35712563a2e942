#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sig/claim.hpp"

/// HTTP signatures as in draft-cavage-http-signatures-12, which most of the Fediverse speaks.
namespace qp::sig {

/// The parameters of a Signature field.
struct CavageSignature {
  std::string key_id;
  std::optional<std::string> algorithm;  ///< none, or hs2019: the key decides
  std::vector<std::string> headers = {"date"};
  std::optional<std::int64_t> created;  ///< seconds since 1970
  std::optional<std::int64_t> expires;
  std::string signature;  ///< raw bytes

  bool covers(std::string_view name) const;
};

/// BadInput for a malformed field, or a parameter that comes twice.
Result<CavageSignature> parse_cavage(std::string_view field);
/// The field's value, parameters in the order that Mastodon writes.
std::string to_text(const CavageSignature& signature);
/// The text that is signed (2.3 of the draft), with `target` in `(request-target)`.
Result<std::string> signing_string(const CavageSignature& signature, const Message& message,
                                   std::string_view target);

/// Checks the request's Signature field as verify.hpp promises. Peers differ in whether they sign
/// the query, so there are two texts where there is one.
Result<Claim> read_cavage(const Message& message, const VerifyOptions& options);

}  // namespace qp::sig
