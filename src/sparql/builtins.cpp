// The functions of 17.4.
#include <openssl/evp.h>
#include <unicase.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "base/random.hpp"
#include "base/text.hpp"
#include "rdf/iri.hpp"
#include "rdf/language_tag.hpp"
#include "sparql/expression.hpp"
#include "vocab/terms.hpp"

namespace qp::sparql {

namespace {

using Kind = Value::Kind;
using Arguments = std::span<const Value>;

bool is_string(const Value& value) { return value.kind() == Kind::String; }

/// A string with the language of another.
Value like(const Value& model, std::string text) {
  return Value::string(std::move(text),
                       model.kind() == Kind::LangString ? model.language() : std::string_view());
}

/// 17.4.3.1.2: may `b` be looked for in `a`?
bool compatible(const Value& a, const Value& b) {
  if (!a.is_text() || !b.is_text()) return false;
  return is_string(b) ||
         (a.kind() == Kind::LangString && text::equals_ignoring_case(a.language(), b.language()));
}

// Terms.

Value str(const Value& value) {
  if (value.kind() == Kind::Blank) return {};
  if (is_string(value)) return value;
  return Value::string(value.lexical());
}

Value lang(const Value& value) {
  if (!value.is_literal()) return {};
  return Value::string(value.kind() == Kind::LangString ? std::string(value.language()) : "");
}

Value datatype(const Value& value) {
  return value.is_literal() ? Value::iri(std::string(value.datatype())) : Value();
}

Value iri(const Value& value, const Context& context) {
  if (value.kind() == Kind::Iri) return value;
  if (!is_string(value)) return {};
  std::string whole = rdf::resolve_iri(context.base, value.view());
  return rdf::is_absolute_iri(whole) ? Value::iri(std::move(whole)) : Value();
}

Value blank(Arguments given, Context& context) {
  if (!given.empty() && !is_string(given[0])) return {};
  const TermId id =
      given.empty() ? context.terms.new_blank() : context.blank(std::string(given[0].view()));
  return context.value(id);
}

Value string_with_datatype(const Value& text, const Value& datatype) {
  if (!is_string(text) || datatype.kind() != Kind::Iri) return {};
  if (datatype.view() == rdf::langString.iri) return {};
  return Value::literal(std::string(text.view()), datatype.view());
}

Value string_with_language(const Value& text, const Value& language) {
  if (!is_string(text) || !is_string(language) || !rdf::is_language_tag(language.view())) return {};
  const auto usual = rdf::usual_case(language.view());
  return Value::string(std::string(text.view()), usual ? *usual : language.view());
}

// RFC 4647, 3.3.1.
Value lang_matches(const Value& tag, const Value& range) {
  if (!is_string(tag) || !is_string(range)) return {};
  const std::string_view t = tag.view(), r = range.view();
  if (r == "*") return Value::boolean(!t.empty());
  const bool begins = t.size() >= r.size() && text::equals_ignoring_case(t.substr(0, r.size()), r);
  return Value::boolean(begins && (t.size() == r.size() || t[r.size()] == '-') && !r.empty());
}

bool same_term(const Value& a, const Value& b) {
  const bool has_language = a.kind() == Kind::LangString;  // the same in any case, RDF 1.1
  if (!has_language && a.id() != TermId::None && b.id() != TermId::None) return a.id() == b.id();
  return a.kind() == b.kind() && a.lexical() == b.lexical() && a.datatype() == b.datatype() &&
         (!has_language || text::equals_ignoring_case(a.language(), b.language()));
}

std::string uuid() {
  std::string bytes = random::bytes(16);
  bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80);
  std::string made = text::hex(bytes);
  for (const std::size_t at : {20, 16, 12, 8}) made.insert(at, 1, '-');
  return made;
}

// Strings.

bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

std::int64_t length(std::string_view text) {
  return std::count_if(text.begin(), text.end(), begins_character);
}

/// Where the character with this number (from 0) begins.
std::size_t offset_of(std::string_view text, std::int64_t character) {
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    if (begins_character(text[at]) && character-- == 0) break;
  }
  return at;
}

// F&O 5.4.3: positions count from 1 and are rounded.
Value substr(Arguments given) {
  if (!given[0].is_text() || !given[1].is_numeric()) return {};
  const std::string_view text = given[0].view();
  const double total = static_cast<double>(length(text));
  const double first = std::round(given[1].as_double());
  double end = total + 1;
  if (given.size() == 3) {
    if (!given[2].is_numeric()) return {};
    end = first + std::round(given[2].as_double());
  }
  const double from = std::max(first, 1.0), to = std::min(end, total + 1);
  if (!(from < to)) return like(given[0], "");
  const std::size_t a = offset_of(text, static_cast<std::int64_t>(from) - 1);
  const std::size_t size = offset_of(text.substr(a), static_cast<std::int64_t>(to - from));
  return like(given[0], std::string(text.substr(a, size)));
}

using CaseMap = std::uint8_t* (*)(const std::uint8_t*, std::size_t, const char*, uninorm_t,
                                  std::uint8_t*, std::size_t*);
/// Enough for a function that nothing interrupts. False: the query fails.
bool is_short(std::string_view text, Context& context) {
  if (text.size() <= Regex::kTextBytes) return true;
  context.fail(error(Code::TooLarge, "a text of more than " + std::to_string(Regex::kTextBytes) +
                                         " bytes is too long for this function"));
  return false;
}

Value with_case(const Value& value, CaseMap map, Context& context) {
  if (!value.is_text() || !is_short(value.view(), context)) return {};
  const std::string_view text = value.view();
  if (std::all_of(text.begin(), text.end(), [](unsigned char each) { return each < 0x80; })) {
    const char first = map == u8_toupper ? 'a' : 'A';
    std::string made(text);
    for (char& each : made) {
      if (each >= first && each <= first + 25) each ^= 0x20;
    }
    return like(value, std::move(made));
  }
  std::size_t size = 0;
  std::uint8_t* made = map(reinterpret_cast<const std::uint8_t*>(text.data()), text.size(), "",
                           nullptr, nullptr, &size);
  if (made == nullptr) return text.empty() ? value : Value();
  std::string owned(reinterpret_cast<const char*>(made), size);
  std::free(made);
  return like(value, std::move(owned));
}

Value before(const Value& text, const Value& mark) {
  if (!compatible(text, mark)) return {};
  const std::size_t at = text.view().find(mark.view());
  if (at == std::string_view::npos) return Value::string("");
  return like(text, std::string(text.view().substr(0, at)));
}

Value after(const Value& text, const Value& mark) {
  if (!compatible(text, mark)) return {};
  const std::size_t at = text.view().find(mark.view());
  if (at == std::string_view::npos) return Value::string("");
  return like(text, std::string(text.view().substr(at + mark.view().size())));
}

Value concat(Arguments given) {
  std::string made;
  bool one_language = !given.empty();
  for (const Value& value : given) {
    if (!value.is_text()) return {};
    if (made.size() + value.view().size() > limits::kSparqlStringBytes) return {};
    made += value.view();
    one_language =
        one_language && value.kind() == Kind::LangString && value.language() == given[0].language();
  }
  return Value::string(std::move(made), one_language ? given[0].language() : std::string_view());
}

Value regex(Arguments given, Context& context) {
  if (!given[0].is_text() || !is_string(given[1])) return {};
  if (given.size() == 3 && !is_string(given[2])) return {};
  const auto matcher = context.regex(given[1].view(), given.size() == 3 ? given[2].view() : "");
  if (!matcher || !is_short(given[0].view(), context)) return {};
  return Value::boolean(matcher->matches(given[0].view()));
}

Value replace(Arguments given, Context& context) {
  static constexpr std::size_t kStepsOfAMatch = 16;
  if (!given[0].is_text() || !is_string(given[1]) || !is_string(given[2])) return {};
  if (given.size() == 4 && !is_string(given[3])) return {};
  const auto matcher = context.regex(given[1].view(), given.size() == 4 ? given[3].view() : "");
  if (!matcher || !is_short(given[0].view(), context)) return {};
  const auto may_go_on = [&context](std::size_t bytes) {
    return bytes <= limits::kSparqlStringBytes && context.tick(kStepsOfAMatch).has_value();
  };
  auto made = matcher->replace(given[0].view(), given[2].view(), may_go_on);
  if (!made || made->size() > limits::kSparqlStringBytes) return {};
  return like(given[0], *std::move(made));
}

Value hash(const Value& value, const EVP_MD* method) {
  if (!is_string(value)) return {};
  const std::string_view text = value.view();
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (EVP_Digest(text.data(), text.size(), digest, &size, method, nullptr) != 1) return {};
  return Value::string(text::hex({reinterpret_cast<const char*>(digest), size}));
}

// Numbers.

Value absolute(const Value& value) {
  switch (value.kind()) {
    case Kind::Integer:
      if (value.as_integer() >= 0) return Value::integer(value.as_integer());
      return calculate(Arithmetic::Subtract, Value::integer(0), value);
    case Kind::Decimal: {
      if (value.as_decimal().scaled >= 0) return Value::decimal(value.as_decimal());
      const auto positive = Decimal{}.minus(value.as_decimal());
      return positive ? Value::decimal(*positive) : Value();
    }
    case Kind::Float:
      return Value::single(std::fabs(static_cast<float>(value.as_double())));
    case Kind::Double:
      return Value::number(std::fabs(value.as_double()));
    default:
      return {};
  }
}

enum class Way { Up, Down, Nearest };

Value rounded(const Value& value, Way way) {
  const auto number = [way](double x) {
    if (way == Way::Up) return std::ceil(x);
    const double below = std::floor(x);
    return way == Way::Nearest && x - below >= 0.5 ? below + 1 : below;
  };
  switch (value.kind()) {
    case Kind::Integer:
      return Value::integer(value.as_integer());
    case Kind::Decimal: {
      const Int128 one = Decimal::of(std::int64_t{1}).scaled;
      Int128 scaled = value.as_decimal().scaled;
      const Int128 more = way == Way::Up ? one - 1 : way == Way::Nearest ? one / 2 : 0;
      if (__builtin_add_overflow(scaled, more, &scaled)) return {};
      Int128 whole = scaled / one;
      if (scaled % one < 0) --whole;
      if (__builtin_mul_overflow(whole, one, &whole)) return {};
      return Value::decimal({whole});
    }
    case Kind::Float:
      return Value::single(static_cast<float>(number(value.as_double())));
    case Kind::Double:
      return Value::number(number(value.as_double()));
    default:
      return {};
  }
}

// Times.

Value part(const Value& value, Builtin builtin) {
  const bool date = value.kind() == Kind::Date;
  if (value.kind() != Kind::DateTime && !date && value.kind() != Kind::Time) return {};
  const DateTime::Fields fields = value.as_date_time().fields();
  switch (builtin) {
    case Builtin::Year:
      return value.kind() == Kind::Time ? Value() : Value::integer(fields.year);
    case Builtin::Month:
      return value.kind() == Kind::Time ? Value() : Value::integer(fields.month);
    case Builtin::Day:
      return value.kind() == Kind::Time ? Value() : Value::integer(fields.day);
    case Builtin::Hours:
      return date ? Value() : Value::integer(fields.hour);
    case Builtin::Minutes:
      return date ? Value() : Value::integer(fields.minute);
    default:
      return date ? Value()
                  : Value::decimal({static_cast<Int128>(fields.micros) * 1'000'000'000'000});
  }
}

Value zone_name(const Value& value) {
  if (value.kind() < Kind::DateTime || value.kind() > Kind::Time) return {};
  const std::int16_t zone = value.as_date_time().zone;
  if (zone == DateTime::kNoZone) return Value::string("");
  // As written: `Z` and `+00:00` are one zone with two names.
  const std::string text = value.lexical();
  const std::size_t at = text.find_last_of("Z+-");
  return Value::string(text.substr(at));
}

Value zone(const Value& value) {
  if (value.kind() < Kind::DateTime || value.kind() > Kind::Time) return {};
  const int minutes = value.as_date_time().zone;
  if (minutes == DateTime::kNoZone) return {};
  std::string made = minutes < 0 ? "-PT" : "PT";
  const int size = std::abs(minutes);
  if (size >= 60) made += std::to_string(size / 60) + "H";
  if (size % 60 != 0) made += std::to_string(size % 60) + "M";
  if (size == 0) made += "0S";
  return Value::literal(std::move(made), xsd::dayTimeDuration.iri);
}

double random_number() {
  const std::string bytes = random::bytes(8);
  std::uint64_t bits = 0;
  for (const char c : bytes) bits = bits << 8 | static_cast<unsigned char>(c);
  return static_cast<double>(bits >> 11) * 0x1.0p-53;
}

Value call_on_terms(Builtin builtin, Arguments given, Context& context) {
  switch (builtin) {
    case Builtin::Str:
      return str(given[0]);
    case Builtin::Lang:
      return lang(given[0]);
    case Builtin::LangMatches:
      return lang_matches(given[0], given[1]);
    case Builtin::Datatype:
      return datatype(given[0]);
    case Builtin::Iri:
      return iri(given[0], context);
    case Builtin::Bnode:
      return blank(given, context);
    case Builtin::StrDt:
      return string_with_datatype(given[0], given[1]);
    case Builtin::StrLang:
      return string_with_language(given[0], given[1]);
    case Builtin::Uuid:
      return Value::iri("urn:uuid:" + uuid());
    case Builtin::StrUuid:
      return Value::string(uuid());
    case Builtin::SameTerm:
      return Value::boolean(same_term(given[0], given[1]));
    case Builtin::IsIri:
      return Value::boolean(given[0].kind() == Kind::Iri);
    case Builtin::IsBlank:
      return Value::boolean(given[0].kind() == Kind::Blank);
    case Builtin::IsLiteral:
      return Value::boolean(given[0].is_literal());
    case Builtin::IsNumeric:
      return Value::boolean(given[0].is_numeric());
    default:
      return {};
  }
}

Value call_on_strings(Builtin builtin, Arguments given, Context& context) {
  switch (builtin) {
    case Builtin::Concat:
      return concat(given);
    case Builtin::StrLen:
      return given[0].is_text() ? Value::integer(length(given[0].view())) : Value();
    case Builtin::UCase:
      return with_case(given[0], u8_toupper, context);
    case Builtin::LCase:
      return with_case(given[0], u8_tolower, context);
    case Builtin::EncodeForUri:
      return given[0].is_text() ? Value::string(text::percent_encode(given[0].view())) : Value();
    case Builtin::Contains:
      if (!compatible(given[0], given[1])) return {};
      return Value::boolean(given[0].view().find(given[1].view()) != std::string_view::npos);
    case Builtin::StrStarts:
      if (!compatible(given[0], given[1])) return {};
      return Value::boolean(given[0].view().starts_with(given[1].view()));
    case Builtin::StrEnds:
      if (!compatible(given[0], given[1])) return {};
      return Value::boolean(given[0].view().ends_with(given[1].view()));
    case Builtin::StrBefore:
      return before(given[0], given[1]);
    case Builtin::StrAfter:
      return after(given[0], given[1]);
    case Builtin::Substr:
      return substr(given);
    case Builtin::Regex:
      return regex(given, context);
    case Builtin::Replace:
      return replace(given, context);
    case Builtin::Md5:
      return hash(given[0], EVP_md5());
    case Builtin::Sha1:
      return hash(given[0], EVP_sha1());
    case Builtin::Sha256:
      return hash(given[0], EVP_sha256());
    case Builtin::Sha384:
      return hash(given[0], EVP_sha384());
    case Builtin::Sha512:
      return hash(given[0], EVP_sha512());
    default:
      return call_on_terms(builtin, given, context);
  }
}

}  // namespace

Value call_builtin(Builtin builtin, Arguments given, Context& context) {
  switch (builtin) {
    case Builtin::Rand:
      return Value::number(random_number());
    case Builtin::Abs:
      return absolute(given[0]);
    case Builtin::Ceil:
      return rounded(given[0], Way::Up);
    case Builtin::Floor:
      return rounded(given[0], Way::Down);
    case Builtin::Round:
      return rounded(given[0], Way::Nearest);
    case Builtin::Now:
      return Value::date_time(context.now());
    case Builtin::Year:
    case Builtin::Month:
    case Builtin::Day:
    case Builtin::Hours:
    case Builtin::Minutes:
    case Builtin::Seconds:
      return part(given[0], builtin);
    case Builtin::Timezone:
      return zone(given[0]);
    case Builtin::Tz:
      return zone_name(given[0]);
    default:
      return call_on_strings(builtin, given, context);
  }
}

}  // namespace qp::sparql
