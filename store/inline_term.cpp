#include "store/inline_term.hpp"

#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>

#include "store/bytes.hpp"
#include "vocab/terms.hpp"

namespace qp::store {

using rdf::TermClass;

static constexpr std::int64_t kIntegerBias = std::int64_t{1} << 59;
static constexpr std::int64_t kDecimalScale = 1'000'000;
static constexpr std::size_t kDecimalDigits = 6;
static constexpr std::int64_t kTimeBias = std::int64_t{1} << 47;
// Format bits of a dateTime.
static constexpr std::uint64_t kMilliseconds = 1;  // `.123`
static constexpr std::uint64_t kNumericZone = 2;   // `+00:00`, not `Z`

static TermId make(TermClass kind, std::uint64_t payload) {
  return static_cast<TermId>(static_cast<std::uint64_t>(kind) << rdf::kClassShift | payload);
}

static std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [at, trouble] = std::from_chars(text.data(), end, value);
  if (trouble != std::errc{} || at != end) return std::nullopt;
  return value;
}

static std::optional<TermId> biased(TermClass kind, std::int64_t value) {
  if (value < -kIntegerBias || value >= kIntegerBias) return std::nullopt;
  return make(kind, static_cast<std::uint64_t>(value + kIntegerBias));
}

static std::optional<TermId> inline_boolean(std::string_view text) {
  if (text == "true") return make(TermClass::Boolean, 1);
  if (text == "false") return make(TermClass::Boolean, 0);
  return std::nullopt;
}

static std::optional<TermId> inline_integer(std::string_view text) {
  const auto value = whole_number(text);
  return value ? biased(TermClass::Integer, *value) : std::nullopt;
}

// As millionths; spelt `1.0`, `-0.25`: a digit before the point, no needless zeros behind it.
static std::optional<TermId> inline_decimal(std::string_view text) {
  const std::size_t point = text.find('.');
  if (point == std::string_view::npos) return std::nullopt;
  std::string digits(text.substr(0, point));
  const std::string_view fraction = text.substr(point + 1);
  if (fraction.empty() || fraction.size() > kDecimalDigits) return std::nullopt;
  digits.append(fraction).append(kDecimalDigits - fraction.size(), '0');
  const auto value = whole_number(digits);
  return value ? biased(TermClass::Decimal, *value) : std::nullopt;
}

static std::optional<std::int64_t> field(std::string_view text, std::size_t at, std::size_t size) {
  const auto value = whole_number(text.substr(at, size));
  return value && *value >= 0 ? value : std::nullopt;
}

// `2026-11-24T00:26:01` at the front of `text`, as milliseconds since 1970.
static std::optional<std::int64_t> seconds_part(std::string_view text) {
  const auto year = field(text, 0, 4), month = field(text, 5, 2), day = field(text, 8, 2);
  const auto hour = field(text, 11, 2), minute = field(text, 14, 2), second = field(text, 17, 2);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return (((days * 24 + *hour) * 60 + *minute) * 60 + *second) * 1000;
}

static std::optional<TermId> inline_time(std::string_view text) {
  static constexpr std::size_t kSeconds = std::string_view("2026-11-24T00:26:01").size();
  if (text.size() <= kSeconds) return std::nullopt;
  auto value = seconds_part(text);
  if (!value) return std::nullopt;
  std::string_view rest = text.substr(kSeconds);
  std::uint64_t format = 0;
  if (rest.starts_with('.')) {
    const auto fraction = field(rest, 1, 3);
    if (!fraction || rest.size() < 5) return std::nullopt;
    *value += *fraction;
    format |= kMilliseconds;
    rest.remove_prefix(4);
  }
  if (rest == "+00:00") format |= kNumericZone;
  if (*value < -kTimeBias || *value >= kTimeBias) return std::nullopt;
  return make(TermClass::DateTime, static_cast<std::uint64_t>(*value + kTimeBias) << 2 | format);
}

static std::optional<TermId> inline_by_datatype(const rdf::TermView& literal) {
  if (literal.datatype == xsd::dateTime.iri) return inline_time(literal.value);
  if (literal.datatype == xsd::boolean.iri) return inline_boolean(literal.value);
  if (literal.datatype == xsd::integer.iri) return inline_integer(literal.value);
  if (literal.datatype == xsd::decimal.iri) return inline_decimal(literal.value);
  return std::nullopt;
}

std::optional<TermId> inline_literal(const rdf::TermView& literal) {
  static constexpr std::size_t kLongest = 32;
  if (literal.value.empty() || literal.value.size() > kLongest) return std::nullopt;
  const auto id = inline_by_datatype(literal);
  if (!id || spell_inlined(*id) != literal.value) return std::nullopt;
  return id;
}

bool is_inlined(TermId id) {
  return rdf::term_class(id) >= TermClass::Boolean && rdf::term_class(id) <= TermClass::DateTime;
}

static std::string spell_decimal(std::int64_t millionths) {
  const auto size = static_cast<std::uint64_t>(millionths < 0 ? -millionths : millionths);
  char buffer[40];
  std::snprintf(buffer, sizeof buffer, "%s%llu.%06llu", millionths < 0 ? "-" : "",
                static_cast<unsigned long long>(size / kDecimalScale),
                static_cast<unsigned long long>(size % kDecimalScale));
  std::string text = buffer;
  while (text.ends_with('0') && text[text.size() - 2] != '.') text.pop_back();
  return text;
}

static std::string spell_time(std::uint64_t payload) {
  const std::chrono::sys_time<std::chrono::milliseconds> time{
      std::chrono::milliseconds(static_cast<std::int64_t>(payload >> 2) - kTimeBias)};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  char buffer[80];
  const int size = std::snprintf(
      buffer, sizeof buffer, "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()));
  std::string text(buffer, static_cast<std::size_t>(size));
  if ((payload & kMilliseconds) != 0) {
    std::snprintf(buffer, sizeof buffer, ".%03d", static_cast<int>(clock.subseconds().count()));
    text += buffer;
  }
  return text + ((payload & kNumericZone) != 0 ? "+00:00" : "Z");
}

std::string spell_inlined(TermId id) {
  const std::uint64_t payload = number(id) & kPayloadMask;
  const std::int64_t value = static_cast<std::int64_t>(payload) - kIntegerBias;
  switch (rdf::term_class(id)) {
    case TermClass::Boolean:
      return payload != 0 ? "true" : "false";
    case TermClass::Integer:
      return std::to_string(value);
    case TermClass::Decimal:
      return spell_decimal(value);
    case TermClass::DateTime:
      return spell_time(payload);
    default:
      return {};
  }
}

std::string_view inlined_datatype(TermId id) {
  switch (rdf::term_class(id)) {
    case TermClass::Boolean:
      return xsd::boolean.iri;
    case TermClass::Integer:
      return xsd::integer.iri;
    case TermClass::Decimal:
      return xsd::decimal.iri;
    default:
      return xsd::dateTime.iri;
  }
}

std::string blank_label(TermId id) { return "b" + std::to_string(number(id) & kPayloadMask); }

std::optional<rdf::TermView> spell(TermId id, std::string& space) {
  if (rdf::is_blank(id)) {
    space = blank_label(id);
    return rdf::TermView{rdf::TermKind::Blank, space, {}, {}};
  }
  if (!is_inlined(id)) return std::nullopt;
  space = spell_inlined(id);
  return rdf::TermView{rdf::TermKind::Literal, space, inlined_datatype(id), {}};
}

}  // namespace qp::store
