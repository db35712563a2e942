#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <string_view>

namespace qp {

/// A hash for tables in memory. It begins with a number that is another one in every process, so
/// that nobody can send keys that all fall into one place; never store it.
struct TextHash {
  using is_transparent = void;

  std::size_t operator()(std::string_view text) const {
    const char* at = text.data();
    std::size_t left = text.size();
    std::uint64_t state = seed();
    for (; left > 16; left -= 16, at += 16)
      state = mixed(eight(at) ^ kA ^ state, eight(at + 8) ^ kB);
    std::uint64_t a = 0;
    std::uint64_t b = 0;
    if (left >= 8) {
      a = eight(at);
      b = eight(at + left - 8);
    } else if (left >= 4) {
      a = four(at);
      b = four(at + left - 4);
    } else if (left > 0) {
      a = static_cast<unsigned char>(at[0]) |
          (std::uint64_t{static_cast<unsigned char>(at[left / 2])} << 8) |
          (std::uint64_t{static_cast<unsigned char>(at[left - 1])} << 16);
    }
    return mixed(mixed(a ^ kA ^ state, b ^ kB), text.size() ^ kC);
  }

 private:
  static constexpr std::uint64_t kA = 0xa0761d6478bd642fU;
  static constexpr std::uint64_t kB = 0xe7037ed1a0b428dbU;
  static constexpr std::uint64_t kC = 0x8ebc6af09c88c6e3U;

  static std::uint64_t seed() {
    static const std::uint64_t value = [] {
      std::random_device device;
      return (std::uint64_t{device()} << 32) | device();
    }();
    return value;
  }
  static std::uint64_t eight(const char* at) {
    std::uint64_t value = 0;
    std::memcpy(&value, at, sizeof value);
    return value;
  }
  static std::uint64_t four(const char* at) {
    std::uint32_t value = 0;
    std::memcpy(&value, at, sizeof value);
    return value;
  }
  static std::uint64_t mixed(std::uint64_t a, std::uint64_t b) {
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  }
};

}  // namespace qp
