#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sparql/ast.hpp"

namespace qp::sparql {

/// A terminal of the grammar, 19.8.
struct Token {
  enum class Kind : std::uint8_t {
    End,
    Iri,       ///< `value` without the angle brackets, as written
    Prefixed,  ///< `prefix` and `value`, the local part without its escapes
    Variable,  ///< `value` without `?` or `$`
    Blank,     ///< `value` without `_:`
    String,    ///< `value` without its escapes
    Language,  ///< `value` without `@`
    Integer,   ///< numbers have no sign here
    Decimal,
    Double,
    Word,   ///< keywords, `a`, names of functions
    Punct,  ///< `{`, `&&` ...
    Bad,    ///< no token; `value` says why
  };
  Kind kind = Kind::End;
  std::string_view text;  ///< as written
  std::string_view prefix;
  std::string value;
  std::size_t offset = 0;
  bool after_space = false;  ///< something is between it and the token before
};

/// The tokens of a text, one after the other.
class Lexer {
 public:
  /// Codepoint escapes (19.2) are replaced first. Views of tokens borrow from the lexer.
  explicit Lexer(std::string_view text);
  Lexer(const Lexer&) = delete;

  Token next();
  /// Where the byte at `offset` of a token is in the text as it was given.
  Position position(std::size_t offset) const;

 private:
  void replace_escapes(std::string_view text);
  void skip_space();
  Token token(Token::Kind kind, std::size_t size, std::string value = {});
  Token bad(std::string why, std::size_t size = 1);
  Token iri_or_less();
  Token variable_or_question();
  Token string();
  Token number();
  Token blank();
  Token language();
  Token name();
  Token punct();
  Token prefixed(std::size_t prefix_size);
  bool begins_number() const;
  char at(std::size_t ahead) const {
    return here_ + ahead < text_.size() ? text_[here_ + ahead] : '\0';
  }

  std::string_view given_;
  std::string text_;
  /// Where text_ and given_ run apart: offsets of both just behind each replaced escape.
  std::vector<std::pair<std::size_t, std::size_t>> shifts_;
  std::string trouble_;  ///< of an escape
  std::size_t trouble_at_ = 0;
  std::size_t here_ = 0;
  bool after_space_ = false;
  /// How far `position` has counted: it is asked from the front to the back.
  mutable std::size_t counted_to_ = 0;
  mutable Position counted_{1, 1};
};

}  // namespace qp::sparql
