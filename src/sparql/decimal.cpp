#include <algorithm>
#include <cmath>

#include "sparql/value.hpp"

namespace qp::sparql {

__extension__ using Unsigned = unsigned __int128;
static constexpr Int128 kOne = 1'000'000'000'000'000'000;

Decimal Decimal::of(std::int64_t whole) { return {static_cast<Int128>(whole) * kOne}; }

std::optional<Decimal> Decimal::of(double number) {
  if (!std::isfinite(number) || std::fabs(number) > 1.7e20) return std::nullopt;
  const double whole = std::trunc(number);
  const double rest = (number - whole) * 1e18;
  return Decimal{static_cast<Int128>(whole) * kOne + static_cast<Int128>(rest)};
}

std::optional<Decimal> Decimal::parse(std::string_view text) {
  bool negative = false;
  if (text.starts_with('-') || text.starts_with('+')) {
    negative = text.front() == '-';
    text.remove_prefix(1);
  }
  Int128 scaled = 0;
  int behind = -1;  // digits behind the point; -1: it has not come yet
  bool any = false;
  for (const char c : text) {
    if (c == '.' && behind < 0) {
      behind = 0;
      continue;
    }
    if (c < '0' || c > '9') return std::nullopt;
    any = true;
    if (behind == kDigits) {
      if (c != '0') return std::nullopt;
      continue;
    }
    if (__builtin_mul_overflow(scaled, 10, &scaled)) return std::nullopt;
    if (__builtin_add_overflow(scaled, c - '0', &scaled)) return std::nullopt;
    if (behind >= 0) ++behind;
  }
  if (!any) return std::nullopt;
  for (int i = std::max(behind, 0); i < kDigits; ++i) {
    if (__builtin_mul_overflow(scaled, 10, &scaled)) return std::nullopt;
  }
  return Decimal{negative ? -scaled : scaled};
}

std::optional<Decimal> Decimal::plus(Decimal other) const {
  Decimal sum;
  if (__builtin_add_overflow(scaled, other.scaled, &sum.scaled)) return std::nullopt;
  return sum;
}

std::optional<Decimal> Decimal::minus(Decimal other) const {
  Decimal difference;
  if (__builtin_sub_overflow(scaled, other.scaled, &difference.scaled)) return std::nullopt;
  return difference;
}

// Zeros behind go first, so that the product fits as often as its result does.
std::optional<Decimal> Decimal::times(Decimal other) const {
  Int128 a = scaled, b = other.scaled;
  if (a == 0 || b == 0) return Decimal{};
  int places = 2 * kDigits;
  while (places > kDigits && a % 10 == 0) {
    a /= 10;
    --places;
  }
  while (places > kDigits && b % 10 == 0) {
    b /= 10;
    --places;
  }
  Int128 product = 0;
  while (__builtin_mul_overflow(a, b, &product)) {
    if (places == kDigits) return std::nullopt;
    Int128& longer = (a < 0 ? -a : a) > (b < 0 ? -b : b) ? a : b;
    longer /= 10;
    --places;
  }
  for (; places > kDigits; --places) product /= 10;
  return Decimal{product};
}

// Long division: a digit behind the point at a time.
std::optional<Decimal> Decimal::over(Decimal other) const {
  if (other.scaled == 0) return std::nullopt;
  Int128 quotient = scaled / other.scaled, rest = scaled % other.scaled;
  for (int i = 0; i < kDigits; ++i) {
    if (__builtin_mul_overflow(rest, 10, &rest)) return std::nullopt;
    if (__builtin_mul_overflow(quotient, 10, &quotient)) return std::nullopt;
    if (__builtin_add_overflow(quotient, rest / other.scaled, &quotient)) return std::nullopt;
    rest %= other.scaled;
  }
  return Decimal{quotient};
}

double Decimal::as_double() const { return static_cast<double>(scaled) / 1e18; }

std::string Decimal::text() const {
  if (scaled == 0) return "0";
  const bool negative = scaled < 0;
  auto left = static_cast<Unsigned>(negative ? -(scaled + 1) : scaled - 1) + 1;
  std::string digits;
  for (; left != 0; left /= 10) digits += static_cast<char>('0' + static_cast<int>(left % 10));
  while (digits.size() <= kDigits) digits += '0';
  std::reverse(digits.begin(), digits.end());
  digits.insert(digits.size() - kDigits, 1, '.');
  while (digits.back() == '0') digits.pop_back();
  if (digits.back() == '.') digits.pop_back();
  return negative ? "-" + digits : digits;
}

}  // namespace qp::sparql
