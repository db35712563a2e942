#include "sig/keypair.hpp"

#include <doctest/doctest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

using namespace qp::sig;

namespace {

/// A public key that OpenSSL makes and we should not want.
std::string pem_of(EVP_PKEY* key) {
  BIO* out = BIO_new(BIO_s_mem());
  PEM_write_bio_PUBKEY(out, key);
  char* data = nullptr;
  const auto size = BIO_get_mem_data(out, &data);
  std::string pem(data, static_cast<std::size_t>(size));
  BIO_free(out);
  EVP_PKEY_free(key);
  return pem;
}

}  // namespace

TEST_CASE("keys sign and verify, and survive being written and read") {
  for (const KeyType type : {KeyType::Rsa, KeyType::Ed25519}) {
    const PrivateKey key = *PrivateKey::generate(type);
    const PrivateKey again = *PrivateKey::from_pem(key.pem());
    const PublicKey other_side = *PublicKey::from_pem("\n  " + key.public_key().pem() + " \n");
    CHECK(again.type() == type);
    CHECK(other_side.type() == type);
    const std::string signature = *again.sign("text");
    CHECK(other_side.verifies("text", signature));
    CHECK_FALSE(other_side.verifies("texT", signature));
    CHECK_FALSE(other_side.verifies("text", ""));
    CHECK_FALSE(other_side.verifies("text", signature + "x"));
  }
}

TEST_CASE("an Ed25519 key is written and read as a Multikey") {
  // The example of the W3C Controlled Identifiers specification.
  const std::string text = "z6MkmM42vxfqZQsv4ehtTjFFxQ4sQKS2w6WR7emozFAn5cxu";
  const auto key = PublicKey::from_multibase(text);
  REQUIRE(key);
  CHECK(key->type() == KeyType::Ed25519);
  CHECK(key->multibase() == text);
  const PrivateKey own = *PrivateKey::generate(KeyType::Ed25519);
  const auto read = PublicKey::from_multibase(own.public_key().multibase());
  REQUIRE(read);
  CHECK(read->verifies("x", *own.sign("x")));
}

TEST_CASE("Multikeys of other kinds and malformed ones are refused") {
  for (const char* text : {"", "z", "z6MkmM42vxfqZQsv4ehtTjFFxQ4sQKS2w6WR7emozFAn5cx", "u7QE",
                           "z0000", "zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv"}) {
    CAPTURE(text);
    CHECK_FALSE(PublicKey::from_multibase(text));
  }
  CHECK_FALSE(PublicKey::from_multibase("z" + std::string(5000, '2')));
}

TEST_CASE("keys that are too small, too odd or of another algorithm are refused") {
  CHECK_FALSE(
      PublicKey::from_pem(pem_of(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{1024}))));
  CHECK_FALSE(PublicKey::from_pem(pem_of(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"))));
  CHECK_FALSE(PublicKey::from_pem(pem_of(EVP_PKEY_Q_keygen(nullptr, nullptr, "X25519"))));
}

TEST_CASE("a small key is read where vectors want it") {
  CHECK(PublicKey::from_pem(pem_of(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{1024})),
                            true));
}

TEST_CASE("text that is no public key is refused") {
  const PrivateKey key = *PrivateKey::generate(KeyType::Ed25519);
  CHECK_FALSE(PublicKey::from_pem(""));
  CHECK_FALSE(PublicKey::from_pem("<html></html>"));
  CHECK_FALSE(PublicKey::from_pem(key.pem()));
  CHECK_FALSE(PublicKey::from_pem(std::string(100'000, 'A')));
  CHECK_FALSE(PrivateKey::from_pem(key.public_key().pem()));
}
