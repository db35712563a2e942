#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "net/client.hpp"
#include "sig/keypair.hpp"

namespace qp::sig {

enum class Form {
  Rfc9421,
  Cavage,
  CavageWithoutQuery,  ///< some peers leave the query out of (request-target)
  CavageCreated,       ///< hs2019, (created) and (expires) in place of Date
};

/// True for RFC 9421.
constexpr bool is_rfc9421(Form form) { return form == Form::Rfc9421; }

/// What a peer asks for with Accept-Signature (RFC 9421 5.1), as far as it concerns a request.
struct Wanted {
  std::string label = "sig1";
  std::vector<std::string> components;  ///< without parameters
  std::optional<std::string> nonce, tag;
  bool expires = false;
};
/// The first member that a signature of ours can answer; nullopt where there is none. It is a
/// peer's wish: what cannot be read is passed over.
std::optional<Wanted> read_accept_signature(std::string_view field);
/// The Accept-Signature field by which we ask for what verify.hpp demands of a POST.
std::string accept_signature();

/// Sets Date, Digest or Content-Digest (for a body), and Signature (Signature-Input) for
/// `request.url`, in place of those that are there. cavage: `(request-target) host date`, and
/// `digest content-type` with a body; algorithm rsa-sha256, of an Ed25519 key hs2019. RFC 9421:
/// label sig1, @method @target-uri, and content-digest with a body; created, keyid, alg; and what
/// `wanted` names besides, where the request has it. Covers the fields of `also`, which are set.
Result<void> sign(net::OutgoingRequest& request, const PrivateKey& key, std::string_view key_id,
                  Form form, Millis now, const Wanted* wanted = nullptr,
                  std::span<const std::string_view> also = {});

}  // namespace qp::sig
