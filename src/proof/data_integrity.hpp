#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

/// Object integrity proofs, FEP-8b32: Data Integrity with the suite eddsa-jcs-2022. The proof is
/// over the JSON of the document, so what is verified is exactly what is read afterwards.
namespace qp::proof {

/// Signs with the Ed25519 key that the proof names. The caller has the key; this layer has none.
using Signer = std::function<Result<std::string>(std::string_view message)>;

/// Puts a proof at the end of `document`, an object that has none; where its @context does not
/// know what a proof is, the context that does is appended. `method`: the key's id.
Result<void> add_proof(json::Value document, std::string_view method, Millis created,
                       const Signer& signer, json::Arena& arena);

/// A proof of the right form; only the key is missing.
struct ObjectProof {
  std::string method;     ///< the key's id
  std::string message;    ///< what was signed
  std::string signature;  ///< raw bytes
  Millis created{};
};

/// The document's eddsa-jcs-2022 proof; nullopt where there is none of that suite, other suites and
/// kinds being none of ours. BadInput for one that is malformed, or for several: what each covers
/// would be a matter of opinion. `document` is left without its proof.
Result<std::optional<ObjectProof>> take_proof(json::Value document, json::Arena& arena);

}  // namespace qp::proof
