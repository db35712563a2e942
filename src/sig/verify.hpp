#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "net/message.hpp"
#include "sig/keypair.hpp"

namespace qp::sig {

/// Finds the public key for a `keyId`. Given by the caller, so that checking a signature needs
/// neither a network nor a store. Unavailable: not known yet, ask again later.
using KeyLookup = std::function<Result<PublicKey>(std::string_view key_id)>;

struct VerifyOptions {
  std::string scheme = "http";  ///< of the URL this server is reached at
  std::string host;             ///< that this server answers for: host[:port]
  std::string origin;           ///< of several signatures (RFC 9421) the one with a key from there
  Millis now{};
  Millis oldest = std::chrono::hours(1);    ///< how old `created` or Date may be
  Millis newest = std::chrono::minutes(5);  ///< how far in the future
};

struct Verified {
  std::string key_id;
  std::string how;                     ///< "cavage" or "rfc9421"
  std::vector<std::string> covered{};  ///< fields and derived components, in lower case
  bool covers(std::string_view name) const;
};

/// True if the request carries a signature of either form.
bool is_signed(const net::Request& request);
/// Checks everything that needs no key: form, coverage, window, digest against the body. Cheap;
/// done first, so that garbage causes no fetch. Errors: BadInput for a wrong digest (400) and
/// malformed fields, Unauthenticated for a missing or too weak signature or an old date.
Result<std::string> required_key(const net::Request& request, const VerifyOptions& options);
/// All of it (security.md 2.2). If Signature-Input is there only RFC 9421 counts.
Result<Verified> verify(const net::Request& request, const VerifyOptions& options,
                        const KeyLookup& keys);

}  // namespace qp::sig
