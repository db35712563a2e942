// Constructor functions, 17.5.
#include <cmath>

#include "base/text.hpp"
#include "sparql/value.hpp"
#include "vocab/terms.hpp"

namespace qp::sparql {

using Kind = Value::Kind;

static std::string_view trimmed(std::string_view text) {
  static constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

/// The spelling of a string as another datatype; None where it is not in its lexical space.
static Value from_string(const Value& value, std::string_view datatype) {
  Value made = Value::literal(std::string(trimmed(value.view())), datatype);
  switch (made.kind()) {  // spelt anew
    case Kind::Boolean:
      return Value::boolean(made.as_boolean());
    case Kind::Integer:
      return Value::integer(made.as_integer());
    case Kind::Decimal:
      return Value::decimal(made.as_decimal());
    case Kind::Float:
      return Value::single(static_cast<float>(made.as_double()));
    case Kind::Double:
      return Value::number(made.as_double());
    case Kind::Other:
      return {};
    default:
      return made;
  }
}

// XPath 19.1.2: numbers as strings are short where they can be.
static std::string spelt(const Value& value) {
  if (value.kind() == Kind::Boolean) return value.as_boolean() ? "true" : "false";
  if (value.kind() == Kind::Integer) return std::to_string(value.as_integer());
  if (value.kind() == Kind::Decimal) return value.as_decimal().text();
  if (value.kind() != Kind::Double && value.kind() != Kind::Float) return value.lexical();
  const double number = value.as_double();
  if (std::isfinite(number) && std::fabs(number) >= 1e-6 && std::fabs(number) < 1e6) {
    if (value.kind() == Kind::Float) {
      // By its own digits, not by those of the double that holds it.
      const auto exact = parse_double(spell_float(static_cast<float>(number)));
      if (const auto decimal = Decimal::of(exact.value_or(number))) return decimal->text();
    }
    std::string text = spell_double(number);
    const std::size_t at = text.find('E');
    const int exponent = std::atoi(text.c_str() + at + 1);
    // Digits and where the point goes.
    std::string digits = text.substr(0, at);
    const bool negative = digits.starts_with('-');
    if (negative) digits.erase(0, 1);
    digits.erase(1, 1);
    int point = exponent + 1;
    while (point > static_cast<int>(digits.size())) digits += '0';
    if (point <= 0) {
      digits.insert(0, static_cast<std::size_t>(1 - point), '0');
      point = 1;
    }
    digits.insert(static_cast<std::size_t>(point), ".");
    while (digits.ends_with('0')) digits.pop_back();
    if (digits.ends_with('.')) digits.pop_back();
    return negative ? "-" + digits : digits;
  }
  if (number == 0) return std::signbit(number) ? "-0" : "0";
  return value.kind() == Kind::Float ? spell_float(static_cast<float>(number))
                                     : spell_double(number);
}

static Value to_boolean(const Value& value) {
  if (value.kind() == Kind::Boolean || value.is_numeric()) {
    return Value::boolean(truth(value).value_or(false));
  }
  return {};
}

static Value to_integer(const Value& value) {
  switch (value.kind()) {
    case Kind::Integer:
      return Value::integer(value.as_integer());
    case Kind::Boolean:
      return Value::integer(value.as_boolean() ? 1 : 0);
    case Kind::Decimal: {
      const Int128 whole = value.as_decimal().scaled / Decimal::of(std::int64_t{1}).scaled;
      const auto made = static_cast<std::int64_t>(whole);
      return whole == made ? Value::integer(made) : Value();  // FOCA0003
    }
    case Kind::Float:
    case Kind::Double: {
      const double number = std::trunc(value.as_double());
      if (!(std::fabs(number) < 9.2e18)) return {};
      return Value::integer(static_cast<std::int64_t>(number));
    }
    default:
      return {};
  }
}

static Value to_decimal(const Value& value) {
  switch (value.kind()) {
    case Kind::Integer:
      return Value::decimal(Decimal::of(value.as_integer()));
    case Kind::Boolean:
      return Value::decimal(Decimal::of(std::int64_t{value.as_boolean() ? 1 : 0}));
    case Kind::Decimal:
      return Value::decimal(value.as_decimal());
    case Kind::Float:
    case Kind::Double: {
      if (const auto exact = Decimal::parse(spelt(value))) return Value::decimal(*exact);
      const auto made = Decimal::of(value.as_double());
      return made ? Value::decimal(*made) : Value();
    }
    default:
      return {};
  }
}

static Value to_double(const Value& value) {
  if (value.is_numeric()) return Value::number(value.as_double());
  if (value.kind() == Kind::Boolean) return Value::number(value.as_boolean() ? 1 : 0);
  return {};
}

static Value to_float(const Value& value) {
  const Value wide = to_double(value);
  return wide.is_none() ? wide : Value::single(static_cast<float>(wide.as_double()));
}

static Value to_date_time(const Value& value) {
  if (value.kind() == Kind::DateTime) return Value::date_time(value.as_date_time());
  if (value.kind() == Kind::Date) return Value::date_time(value.as_date_time());
  return {};
}

static Value to_date(const Value& value) {
  if (value.kind() == Kind::Date) return value;
  if (value.kind() != Kind::DateTime) return {};
  const std::string text = value.as_date_time().text();
  const std::size_t time = text.find('T');
  const std::size_t zone = text.find_first_of("Z+-", time);
  return Value::literal(text.substr(0, time) + (zone == std::string::npos ? "" : text.substr(zone)),
                        xsd::date.iri);
}

std::optional<Value> cast(const Value& value, std::string_view datatype) {
  struct Row {
    std::string_view iri;
    Value (*from)(const Value&);
  };
  static constexpr Row kRows[] = {
      {xsd::boolean.iri, to_boolean}, {xsd::integer.iri, to_integer},
      {xsd::decimal.iri, to_decimal}, {xsd::double_.iri, to_double},
      {xsd::float_.iri, to_float},    {xsd::dateTime.iri, to_date_time},
      {xsd::date.iri, to_date},
  };
  if (datatype == xsd::string.iri) {
    if (value.is_none() || value.kind() == Kind::Blank) return Value();
    return Value::string(spelt(value));
  }
  for (const Row& row : kRows) {
    if (row.iri != datatype) continue;
    if (value.kind() == Kind::String) return from_string(value, datatype);
    return row.from(value);
  }
  return std::nullopt;
}

}  // namespace qp::sparql
