#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "net/client.hpp"
#include "sig/keypair.hpp"

namespace qp::sig {

enum class Form { Cavage, Rfc9421 };

/// Sets Date, Digest or Content-Digest (for a body), and Signature (Signature-Input) for
/// `request.url`, in place of those that are there. cavage: `(request-target) host date`, and
/// `digest content-type` with a body; algorithm rsa-sha256, of an Ed25519 key hs2019. RFC 9421:
/// label sig1, @method @target-uri, and content-digest with a body; created, keyid, alg.
Result<void> sign(net::OutgoingRequest& request, const PrivateKey& key, std::string_view key_id,
                  Form form, Millis now);

}  // namespace qp::sig
