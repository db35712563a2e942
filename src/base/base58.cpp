#include "base/base58.hpp"

#include <algorithm>
#include <vector>

namespace qp::text {

namespace {

constexpr std::string_view kAlphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

}  // namespace

std::string base58(std::string_view bytes) {
  std::vector<unsigned> digits;  // least first
  for (const char c : bytes) {
    unsigned carry = static_cast<unsigned char>(c);
    for (unsigned& digit : digits) {
      carry += digit << 8;
      digit = carry % 58;
      carry /= 58;
    }
    for (; carry > 0; carry /= 58) digits.push_back(carry % 58);
  }
  std::string out(std::min(bytes.find_first_not_of('\0'), bytes.size()), kAlphabet[0]);
  for (auto at = digits.rbegin(); at != digits.rend(); ++at) out += kAlphabet[*at];
  return out;
}

std::optional<std::string> from_base58(std::string_view text) {
  std::vector<unsigned> bytes;  // least first
  for (const char c : text) {
    const auto value = kAlphabet.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    auto carry = static_cast<unsigned>(value);
    for (unsigned& byte : bytes) {
      carry += byte * 58;
      byte = carry & 0xFF;
      carry >>= 8;
    }
    for (; carry > 0; carry >>= 8) bytes.push_back(carry & 0xFF);
  }
  std::string out(std::min(text.find_first_not_of(kAlphabet[0]), text.size()), '\0');
  for (auto at = bytes.rbegin(); at != bytes.rend(); ++at) out += static_cast<char>(*at);
  return out;
}

}  // namespace qp::text
