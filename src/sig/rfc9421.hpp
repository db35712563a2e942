#pragma once

#include <string>
#include <string_view>

#include "sig/claim.hpp"
#include "sig/structured.hpp"

/// HTTP message signatures, RFC 9421, on requests.
namespace qp::sig {

/// The text that is signed (2.5) for the components and parameters of a Signature-Input member.
/// Fields and the derived components of requests but `@query-param` are known; a component with
/// parameters, one named twice, or `@status` is refused as Unauthenticated.
Result<std::string> signature_base(const structured::InnerList& covered, const Message& message);

/// Checks Signature-Input and Signature as verify.hpp promises. Of the first three labels the
/// first one that is good counts; the error is that of the first.
Result<Claim> read_rfc9421(const Message& message, const VerifyOptions& options);

}  // namespace qp::sig
