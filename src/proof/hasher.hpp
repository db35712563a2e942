#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace qp::proof {

enum class HashAlgorithm { Sha256, Sha384 };

/// Hashes many short texts: what the library has to set up is set up once. One thread at a time.
class Hasher {
 public:
  explicit Hasher(HashAlgorithm algorithm);
  ~Hasher();
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;

  /// Of the bytes of `text`, in lower-case hexadecimal.
  std::string hex(std::string_view text) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace qp::proof
