#include "proof/data_integrity.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "sig/keypair.hpp"

using namespace qp;
using namespace qp::proof;

namespace {

/// A file of the published vectors, which are not part of the project; null where it is absent.
nlohmann::json vectors(const std::string& name) {
  std::vector<std::filesystem::path> folders;
  if (const char* given = std::getenv("QUADPUB_VECTORS")) folders.emplace_back(given);
  folders.emplace_back(std::string(QUADPUB_SOURCE_DIR) + "/tests/spec/suites/vectors");
  folders.emplace_back(std::string(QUADPUB_SOURCE_DIR) + "/../shared/vectors");
  for (const auto& folder : folders) {
    std::ifstream file(folder / name);
    if (file) return nlohmann::json::parse(file);
  }
  MESSAGE("SKIPPED: " << name << " is not there");
  return nullptr;
}

json::Value parse(const std::string& text, json::Arena& arena) {
  const auto parsed = json::parse(arena.copy(text), arena);
  REQUIRE(parsed);
  return *parsed;
}

const sig::PrivateKey& key() {
  static const sig::PrivateKey made = *sig::PrivateKey::generate(sig::KeyType::Ed25519);
  return made;
}

constexpr const char* kMethod = "https://a.example/users/bob#ed25519-key";
constexpr Millis kNow{1'790'000'000'000};
const std::string kNote =
    R"({"@context":"https://www.w3.org/ns/activitystreams","id":"https://a.example/1",)"
    R"("type":"Like","actor":"https://a.example/users/bob","object":"https://b.example/n"})";

json::Value proven(json::Arena& arena) {
  const auto document = parse(kNote, arena);
  REQUIRE(add_proof(
      document, kMethod, kNow, [](std::string_view text) { return key().sign(text); }, arena));
  return document;
}

bool holds(json::Value document, json::Arena& arena) {
  const auto proof = take_proof(document, arena);
  return proof && *proof && key().public_key().verifies((*proof)->message, (*proof)->signature);
}

}  // namespace

TEST_CASE("FEP-8b32: the published proof is verified, and made byte for byte") {
  const auto vector = vectors("fep-8b32.json");
  if (vector.is_null()) return;
  json::Arena arena;
  const auto public_key =
      *sig::PublicKey::from_multibase(vector["public_multibase"].get<std::string>());
  nlohmann::json whole = vector["document"];
  whole["proof"] = vector["proof_config"];
  whole["proof"]["proofValue"] = vector["proof_value"];
  const auto proof = take_proof(parse(whole.dump(), arena), arena);
  REQUIRE(proof);
  REQUIRE(*proof);
  CHECK(text::hex((*proof)->message) == vector["hash_data_hex"].get<std::string>());
  CHECK((*proof)->method == vector["proof_config"]["verificationMethod"].get<std::string>());
  CHECK(public_key.verifies((*proof)->message, (*proof)->signature));

  // Ours is over the same bytes: the proof's options are spelt as in the vector.
  const auto document = parse(vector["document"].dump(), arena);
  std::string signed_text;
  const auto created =
      time::from_rfc3339(vector["proof_config"]["created"].get<std::string>()).value();
  REQUIRE(add_proof(
      document, (*proof)->method, created,
      [&](std::string_view text) -> Result<std::string> {
        signed_text = text;
        return (*proof)->signature;
      },
      arena));
  CHECK(text::hex(signed_text) == vector["hash_data_hex"].get<std::string>());
  CHECK(document.get("proof").get("proofValue").is(vector["proof_value"].get<std::string>()));
}

TEST_CASE("W3C vc-di-eddsa: the published eddsa-jcs-2022 proof is verified") {
  const auto whole = vectors("w3c-vc-di-eddsa/eddsa-jcs-2022/signedJCS.json");
  const auto pair = vectors("w3c-vc-di-eddsa/keyPair.json");
  if (whole.is_null() || pair.is_null()) return;
  json::Arena arena;
  const auto proof = take_proof(parse(whole.dump(), arena), arena);
  REQUIRE_MESSAGE(proof, (proof ? "" : proof.error().detail));
  REQUIRE(*proof);
  const auto public_key =
      *sig::PublicKey::from_multibase(pair["publicKeyMultibase"].get<std::string>());
  CHECK(public_key.verifies((*proof)->message, (*proof)->signature));
}

TEST_CASE("a proof that we made holds, in whatever order its members arrive") {
  json::Arena arena;
  CHECK(holds(proven(arena), arena));
  const nlohmann::json sorted = nlohmann::json::parse(json::to_text(proven(arena)));
  CHECK(holds(parse(sorted.dump(), arena), arena));
}

TEST_CASE("the context that defines proofs is added once, behind the document's own") {
  json::Arena arena;
  const auto document = proven(arena);
  REQUIRE(document.get("@context").is_array());
  CHECK(document.get("@context").size() == 2);
  CHECK(document.get("@context").items()[0].is("https://www.w3.org/ns/activitystreams"));
  document.erase("proof");
  REQUIRE(add_proof(
      document, kMethod, kNow, [](std::string_view text) { return key().sign(text); }, arena));
  CHECK(document.get("@context").size() == 2);
}

TEST_CASE("whatever is changed, the proof does not hold any more") {
  const auto check_change = [](const char* what, auto change) {
    CAPTURE(what);
    json::Arena arena;
    const auto document = proven(arena);
    change(document, arena);
    CHECK_FALSE(holds(document, arena));
  };
  const auto text = [](const char* value) { return json::Value::string(value); };
  check_change("actor", [&](auto d, auto& a) { d.set(a, "actor", text("https://x.example")); });
  check_change("added", [&](auto d, auto& a) { d.set(a, "to", text("https://x.example")); });
  check_change("removed", [&](auto d, auto&) { d.erase("object"); });
  check_change("context",
               [&](auto d, auto& a) { d.set(a, "@context", text("https://x.example")); });
  const auto in_proof = [&](const char* name, const char* value) {
    check_change(name, [&](auto d, auto& a) { d.get("proof").set(a, name, text(value)); });
  };
  in_proof("created", "2026-01-01T00:00:00Z");
  in_proof("verificationMethod", "https://x.example/key");
  in_proof("proofPurpose", "authentication");
  in_proof("domain", "x");
  in_proof("proofValue", "z1111");
  in_proof("proofValue", "");
  in_proof("proofValue", "z0OIl");
  in_proof("@context", "https://x.example");
}

TEST_CASE("two proofs of the suite are refused, other suites are passed over") {
  json::Arena arena;
  const auto twice = proven(arena);
  const auto one = twice.get("proof");
  const json::Value both[] = {one, one};
  twice.set(arena, "proof", json::Value::array(arena, both));
  CHECK_FALSE(take_proof(twice, arena));

  const auto other = proven(arena);
  other.get("proof").set(arena, "cryptosuite", json::Value::string("ecdsa-rdfc-2019"));
  const auto none = take_proof(other, arena);
  REQUIRE(none);
  CHECK_FALSE(*none);
  for (const char* odd : {"[]", "7", "null", "{}", "\"x\"", "[[{}], 1]"}) {
    const auto document = parse(R"({"proof":)" + std::string(odd) + "}", arena);
    const auto found = take_proof(document, arena);
    REQUIRE(found);
    CHECK_FALSE(*found);
  }
}
