#include <algorithm>
#include <iterator>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "sparql/parser_state.hpp"
#include "vocab/terms.hpp"

namespace qp::sparql {

/// How a function is written: its keyword and how many arguments it takes.
struct BuiltinRow {
  std::string_view name;
  Builtin builtin;
  std::size_t fewest, most;
};

static constexpr std::size_t kAny = 1000;

// [121] BuiltInCall
static constexpr BuiltinRow kBuiltins[] = {
    {"STR", Builtin::Str, 1, 1},
    {"LANG", Builtin::Lang, 1, 1},
    {"LANGMATCHES", Builtin::LangMatches, 2, 2},
    {"DATATYPE", Builtin::Datatype, 1, 1},
    {"BOUND", Builtin::Bound, 1, 1},
    {"IRI", Builtin::Iri, 1, 1},
    {"URI", Builtin::Iri, 1, 1},
    {"BNODE", Builtin::Bnode, 0, 1},
    {"RAND", Builtin::Rand, 0, 0},
    {"ABS", Builtin::Abs, 1, 1},
    {"CEIL", Builtin::Ceil, 1, 1},
    {"FLOOR", Builtin::Floor, 1, 1},
    {"ROUND", Builtin::Round, 1, 1},
    {"CONCAT", Builtin::Concat, 0, kAny},
    {"STRLEN", Builtin::StrLen, 1, 1},
    {"UCASE", Builtin::UCase, 1, 1},
    {"LCASE", Builtin::LCase, 1, 1},
    {"ENCODE_FOR_URI", Builtin::EncodeForUri, 1, 1},
    {"CONTAINS", Builtin::Contains, 2, 2},
    {"STRSTARTS", Builtin::StrStarts, 2, 2},
    {"STRENDS", Builtin::StrEnds, 2, 2},
    {"STRBEFORE", Builtin::StrBefore, 2, 2},
    {"STRAFTER", Builtin::StrAfter, 2, 2},
    {"YEAR", Builtin::Year, 1, 1},
    {"MONTH", Builtin::Month, 1, 1},
    {"DAY", Builtin::Day, 1, 1},
    {"HOURS", Builtin::Hours, 1, 1},
    {"MINUTES", Builtin::Minutes, 1, 1},
    {"SECONDS", Builtin::Seconds, 1, 1},
    {"TIMEZONE", Builtin::Timezone, 1, 1},
    {"TZ", Builtin::Tz, 1, 1},
    {"NOW", Builtin::Now, 0, 0},
    {"UUID", Builtin::Uuid, 0, 0},
    {"STRUUID", Builtin::StrUuid, 0, 0},
    {"MD5", Builtin::Md5, 1, 1},
    {"SHA1", Builtin::Sha1, 1, 1},
    {"SHA256", Builtin::Sha256, 1, 1},
    {"SHA384", Builtin::Sha384, 1, 1},
    {"SHA512", Builtin::Sha512, 1, 1},
    {"COALESCE", Builtin::Coalesce, 0, kAny},
    {"IF", Builtin::If, 3, 3},
    {"STRLANG", Builtin::StrLang, 2, 2},
    {"STRDT", Builtin::StrDt, 2, 2},
    {"SAMETERM", Builtin::SameTerm, 2, 2},
    {"ISIRI", Builtin::IsIri, 1, 1},
    {"ISURI", Builtin::IsIri, 1, 1},
    {"ISBLANK", Builtin::IsBlank, 1, 1},
    {"ISLITERAL", Builtin::IsLiteral, 1, 1},
    {"ISNUMERIC", Builtin::IsNumeric, 1, 1},
    {"REGEX", Builtin::Regex, 2, 3},
    {"SUBSTR", Builtin::Substr, 2, 3},
    {"REPLACE", Builtin::Replace, 3, 4},
};

struct AggregateRow {
  std::string_view name;
  AggregateFunction function;
};
// [127] Aggregate
static constexpr AggregateRow kAggregates[] = {
    {"COUNT", AggregateFunction::Count},
    {"SUM", AggregateFunction::Sum},
    {"MIN", AggregateFunction::Min},
    {"MAX", AggregateFunction::Max},
    {"AVG", AggregateFunction::Avg},
    {"SAMPLE", AggregateFunction::Sample},
    {"GROUP_CONCAT", AggregateFunction::GroupConcat},
};

template <class Rows>
static auto row_named(const Rows& rows, std::string_view name) -> decltype(&rows[0]) {
  const auto found = std::find_if(std::begin(rows), std::end(rows), [name](const auto& row) {
    return text::equals_ignoring_case(row.name, name);
  });
  return found == std::end(rows) ? nullptr : &*found;
}

struct OperatorRow {
  std::string_view text;
  Op op;
  int strength;
};
static constexpr int kOr = 1, kAnd = 2, kRelational = 3;
static constexpr OperatorRow kOperators[] = {
    {"||", Op::Or, kOr},
    {"&&", Op::And, kAnd},
    {"=", Op::Equal, kRelational},
    {"!=", Op::NotEqual, kRelational},
    {"<", Op::Less, kRelational},
    {">", Op::Greater, kRelational},
    {"<=", Op::LessOrEqual, kRelational},
    {">=", Op::GreaterOrEqual, kRelational},
    {"IN", Op::In, kRelational},
    {"NOT", Op::NotIn, kRelational},
    {"+", Op::Add, 4},
    {"-", Op::Subtract, 4},
    {"*", Op::Multiply, 5},
    {"/", Op::Divide, 5},
};

static const OperatorRow* operator_at(const Token& token) {
  if (token.kind != Token::Kind::Punct && token.kind != Token::Kind::Word) return nullptr;
  const auto found = std::find_if(
      std::begin(kOperators), std::end(kOperators),
      [&](const OperatorRow& row) { return text::equals_ignoring_case(row.text, token.text); });
  return found == std::end(kOperators) ? nullptr : &*found;
}

static Expression make(Op op, Position at, std::vector<Expression> arguments) {
  Expression made;
  made.op = op;
  made.at = at;
  made.arguments = std::move(arguments);
  for (const Expression& each : made.arguments) made.depth = std::max(made.depth, each.depth + 1);
  return made;
}

/// What evaluates it calls itself so many times: brackets around long sums add up.
Result<Expression> Parser::bounded(Expression made) {
  if (made.depth > kExpressionDepth) {
    return fail_at(made.at, "an expression that is nested deeper than is read");
  }
  deepest_ = std::max(deepest_, made.depth);
  return made;
}

// `a || b || c ...` as a tree that is no deeper than it must be: both are associative.
static Expression balanced(Op op, Position at, std::span<Expression> operands) {
  if (operands.size() == 1) return std::move(operands[0]);
  const std::size_t half = operands.size() / 2;
  std::vector<Expression> sides;
  sides.push_back(balanced(op, at, operands.subspan(0, half)));
  sides.push_back(balanced(op, at, operands.subspan(half)));
  return make(op, at, std::move(sides));
}

// [111] ConditionalOrExpression down to [117] MultiplicativeExpression, by strength.
Result<Expression> Parser::binary(int weakest) {
  const Depth depth(*this);
  QP_TRY(check_depth());
  Expression left = QP_TRY(unary());
  std::size_t chain = 0;
  int strongest = kAny;
  while (const OperatorRow* row = operator_at(now_)) {
    if (row->strength < weakest || row->strength > strongest) break;
    if (row->op == Op::NotIn && !is_word(ahead_, "IN")) break;
    if (++chain > limits::kSparqlChain) return fail("more operators in a row than are read");
    const Position at = position();
    if (row->op == Op::NotIn) advance();
    advance();
    std::vector<Expression> operands;
    operands.push_back(std::move(left));
    if (row->op == Op::In || row->op == Op::NotIn) {
      auto list = QP_TRY(argument_list());
      std::move(list.begin(), list.end(), std::back_inserter(operands));
      left = QP_TRY(bounded(make(row->op, at, std::move(operands))));
    } else if (row->op == Op::Or || row->op == Op::And) {
      do {
        operands.push_back(QP_TRY(binary(row->strength + 1)));
      } while (take_punct(row->text));
      left = QP_TRY(bounded(balanced(row->op, at, operands)));
    } else {
      operands.push_back(QP_TRY(binary(row->strength + 1)));
      left = QP_TRY(bounded(make(row->op, at, std::move(operands))));
    }
    if (row->strength == kRelational) strongest = kRelational - 1;  // `a < b < c` is none
  }
  return left;
}

// [118] UnaryExpression. A sign that touches a number belongs to it.
Result<Expression> Parser::unary() {
  const Depth depth(*this);
  QP_TRY(check_depth());
  const Position at = position();
  const bool negates = at_punct("-");
  if (!at_punct("!") && !((negates || at_punct("+")) && !at_signed_number())) return primary();
  const Op op = at_punct("!") ? Op::Not : negates ? Op::Minus : Op::Plus;
  advance();
  std::vector<Expression> operand;
  operand.push_back(QP_TRY(primary()));
  return bounded(make(op, at, std::move(operand)));
}

static Expression constant(rdf::Term term, Position at) {
  Expression made;
  made.term = std::move(term);
  made.at = at;
  return made;
}

// [119] PrimaryExpression
Result<Expression> Parser::primary() {
  const Position at = position();
  if (at_punct("(")) return bracketted();
  if (at_iri()) return iri_or_function();
  if (now_.kind == Token::Kind::String) return constant(QP_TRY(string_literal()), at);
  if (at_signed_number()) return constant(QP_TRY(number_literal()), at);
  if (now_.kind == Token::Kind::Variable) {
    Expression made = make(Op::Variable, at, {});
    made.variable = QP_TRY(var());
    return made;
  }
  if (at_word("true") || at_word("false")) {
    auto literal = QP_TRY(graph_term());
    return constant(std::get<rdf::Term>(std::move(literal)), at);
  }
  if (now_.kind == Token::Kind::Word) return word_call();
  return unexpected("an expression");
}

// [120] BrackettedExpression
Result<Expression> Parser::bracketted() {
  QP_TRY(expect_punct("("));
  Expression inner = QP_TRY(expression());
  QP_TRY(expect_punct(")", "a '(' is still open"));
  return inner;
}

// [121] BuiltInCall
Result<Expression> Parser::word_call() {
  if (take_word("EXISTS")) return exists(Op::Exists);
  if (at_word("NOT") && is_word(ahead_, "EXISTS")) {
    advance();
    advance();
    return exists(Op::NotExists);
  }
  if (const AggregateRow* row = row_named(kAggregates, now_.text)) {
    return aggregate(row->function);
  }
  if (const BuiltinRow* row = row_named(kBuiltins, now_.text)) return builtin(*row);
  return fail("there is no function " + std::string(now_.text),
              "functions of one's own are called by their IRI");
}

Result<Expression> Parser::builtin(const BuiltinRow& row) {
  const Position at = position();
  advance();
  Expression made = make(Op::Call, at, QP_TRY(argument_list()));
  made.builtin = row.builtin;
  const std::size_t given = made.arguments.size();
  if (given < row.fewest || given > row.most) {
    const std::string wanted = row.fewest == row.most
                                   ? std::to_string(row.fewest)
                                   : std::to_string(row.fewest) + " to " + std::to_string(row.most);
    return fail_at(at, std::string(row.name) + " takes " + wanted + " arguments, here are " +
                           std::to_string(given));
  }
  if (row.builtin == Builtin::Bound && made.arguments[0].op != Op::Variable) {
    return fail_at(at, "BOUND takes a variable");
  }
  return bounded(std::move(made));
}

// [71] ArgList without DISTINCT, [77] ExpressionList
Result<std::vector<Expression>> Parser::argument_list() {
  std::vector<Expression> list;
  QP_TRY(expect_punct("("));
  if (take_punct(")")) return list;
  do {
    list.push_back(QP_TRY(expression()));
  } while (take_punct(","));
  QP_TRY(expect_punct(")", "arguments are separated by commas"));
  return list;
}

// [128] iriOrFunction
Result<Expression> Parser::iri_or_function() {
  const Position at = position();
  rdf::Term name = rdf::Term::iri(QP_TRY(iri()));
  if (!at_punct("(")) return constant(std::move(name), at);
  if (is_word(ahead_, "DISTINCT")) return fail("there is no aggregate <" + name.value + ">");
  Expression made = make(Op::Function, at, QP_TRY(argument_list()));
  made.term = std::move(name);
  return bounded(std::move(made));
}

// [125] ExistsFunc, [126] NotExistsFunc
Result<Expression> Parser::exists(Op op) {
  Expression made = make(op, position(), {});
  made.exists = exists_++;
  const bool allowed = std::exchange(aggregates_allowed_, false);
  const std::uint32_t deepest = std::exchange(deepest_, 0);
  made.pattern = std::make_shared<Group>(QP_TRY(group()));
  made.depth += std::exchange(deepest_, deepest);
  aggregates_allowed_ = allowed;
  return bounded(std::move(made));
}

// [127] Aggregate
Result<Expression> Parser::aggregate(AggregateFunction function) {
  const Position at = position();
  if (!aggregates_allowed_) {
    return fail(std::string(now_.text) + " cannot stand here",
                "aggregates belong in SELECT, HAVING and ORDER BY, and not in each other");
  }
  aggregates_allowed_ = false;
  aggregates_seen_ = true;
  advance();
  Aggregate made;
  made.function = function;
  QP_TRY(expect_punct("("));
  made.distinct = take_word("DISTINCT");
  const bool counts_all = function == AggregateFunction::Count && take_punct("*");
  if (!counts_all) made.argument = QP_TRY(expression());
  if (function == AggregateFunction::GroupConcat && take_punct(";")) {
    QP_TRY(expect_word("SEPARATOR"));
    QP_TRY(expect_punct("="));
    if (now_.kind != Token::Kind::String) return unexpected("a string");
    made.separator = now_.value;
    advance();
  }
  QP_TRY(expect_punct(")"));
  aggregates_allowed_ = true;
  Expression call = make(Op::Aggregate, at, {});
  if (made.argument) call.depth += made.argument->depth;
  call.aggregate = std::make_shared<Aggregate>(std::move(made));
  return bounded(std::move(call));
}

bool Parser::at_constraint() const {
  if (at_punct("(") || at_iri()) return true;
  if (now_.kind != Token::Kind::Word) return false;
  return row_named(kBuiltins, now_.text) != nullptr ||
         row_named(kAggregates, now_.text) != nullptr || at_word("EXISTS") || at_word("NOT");
}

// [69] Constraint
Result<Expression> Parser::constraint() {
  if (at_punct("(")) return bracketted();
  if (at_iri()) {
    Expression call = QP_TRY(iri_or_function());
    if (call.op != Op::Function) return unexpected("'(' behind the name of a function");
    return call;
  }
  const bool literal = at_word("true") || at_word("false");
  if (now_.kind == Token::Kind::Word && !literal) return word_call();
  return unexpected("'(' or a function", "FILTER (?x > 1)");
}

}  // namespace qp::sparql
