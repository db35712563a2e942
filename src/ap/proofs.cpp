#include "ap/proofs.hpp"

#include "base/json.hpp"
#include "proof/data_integrity.hpp"

namespace qp::ap {

namespace {

/// Documents wander: whoever forwards one may do so long after it was made. What is from the future
/// is nobody's.
constexpr auto kNewest = std::chrono::minutes(5);

}  // namespace

Result<std::optional<Proven>> check_proof(std::string_view body, KeyCache& keys, Millis now,
                                          std::optional<std::string>& wait_for) {
  // Most documents have none, and are parsed for their own sake later.
  if (body.find("eddsa-jcs-2022") == std::string_view::npos) return std::optional<Proven>();
  json::Arena arena;
  const json::Value document = QP_TRY(json::parse(body, arena));
  const auto proof = QP_TRY(proof::take_proof(document, arena));
  if (!proof) return std::optional<Proven>();
  if (proof->created > now + kNewest) {
    return error(Code::Unauthenticated, "proof: made in the future");
  }
  const KeyCache::Lookup found = keys.find(proof->method);
  if (found.state == KeyCache::State::Fetching) {
    wait_for = proof->method;
    return error(Code::Unavailable, "the proof's key is being fetched; try again");
  }
  if (found.state == KeyCache::State::Busy) return error(Code::Unavailable, found.problem);
  if (!found.key || found.key->key.type() != sig::KeyType::Ed25519) return std::optional<Proven>();
  if (!found.key->key.verifies(proof->message, proof->signature)) {
    // Fedify signs linked data after the proof was made, which changes what the proof is over. It
    // proves nothing then; the request's own signature may.
    if (document.contains("signature")) return std::optional<Proven>();
    if (keys.refetch(proof->method)) {  // rotated, perhaps
      wait_for = proof->method;
      return error(Code::Unavailable, "the proof's key is being fetched; try again");
    }
    return error(Code::Unauthenticated, "proof: it does not fit the key and what was received");
  }
  return std::optional(Proven{found.key->owner, proof->method});
}

}  // namespace qp::ap
