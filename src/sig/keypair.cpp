#include "sig/keypair.hpp"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/decoder.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "base/base58.hpp"
#include "base/text.hpp"

namespace qp::sig {

namespace {

constexpr std::size_t kPemBytes = std::size_t{16} * 1024;
constexpr int kRsaBitsLeast = 2048;
constexpr int kRsaBitsMost = 8192;
constexpr int kExponentBitsMost = 64;
constexpr std::size_t kMultibaseCharacters = 64;
constexpr std::string_view kEd25519Prefix = "\xED\x01";  // multicodec ed25519-pub, as a varint
constexpr std::size_t kEd25519Bytes = 32;

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* value) const {
    Free(value);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Bio = std::unique_ptr<BIO, Freed<BIO_free_all>>;
using Number = std::unique_ptr<BIGNUM, Freed<BN_free>>;
using Digest = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;
using Decoder = std::unique_ptr<OSSL_DECODER_CTX, Freed<OSSL_DECODER_CTX_free>>;

/// OpenSSL keeps a queue of errors on the thread; what we answer does not depend on it.
Error key_error(std::string_view what) {
  ERR_clear_error();
  return bad_input("key: " + std::string(what));
}

const unsigned char* as_bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

Result<void> check_rsa(const EVP_PKEY* key) {
  const int bits = EVP_PKEY_get_bits(key);
  if (bits < kRsaBitsLeast || bits > kRsaBitsMost) {
    return key_error("RSA keys have 2048 to 8192 bits here");
  }
  BIGNUM* exponent = nullptr;
  EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &exponent);
  const Number owned(exponent);
  if (exponent == nullptr || !BN_is_odd(exponent) || BN_is_one(exponent) ||
      BN_num_bits(exponent) > kExponentBitsMost) {
    return key_error("the RSA exponent is not an odd number from 3 to 64 bits");
  }
  return {};
}

Result<KeyType> checked_type(const EVP_PKEY* key, bool any_size) {
  if (EVP_PKEY_is_a(key, "ED25519") == 1) return KeyType::Ed25519;
  if (EVP_PKEY_is_a(key, "RSA") != 1) return key_error("neither RSA nor Ed25519");
  if (!any_size) QP_TRY(check_rsa(key));
  return KeyType::Rsa;
}

/// No passphrase is ever asked for on a terminal.
int no_passphrase(char*, std::size_t, std::size_t*, const OSSL_PARAM*, void*) { return 0; }

Result<Key> read_pem(std::string_view pem, int selection) {
  if (pem.size() > kPemBytes) return key_error("the PEM text is too long");
  EVP_PKEY* key = nullptr;
  const Decoder decoder(
      OSSL_DECODER_CTX_new_for_pkey(&key, "PEM", nullptr, nullptr, selection, nullptr, nullptr));
  OSSL_DECODER_CTX_set_passphrase_cb(decoder.get(), &no_passphrase, nullptr);
  const unsigned char* at = as_bytes(pem);
  std::size_t left = pem.size();
  const int outcome = OSSL_DECODER_from_data(decoder.get(), &at, &left);
  Key owned(key);
  if (outcome != 1 || !owned) return key_error("not a PEM text with a key of that kind");
  return owned;
}

std::string contents(BIO* bio) {
  char* data = nullptr;
  const auto size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

/// The hash that goes with a key; Ed25519 brings its own.
const EVP_MD* hash_for(KeyType type) { return type == KeyType::Rsa ? EVP_sha256() : nullptr; }

}  // namespace

struct PublicKey::Impl {
  Key key;
  KeyType type;
};
struct PrivateKey::Impl {
  Key key;
  KeyType type;
};

Result<PublicKey> PublicKey::from_pem(std::string_view pem, bool any_size) {
  if (pem.find("PRIVATE KEY") != std::string_view::npos) {
    return key_error("a private key where a public one belongs");
  }
  Key key = QP_TRY(read_pem(text::trim(pem), OSSL_KEYMGMT_SELECT_PUBLIC_KEY));
  const KeyType type = QP_TRY(checked_type(key.get(), any_size));
  return PublicKey(std::make_shared<const Impl>(Impl{std::move(key), type}));
}

Result<PublicKey> PublicKey::from_multibase(std::string_view multibase) {
  if (!multibase.starts_with('z') || multibase.size() > kMultibaseCharacters) {
    return key_error("not a Multikey in base58");
  }
  const auto decoded = text::from_base58(multibase.substr(1));
  if (!decoded) return key_error("not base58");
  const std::string& bytes = *decoded;
  if (!bytes.starts_with(kEd25519Prefix) || bytes.size() != kEd25519Prefix.size() + kEd25519Bytes) {
    return key_error("a Multikey other than Ed25519");
  }
  Key key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr,
                                      as_bytes(bytes) + kEd25519Prefix.size(), kEd25519Bytes));
  if (!key) return key_error("not an Ed25519 key");
  return PublicKey(std::make_shared<const Impl>(Impl{std::move(key), KeyType::Ed25519}));
}

KeyType PublicKey::type() const { return impl_->type; }

std::string PublicKey::pem() const {
  const Bio out(BIO_new(BIO_s_mem()));
  PEM_write_bio_PUBKEY(out.get(), impl_->key.get());
  return contents(out.get());
}

std::string PublicKey::multibase() const {
  std::string raw(kEd25519Bytes, '\0');
  std::size_t size = raw.size();
  EVP_PKEY_get_raw_public_key(impl_->key.get(), reinterpret_cast<unsigned char*>(raw.data()),
                              &size);
  return "z" + text::base58(std::string(kEd25519Prefix) + raw);
}

bool PublicKey::verifies(std::string_view message, std::string_view signature) const {
  const Digest context(EVP_MD_CTX_new());
  const bool good = EVP_DigestVerifyInit(context.get(), nullptr, hash_for(impl_->type), nullptr,
                                         impl_->key.get()) == 1 &&
                    EVP_DigestVerify(context.get(), as_bytes(signature), signature.size(),
                                     as_bytes(message), message.size()) == 1;
  if (!good) ERR_clear_error();
  return good;
}

Result<PrivateKey> PrivateKey::generate(KeyType type) {
  Key key(type == KeyType::Rsa
              ? EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{kRsaBitsLeast})
              : EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  if (!key) return Error{Code::Internal, "OpenSSL could not make a key", ""};
  return PrivateKey(std::make_shared<const Impl>(Impl{std::move(key), type}));
}

Result<PrivateKey> PrivateKey::from_pem(std::string_view pem, bool any_size) {
  Key key = QP_TRY(read_pem(pem, OSSL_KEYMGMT_SELECT_PRIVATE_KEY));
  const KeyType type = QP_TRY(checked_type(key.get(), any_size));
  return PrivateKey(std::make_shared<const Impl>(Impl{std::move(key), type}));
}

KeyType PrivateKey::type() const { return impl_->type; }

std::string PrivateKey::pem() const {
  const Bio out(BIO_new(BIO_s_mem()));
  PEM_write_bio_PKCS8PrivateKey(out.get(), impl_->key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return contents(out.get());
}

PublicKey PrivateKey::public_key() const {
  EVP_PKEY_up_ref(impl_->key.get());
  return PublicKey(
      std::make_shared<const PublicKey::Impl>(PublicKey::Impl{Key(impl_->key.get()), impl_->type}));
}

Result<std::string> PrivateKey::sign(std::string_view message) const {
  const Digest context(EVP_MD_CTX_new());
  std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(impl_->key.get())), '\0');
  std::size_t size = signature.size();
  if (EVP_DigestSignInit(context.get(), nullptr, hash_for(impl_->type), nullptr,
                         impl_->key.get()) != 1 ||
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                     as_bytes(message), message.size()) != 1) {
    ERR_clear_error();
    return Error{Code::Internal, "OpenSSL could not sign", ""};
  }
  signature.resize(size);
  return signature;
}

}  // namespace qp::sig
