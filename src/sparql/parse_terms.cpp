#include "rdf/iri.hpp"
#include "rdf/language_tag.hpp"
#include "sparql/parser_state.hpp"
#include "vocab/terms.hpp"

namespace qp::sparql {

// [4] Prologue
Result<void> Parser::prologue() {
  while (true) {
    if (take_word("BASE")) {
      if (now_.kind != Token::Kind::Iri) return unexpected("<IRI>", "BASE <https://example.org/>");
      base_ = QP_TRY(resolved(now_.value));
      advance();
    } else if (take_word("PREFIX")) {
      if (now_.kind != Token::Kind::Prefixed || !now_.value.empty()) {
        return unexpected("a prefix", "PREFIX as: <https://www.w3.org/ns/activitystreams#>");
      }
      const std::string prefix(now_.prefix);
      advance();
      if (now_.kind != Token::Kind::Iri) return unexpected("<IRI>");
      prefixes_[prefix] = QP_TRY(resolved(now_.value));
      advance();
    } else {
      return {};
    }
  }
}

Result<std::string> Parser::resolved(const std::string& reference) {
  // 4.1.1: nothing but what makes it absolute is done to an IRI.
  std::string whole = rdf::has_scheme(reference) ? reference : rdf::resolve_iri(base_, reference);
  if (!rdf::is_absolute_iri(whole)) {
    return fail("<" + reference + "> is no absolute IRI",
                base_.empty() ? "BASE <...> would make it one" : "");
  }
  return whole;
}

// [136] iri
Result<std::string> Parser::iri() {
  std::string found;
  if (now_.kind == Token::Kind::Iri) {
    found = QP_TRY(resolved(now_.value));
  } else if (now_.kind == Token::Kind::Prefixed) {
    const auto declared = prefixes_.find(now_.prefix);
    if (declared != prefixes_.end()) {
      found = declared->second + now_.value;
    } else {
      const std::string_view known =
          options_.known_prefix != nullptr ? options_.known_prefix(now_.prefix) : "";
      const std::string prefix = std::string(now_.prefix) + ":";
      if (known.empty()) {
        return fail("the prefix " + prefix + " is not declared",
                    "begin with PREFIX " + prefix + " <...>");
      }
      found = std::string(known) + now_.value;
    }
    if (!rdf::is_absolute_iri(found)) return fail("<" + found + "> is no absolute IRI");
  } else {
    return unexpected("an IRI");
  }
  advance();
  return found;
}

// [129] RDFLiteral
Result<rdf::Term> Parser::string_literal() {
  rdf::Term literal = rdf::Term::literal(now_.value, std::string(xsd::string.iri));
  advance();
  if (now_.kind == Token::Kind::Language) {
    literal.language = now_.value;
    literal.datatype = rdf::langString.iri;
    if (!rdf::is_language_tag(literal.language)) return fail("no language tag");
    if (auto usual = rdf::usual_case(literal.language)) literal.language = *std::move(usual);
    advance();
  } else if (take_punct("^^")) {
    literal.datatype = QP_TRY(iri());
    if (literal.datatype == rdf::langString.iri) {
      return fail("an rdf:langString without a language", "\"...\"@en");
    }
  }
  return literal;
}

bool Parser::at_number() const {
  return now_.kind == Token::Kind::Integer || now_.kind == Token::Kind::Decimal ||
         now_.kind == Token::Kind::Double;
}

bool Parser::at_signed_number() const {
  if (at_number()) return true;
  const bool number = ahead_.kind == Token::Kind::Integer || ahead_.kind == Token::Kind::Decimal ||
                      ahead_.kind == Token::Kind::Double;
  return (at_punct("+") || at_punct("-")) && number && !ahead_.after_space;
}

// [130] NumericLiteral
Result<rdf::Term> Parser::number_literal() {
  std::string sign;
  if (!at_number()) {
    sign = now_.text;
    advance();
  }
  const std::string_view datatype = now_.kind == Token::Kind::Integer   ? xsd::integer.iri
                                    : now_.kind == Token::Kind::Decimal ? xsd::decimal.iri
                                                                        : xsd::double_.iri;
  rdf::Term literal = rdf::Term::literal(sign + now_.value, std::string(datatype));
  advance();
  return literal;
}

Variable Parser::fresh_variable(std::string name) {
  names_.push_back(std::move(name));
  return static_cast<Variable>(names_.size() - 1);
}

Variable Parser::variable(std::string name) {
  const auto known = scopes_.back().find(name);
  if (known != scopes_.back().end()) return known->second;
  Variable made = fresh_variable(name);
  scopes_.back().emplace(std::move(name), made);
  return made;
}

// [108] Var
Result<Variable> Parser::var() {
  if (now_.kind != Token::Kind::Variable) return unexpected("a variable", "?name");
  if (!variables_allowed_) {
    return fail("a variable in data", "DELETE or INSERT with WHERE takes variables");
  }
  Variable found = variable(now_.value);
  if (names_.size() > kVariables) return fail("more variables than are read");
  advance();
  return found;
}

// [107] VarOrIri
Result<Node> Parser::var_or_iri() {
  if (now_.kind == Token::Kind::Variable) return Node(QP_TRY(var()));
  return Node(rdf::Term::iri(QP_TRY(iri())));
}

Result<Node> Parser::fresh_blank() {
  const std::string label = "." + std::to_string(++fresh_);  // no label begins with a dot
  if (names_.size() > kVariables) return fail("more blank nodes than are read");
  if (blanks_ == Blanks::Variables) return Node(fresh_variable("_:" + label));
  if (blanks_ == Blanks::Terms) return Node(rdf::Term::blank(label));
  return fail("a blank node in what is deleted", "a variable and WHERE would match it");
}

// [138] BlankNode
Result<Node> Parser::blank_node() {
  const std::string label = now_.value;
  if (blanks_ == Blanks::Forbidden) return fresh_blank();
  if (blanks_ == Blanks::Terms) {
    if (data_labels_.contains(label)) {
      return fail("_:" + label + " is in an earlier operation already", "take another label");
    }
    advance();
    return Node(rdf::Term::blank(label));
  }
  const auto known = labels_.find(label);
  if (known != labels_.end() && known->second.first != pattern_) {
    return fail("_:" + label + " is in another basic graph pattern already",
                "a variable may be in both");
  }
  advance();
  if (known != labels_.end()) return Node(known->second.second);
  const Variable made = fresh_variable("_:" + label);
  labels_.emplace(label, std::pair{pattern_, made});
  return Node(made);
}

bool Parser::at_node() const {
  return at_iri() || now_.kind == Token::Kind::Variable || now_.kind == Token::Kind::Blank ||
         now_.kind == Token::Kind::String || at_signed_number() || at_punct("(") || at_punct("[") ||
         at_word("true") || at_word("false");
}

// [106] VarOrTerm, [109] GraphTerm
Result<Node> Parser::graph_term() {
  if (now_.kind == Token::Kind::Variable) return Node(QP_TRY(var()));
  if (at_iri()) return Node(rdf::Term::iri(QP_TRY(iri())));
  if (now_.kind == Token::Kind::String) return Node(QP_TRY(string_literal()));
  if (at_signed_number()) return Node(QP_TRY(number_literal()));
  if (now_.kind == Token::Kind::Blank) return blank_node();
  if (at_word("true") || at_word("false")) {
    rdf::Term literal =
        rdf::Term::literal(at_word("true") ? "true" : "false", std::string(xsd::boolean.iri));
    advance();
    return Node(std::move(literal));
  }
  return unexpected("a term or a variable");
}

}  // namespace qp::sparql
