#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"

/// Parsed keys. Parsing PEM costs sixteen verifications: parse once, keep.
namespace qp::sig {

enum class KeyType { Rsa, Ed25519 };

/// Immutable, shared, any thread.
class PublicKey {
 public:
  /// SPKI or PKCS#1 PEM. RSA of 2048 to 8192 bits with an odd exponent >= 3 (`any_size` for test
  /// vectors), or Ed25519.
  static Result<PublicKey> from_pem(std::string_view pem, bool any_size = false);
  /// `z...` multibase of a Multikey (ed25519-pub).
  static Result<PublicKey> from_multibase(std::string_view text);
  KeyType type() const;
  std::string pem() const;
  std::string multibase() const;  ///< Ed25519 only
  /// RSA: PKCS#1 v1.5 with SHA-256. `signature` is raw bytes.
  bool verifies(std::string_view message, std::string_view signature) const;

  struct Impl;
  explicit PublicKey(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

 private:
  std::shared_ptr<const Impl> impl_;
};

class PrivateKey {
 public:
  static Result<PrivateKey> generate(KeyType type);  ///< RSA 2048: about 170 ms
  static Result<PrivateKey> from_pem(std::string_view pem, bool any_size = false);
  KeyType type() const;
  std::string pem() const;  ///< PKCS#8
  PublicKey public_key() const;
  Result<std::string> sign(std::string_view message) const;

  struct Impl;
  explicit PrivateKey(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

 private:
  std::shared_ptr<const Impl> impl_;
};

}  // namespace qp::sig
