#include "sparql/lexer.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "base/text.hpp"

namespace qp::sparql {

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
static bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

namespace {

struct CodePoint {
  std::uint32_t value = 0;
  std::size_t size = 0;
};

// `text` is UTF-8: the parser has seen to that.
CodePoint code_point(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.empty() ? 0 : text[0]);
  if (lead < 0x80) return {lead, text.empty() ? 0U : 1U};
  const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  std::uint32_t value = lead & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i < size && i < text.size(); ++i) {
    value = value << 6 | (static_cast<unsigned char>(text[i]) & 0x3FU);
  }
  return {value, std::min(size, text.size())};
}

struct Range {
  std::uint32_t first, last;
};
constexpr std::array kNameBase{
    Range{'A', 'Z'},       Range{'a', 'z'},         Range{0xC0, 0xD6},     Range{0xD8, 0xF6},
    Range{0xF8, 0x2FF},    Range{0x370, 0x37D},     Range{0x37F, 0x1FFF},  Range{0x200C, 0x200D},
    Range{0x2070, 0x218F}, Range{0x2C00, 0x2FEF},   Range{0x3001, 0xD7FF}, Range{0xF900, 0xFDCF},
    Range{0xFDF0, 0xFFFD}, Range{0x10000, 0xEFFFF},
};

bool is_base(std::uint32_t c) {  // PN_CHARS_BASE
  return std::any_of(kNameBase.begin(), kNameBase.end(),
                     [c](const Range& range) { return c >= range.first && c <= range.last; });
}
bool is_start(std::uint32_t c) { return c == '_' || is_base(c); }  // PN_CHARS_U
bool is_variable(std::uint32_t c) {                                // VARNAME behind its start
  return is_start(c) || (c >= '0' && c <= '9') || c == 0xB7 || (c >= 0x300 && c <= 0x36F) ||
         (c >= 0x203F && c <= 0x2040);
}
bool is_name(std::uint32_t c) { return c == '-' || is_variable(c); }  // PN_CHARS

/// How many bytes at the front of `text` are in a row of what `allowed` allows.
template <class Allowed>
std::size_t run(std::string_view text, Allowed allowed) {
  std::size_t size = 0;
  while (size < text.size()) {
    const CodePoint next = code_point(text.substr(size));
    if (!allowed(next.value)) break;
    size += next.size;
  }
  return size;
}

/// The same with dots inside, but not at the end.
std::size_t dotted_run(std::string_view text) {
  std::size_t size = run(text, [](std::uint32_t c) { return c == '.' || is_name(c); });
  while (size > 0 && text[size - 1] == '.') --size;
  return size;
}

std::optional<std::uint32_t> hex_value(std::string_view digits) {
  if (!std::all_of(digits.begin(), digits.end(), is_hex)) return std::nullopt;
  std::uint32_t value = 0;
  for (const char c : digits) {
    const int digit = is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10;
    value = value << 4 | static_cast<std::uint32_t>(digit);
  }
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (surrogate || value > 0x10FFFF) return std::nullopt;
  return value;
}

}  // namespace

Lexer::Lexer(std::string_view text) : given_(text) { replace_escapes(text); }

// 19.2. A backslash that is escaped itself begins no escape.
void Lexer::replace_escapes(std::string_view text) {
  text_.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const char kind = i + 1 < text.size() ? text[i + 1] : '\0';
    if (text[i] != '\\' || (kind != 'u' && kind != 'U')) {
      const std::size_t size = text[i] == '\\' && kind == '\\' ? 2 : 1;
      text_.append(text.substr(i, size));
      i += size;
      continue;
    }
    const std::size_t digits = kind == 'u' ? 4 : 8;
    const std::string_view written = text.substr(i + 2, digits);
    const auto value = written.size() == digits ? hex_value(written) : std::nullopt;
    if (!value && trouble_.empty()) {
      trouble_ = "an escape that is no character: \\" + std::string(1, kind);
      trouble_at_ = text_.size();
    }
    text::append_utf8(text_, value.value_or(0xFFFD));
    i += 2 + written.size();
    shifts_.emplace_back(text_.size(), i);
  }
}

Position Lexer::position(std::size_t offset) const {
  const auto after =
      std::upper_bound(shifts_.begin(), shifts_.end(), std::pair{offset, std::string::npos});
  std::size_t given = offset;
  if (after != shifts_.begin()) given = offset - std::prev(after)->first + std::prev(after)->second;
  given = std::min(given, given_.size());
  if (given < counted_to_) {
    counted_to_ = 0;
    counted_ = {1, 1};
  }
  for (; counted_to_ < given; ++counted_to_) {
    const char c = given_[counted_to_];
    if (c == '\n') {
      ++counted_.line;
      counted_.column = 1;
    } else if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80) {
      ++counted_.column;
    }
  }
  return counted_;
}

void Lexer::skip_space() {
  after_space_ = false;
  while (here_ < text_.size()) {
    const char c = text_[here_];
    if (c == '#') {
      while (here_ < text_.size() && text_[here_] != '\n' && text_[here_] != '\r') ++here_;
    } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      ++here_;
    } else {
      return;
    }
    after_space_ = true;
  }
}

Token Lexer::token(Token::Kind kind, std::size_t size, std::string value) {
  Token made{kind,        std::string_view(text_).substr(here_, size), {}, std::move(value), here_,
             after_space_};
  here_ += size;
  return made;
}

Token Lexer::bad(std::string why, std::size_t size) {
  return token(Token::Kind::Bad, std::min(size, text_.size() - here_), std::move(why));
}

bool Lexer::begins_number() const { return is_digit(at(0)) || (at(0) == '.' && is_digit(at(1))); }

Token Lexer::next() {
  skip_space();
  if (!trouble_.empty() && here_ >= trouble_at_) return bad(trouble_);
  if (here_ >= text_.size()) return token(Token::Kind::End, 0);
  const char c = text_[here_];
  if (c == '<') return iri_or_less();
  if (c == '?' || c == '$') return variable_or_question();
  if (c == '"' || c == '\'') return string();
  if (begins_number()) return number();
  if (c == '_' && at(1) == ':') return blank();
  if (c == '@') return language();
  if (c == ':') return prefixed(0);
  if (is_start(code_point(std::string_view(text_).substr(here_)).value)) return name();
  return punct();
}

// IRIREF where it is one, else `<` or `<=`.
Token Lexer::iri_or_less() {
  const auto allowed = [](char c) {
    return static_cast<unsigned char>(c) > 0x20 &&
           std::string_view("<>\"{}|^`\\").find(c) == std::string_view::npos;
  };
  std::size_t size = 1;
  while (here_ + size < text_.size() && allowed(text_[here_ + size])) ++size;
  if (at(size) != '>') return punct();
  return token(Token::Kind::Iri, size + 1, text_.substr(here_ + 1, size - 1));
}

Token Lexer::variable_or_question() {
  const std::string_view rest = std::string_view(text_).substr(here_ + 1);
  const CodePoint first = code_point(rest);
  if (!is_start(first.value) && !(first.value >= '0' && first.value <= '9')) return punct();
  const std::size_t size = run(rest, is_variable);
  return token(Token::Kind::Variable, size + 1, std::string(rest.substr(0, size)));
}

// The four forms of 19.8 [156]-[160].
Token Lexer::string() {
  static constexpr std::string_view kEscapes = "tbnrf\\\"'";
  static constexpr std::string_view kMeanings = "\t\b\n\r\f\\\"'";
  const char quote = text_[here_];
  const bool is_long = at(1) == quote && at(2) == quote;
  const std::string end(is_long ? 3 : 1, quote);
  std::string value;
  for (std::size_t i = end.size(); here_ + i < text_.size();) {
    if (std::string_view(text_).substr(here_ + i).starts_with(end)) {
      return token(Token::Kind::String, i + end.size(), std::move(value));
    }
    const char c = at(i);
    if (!is_long && (c == '\n' || c == '\r')) break;
    if (c != '\\') {
      value += c;
      ++i;
      continue;
    }
    const std::size_t escape = kEscapes.find(at(i + 1));
    if (at(i + 1) == '\0' || escape == std::string_view::npos) {
      here_ += i;
      return bad(std::string("a string has no escape \\") + at(1), 2);
    }
    value += kMeanings[escape];
    i += 2;
  }
  return bad("a string without its end", text_.size());
}

Token Lexer::number() {
  std::size_t size = 0;
  while (is_digit(at(size))) ++size;
  Token::Kind kind = Token::Kind::Integer;
  std::size_t fraction = 0;
  if (at(size) == '.') {
    while (is_digit(at(size + 1 + fraction))) ++fraction;
  }
  const auto exponent_at = [&](std::size_t from) -> std::size_t {
    if (at(from) != 'e' && at(from) != 'E') return 0;
    const std::size_t sign = at(from + 1) == '+' || at(from + 1) == '-' ? 1 : 0;
    std::size_t digits = 0;
    while (is_digit(at(from + 1 + sign + digits))) ++digits;
    return digits == 0 ? 0 : 1 + sign + digits;
  };
  if (at(size) == '.' && (fraction > 0 || exponent_at(size + 1) > 0)) {
    kind = Token::Kind::Decimal;
    size += 1 + fraction;
  }
  if (const std::size_t exponent = exponent_at(size); exponent > 0) {
    kind = Token::Kind::Double;
    size += exponent;
  }
  return token(kind, size, text_.substr(here_, size));
}

Token Lexer::blank() {
  const std::string_view rest = std::string_view(text_).substr(here_ + 2);
  const std::uint32_t first = code_point(rest).value;
  const std::size_t size = dotted_run(rest);
  if (size == 0 || !(is_start(first) || (first >= '0' && first <= '9'))) {
    return bad("a blank node without a label", 2);
  }
  return token(Token::Kind::Blank, size + 2, std::string(rest.substr(0, size)));
}

Token Lexer::language() {
  std::size_t size = 1;
  while (is_letter(at(size))) ++size;
  if (size == 1) return bad("a language tag without a letter");
  while (at(size) == '-' && (is_letter(at(size + 1)) || is_digit(at(size + 1)))) {
    ++size;
    while (is_letter(at(size)) || is_digit(at(size))) ++size;
  }
  return token(Token::Kind::Language, size, text_.substr(here_ + 1, size - 1));
}

// PNAME_NS or PNAME_LN where a colon follows, else a word.
Token Lexer::name() {
  const std::string_view rest = std::string_view(text_).substr(here_);
  const std::size_t prefix = dotted_run(rest);
  if (at(prefix) == ':' && at(0) != '_') return prefixed(prefix);
  std::size_t size = 0;
  while (is_letter(at(size)) || is_digit(at(size)) || at(size) == '_') ++size;
  if (size == 0) return bad("a name without a prefix", prefix);
  return token(Token::Kind::Word, size, text_.substr(here_, size));
}

// PN_LOCAL: names, colons, %hh and \-escapes; dots inside.
Token Lexer::prefixed(std::size_t prefix_size) {
  static constexpr std::string_view kEscaped = "_~.-!$&'()*+,;=/?#@%";
  std::size_t size = prefix_size + 1, dots = 0;
  std::string local;
  while (here_ + size < text_.size()) {
    const CodePoint next = code_point(std::string_view(text_).substr(here_ + size));
    const bool first = size == prefix_size + 1;
    const auto c = static_cast<char>(next.value < 0x80 ? next.value : 0);
    std::size_t taken = 0;
    if (c == '%' && is_hex(at(size + 1)) && is_hex(at(size + 2))) {
      taken = 3;
    } else if (c == '\\' && at(size + 1) != '\0' &&
               kEscaped.find(at(size + 1)) != std::string_view::npos) {
      taken = 2;
    } else if (c == ':' || is_digit(c) || (first ? is_start(next.value) : is_name(next.value))) {
      taken = next.size;
    } else if (c != '.' || first) {
      break;
    }
    if (taken == 0) {
      ++dots;
      ++size;
      continue;
    }
    local.append(dots, '.');
    dots = 0;
    local.append(text_, here_ + size + (c == '\\' ? 1 : 0), taken - (c == '\\' ? 1 : 0));
    size += taken;
  }
  const std::size_t start = here_;
  Token made = token(Token::Kind::Prefixed, size - dots, std::move(local));
  made.prefix = std::string_view(text_).substr(start, prefix_size);
  return made;
}

Token Lexer::punct() {
  static constexpr std::array<std::string_view, 6> kDouble{"&&", "||", "!=", "<=", ">=", "^^"};
  static constexpr std::string_view kSingle = "{}()[].;,*/+-=<>!^|?";
  const std::string_view rest = std::string_view(text_).substr(here_);
  for (const std::string_view two : kDouble) {
    if (rest.starts_with(two)) return token(Token::Kind::Punct, 2);
  }
  if (kSingle.find(rest[0]) != std::string_view::npos) return token(Token::Kind::Punct, 1);
  return bad("a character that SPARQL does not use here", code_point(rest).size);
}

}  // namespace qp::sparql
