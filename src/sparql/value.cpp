#include "sparql/value.hpp"

#include <charconv>
#include <cmath>
#include <limits>

#include "store/inline_term.hpp"
#include "vocab/terms.hpp"

namespace qp::sparql {

std::optional<std::int64_t> parse_integer(std::string_view text) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return std::nullopt;
  }
  std::int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [at, trouble] = std::from_chars(text.data(), end, value);
  if (trouble != std::errc{} || at != end) return std::nullopt;
  return value;
}

std::optional<double> parse_double(std::string_view text) {
  if (text == "INF" || text == "+INF") return std::numeric_limits<double>::infinity();
  if (text == "-INF") return -std::numeric_limits<double>::infinity();
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (text.starts_with('+')) text.remove_prefix(1);
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  // What from_chars takes beyond XSD begins with a letter.
  if (digits.empty() || (digits[0] != '.' && (digits[0] < '0' || digits[0] > '9'))) {
    return std::nullopt;
  }
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [at, trouble] = std::from_chars(text.data(), end, value);
  if (at != end) return std::nullopt;
  if (trouble == std::errc::result_out_of_range) {
    const auto exponent = text.find_first_of("eE");
    const bool tiny = exponent != std::string_view::npos && text.substr(exponent + 1, 1) == "-";
    const double size = tiny ? 0.0 : std::numeric_limits<double>::infinity();
    return text.starts_with('-') ? -size : size;
  }
  if (trouble != std::errc{}) return std::nullopt;
  return value;
}

template <class Number>
static std::string spell(Number value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-INF" : "INF";
  char buffer[64];
  const auto [end, trouble] =
      std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific);
  std::string text(buffer, end);
  // `1e+00` -> `1.0E0`
  const std::size_t at = text.find('e');
  std::string mantissa = text.substr(0, at);
  if (mantissa.find('.') == std::string::npos) mantissa += ".0";
  const int exponent = std::atoi(text.c_str() + at + 1);
  return mantissa + "E" + std::to_string(exponent);
}
std::string spell_double(double value) { return spell(value); }
std::string spell_float(float value) { return spell(value); }

// The datatypes derived from xsd:integer, with what they hold.
struct IntegerRow {
  std::string_view iri;
  std::int64_t least, most;
};
static constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
static constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
static constexpr IntegerRow kIntegers[] = {
    {xsd::integer.iri, kLeast, kMost},
    {xsd::long_.iri, kLeast, kMost},
    {xsd::int_.iri, -2147483648LL, 2147483647},
    {xsd::short_.iri, -32768, 32767},
    {xsd::byte.iri, -128, 127},
    {xsd::nonNegativeInteger.iri, 0, kMost},
    {xsd::positiveInteger.iri, 1, kMost},
    {xsd::nonPositiveInteger.iri, kLeast, 0},
    {xsd::negativeInteger.iri, kLeast, -1},
    {xsd::unsignedLong.iri, 0, kMost},
    {xsd::unsignedInt.iri, 0, 4294967295},
    {xsd::unsignedShort.iri, 0, 65535},
    {xsd::unsignedByte.iri, 0, 255},
};

void Value::read_typed(const rdf::TermView& term) {
  static const std::string_view kXsd = QP_NAMESPACE_xsd;
  kind_ = Kind::Other;
  extra_ = term.datatype;
  if (!term.datatype.starts_with(kXsd)) return;
  const std::string_view text = term.value;
  for (const IntegerRow& row : kIntegers) {
    if (row.iri != term.datatype) continue;
    const auto value = parse_integer(text);
    if (!value || *value < row.least || *value > row.most) return;
    kind_ = Kind::Integer;
    integer_ = *value;
    return;
  }
  if (term.datatype == xsd::boolean.iri) {
    const bool is_true = text == "true" || text == "1";
    if (!is_true && text != "false" && text != "0") return;
    kind_ = Kind::Boolean;
    boolean_ = is_true;
  } else if (term.datatype == xsd::decimal.iri) {
    if (const auto value = sparql::Decimal::parse(text)) {
      kind_ = Kind::Decimal;
      decimal_ = *value;
    }
  } else if (term.datatype == xsd::double_.iri || term.datatype == xsd::float_.iri) {
    if (const auto value = parse_double(text)) {
      const bool single = term.datatype == xsd::float_.iri;
      kind_ = single ? Kind::Float : Kind::Double;
      double_ = single ? static_cast<double>(static_cast<float>(*value)) : *value;
    }
  } else if (term.datatype == xsd::dateTime.iri || term.datatype == xsd::dateTimeStamp.iri) {
    if (const auto value = sparql::DateTime::parse(text)) {
      kind_ = Kind::DateTime;
      time_ = *value;
    }
  } else if (term.datatype == xsd::date.iri) {
    if (const auto value = sparql::DateTime::parse_date(text)) {
      kind_ = Kind::Date;
      time_ = *value;
    }
  } else if (term.datatype == xsd::time.iri) {
    if (const auto value = sparql::DateTime::parse_time(text)) {
      kind_ = Kind::Time;
      time_ = *value;
    }
  }
}

Value Value::of(const rdf::TermView& term, TermId id) {
  Value made;
  made.id_ = id;
  made.borrowed_ = term.value;
  switch (term.kind) {
    case rdf::TermKind::Iri:
      made.kind_ = Kind::Iri;
      return made;
    case rdf::TermKind::Blank:
      made.kind_ = Kind::Blank;
      return made;
    case rdf::TermKind::Literal:
      break;
  }
  if (!term.language.empty()) {
    made.kind_ = Kind::LangString;
    made.extra_ = term.language;
  } else if (term.datatype == xsd::string.iri) {
    made.kind_ = Kind::String;
  } else {
    made.read_typed(term);
  }
  return made;
}

std::optional<Value> Value::inlined(TermId id) {
  static constexpr std::uint64_t kPayload = (std::uint64_t{1} << rdf::kClassShift) - 1;
  static constexpr std::int64_t kBias = std::int64_t{1} << 59;
  const std::uint64_t payload = qp::number(id) & kPayload;
  Value made;
  switch (rdf::term_class(id)) {
    case rdf::TermClass::Boolean:
      made = boolean(payload != 0);
      break;
    case rdf::TermClass::Integer:
      made = integer(static_cast<std::int64_t>(payload) - kBias);
      break;
    case rdf::TermClass::Decimal:
      made.kind_ = Kind::Decimal;
      made.decimal_ = {static_cast<Int128>(static_cast<std::int64_t>(payload) - kBias) *
                       1'000'000'000'000};
      break;
    case rdf::TermClass::DateTime:
      made.kind_ = Kind::DateTime;
      made.time_ = {(static_cast<std::int64_t>(payload >> 2) - (std::int64_t{1} << 47)) * 1000, 0};
      break;
    default:
      return std::nullopt;
  }
  made.id_ = id;
  return made;
}

Value Value::boolean(bool value) { return with(Kind::Boolean, &Value::boolean_, value); }
Value Value::integer(std::int64_t value) { return with(Kind::Integer, &Value::integer_, value); }
Value Value::decimal(sparql::Decimal value) { return with(Kind::Decimal, &Value::decimal_, value); }
Value Value::number(double value) { return with(Kind::Double, &Value::double_, value); }
Value Value::single(float value) {
  return with(Kind::Float, &Value::double_, static_cast<double>(value));
}
Value Value::date_time(sparql::DateTime value) {
  return with(Kind::DateTime, &Value::time_, value);
}
Value Value::string(std::string text) {
  Value made(Kind::String);
  made.own(std::move(text));
  return made;
}
Value Value::string(std::string text, std::string_view language) {
  Value made(language.empty() ? Kind::String : Kind::LangString);
  made.own(std::move(text));
  made.own_extra_ = language;
  return made;
}
Value Value::iri(std::string iri) {
  Value made(Kind::Iri);
  made.own(std::move(iri));
  return made;
}
Value Value::literal(std::string text, std::string_view datatype) {
  Value made = of({rdf::TermKind::Literal, text, datatype, {}});
  made.own(std::move(text));
  made.borrowed_ = {};
  if (made.kind_ != Kind::String) {
    made.own_extra_ = datatype;
    made.extra_ = {};
  }
  return made;
}

std::string Value::lexical() const {
  if (owned_) return own_;
  if (!borrowed_.empty() || kind_ <= Kind::LangString || kind_ == Kind::Other) {
    return std::string(borrowed_);
  }
  if (id_ != TermId::None && store::is_inlined(id_)) return store::spell_inlined(id_);
  switch (kind_) {
    case Kind::Boolean:
      return boolean_ ? "true" : "false";
    case Kind::Integer:
      return std::to_string(integer_);
    case Kind::Decimal:
      return decimal_.text();
    case Kind::Float:
      return spell_float(static_cast<float>(double_));
    case Kind::Double:
      return spell_double(double_);
    default:
      return time_.text();
  }
}

std::string_view Value::datatype() const {
  switch (kind_) {
    case Kind::None:
    case Kind::Blank:
    case Kind::Iri:
      return {};
    case Kind::String:
      return xsd::string.iri;
    case Kind::LangString:
      return rdf::langString.iri;
    default:
      break;
  }
  if (!language().empty()) return language();  // holds the datatype here
  switch (kind_) {
    case Kind::Boolean:
      return xsd::boolean.iri;
    case Kind::Integer:
      return xsd::integer.iri;
    case Kind::Decimal:
      return xsd::decimal.iri;
    case Kind::Float:
      return xsd::float_.iri;
    case Kind::Double:
      return xsd::double_.iri;
    case Kind::Date:
      return xsd::date.iri;
    case Kind::Time:
      return xsd::time.iri;
    default:
      return xsd::dateTime.iri;
  }
}

rdf::Term Value::term() const {
  if (kind_ == Kind::Iri) return rdf::Term::iri(lexical());
  if (kind_ == Kind::Blank) return rdf::Term::blank(lexical());
  rdf::Term made = rdf::Term::literal(lexical(), std::string(datatype()));
  if (kind_ == Kind::LangString) made.language = language();
  return made;
}

double Value::as_double() const {
  if (kind_ == Kind::Integer) return static_cast<double>(integer_);
  if (kind_ == Kind::Decimal) return decimal_.as_double();
  return double_;
}

}  // namespace qp::sparql
