// FILTER, and EXISTS as a join where that is the same.
#include <algorithm>

#include "sparql/modifiers.hpp"
#include "sparql/planner.hpp"

namespace qp::sparql {

using Kind = Algebra::Kind;

Result<OperatorPtr> Planner::filter(OperatorPtr input, const std::vector<Expression>& filters,
                                    double share) {
  std::vector<Expression> plain;
  std::vector<const Expression*> joins;
  for (const Expression& each : filters) {
    const bool exists = each.op == Op::Exists || each.op == Op::NotExists;
    if (!exists) plain.push_back(each);
  }
  if (!plain.empty()) {
    input = QP_TRY(mark_exists(std::move(input), plain, share));
    const double rows = input->report().estimate;
    const std::size_t count = plain.size();
    const std::optional<Variable> sorted = input->sorted_by;
    input = make_filter(context_, std::move(input), std::move(plain));
    input->report().estimate = rows / (count > 1 ? 4 : 2);
    input->sorted_by = sorted;
    input->report().detail = std::to_string(count) + (count > 1 ? " conditions" : " condition");
  }
  for (const Expression& each : filters) {
    if (each.op == Op::Exists || each.op == Op::NotExists) {
      input = QP_TRY(exists_join(std::move(input), each, share));
    }
  }
  return input;
}

Result<OperatorPtr> Planner::fed_exists(const Operator& input, const Expression& expression,
                                        const Algebra& inner, double share, Feed*& fed) {
  Scope scope = exists_scope_[expression.exists];
  scope.correlated = true;
  auto feed = std::make_unique<Feed>(context_, input.columns(), fresh());
  feed->report().estimate = input.report().estimate * share;
  fed = feed.get();
  OperatorPtr made = QP_TRY(first_matches(feed, inner, scope));
  return made ? std::move(made) : join_with(std::move(feed), inner, scope);
}

Result<void> Planner::mark_exists(OperatorPtr& input, Expression& expression, double share,
                                  const std::vector<Variable>& unknown) {
  if (expression.op != Op::Exists && expression.op != Op::NotExists) {
    for (Expression& each : expression.arguments) {
      QP_TRY(mark_exists(input, each, share, unknown));
    }
    return {};
  }
  const Algebra& inner = *QP_TRY(exists_algebra(expression));
  const std::vector<Variable> named = named_in(inner);
  const bool depends = std::any_of(unknown.begin(), unknown.end(), [&](Variable each) {
    return std::binary_search(named.begin(), named.end(), each);
  });
  if (depends || !options_.may_feed || inner.kind == Kind::Unit ||
      !may_feed(inner, input->columns(), true)) {
    return {};
  }
  const double rows = input->report().estimate;
  const std::optional<Variable> sorted = input->sorted_by;
  Feed* fed = nullptr;
  OperatorPtr right = QP_TRY(fed_exists(*input, expression, inner, share, fed));
  const bool wanted = expression.op == Op::Exists;
  const TermId yes = context_.id_of(Value::boolean(wanted));
  const TermId no = context_.id_of(Value::boolean(!wanted));
  const Variable mark = fresh();
  input = make_fed_marks(context_, std::move(input), *fed, std::move(right), Mark{mark, yes, no});
  input->report().name = wanted ? "whether it exists" : "whether it does not exist";
  input->report().estimate = rows;
  input->sorted_by = sorted;
  expression = Expression();
  expression.op = Op::Variable;
  expression.variable = mark;
  return {};
}

Result<OperatorPtr> Planner::mark_exists(OperatorPtr input, std::vector<Expression>& expressions,
                                         double share, const std::vector<Variable>& unknown) {
  for (Expression& each : expressions) QP_TRY(mark_exists(input, each, share, unknown));
  return input;
}

/// Of one triple no more than one quad for each row of the input. Null: it is more than that.
Result<OperatorPtr> Planner::first_matches(std::unique_ptr<Feed>& input, const Algebra& algebra,
                                           const Scope& scope) {
  std::vector<Piece> pieces;
  flatten(algebra, scope, pieces);
  if (pieces.size() != 1 || pieces[0].triple == nullptr || pieces[0].triple->path) {
    return OperatorPtr();
  }
  const QuadPattern pattern = QP_TRY(pattern_of(pieces[0]));
  std::vector<Variable> named;
  for (const QuadPattern::Place& place : pattern.places) {
    if (place.variable) named.push_back(*place.variable);
  }
  // The first quad may have two values where the pattern has a variable twice.
  std::sort(named.begin(), named.end());
  if (std::adjacent_find(named.begin(), named.end()) != named.end()) return OperatorPtr();
  const double rows = input->report().estimate;
  OperatorPtr made = make_index_join(context_, source_, std::move(input), pattern, Matches::First);
  made->report().name = "index join";
  made->report().detail = text(*pieces[0].triple) + "  one each";
  made->report().estimate = rows;
  return made;
}

Result<OperatorPtr> Planner::exists_join(OperatorPtr input, const Expression& expression,
                                         double share) {
  const Algebra& inner = *QP_TRY(exists_algebra(expression));
  const double rows = input->report().estimate;
  if (!options_.may_feed || !may_feed(inner, input->columns(), true) || inner.kind == Kind::Unit) {
    input = make_filter(context_, std::move(input), {expression});
  } else {
    Feed* fed = nullptr;
    OperatorPtr right = QP_TRY(fed_exists(*input, expression, inner, share, fed));
    const bool wanted = expression.op == Op::Exists;
    input = make_fed_join(context_, std::move(input), *fed, std::move(right),
                          wanted ? JoinKind::Semi : JoinKind::Anti);
  }
  input->report().name = expression.op == Op::Exists ? "exists" : "not exists";
  input->report().estimate = rows / 2;
  return input;
}

Result<const Algebra*> Planner::exists_algebra(const Expression& expression) {
  const auto known = exists_.find(expression.exists);
  if (known != exists_.end()) return known->second.get();
  auto made = std::make_unique<Algebra>(QP_TRY(translate(*expression.pattern, variables_)));
  note_exists(*made, exists_scope_[expression.exists]);
  return exists_.emplace(expression.exists, std::move(made)).first->second.get();
}

void Planner::note_exists(const Expression& expression, const Scope& scope) {
  if (expression.pattern) exists_scope_[expression.exists] = scope;
  for (const Expression& argument : expression.arguments) note_exists(argument, scope);
  if (expression.aggregate && expression.aggregate->argument) {
    note_exists(*expression.aggregate->argument, scope);
  }
  // What is inside of it is noted again when it is translated.
  if (expression.pattern) exists_.erase(expression.exists);
}

/// Each EXISTS asks in the graph that is active where it stands.
void Planner::note_exists(const Algebra& algebra, const Scope& scope) {
  const Scope inner =
      algebra.kind == Kind::Graph ? Scope{Graphs::Named, algebra.name, false} : scope;
  for (const Expression& each : algebra.expressions) note_exists(each, scope);
  for (const OrderKey& key : algebra.order) note_exists(key.expression, scope);
  for (const AggregateColumn& each : algebra.aggregates) {
    if (each.aggregate->argument) note_exists(*each.aggregate->argument, scope);
  }
  for (const Algebra& part : algebra.parts) note_exists(part, inner);
}

/// 18.6: the pattern with the values of the row in the place of its variables.
bool Planner::run_exists(const Expression& expression, std::span<const Variable> columns,
                         const TermId* row) {
  const auto run = [&]() -> Result<bool> {
    const Algebra& pattern = *QP_TRY(exists_algebra(expression));
    const std::vector<Variable> named = named_in(pattern);
    std::pair<std::uint32_t, std::vector<TermId>> key{expression.exists, {}};
    std::vector<Binding> bindings;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (!std::binary_search(named.begin(), named.end(), columns[i])) continue;
      key.second.push_back(row[i]);
      if (row[i] == TermId::None) continue;
      rdf::Term term = QP_TRY(context_.terms.term_for(row[i]));
      bindings.push_back({columns[i], std::move(term)});
    }
    const auto known = exists_known_.find(key);
    if (known != exists_known_.end()) return known->second;
    const Algebra& here =
        *kept_.emplace_back(std::make_unique<Algebra>(substitute(pattern, bindings)));
    Scope scope = exists_scope_[expression.exists];
    if (const Variable* name = variable_of(scope.name); name && scope.graphs == Graphs::Named) {
      for (const Binding& binding : bindings) {
        if (binding.variable == *name) scope.name = binding.term;
      }
    }
    OperatorPtr plan = QP_TRY(this->plan(here, scope.with_goal(1)));
    Batch rows;
    const bool found = QP_TRY(plan->next(rows));
    plan = nullptr;
    kept_.pop_back();
    static constexpr std::size_t kKnown = 100'000;
    if (exists_known_.size() >= kKnown) exists_known_.clear();
    exists_known_.emplace(std::move(key), found);
    return found;
  };
  const Result<bool> found = run();
  if (found) return *found;
  context_.fail(found.error());
  return false;
}

}  // namespace qp::sparql
