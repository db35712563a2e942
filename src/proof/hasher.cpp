#include "proof/hasher.hpp"

#include <openssl/evp.h>

#include <array>
#include <cstdlib>

#include "base/text.hpp"

namespace qp::proof {

struct Hasher::State {
  std::unique_ptr<EVP_MD, void (*)(EVP_MD*)> algorithm;
  std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context;
};

// Fetched once: a digest made with EVP_sha256() looks the algorithm up again each time, which
// takes longer than hashing a short text.
Hasher::Hasher(HashAlgorithm algorithm)
    : state_(std::make_unique<State>(State{
          {EVP_MD_fetch(nullptr, algorithm == HashAlgorithm::Sha384 ? "SHA384" : "SHA256", nullptr),
           EVP_MD_free},
          {EVP_MD_CTX_new(), EVP_MD_CTX_free}})) {}

Hasher::~Hasher() = default;
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;

std::string Hasher::hex(std::string_view text) const {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int size = 0;
  EVP_MD_CTX* context = state_->context.get();
  const bool done = EVP_DigestInit_ex2(context, state_->algorithm.get(), nullptr) == 1 &&
                    EVP_DigestUpdate(context, text.data(), text.size()) == 1 &&
                    EVP_DigestFinal_ex(context, digest.data(), &size) == 1;
  if (!done) std::abort();  // no memory, or a libcrypto without SHA-2
  return text::hex({reinterpret_cast<const char*>(digest.data()), size});
}

}  // namespace qp::proof
