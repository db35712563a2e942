#include <algorithm>

#include "base/text.hpp"
#include "sparql/parser_state.hpp"

namespace qp::sparql {

// [2] Query
Result<Query> Parser::query() {
  Query made;
  QP_TRY(prologue());
  if (at_word("SELECT")) {
    QP_TRY(select_query(made));
  } else if (take_word("CONSTRUCT")) {
    made.form = Query::Form::Construct;
    QP_TRY(construct_query(made));
  } else if (take_word("DESCRIBE")) {
    made.form = Query::Form::Describe;
    QP_TRY(describe_query(made));
  } else if (take_word("ASK")) {
    made.form = Query::Form::Ask;
    QP_TRY(dataset_clause(made.dataset, "FROM"));
    QP_TRY(where_clause(made.select));
    QP_TRY(modifiers(made.select));
  } else {
    static constexpr std::string_view kUpdates[] = {"INSERT", "DELETE", "WITH", "DROP", "CLEAR",
                                                    "CREATE", "LOAD",   "ADD",  "MOVE", "COPY"};
    const bool update = std::any_of(std::begin(kUpdates), std::end(kUpdates),
                                    [this](std::string_view word) { return at_word(word); });
    return unexpected(
        "SELECT, CONSTRUCT, DESCRIBE or ASK",
        update ? "this is an update, not a query: --update, or the parameter `update`" : "");
  }
  if (now_.kind != Token::Kind::End) return unexpected("the end of the query");
  made.base = base_;
  made.variables = std::move(names_);
  return made;
}

// [7] SelectQuery
Result<void> Parser::select_query(Query& out) {
  const Position at = position();
  QP_TRY(select_clause(out.select));
  QP_TRY(dataset_clause(out.dataset, "FROM"));
  QP_TRY(where_clause(out.select));
  QP_TRY(modifiers(out.select));
  return finish_select(out.select, at);
}

// [8] SubSelect. What it does not project is another variable than those around it.
Result<Select> Parser::sub_select() {
  const bool seen = std::exchange(aggregates_seen_, false);
  const bool allowed = aggregates_allowed_;
  scopes_.emplace_back();
  Select made;
  const Position at = position();
  QP_TRY(select_clause(made));
  QP_TRY(where_clause(made));
  QP_TRY(modifiers(made));
  QP_TRY(finish_select(made, at));
  scopes_.pop_back();
  for (Projection& each : made.projection) each.outer = variable(names_[number(each.variable)]);
  aggregates_seen_ = seen;
  aggregates_allowed_ = allowed;
  return made;
}

// [9] SelectClause
Result<void> Parser::select_clause(Select& out) {
  QP_TRY(expect_word("SELECT"));
  if (take_word("DISTINCT")) {
    out.duplicates = Duplicates::Removed;
  } else if (take_word("REDUCED")) {
    out.duplicates = Duplicates::MayGo;
  }
  if (take_punct("*")) return {};
  aggregates_allowed_ = true;
  QP_TRY(projection(out));
  while (now_.kind == Token::Kind::Variable || at_punct("(")) QP_TRY(projection(out));
  aggregates_allowed_ = false;
  return {};
}

Result<void> Parser::projection(Select& out) {
  Projection made;
  const Position at = position();
  if (take_punct("(")) {
    made.expression = QP_TRY(expression());
    QP_TRY(expect_word("AS", "SELECT (expression AS ?name)"));
    made.variable = QP_TRY(var());
    QP_TRY(expect_punct(")"));
  } else if (now_.kind == Token::Kind::Variable) {
    made.variable = QP_TRY(var());
  } else {
    return unexpected("'*', a variable or (expression AS ?name)");
  }
  made.outer = made.variable;
  made.at = at;
  const auto same =
      std::find_if(out.projection.begin(), out.projection.end(),
                   [&](const Projection& other) { return other.variable == made.variable; });
  if (same == out.projection.end()) {
    out.projection.push_back(std::move(made));
  } else if (made.expression || same->expression) {
    return fail_at(at, "?" + names_[number(made.variable)] + " is selected twice");
  }
  return {};
}

// [10] ConstructQuery
Result<void> Parser::construct_query(Query& out) {
  if (at_punct("{")) {
    advance();
    blanks_ = Blanks::Terms;
    paths_allowed_ = false;
    QP_TRY(triples(out.construct));
    QP_TRY(expect_punct("}", "a template holds triples only"));
    blanks_ = Blanks::Variables;
    paths_allowed_ = true;
    QP_TRY(dataset_clause(out.dataset, "FROM"));
    QP_TRY(where_clause(out.select));
    return modifiers(out.select);
  }
  QP_TRY(dataset_clause(out.dataset, "FROM"));
  QP_TRY(expect_word("WHERE"));
  QP_TRY(expect_punct("{"));
  paths_allowed_ = false;
  Element pattern;
  QP_TRY(triples(pattern.triples));
  QP_TRY(expect_punct("}", "CONSTRUCT WHERE { ... } holds triples only"));
  paths_allowed_ = true;
  out.construct = pattern.triples;
  for (Triple& triple : out.construct) {
    for (Node* node : {&triple.s, &triple.o}) {
      const Variable* name = variable_of(*node);
      if (name == nullptr || !names_[number(*name)].starts_with("_:")) continue;
      *node = rdf::Term::blank(names_[number(*name)].substr(2));
    }
  }
  out.select.where.elements.push_back(std::move(pattern));
  return modifiers(out.select);
}

// [11] DescribeQuery
Result<void> Parser::describe_query(Query& out) {
  const bool all = take_punct("*");
  if (!all) QP_TRY(describe_nodes(out));
  QP_TRY(dataset_clause(out.dataset, "FROM"));
  if (at_word("WHERE") || at_punct("{")) QP_TRY(where_clause(out.select));
  QP_TRY(modifiers(out.select));
  if (!all) return {};
  for (const Variable variable : in_scope(out.select.where)) {
    if (!names_[number(variable)].starts_with("_:")) out.describe.emplace_back(variable);
  }
  return {};
}

Result<void> Parser::describe_nodes(Query& out) {
  do {
    out.describe.push_back(QP_TRY(var_or_iri()));
  } while (at_iri() || now_.kind == Token::Kind::Variable);
  return {};
}

// [13] DatasetClause, [44] UsingClause
Result<void> Parser::dataset_clause(DatasetClause& out, std::string_view word) {
  while (take_word(word)) {
    auto& graphs = take_word("NAMED") ? out.named : out.graphs;
    graphs.push_back(QP_TRY(iri()));
  }
  return {};
}

// [17] WhereClause
Result<void> Parser::where_clause(Select& out) {
  take_word("WHERE");
  if (!at_punct("{")) return unexpected("'{'", "WHERE { ?s ?p ?o }");
  out.where = QP_TRY(group());
  return {};
}

// [18] SolutionModifier, [28] ValuesClause
Result<void> Parser::modifiers(Select& out) {
  if (take_word("GROUP")) QP_TRY(group_clause(out));
  aggregates_allowed_ = true;
  if (take_word("HAVING")) {
    do {
      out.having.push_back(QP_TRY(constraint()));
    } while (at_constraint());
  }
  if (take_word("ORDER")) QP_TRY(order_clause(out));
  aggregates_allowed_ = false;
  QP_TRY(limit_offset(out));
  if (take_word("VALUES")) out.values = QP_TRY(values_block());
  out.grouped = aggregates_seen_ || !out.group_by.empty() || !out.having.empty();
  return {};
}

// [19] GroupClause, [20] GroupCondition
Result<void> Parser::group_clause(Select& out) {
  QP_TRY(expect_word("BY"));
  do {
    GroupKey key;
    if (now_.kind == Token::Kind::Variable) {
      key.expression = QP_TRY(primary());
    } else if (take_punct("(")) {
      key.expression = QP_TRY(expression());
      if (take_word("AS")) key.as = QP_TRY(var());
      QP_TRY(expect_punct(")"));
    } else {
      key.expression = QP_TRY(constraint());
    }
    out.group_by.push_back(std::move(key));
  } while (now_.kind == Token::Kind::Variable || at_constraint());
  return {};
}

// [23] OrderClause, [24] OrderCondition
Result<void> Parser::order_clause(Select& out) {
  QP_TRY(expect_word("BY"));
  do {
    OrderKey key;
    key.descending = at_word("DESC");
    if (take_word("ASC") || take_word("DESC")) {
      key.expression = QP_TRY(bracketted());
    } else if (now_.kind == Token::Kind::Variable) {
      key.expression = QP_TRY(primary());
    } else {
      key.expression = QP_TRY(constraint());
    }
    out.order_by.push_back(std::move(key));
  } while (now_.kind == Token::Kind::Variable || at_word("ASC") || at_word("DESC") ||
           at_constraint());
  return {};
}

// [25] LimitOffsetClauses, in either order
Result<void> Parser::limit_offset(Select& out) {
  bool limit = false, offset = false;
  while (true) {
    if (!limit && take_word("LIMIT")) {
      out.limit = QP_TRY(whole_number());
      limit = true;
    } else if (!offset && take_word("OFFSET")) {
      out.offset = QP_TRY(whole_number());
      offset = true;
    } else {
      return {};
    }
  }
}

Result<std::uint64_t> Parser::whole_number() {
  const auto value = now_.kind == Token::Kind::Integer ? text::to_uint(now_.value) : std::nullopt;
  if (!value) return unexpected("a whole number");
  advance();
  return *value;
}

Result<void> Parser::finish_select(Select& out, Position at) {
  std::vector<Variable> bound = in_scope(out.where);
  if (out.projection.empty()) {
    if (out.grouped) {
      return fail_at(at, "SELECT * with GROUP BY", "name the keys and aggregates that are wanted");
    }
    if (out.values) {
      bound.insert(bound.end(), out.values->variables.begin(), out.values->variables.end());
    }
    for (const Variable variable : bound) {
      const bool named = !names_[number(variable)].starts_with("_:");
      const auto same = [&](const Projection& other) { return other.variable == variable; };
      if (named && std::none_of(out.projection.begin(), out.projection.end(), same)) {
        out.projection.push_back({variable, std::nullopt, variable});
      }
    }
    return {};
  }
  for (const Projection& each : out.projection) {
    if (each.expression && std::find(bound.begin(), bound.end(), each.variable) != bound.end()) {
      return fail_at(each.at, "?" + names_[number(each.variable)] + " has a value already",
                     "SELECT (expression AS ?name) takes a new variable");
    }
  }
  return out.grouped ? check_projection(out) : Result<void>();
}

/// A variable of `expression` outside its aggregates that `allowed` does not have.
static std::optional<Variable> stray(const Expression& expression,
                                     const std::set<Variable>& allowed) {
  if (expression.op == Op::Variable && !allowed.contains(expression.variable)) {
    return expression.variable;
  }
  for (const Expression& argument : expression.arguments) {
    if (const auto found = stray(argument, allowed)) return found;
  }
  return std::nullopt;
}

// 11.4: only keys and what is computed from keys and aggregates.
Result<void> Parser::check_projection(const Select& select) {
  std::set<Variable> allowed;
  for (const GroupKey& key : select.group_by) {
    if (key.as) allowed.insert(*key.as);
    if (key.expression.op == Op::Variable) allowed.insert(key.expression.variable);
  }
  for (const Projection& each : select.projection) {
    std::optional<Variable> wrong;
    if (each.expression) {
      wrong = stray(*each.expression, allowed);
    } else if (!allowed.contains(each.variable)) {
      wrong = each.variable;
    }
    if (wrong) {
      return fail_at(each.at,
                     "?" + names_[number(*wrong)] + " is neither a key of GROUP BY nor aggregated",
                     "SAMPLE(?x) takes any of its values");
    }
    allowed.insert(each.variable);
  }
  return {};
}

}  // namespace qp::sparql
