#include "oauth/secret.hpp"

#include <sodium.h>

#include "base/random.hpp"
#include "base/text.hpp"

namespace qp::oauth {

std::string new_secret(std::string_view prefix) { return std::string(prefix) + random::token(32); }

std::string secret_hash(std::string_view secret) {
  std::string hash(crypto_hash_sha256_BYTES, '\0');
  crypto_hash_sha256(reinterpret_cast<unsigned char*>(hash.data()),
                     reinterpret_cast<const unsigned char*>(secret.data()), secret.size());
  return text::base64_url(hash);
}

}  // namespace qp::oauth
