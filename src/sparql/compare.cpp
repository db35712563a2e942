// Operators on values, 17.3, and the order of ORDER BY, 15.1.
#include <cmath>

#include "base/text.hpp"
#include "sparql/value.hpp"
#include "vocab/terms.hpp"

namespace qp::sparql {

using Kind = Value::Kind;

static int sign(int value) { return value < 0 ? -1 : value > 0 ? 1 : 0; }
template <class Number>
static int sign_of(const Number& a, const Number& b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

static bool is_clock(const Value& value) {
  return value.kind() >= Kind::DateTime && value.kind() <= Kind::Time;
}

std::optional<bool> truth(const Value& value) {
  switch (value.kind()) {
    case Kind::Boolean:
      return value.as_boolean();
    case Kind::String:
    case Kind::LangString:
      return !value.view().empty();
    case Kind::Integer:
      return value.as_integer() != 0;
    case Kind::Decimal:
      return value.as_decimal().scaled != 0;
    case Kind::Float:
    case Kind::Double:
      return value.as_double() != 0 && !std::isnan(value.as_double());
    case Kind::Other: {
      // 17.2.2: a boolean or a number that is spelt wrong is false.
      const Value zero = Value::literal("0", value.datatype());
      if (zero.is_numeric() || zero.kind() == Kind::Boolean) return false;
      return std::nullopt;
    }
    default:
      return std::nullopt;
  }
}

static Decimal exact(const Value& value) {
  return value.kind() == Kind::Integer ? Decimal::of(value.as_integer()) : value.as_decimal();
}

/// 2: one of them is NaN.
static int compare_numbers(const Value& a, const Value& b) {
  if (a.kind() == Kind::Integer && b.kind() == Kind::Integer) {
    return sign_of(a.as_integer(), b.as_integer());
  }
  if (a.kind() <= Kind::Decimal && b.kind() <= Kind::Decimal) return sign_of(exact(a), exact(b));
  double x = a.as_double(), y = b.as_double();
  if (a.kind() != Kind::Double && b.kind() != Kind::Double) {
    x = static_cast<double>(static_cast<float>(x));
    y = static_cast<double>(static_cast<float>(y));
  }
  return std::isnan(x) || std::isnan(y) ? 2 : sign_of(x, y);
}

std::optional<bool> equals(const Value& a, const Value& b) {
  if (a.is_none() || b.is_none()) return std::nullopt;
  if (a.is_numeric() && b.is_numeric()) return compare_numbers(a, b) == 0;
  if (a.id() != TermId::None && a.id() == b.id()) return true;
  if (a.kind() == Kind::Other || b.kind() == Kind::Other) {
    if (!a.is_literal() || !b.is_literal()) return false;
    if (a.kind() == Kind::LangString || b.kind() == Kind::LangString) return false;
    if (a.kind() == b.kind() && a.view() == b.view() && a.datatype() == b.datatype()) return true;
    return std::nullopt;  // another spelling of the same value, perhaps
  }
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case Kind::Boolean:
      return a.as_boolean() == b.as_boolean();
    case Kind::LangString:
      return a.view() == b.view() && text::equals_ignoring_case(a.language(), b.language());
    case Kind::DateTime:
    case Kind::Date:
    case Kind::Time: {
      const auto way = compare(a.as_date_time(), b.as_date_time());
      if (!way) return std::nullopt;
      return *way == 0;
    }
    default:
      return a.view() == b.view();
  }
}

std::optional<int> compare(const Value& a, const Value& b) {
  if (a.is_numeric() && b.is_numeric()) return compare_numbers(a, b);
  if (a.kind() != b.kind()) return std::nullopt;
  switch (a.kind()) {
    case Kind::String:
      return sign(a.view().compare(b.view()));
    case Kind::Boolean:
      return sign_of(a.as_boolean(), b.as_boolean());
    case Kind::DateTime:
    case Kind::Date:
    case Kind::Time:
      return compare(a.as_date_time(), b.as_date_time());
    default:
      return std::nullopt;
  }
}

/// Where literals of different sorts stand among each other.
static int rank(const Value& value) {
  if (value.is_numeric()) return 4;
  switch (value.kind()) {
    case Kind::None:
      return 0;
    case Kind::Blank:
      return 1;
    case Kind::Iri:
      return 2;
    case Kind::Boolean:
      return 5;
    case Kind::DateTime:
      return 6;
    case Kind::Date:
      return 7;
    case Kind::Time:
      return 8;
    case Kind::String:
    case Kind::LangString:
      return 9;
    default:
      return 10;
  }
}

static int order_numbers(const Value& a, const Value& b) {
  const int way = compare_numbers(a, b);
  if (way != 2) return way;
  const bool a_nan = a.kind() >= Kind::Float && std::isnan(a.as_double());
  const bool b_nan = b.kind() >= Kind::Float && std::isnan(b.as_double());
  return sign_of(b_nan, a_nan);  // NaN is before all
}

// Those with a zone and those without are compared as if all had one, so that the order is total.
static int order_times(const DateTime& a, const DateTime& b) {
  const auto instant = [](const DateTime& time) {
    return time.micros - (time.zone == DateTime::kNoZone ? 0 : time.zone * 60'000'000LL);
  };
  const int way = sign_of(instant(a), instant(b));
  return way != 0 ? way : sign_of(a.zone, b.zone);
}

int order(const Value& a, const Value& b) {
  if (const int way = sign_of(rank(a), rank(b)); way != 0) return way;
  if (a.is_none()) return 0;
  if (a.is_numeric()) return order_numbers(a, b);
  if (a.kind() == Kind::Boolean) return sign_of(a.as_boolean(), b.as_boolean());
  if (is_clock(a)) return order_times(a.as_date_time(), b.as_date_time());
  if (const int way = sign(a.view().compare(b.view())); way != 0) return way;
  if (!a.is_literal()) return 0;
  return sign(a.language().compare(b.language()));
}

static std::optional<std::int64_t> whole(Arithmetic operation, std::int64_t a, std::int64_t b) {
  std::int64_t made = 0;
  bool over = false;
  switch (operation) {
    case Arithmetic::Add:
      over = __builtin_add_overflow(a, b, &made);
      break;
    case Arithmetic::Subtract:
      over = __builtin_sub_overflow(a, b, &made);
      break;
    case Arithmetic::Multiply:
      over = __builtin_mul_overflow(a, b, &made);
      break;
    case Arithmetic::Divide:
      return std::nullopt;
  }
  return over ? std::nullopt : std::optional(made);
}

static std::optional<Decimal> exactly(Arithmetic operation, Decimal a, Decimal b) {
  switch (operation) {
    case Arithmetic::Add:
      return a.plus(b);
    case Arithmetic::Subtract:
      return a.minus(b);
    case Arithmetic::Multiply:
      return a.times(b);
    case Arithmetic::Divide:
      return a.over(b);
  }
  return std::nullopt;
}

template <class Number>
static Number floating(Arithmetic operation, Number a, Number b) {
  switch (operation) {
    case Arithmetic::Add:
      return a + b;
    case Arithmetic::Subtract:
      return a - b;
    case Arithmetic::Multiply:
      return a * b;
    case Arithmetic::Divide:
      return a / b;
  }
  return a;
}

Value calculate(Arithmetic operation, const Value& a, const Value& b) {
  if (!a.is_numeric() || !b.is_numeric()) return {};
  if (a.kind() == Kind::Double || b.kind() == Kind::Double) {
    return Value::number(floating(operation, a.as_double(), b.as_double()));
  }
  if (a.kind() == Kind::Float || b.kind() == Kind::Float) {
    return Value::single(
        floating(operation, static_cast<float>(a.as_double()), static_cast<float>(b.as_double())));
  }
  const bool integers = a.kind() == Kind::Integer && b.kind() == Kind::Integer;
  if (integers && operation != Arithmetic::Divide) {  // whole numbers divide to a decimal
    const auto made = whole(operation, a.as_integer(), b.as_integer());
    return made ? Value::integer(*made) : Value();
  }
  const auto made = exactly(operation, exact(a), exact(b));
  return made ? Value::decimal(*made) : Value();
}

}  // namespace qp::sparql
