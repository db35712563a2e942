#include "sparql/parser.hpp"

#include "base/limits.hpp"
#include "base/text.hpp"
#include "sparql/parser_state.hpp"
#include "vocab/prefixes.hpp"

namespace qp::sparql {

Parser::Parser(std::string_view text, const ParseOptions& options)
    : lexer_(text), options_(options), base_(options.base) {
  scopes_.emplace_back();
  now_ = lexer_.next();
  ahead_ = lexer_.next();
}

void Parser::advance() {
  static constexpr std::size_t kTokensBetweenLooks = 256;
  if (++tokens_ % kTokensBetweenLooks == 0) is_late_ = is_late_ || options_.deadline.is_over();
  now_ = is_late_ ? Token() : std::move(ahead_);
  ahead_ = is_late_ ? Token() : lexer_.next();
}

bool Parser::is_word(const Token& token, std::string_view word) {
  return token.kind == Token::Kind::Word && text::equals_ignoring_case(token.text, word);
}

bool Parser::is_punct(const Token& token, std::string_view punct) {
  return token.kind == Token::Kind::Punct && token.text == punct;
}

bool Parser::take_word(std::string_view word) {
  if (!at_word(word)) return false;
  advance();
  return true;
}

bool Parser::take_punct(std::string_view punct) {
  if (!at_punct(punct)) return false;
  advance();
  return true;
}

Result<void> Parser::expect_word(std::string_view word, std::string_view hint) {
  if (take_word(word)) return {};
  return unexpected(word, hint);
}

Result<void> Parser::expect_punct(std::string_view punct, std::string_view hint) {
  if (take_punct(punct)) return {};
  return unexpected("'" + std::string(punct) + "'", hint);
}

Error Parser::fail_at(Position at, std::string what, std::string hint, Code code) {
  fault_ = {at, std::move(what), std::move(hint)};
  std::string said = "line " + std::to_string(at.line) + ", column " + std::to_string(at.column) +
                     ": " + fault_.what;
  if (!fault_.hint.empty()) said += " (" + fault_.hint + ")";
  return error(code, std::move(said));
}

Error Parser::unexpected(std::string_view wanted, std::string_view hint) {
  if (now_.kind == Token::Kind::Bad) return fail(now_.value, std::string(hint));
  static constexpr std::size_t kShown = 40;
  std::string found = "the end";
  if (now_.kind != Token::Kind::End) {
    std::size_t shown = std::min(now_.text.size(), kShown);
    while (shown < now_.text.size() &&
           (static_cast<unsigned char>(now_.text[shown]) & 0xC0U) == 0x80) {
      --shown;  // whole letters
    }
    found = "'" + std::string(now_.text.substr(0, shown)) + "'";
  }
  if (hint.empty() && now_.text == "<") hint = "no IRI has a space or one of <\"{}|^` in it";
  return fail("expected " + std::string(wanted) + ", found " + found, std::string(hint));
}

Result<void> Parser::check_depth() {
  if (depth_ <= limits::kSparqlDepth) return {};
  return fail_at(position(), "nested more than " + std::to_string(limits::kSparqlDepth) + " deep",
                 {}, Code::TooLarge);
}

std::string_view vocabulary_prefix(std::string_view prefix) {
  for (const vocab::Prefix& known : vocab::prefixes()) {
    if (known.name == prefix) return known.iri;
  }
  return {};
}

template <class Read>
static auto parse(std::string_view text, const ParseOptions& options, Fault* fault, Read read)
    -> decltype(read(std::declval<Parser&>())) {
  Fault unread;
  Fault& told = fault != nullptr ? *fault : unread;
  if (text.size() > limits::kSparqlBytes) {
    told = {{1, 1}, "longer than " + std::to_string(limits::kSparqlBytes) + " bytes", {}};
    return error(Code::TooLarge, told.what);
  }
  if (!text::is_utf8(text)) {
    told = {{1, 1}, "the text is not UTF-8", {}};
    return bad_input(told.what);
  }
  Parser parser(text, options);
  auto made = read(parser);
  if (parser.is_late() || options.deadline.is_over()) return options.deadline.passed();
  if (!made) told = parser.fault();
  return made;
}

Result<Query> parse_query(std::string_view text, const ParseOptions& options, Fault* fault) {
  return parse(text, options, fault, [](Parser& parser) { return parser.query(); });
}

Result<Update> parse_update(std::string_view text, const ParseOptions& options, Fault* fault) {
  return parse(text, options, fault, [](Parser& parser) { return parser.update(); });
}

}  // namespace qp::sparql
