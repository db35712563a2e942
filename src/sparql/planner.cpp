#include "sparql/planner.hpp"

#include <algorithm>

#include "rdf/nquads.hpp"
#include "sparql/modifiers.hpp"

namespace qp::sparql {

using Kind = Algebra::Kind;

Planner::Planner(Context& context, const Source& source, std::vector<std::string>& variables,
                 const PlanOptions& options)
    : context_(context), source_(source), variables_(variables), options_(options) {
  context_.exists = [this](const Expression& expression, std::span<const Variable> columns,
                           const TermId* row) { return run_exists(expression, columns, row); };
}

Variable Planner::fresh() {
  variables_.push_back("_:." + std::to_string(variables_.size()));
  return static_cast<Variable>(variables_.size() - 1);
}

std::string Planner::text(const Node& node) const {
  if (const Variable* variable = variable_of(node)) {
    const std::string& name = variables_[number(*variable)];
    return name.starts_with("_:") ? name : "?" + name;
  }
  std::string made;
  rdf::write_term(*term_of(node), made);
  return made;
}

static std::string text_of(const Path& path) {
  const auto part = [&](std::size_t i) { return text_of(path.parts[i]); };
  const auto joined = [&](const char* between) {
    std::string made = "(";
    for (std::size_t i = 0; i < path.parts.size(); ++i) made += (i ? between : "") + part(i);
    return made + ")";
  };
  switch (path.kind) {
    case Path::Kind::Link:
      return "<" + path.iri + ">";
    case Path::Kind::Inverse:
      return "^" + part(0);
    case Path::Kind::Sequence:
      return joined("/");
    case Path::Kind::Alternative:
      return joined("|");
    case Path::Kind::ZeroOrMore:
      return part(0) + "*";
    case Path::Kind::OneOrMore:
      return part(0) + "+";
    case Path::Kind::ZeroOrOne:
      return part(0) + "?";
    case Path::Kind::Negated:
      break;
  }
  std::string made = "!(";
  for (const std::string& iri : path.forward) made += "<" + iri + ">|";
  for (const std::string& iri : path.backward) made += "^<" + iri + ">|";
  if (made.ends_with('|')) made.pop_back();
  return made + ")";
}

std::string Planner::text(const AlgebraTriple& triple) const {
  return text(triple.s) + " " + (triple.path ? text_of(*triple.path) : text(triple.p)) + " " +
         text(triple.o);
}

/// Of the join under a DISTINCT: what its projection and its order ask of. nullopt: there is more
/// in between than these and filters.
std::optional<std::vector<Variable>> Planner::columns_that_count(const Algebra& under) const {
  if (under.kind != Kind::Project) return std::nullopt;
  std::vector<Variable> wanted = under.variables;
  const Algebra* body = &under.parts[0];
  if (body->kind == Kind::Order) {
    for (const OrderKey& key : body->order) variables_of(key.expression, wanted);
    body = &body->parts[0];
  }
  while (body->kind == Kind::Filter) {
    for (const Expression& each : body->expressions) variables_of(each, wanted);
    body = &body->parts[0];
  }
  if (body->kind == Kind::Graph) {
    const Variable* name = variable_of(body->name);
    if (name != nullptr && !is_simple_in_graph(body->parts[0], *name)) return std::nullopt;
    body = &body->parts[0];
  }
  if (body->kind != Kind::Triples && body->kind != Kind::Join) return std::nullopt;
  return wanted;
}

Result<OperatorPtr> Planner::plan(const Algebra& algebra, double goal) {
  note_exists(algebra, {});
  return plan(algebra, Scope().with_goal(goal));
}

Result<OperatorPtr> Planner::plan(const Algebra& algebra, const Scope& scope) {
  QP_TRY(context_.check());
  switch (algebra.kind) {
    case Kind::Unit:
    case Kind::Triples:
    case Kind::Join:
    case Kind::Filter:
    case Kind::LeftJoin:
    case Kind::Minus:
    case Kind::Union:
      return join_with(nullptr, algebra, scope);
    case Kind::Extend: {
      OperatorPtr input = QP_TRY(plan(algebra.parts[0], scope));
      const double rows = input->report().estimate;
      std::vector<Expression> expressions = algebra.expressions;
      input = QP_TRY(mark_exists(std::move(input), expressions, 1, algebra.variables));
      OperatorPtr made = make_extend(context_, std::move(input), algebra.variables, expressions);
      made->report().estimate = rows;
      for (const Variable each : algebra.variables) {
        made->report().detail += (made->report().detail.empty() ? "" : " ") + text(Node(each));
      }
      return made;
    }
    case Kind::Graph:
      return graph(algebra, scope);
    case Kind::Values:
      return make_table(context_, *algebra.values);
    case Kind::Group: {
      OperatorPtr input = QP_TRY(plan(algebra.parts[0], scope.with_goal(0)));
      const double rows = input->report().estimate;
      OperatorPtr made = make_group(context_, std::move(input), algebra.variables,
                                    algebra.expressions, algebra.aggregates);
      made->report().estimate = algebra.variables.empty() ? 1 : std::max(1.0, rows / 10);
      return made;
    }
    case Kind::Order:
      return order(algebra, scope, std::nullopt);
    case Kind::Project: {
      OperatorPtr input = QP_TRY(plan(algebra.parts[0], scope));
      const double rows = input->report().estimate;
      OperatorPtr made = make_project(context_, std::move(input), algebra.variables, algebra.names);
      made->report().estimate = rows;
      return made;
    }
    case Kind::Distinct:
      return distinct(algebra, scope, std::nullopt);
    case Kind::Slice:
      return slice(algebra, scope);
  }
  return Error{Code::Internal, "no such algebra", {}};
}

Result<OperatorPtr> Planner::order(const Algebra& algebra, const Scope& scope,
                                   std::optional<std::uint64_t> most) {
  OperatorPtr input = QP_TRY(plan(algebra.parts[0], scope.with_goal(0)));
  const double rows = input->report().estimate;
  if (most) {
    OperatorPtr led = QP_TRY(led_order(algebra, scope, *most, rows));
    if (led) return led;
  }
  OperatorPtr made = make_sort(context_, std::move(input), algebra.order, most);
  made->report().estimate = most ? std::min(rows, static_cast<double>(*most)) : rows;
  return made;
}

/// Whether all objects of the pattern, which binds the predicate only, are of one class of ids, in
/// the order of their values.
Result<bool> Planner::lies_in_order(const store::Pattern& pattern, Graphs graphs) const {
  std::optional<rdf::TermClass> kind;
  std::vector<store::QuadIds> quads;
  Source::Walk walk(source_, graphs);
  for (const bool reverse : {false, true}) {
    QP_TRY(walk.open(pattern, store::Order::Posg, reverse));
    QP_TRY(walk.next(quads, 1));
    if (quads.empty()) return false;
    const rdf::TermClass here = rdf::term_class(quads[0].o);
    if (!is_by_value(here) || (kind && *kind != here)) return false;
    kind = here;
  }
  return true;
}

Result<OperatorPtr> Planner::led_order(const Algebra& algebra, const Scope& scope,
                                       std::uint64_t most, double rows) {
  static constexpr std::uint64_t kMost = 1000;  // sorted anew with each batch
  static constexpr double kWorthALead = 1000;   // fewer rows are sorted as well
  using Way = PlanOptions::Lead;
  const Expression& key = algebra.order[0].expression;
  const bool may =
      options_.lead == Way::Always || (options_.lead == Way::Gain && rows > kWorthALead);
  if (!may || key.op != Op::Variable || most > kMost || most == 0) return OperatorPtr();
  const Algebra& body = algebra.parts[0];
  const Algebra* joined = &body;
  while (joined->kind == Kind::Filter || joined->kind == Kind::LeftJoin) joined = &joined->parts[0];
  if (joined->kind != Kind::Triples && joined->kind != Kind::Join) return OperatorPtr();
  std::vector<Piece> pieces;
  flatten(*joined, scope, pieces);
  for (Piece& piece : pieces) {
    if (piece.triple == nullptr || piece.triple->path || order_of(piece) != key.variable) continue;
    if (variable_of(piece.triple->s) == nullptr) continue;
    const QuadPattern pattern = QP_TRY(pattern_of(piece));
    const store::Pattern asked = QP_TRY(constants_of(piece));
    if (TermTable::is_local(asked.p)) continue;
    const auto all = static_cast<double>(QP_TRY(source_.estimate(asked, piece.scope.graphs)));
    const double read = static_cast<double>(most) * all / std::max(rows, 1.0);
    if (options_.lead == Way::Gain && read * 2 > rows) continue;
    if (!QP_TRY(lies_in_order(asked, piece.scope.graphs))) continue;
    OperatorPtr scan = make_scan(context_, source_, pattern,
                                 {store::Order::Posg, algebra.order[0].descending, {}});
    scan->report().name = algebra.order[0].descending ? "scan backwards" : "scan in order";
    scan->report().detail = text(*piece.triple);
    scan->report().estimate = read;
    if (!may_feed(body, scan->columns(), false)) return OperatorPtr();
    auto feed = std::make_unique<Feed>(context_, scan->columns(), fresh());
    feed->report().estimate = read;
    feed->report().name = "rows of the scan";
    Feed& fed = *feed;
    OperatorPtr input = QP_TRY(join_with(std::move(feed), body, scope.with_goal(0)));
    OperatorPtr made =
        make_sort(context_, std::move(input), algebra.order, most, {std::move(scan), &fed});
    made->report().estimate = static_cast<double>(most);
    return made;
  }
  return OperatorPtr();
}

/// Whether rows that are the same in all columns of the projection are so for its order, too.
static bool orders_by_columns(const Algebra& project) {
  if (project.kind != Kind::Project || project.parts[0].kind != Kind::Order) return false;
  const std::vector<OrderKey>& keys = project.parts[0].order;
  return std::all_of(keys.begin(), keys.end(), [&](const OrderKey& key) {
    std::vector<Variable> named;
    variables_of(key.expression, named);
    return !has_exists(key.expression) &&
           std::all_of(named.begin(), named.end(), [&](Variable each) {
             return std::find(project.variables.begin(), project.variables.end(), each) !=
                    project.variables.end();
           });
  });
}

// Where the order allows it only different rows are sorted, so that no more than these are held.
Result<OperatorPtr> Planner::distinct(const Algebra& algebra, const Scope& scope,
                                      std::optional<std::uint64_t> most) {
  const Algebra& inner = algebra.parts[0];
  if (options_.may_push && !scope.correlated) wanted_ = columns_that_count(inner);
  const bool first = options_.may_push && !algebra.reduced && orders_by_columns(inner);
  static constexpr double kRepeats = 16;  // of a row: a guess
  const Scope below = scope.with_goal(first ? 0 : scope.goal * kRepeats);
  OperatorPtr made = QP_TRY(plan(first ? inner.parts[0].parts[0] : inner, below));
  wanted_.reset();
  if (algebra.reduced) return made;
  const double rows = made->report().estimate;
  if (first) {
    std::vector<Variable> columns = inner.variables;
    std::sort(columns.begin(), columns.end());
    columns.erase(std::unique(columns.begin(), columns.end()), columns.end());
    made = make_project(context_, std::move(made), columns, columns);
    made->report().estimate = rows;
  }
  made = make_distinct(context_, std::move(made));
  made->report().estimate = rows;
  if (!first) return made;
  made = make_sort(context_, std::move(made), inner.parts[0].order, most);
  made->report().estimate = most ? std::min(rows, static_cast<double>(*most)) : rows;
  made = make_project(context_, std::move(made), inner.variables, inner.names);
  made->report().estimate = rows;
  return made;
}

// LIMIT goes through a projection down to the order that it needs no more than so much of.
Result<OperatorPtr> Planner::slice(const Algebra& algebra, const Scope& scope) {
  const Algebra& inner = algebra.parts[0];
  const bool projects = inner.kind == Kind::Project;
  const Algebra& below = projects ? inner.parts[0] : inner;
  const auto offset = static_cast<double>(algebra.offset);
  const Scope below_it = algebra.limit
                             ? scope.with_goal(static_cast<double>(*algebra.limit) + offset)
                         : scope.goal == 0 ? scope
                                           : scope.with_goal(scope.goal + offset);
  OperatorPtr input;
  std::uint64_t most = 0;
  const bool few = algebra.limit &&
                   !__builtin_add_overflow(*algebra.limit, algebra.offset, &most) &&
                   most <= limits::kSparqlTop;
  if (few && below.kind == Kind::Order) {
    input = QP_TRY(order(below, scope, most));
    if (projects) input = make_project(context_, std::move(input), inner.variables, inner.names);
  } else if (few && inner.kind == Kind::Distinct) {
    input = QP_TRY(distinct(inner, below_it, most));
  } else {
    input = QP_TRY(plan(inner, below_it));
  }
  const double rows = input->report().estimate;
  OperatorPtr made = make_slice(context_, std::move(input), algebra.offset, algebra.limit);
  made->report().estimate =
      algebra.limit ? std::min(rows, static_cast<double>(*algebra.limit)) : rows;
  return made;
}

Result<OperatorPtr> Planner::join_with(OperatorPtr input, const Algebra& algebra,
                                       const Scope& scope, std::vector<Expression> filters) {
  QP_TRY(context_.check());
  switch (algebra.kind) {
    case Kind::LeftJoin: {
      // What only asks of the left side is asked there.
      std::vector<Expression> later;
      if (options_.may_push) {
        const std::vector<Variable> bound = must_bind(algebra.parts[0]);
        const auto is_late = [&](const Expression& each) {
          std::vector<Variable> named;
          variables_of(each, named);
          return has_exists(each) ||
                 !std::all_of(named.begin(), named.end(), [&](Variable variable) {
                   return std::binary_search(bound.begin(), bound.end(), variable);
                 });
        };
        const auto split = std::stable_partition(filters.begin(), filters.end(),
                                                 [&](const auto& each) { return !is_late(each); });
        later.assign(split, filters.end());
        filters.erase(split, filters.end());
      } else {
        later = std::exchange(filters, {});
      }
      OperatorPtr left =
          QP_TRY(join_with(std::move(input), algebra.parts[0], scope, std::move(filters)));
      OperatorPtr made = QP_TRY(left_join(std::move(left), algebra, scope));
      return filter(std::move(made), later);
    }
    case Kind::Minus: {
      OperatorPtr left = QP_TRY(join_with(std::move(input), algebra.parts[0], scope));
      OperatorPtr made = QP_TRY(minus(std::move(left), algebra, scope));
      return filter(std::move(made), filters);
    }
    case Kind::Filter: {
      std::vector<Expression> all = algebra.expressions;
      all.insert(all.end(), filters.begin(), filters.end());
      return join_with(std::move(input), algebra.parts[0], scope, std::move(all));
    }
    case Kind::Unit:
    case Kind::Triples:
    case Kind::Join: {
      std::vector<Piece> pieces;
      flatten(algebra, scope, pieces);
      return join_pieces(std::move(input), std::move(pieces), std::move(filters));
    }
    case Kind::Union: {
      OperatorPtr made = QP_TRY(union_of(std::move(input), algebra, scope));
      return filter(std::move(made), filters);
    }
    default: {
      if (algebra.kind == Kind::Graph && algebra.parts[0].kind != Kind::Unit) {
        const Variable* name = variable_of(algebra.name);
        if (name == nullptr || is_simple_in_graph(algebra.parts[0], *name)) {
          const Scope named{Graphs::Named, algebra.name, scope.correlated, scope.goal};
          return join_with(std::move(input), algebra.parts[0], named, std::move(filters));
        }
      }
      OperatorPtr made = QP_TRY(plan(algebra, input ? scope.with_goal(0) : scope));
      if (input)
        made = make_hash_join(context_, std::move(input), std::move(made), JoinKind::Inner);
      return filter(std::move(made), filters);
    }
  }
}

/// Whether an operator that is given rows of the left side makes of them what it would make of
/// each alone: nothing inside may ask of a variable that only the left side binds (18.2.2.6 gives
/// it no value there).
bool Planner::may_feed(const Algebra& algebra, const Columns& left, bool correlated) const {
  const auto is_foreign = [&](Variable variable, const std::vector<Variable>& bound) {
    return left.has(variable) && !std::binary_search(bound.begin(), bound.end(), variable);
  };
  switch (algebra.kind) {
    case Kind::Unit:
    case Kind::Triples:
      return true;
    case Kind::Values:
      return !correlated;
    case Kind::Join:
    case Kind::Union:
      return std::all_of(algebra.parts.begin(), algebra.parts.end(),
                         [&](const Algebra& part) { return may_feed(part, left, correlated); });
    case Kind::Graph: {
      const Variable* name = variable_of(algebra.name);
      if (name != nullptr && !is_simple_in_graph(algebra.parts[0], *name)) return false;
      return algebra.parts[0].kind != Kind::Unit && may_feed(algebra.parts[0], left, correlated);
    }
    case Kind::Filter: {
      if (!may_feed(algebra.parts[0], left, correlated)) return false;
      if (correlated) return true;
      const std::vector<Variable> bound = must_bind(algebra.parts[0]);
      std::vector<Variable> named;
      for (const Expression& each : algebra.expressions) variables_of(each, named);
      return std::none_of(named.begin(), named.end(),
                          [&](Variable variable) { return is_foreign(variable, bound); });
    }
    case Kind::LeftJoin: {
      if (!may_feed(algebra.parts[0], left, correlated) ||
          !may_feed(algebra.parts[1], left, correlated)) {
        return false;
      }
      if (correlated) return true;
      const std::vector<Variable> bound = must_bind(algebra.parts[0]);
      std::vector<Variable> named = named_in(algebra.parts[1]);
      for (const Expression& each : algebra.expressions) variables_of(each, named);
      return std::none_of(named.begin(), named.end(),
                          [&](Variable variable) { return is_foreign(variable, bound); });
    }
    default:
      return false;
  }
}

Result<OperatorPtr> Planner::left_join(OperatorPtr input, const Algebra& algebra,
                                       const Scope& scope) {
  const Algebra& right = algebra.parts[1];
  const bool has_condition = !algebra.expressions.empty();
  const double rows = input->report().estimate;
  OperatorPtr made;
  if ((options_.may_feed || scope.correlated) &&
      may_feed(right, input->columns(), scope.correlated)) {
    auto feed = std::make_unique<Feed>(context_, input->columns(), fresh());
    feed->report().estimate = scope.at_most(rows);
    Feed& fed = *feed;
    OperatorPtr inner =
        QP_TRY(join_with(std::move(feed), right, scope.with_goal(0), algebra.expressions));
    made = make_fed_join(context_, std::move(input), fed, std::move(inner), JoinKind::Left);
  } else {
    OperatorPtr inner = QP_TRY(plan(right, scope.with_goal(0)));
    made = make_hash_join(context_, std::move(input), std::move(inner), JoinKind::Left,
                          has_condition ? &algebra.expressions : nullptr);
  }
  made->report().name = "optional";
  made->report().estimate = rows;
  return made;
}

Result<OperatorPtr> Planner::minus(OperatorPtr input, const Algebra& algebra, const Scope& scope) {
  const std::vector<Variable> others = may_bind(algebra.parts[1]);
  const std::vector<Variable>& own = input->columns().variables;
  const bool meet = std::any_of(own.begin(), own.end(), [&](Variable each) {
    return std::binary_search(others.begin(), others.end(), each);
  });
  if (!meet) return input;  // takes nothing away
  Scope alone = scope.with_goal(0);
  alone.correlated = false;
  const double rows = input->report().estimate;
  OperatorPtr right = QP_TRY(plan(algebra.parts[1], alone));
  OperatorPtr made = make_hash_join(context_, std::move(input), std::move(right), JoinKind::Minus);
  made->report().name = "minus";
  made->report().estimate = rows;
  return made;
}

Result<OperatorPtr> Planner::union_of(OperatorPtr input, const Algebra& algebra,
                                      const Scope& scope) {
  std::vector<OperatorPtr> parts;
  double rows = 0;
  if (!input) {
    for (const Algebra& part : algebra.parts) {
      parts.push_back(QP_TRY(plan(part, scope)));
      rows += parts.back()->report().estimate;
    }
    OperatorPtr made = make_union(context_, std::move(parts));
    made->report().estimate = rows;
    return made;
  }
  std::vector<Feed*> feeds;
  for (const Algebra& part : algebra.parts) {
    auto feed = std::make_unique<Feed>(context_, input->columns(), fresh());
    feed->report().estimate = scope.at_most(input->report().estimate);
    feeds.push_back(feed.get());
    parts.push_back(QP_TRY(join_with(std::move(feed), part, scope.with_goal(0))));
    rows += parts.back()->report().estimate;
  }
  OperatorPtr made = make_fed_union(context_, std::move(input), std::move(feeds), std::move(parts));
  made->report().estimate = rows;
  return made;
}

/// Whether GRAPH ?g { ... } is the same with ?g in each of its patterns: then every solution comes
/// from one graph because all parts agree on ?g.
bool Planner::is_simple_in_graph(const Algebra& algebra, Variable graph) const {
  switch (algebra.kind) {
    case Kind::Triples:
      return std::none_of(algebra.triples.begin(), algebra.triples.end(),
                          [](const AlgebraTriple& triple) { return triple.path != nullptr; });
    case Kind::Join:
    case Kind::Union:
      return std::all_of(algebra.parts.begin(), algebra.parts.end(),
                         [&](const Algebra& part) { return is_simple_in_graph(part, graph); });
    case Kind::LeftJoin:
    case Kind::Filter: {
      // What is inside of an OPTIONAL may bind the variable to another value than the graph.
      std::vector<Variable> named;
      if (algebra.kind == Kind::LeftJoin) named = named_in(algebra.parts[1]);
      for (const Expression& each : algebra.expressions) {
        if (has_exists(each)) return false;
        variables_of(each, named);
      }
      return std::find(named.begin(), named.end(), graph) == named.end() &&
             std::all_of(algebra.parts.begin(), algebra.parts.end(),
                         [&](const Algebra& part) { return is_simple_in_graph(part, graph); });
    }
    default:
      return false;
  }
}

Result<OperatorPtr> Planner::graph(const Algebra& algebra, const Scope& scope) {
  const Algebra& inner = algebra.parts[0];
  Scope named{Graphs::Named, algebra.name, scope.correlated, scope.goal};
  if (const rdf::Term* term = term_of(algebra.name)) {
    if (inner.kind != Kind::Unit) return plan(inner, named);
    const TermId id = QP_TRY(context_.terms.intern(*term));
    const bool known = !TermTable::is_local(id) && QP_TRY(source_.has_named_graph(id));
    return known ? make_unit(context_) : QP_TRY(make_table(context_, Values()));
  }
  const Variable variable = *variable_of(algebra.name);
  if (inner.kind == Kind::Unit) return make_graph_names(context_, source_, variable);
  if (is_simple_in_graph(inner, variable)) return plan(inner, named);
  const Algebra& kept = *kept_.emplace_back(std::make_unique<Algebra>(inner));
  Columns columns;
  const std::vector<Variable> certain = must_bind(inner);
  for (const Variable each : may_bind(inner)) {
    columns.add(each, std::binary_search(certain.begin(), certain.end(), each));
  }
  const auto plan_for = [this, &kept](TermId name) -> Result<OperatorPtr> {
    const rdf::Term term = QP_TRY(context_.terms.term_for(name));
    const Scope here{Graphs::Named, Node(term), false};
    // EXISTS inside asks in this graph.
    note_exists(kept, here);
    exists_known_.clear();
    return plan(kept, here);
  };
  return make_graph_loop(context_, source_, std::move(columns), variable, plan_for);
}

}  // namespace qp::sparql
