#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "rdf/term.hpp"
#include "rdf/term_id.hpp"

/// What expressions compute with: the values behind RDF terms, 17.1 to 17.3.
namespace qp::sparql {

__extension__ using Int128 = __int128;

/// xsd:decimal with 18 digits behind the point; what does not fit is nullopt.
struct Decimal {
  static constexpr int kDigits = 18;
  Int128 scaled;  ///< times 10^18

  static Decimal of(std::int64_t whole);
  static std::optional<Decimal> of(double number);
  static std::optional<Decimal> parse(std::string_view text);
  std::optional<Decimal> plus(Decimal other) const;
  std::optional<Decimal> minus(Decimal other) const;
  std::optional<Decimal> times(Decimal other) const;
  std::optional<Decimal> over(Decimal other) const;
  double as_double() const;
  /// Canonical of XSD 1.0: `2.5`, `2.0`... without the `.0` where nothing is behind the point.
  std::string text() const;
  friend auto operator<=>(const Decimal&, const Decimal&) = default;
};

/// xsd:dateTime and xsd:date: a point on the local time line and its zone.
struct DateTime {
  static constexpr std::int16_t kNoZone = 32767;
  std::int64_t micros;  ///< since 1970-01-01T00:00:00, as the clock of that zone showed it
  std::int16_t zone;    ///< minutes east, or kNoZone

  static std::optional<DateTime> parse(std::string_view text);
  static std::optional<DateTime> parse_date(std::string_view text);
  static std::optional<DateTime> parse_time(std::string_view text);  ///< on 1972-12-31
  struct Fields {
    std::int64_t year;
    unsigned month, day, hour, minute;
    std::int64_t micros;  ///< seconds and their fraction
  };
  Fields fields() const;
  std::string text() const;
};
/// -1, 0, 1; nullopt where only one has a zone and it would decide.
std::optional<int> compare(const DateTime& a, const DateTime& b);

class Value {
 public:
  enum class Kind : std::uint8_t {
    None,  ///< unbound, or a type error
    Blank,
    Iri,
    String,  ///< xsd:string
    LangString,
    Boolean,
    Integer,  ///< or derived from it
    Decimal,
    Float,
    Double,
    DateTime,
    Date,
    Time,
    Other,  ///< of another datatype, or not in the lexical space of its own
  };

  Value() = default;
  /// The value of a term; `id` is its own. What the view borrows from outlives the value.
  static Value of(const rdf::TermView& term, TermId id = TermId::None);
  /// The value of an inlined literal, without its spelling.
  static std::optional<Value> inlined(TermId id);
  static Value boolean(bool value);
  static Value integer(std::int64_t value);
  static Value decimal(sparql::Decimal value);
  static Value number(double value);  ///< xsd:double
  static Value single(float value);   ///< xsd:float
  static Value date_time(sparql::DateTime value);
  static Value string(std::string text);
  /// With a language where `language` is not empty.
  static Value string(std::string text, std::string_view language);
  static Value iri(std::string iri);
  static Value literal(std::string text, std::string_view datatype);

  Kind kind() const { return kind_; }
  bool is_none() const { return kind_ == Kind::None; }
  bool is_literal() const { return kind_ >= Kind::String; }
  bool is_numeric() const { return kind_ >= Kind::Integer && kind_ <= Kind::Double; }
  bool is_text() const { return kind_ == Kind::String || kind_ == Kind::LangString; }
  /// The id of the term that it came from; None where it was computed.
  TermId id() const { return id_; }

  /// IRI, label or lexical form; spelt now where an inlined id or a number stands for it.
  std::string lexical() const;
  /// The same of an Iri, Blank, String or LangString, or whatever came from a term with a spelling.
  std::string_view view() const { return owned_ ? std::string_view(own_) : borrowed_; }
  std::string_view datatype() const;
  std::string_view language() const {
    return !own_extra_.empty() ? std::string_view(own_extra_) : extra_;
  }
  rdf::Term term() const;

  bool as_boolean() const { return boolean_; }
  std::int64_t as_integer() const { return integer_; }
  sparql::Decimal as_decimal() const { return decimal_; }
  double as_double() const;
  const sparql::DateTime& as_date_time() const { return time_; }

 private:
  explicit Value(Kind kind) : kind_(kind) {}
  template <class Member>
  static Value with(Kind kind, Member Value::* place, Member member) {
    Value made(kind);
    made.*place = member;
    return made;
  }
  void own(std::string text) {
    own_ = std::move(text);
    owned_ = true;
  }
  void read_typed(const rdf::TermView& term);

  Kind kind_ = Kind::None;
  bool owned_ = false;
  TermId id_ = TermId::None;
  std::string_view borrowed_, extra_;  ///< extra: language, or the datatype where it is not implied
  std::string own_, own_extra_;
  union {
    bool boolean_;
    std::int64_t integer_;
    sparql::Decimal decimal_ = {0};
    double double_;
    sparql::DateTime time_;
  };
};

/// Effective boolean value, 17.2.2; nullopt: a type error.
std::optional<bool> truth(const Value& value);
/// `a = b`, 17.4.1.7 and the operators of 17.3; nullopt: a type error.
std::optional<bool> equals(const Value& a, const Value& b);
/// `a < b` and its like: -1, 0, 1, or 2 for what is neither (NaN); nullopt: a type error.
std::optional<int> compare(const Value& a, const Value& b);
/// The order of ORDER BY, 15.1, made total: -1, 0, 1.
int order(const Value& a, const Value& b);

enum class Arithmetic : std::uint8_t { Add, Subtract, Multiply, Divide };
/// With the promotions of 17.3; None: a type error, or no result.
Value calculate(Arithmetic operation, const Value& a, const Value& b);

/// xsd:double and xsd:float as XSD spells them canonically: `1.0E0`, `INF`.
std::string spell_double(double value);
std::string spell_float(float value);
std::optional<double> parse_double(std::string_view text);
std::optional<std::int64_t> parse_integer(std::string_view text);

/// A whole literal to another datatype, 17.1: the constructor function `datatype`. None: a type
/// error. nullopt: there is no such function.
std::optional<Value> cast(const Value& value, std::string_view datatype);

}  // namespace qp::sparql
