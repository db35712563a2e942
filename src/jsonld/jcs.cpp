#include "jsonld/jcs.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <vector>

namespace qp::jsonld {

namespace {

/// The shortest digits that read back as the number, and where the point goes: 0.digits * 10^n.
struct Decimal {
  std::string digits;
  int exponent = 0;
};

Decimal shortest(double value) {
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                 std::chars_format::scientific);
  const std::string_view text(buffer.data(), static_cast<std::size_t>(end.ptr - buffer.data()));
  const std::size_t e = text.find('e');
  Decimal decimal;
  decimal.digits = text.substr(0, e);
  std::erase(decimal.digits, '.');
  const std::size_t digits_at = e + (text[e + 1] == '+' ? 2 : 1);
  std::from_chars(text.data() + digits_at, text.data() + text.size(), decimal.exponent);
  ++decimal.exponent;
  return decimal;
}

Result<void> canonicalize(json::Value value, std::string& out);

Result<void> write_object(json::Value object, std::string& out) {
  std::vector<json::Member> members(object.members().begin(), object.members().end());
  std::ranges::sort(members, utf16_less, &json::Member::key);
  out += '{';
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (i != 0) out += ',';
    json::write_string(members[i].key, out);
    out += ':';
    QP_TRY(canonicalize(members[i].value, out));
  }
  out += '}';
  return {};
}

Result<void> write_array(json::Value array, std::string& out) {
  out += '[';
  for (std::size_t i = 0; i < array.size(); ++i) {
    if (i != 0) out += ',';
    QP_TRY(canonicalize(array.items()[i], out));
  }
  out += ']';
  return {};
}

Result<void> canonicalize(json::Value value, std::string& out) {
  if (value.is_object()) return write_object(value, out);
  if (value.is_array()) return write_array(value, out);
  if (!value.is_number()) {
    json::write(value, out);
    return {};
  }
  const double number = json::to_double(value);
  if (!std::isfinite(number)) return bad_input("no canonical form of " + std::string(value.text()));
  out += es6_number(number);
  return {};
}

}  // namespace

Result<std::string> to_jcs(json::Value value) {
  std::string out;
  QP_TRY(canonicalize(value, out));
  return out;
}

// ECMAScript Number::toString, radix 10; n and k are the names there.
std::string es6_number(double value) {
  if (value == 0) return "0";  // also -0
  const std::string sign = value < 0 ? "-" : "";
  const Decimal decimal = shortest(std::fabs(value));
  const std::string& digits = decimal.digits;
  const int n = decimal.exponent;
  const int k = static_cast<int>(digits.size());
  const auto zeros = [](int count) { return std::string(static_cast<std::size_t>(count), '0'); };
  if (k <= n && n <= 21) return sign + digits + zeros(n - k);
  if (0 < n && n <= 21) {
    const auto point = static_cast<std::size_t>(n);
    return sign + digits.substr(0, point) + "." + digits.substr(point);
  }
  if (-6 < n && n <= 0) return sign + "0." + zeros(-n) + digits;
  const std::string exponent = (n > 0 ? "e+" : "e-") + std::to_string(std::abs(n - 1));
  if (k == 1) return sign + digits + exponent;
  return sign + digits.substr(0, 1) + "." + digits.substr(1) + exponent;
}

bool utf16_less(std::string_view a, std::string_view b) {
  const auto [left, right] = std::ranges::mismatch(a, b);
  if (left == a.end() || right == b.end()) return left == a.end() && right != b.end();
  // Code points beyond U+FFFF (lead bytes F0 and up) are surrogates there, before U+E000 and up.
  const auto rank = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == 0xee || byte == 0xef ? byte + 0x10 : +byte;
  };
  return rank(*left) < rank(*right);
}

}  // namespace qp::jsonld
