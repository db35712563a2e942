#include "proof/data_integrity.hpp"

#include <openssl/sha.h>

#include <algorithm>
#include <vector>

#include "base/base58.hpp"
#include "jsonld/jcs.hpp"

namespace qp::proof {

namespace {

using json::Value;

constexpr std::string_view kSuite = "eddsa-jcs-2022";
constexpr std::string_view kType = "DataIntegrityProof";
constexpr std::string_view kContext = "https://w3id.org/security/data-integrity/v1";
constexpr std::string_view kContexts[] = {kContext, "https://w3id.org/security/data-integrity/v2"};
constexpr std::size_t kSignatureBytes = 64;
constexpr std::size_t kMultibaseCharacters = 96;

std::string hash(std::string_view text) {
  std::string out(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
         reinterpret_cast<unsigned char*>(out.data()));
  return out;
}

/// vc-di-eddsa 3.3.3 to 3.3.5: the hashes of the options and of the document, joined.
Result<std::string> hash_data(Value options, Value document) {
  const std::string of_options = QP_TRY(jsonld::to_jcs(options));
  const std::string of_document = QP_TRY(jsonld::to_jcs(document));
  return hash(of_options) + hash(of_document);
}

/// A document of the bundled contexts says what a proof is, or not; what is inline cannot.
bool knows_proofs(Value context) {
  const auto is_known = [](Value one) {
    return std::any_of(std::begin(kContexts), std::end(kContexts),
                       [&](std::string_view url) { return one.is(url); });
  };
  const auto items = context.items();
  return is_known(context) || std::any_of(items.begin(), items.end(), is_known);
}

void add_context(Value document, json::Arena& arena) {
  const Value known = document.get("@context");
  if (knows_proofs(known)) return;
  const Value all = Value::array(arena);
  for (const Value one : known.items()) all.push_back(arena, one);
  if (!known.is_array() && !known.is_null()) all.push_back(arena, known);
  all.push_back(arena, Value::string(kContext));
  document.set(arena, "@context", all);
}

bool is_ours(Value proof) {
  return proof.get("type").is(kType) && proof.get("cryptosuite").is(kSuite);
}

Result<std::string> read_signature(Value proof) {
  const Value value = proof.get("proofValue");
  if (!value.is_string() || !value.text().starts_with('z') ||
      value.text().size() > kMultibaseCharacters) {
    return bad_input("proof: proofValue is not base58 as multibase");
  }
  auto bytes = text::from_base58(value.text().substr(1));
  if (!bytes || bytes->size() != kSignatureBytes) {
    return bad_input("proof: proofValue is not an Ed25519 signature");
  }
  return *std::move(bytes);
}

}  // namespace

Result<void> add_proof(Value document, std::string_view method, Millis created,
                       const Signer& signer, json::Arena& arena) {
  add_context(document, arena);
  const Value proof = Value::object(arena, 8);
  // 3.3.5: the options are under the document's own context, and the proof repeats it.
  proof.set(arena, "@context", document.get("@context"));
  proof.set(arena, "type", Value::string(kType));
  proof.set(arena, "cryptosuite", Value::string(kSuite));
  proof.set(arena, "verificationMethod", Value::string(arena.copy(method)));
  proof.set(arena, "proofPurpose", Value::string("assertionMethod"));
  // Whole seconds: peers spell the time anew, and fractions can be spelt in several ways.
  const Millis second = std::chrono::floor<std::chrono::seconds>(created);
  proof.set(arena, "created", Value::string(arena.copy(time::rfc3339(second))));
  const std::string message = QP_TRY(hash_data(proof, document));
  const std::string signature = QP_TRY(signer(message));
  proof.set(arena, "proofValue", Value::string(arena.copy("z" + text::base58(signature))));
  document.set(arena, "proof", proof);
  return {};
}

// vc-di-eddsa 3.3.2; the signature itself is the caller's.
Result<std::optional<ObjectProof>> take_proof(Value document, json::Arena& arena) {
  const Value all = document.get("proof");
  std::vector<Value> ours;
  for (const Value one : all.items()) {
    if (is_ours(one)) ours.push_back(one);
  }
  if (is_ours(all)) ours.push_back(all);
  document.erase("proof");
  if (ours.empty()) return std::optional<ObjectProof>();
  if (ours.size() > 1) return bad_input("proof: there are several of one suite");
  const Value options = json::deep_copy(ours.front(), arena);
  if (!options.get("proofPurpose").is("assertionMethod")) {
    return bad_input("proof: its proofPurpose is not assertionMethod");
  }
  ObjectProof proof;
  proof.method = options.get("verificationMethod").text();
  if (proof.method.empty()) return bad_input("proof: it has no verificationMethod");
  const auto created = time::from_rfc3339(options.get("created").text());
  if (!created) return bad_input("proof: it has no time of creation");
  proof.created = *created;
  proof.signature = QP_TRY(read_signature(options));
  options.erase("proofValue");
  // 3.3.2, 4: a context of its own is the beginning of the document's; FEP-8b32 leaves it out.
  if (!options.contains("@context") && document.contains("@context")) {
    options.set(arena, "@context", document.get("@context"));
  } else if (!json::equal(options.get("@context"), document.get("@context"))) {
    return bad_input("proof: its @context is not the document's");
  }
  proof.message = QP_TRY(hash_data(options, document));
  return std::optional(std::move(proof));
}

}  // namespace qp::proof
