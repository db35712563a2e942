#include "sig/verify.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "sig/cavage.hpp"
#include "sig/rfc9421.hpp"

namespace qp::sig {

namespace {

Result<Message> as_message(const net::Request& request, const VerifyOptions& options) {
  if (request.headers.count("host") != 1) return bad_input("Host: there must be one");
  return Message{request.method, options.scheme,  text::trim(*request.headers.get("host")),
                 request.target, request.headers, request.body};
}

/// Everything that needs no key.
Result<Claim> read_claim(const net::Request& request, const VerifyOptions& options) {
  if (!is_signed(request)) return unauthenticated("there is none");
  const Message message = QP_TRY(as_message(request, options));
  Message own = message;
  own.host = options.host;
  if (message.authority() != own.authority()) {
    return unauthenticated("it is for another host than this one");
  }
  if (request.headers.count("signature-input") > 0) return read_rfc9421(message, options);
  return read_cavage(message, options);
}

}  // namespace

bool is_signed(const net::Request& request) {
  return request.headers.get("signature") || request.headers.get("signature-input");
}

bool Verified::covers(std::string_view name) const {
  return std::find(covered.begin(), covered.end(), name) != covered.end();
}

Result<std::string> required_key(const net::Request& request, const VerifyOptions& options) {
  return QP_TRY(read_claim(request, options)).key_id;
}

Result<Verified> verify(const net::Request& request, const VerifyOptions& options,
                        const KeyLookup& keys) {
  const Claim claim = QP_TRY(read_claim(request, options));
  const PublicKey key = QP_TRY(keys(claim.key_id));
  if (claim.type && *claim.type != key.type()) {
    return unauthenticated("the algorithm is not that of the key");
  }
  const bool good =
      std::any_of(claim.bases.begin(), claim.bases.end(),
                  [&](const std::string& base) { return key.verifies(base, claim.signature); });
  if (!good) return unauthenticated("it does not fit the key and what was received");
  return Verified{claim.key_id, claim.how, claim.covered};
}

}  // namespace qp::sig
