#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ap/actor.hpp"
#include "ap/key_cache.hpp"
#include "net/message.hpp"
#include "sig/verify.hpp"

namespace qp::ap {

/// The actor behind a request, as its HTTP signature has shown: its key was found both ways
/// (key_cache.hpp).
struct Sender {
  std::string actor;
  std::string key_id;
  std::string how;                     ///< "cavage", "rfc9421"; "proof", "fetched"
  std::vector<std::string> covered{};  ///< by the signature: sig::Verified
};

struct SignerCheck {
  Result<Sender> sender;
  bool key_is_gone = false;               ///< the key's owner answers 410
  std::optional<std::string> wait_for{};  ///< the key is being fetched: park on it, check again
};

/// What a signature to `domain` must hold to at `now`.
sig::VerifyOptions verify_options(const Domain& domain, Millis now);

/// Verifies the signature of `request`. Never blocks. `attempt`: how often it was parked.
SignerCheck check_signer(const net::Request& request, const sig::VerifyOptions& options,
                         KeyCache& keys, int attempt);

}  // namespace qp::ap
