#include "proof/hasher.hpp"

#include <openssl/evp.h>

#include <array>
#include <cstdlib>

#include "base/text.hpp"

namespace qp::proof {

struct Hasher::State {
  std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context{EVP_MD_CTX_new(), EVP_MD_CTX_free};
  const EVP_MD* algorithm = nullptr;
};

Hasher::Hasher(HashAlgorithm algorithm) : state_(std::make_unique<State>()) {
  state_->algorithm = algorithm == HashAlgorithm::Sha384 ? EVP_sha384() : EVP_sha256();
}

Hasher::~Hasher() = default;
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;

std::string Hasher::hex(std::string_view text) const {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int size = 0;
  EVP_MD_CTX* context = state_->context.get();
  const bool done = EVP_DigestInit_ex(context, state_->algorithm, nullptr) == 1 &&
                    EVP_DigestUpdate(context, text.data(), text.size()) == 1 &&
                    EVP_DigestFinal_ex(context, digest.data(), &size) == 1;
  if (!done) std::abort();  // no memory, or a libcrypto without SHA-2
  return text::hex({reinterpret_cast<const char*>(digest.data()), size});
}

}  // namespace qp::proof
