// What an algebra binds, names, and becomes when variables get values.
#include <algorithm>

#include "sparql/algebra.hpp"
#include "sparql/expression.hpp"

namespace qp::sparql {

namespace {

using Kind = Algebra::Kind;
using Set = std::vector<Variable>;

Set sorted(Set set) {
  std::sort(set.begin(), set.end());
  set.erase(std::unique(set.begin(), set.end()), set.end());
  return set;
}

void add(Set& out, const Node& node) {
  if (const Variable* variable = variable_of(node)) out.push_back(*variable);
}

void add(Set& out, const AlgebraTriple& triple) {
  add(out, triple.s);
  if (!triple.path) add(out, triple.p);
  add(out, triple.o);
}

Set both(const Set& a, const Set& b) {
  Set made;
  std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(made));
  return made;
}

Set common(const Set& a, const Set& b) {
  Set made;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(made));
  return made;
}

/// A projected column has its outer name.
Set projected(const Algebra& algebra, const Set& inner) {
  Set made;
  for (std::size_t i = 0; i < algebra.variables.size(); ++i) {
    if (std::binary_search(inner.begin(), inner.end(), algebra.variables[i])) {
      made.push_back(algebra.names[i]);
    }
  }
  return sorted(std::move(made));
}

void add_named(const Algebra& algebra, Set& out) {
  for (const AlgebraTriple& triple : algebra.triples) add(out, triple);
  for (const Expression& expression : algebra.expressions) variables_of(expression, out);
  out.insert(out.end(), algebra.variables.begin(), algebra.variables.end());
  out.insert(out.end(), algebra.names.begin(), algebra.names.end());
  if (algebra.kind == Kind::Graph) add(out, algebra.name);
  if (algebra.values) {
    out.insert(out.end(), algebra.values->variables.begin(), algebra.values->variables.end());
  }
  for (const AggregateColumn& column : algebra.aggregates) {
    out.push_back(column.variable);
    if (column.aggregate->argument) variables_of(*column.aggregate->argument, out);
  }
  for (const OrderKey& key : algebra.order) variables_of(key.expression, out);
  for (const Algebra& part : algebra.parts) add_named(part, out);
}

}  // namespace

Set may_bind(const Algebra& algebra) {
  Set made;
  switch (algebra.kind) {
    case Kind::Unit:
      break;
    case Kind::Triples:
      for (const AlgebraTriple& triple : algebra.triples) add(made, triple);
      return sorted(std::move(made));
    case Kind::Values:
      return sorted(algebra.values->variables);
    case Kind::Minus:
      return may_bind(algebra.parts[0]);
    case Kind::Project:
      return projected(algebra, may_bind(algebra.parts[0]));
    case Kind::Group:
      made = algebra.variables;
      for (const AggregateColumn& column : algebra.aggregates) made.push_back(column.variable);
      return sorted(std::move(made));
    default:
      for (const Algebra& part : algebra.parts) made = both(made, may_bind(part));
      if (algebra.kind == Kind::Graph) add(made, algebra.name);
      if (algebra.kind == Kind::Extend) {
        made.insert(made.end(), algebra.variables.begin(), algebra.variables.end());
      }
      return sorted(std::move(made));
  }
  return made;
}

Set must_bind(const Algebra& algebra) {
  Set made;
  switch (algebra.kind) {
    case Kind::Unit:
    case Kind::Group:  // an error leaves a key or an aggregate unbound
      return made;
    case Kind::Triples:
      return may_bind(algebra);
    case Kind::Values:
      for (std::size_t i = 0; i < algebra.values->variables.size(); ++i) {
        const auto& rows = algebra.values->rows;
        if (std::all_of(rows.begin(), rows.end(), [i](const auto& row) { return row[i]; })) {
          made.push_back(algebra.values->variables[i]);
        }
      }
      return sorted(std::move(made));
    case Kind::Join:
      for (const Algebra& part : algebra.parts) made = both(made, must_bind(part));
      return made;
    case Kind::Union:
      made = must_bind(algebra.parts[0]);
      for (const Algebra& part : algebra.parts) made = common(made, must_bind(part));
      return made;
    case Kind::Project:
      return projected(algebra, must_bind(algebra.parts[0]));
    case Kind::Graph:
      made = must_bind(algebra.parts[0]);
      add(made, algebra.name);
      return sorted(std::move(made));
    default:
      return must_bind(algebra.parts[0]);
  }
}

Set named_in(const Algebra& algebra) {
  Set made;
  add_named(algebra, made);
  return sorted(std::move(made));
}

namespace {

/// Puts terms in the place of variables. Those that are bound inside by BIND, VALUES or a
/// sub-select are joined with their value instead.
class Substitution {
 public:
  explicit Substitution(const std::vector<Binding>& bindings) : bindings_(bindings) {}

  Algebra in(const Algebra& algebra) const;

 private:
  const rdf::Term* value(Variable variable) const {
    for (const Binding& binding : bindings_) {
      if (binding.variable == variable) return &binding.term;
    }
    return nullptr;
  }
  void in(Node& node) const {
    const Variable* variable = variable_of(node);
    if (variable == nullptr) return;
    if (const rdf::Term* term = value(*variable)) node = *term;
  }
  void in(Expression& expression) const;
  void in(Group& group) const;
  void in(Element& element) const;
  Algebra joined_with(Algebra algebra, const Set& variables) const;

  const std::vector<Binding>& bindings_;
};

void Substitution::in(Expression& expression) const {
  for (Expression& argument : expression.arguments) in(argument);
  if (expression.op == Op::Variable) {
    if (const rdf::Term* term = value(expression.variable)) {
      expression.op = Op::Constant;
      expression.term = *term;
    }
  }
  if (expression.op == Op::Call && expression.builtin == Builtin::Bound &&
      expression.arguments[0].op == Op::Constant) {
    expression.op = Op::Constant;
    expression.term = Value::boolean(true).term();
    expression.arguments.clear();
  }
  if (expression.pattern) {
    auto inner = std::make_shared<Group>(*expression.pattern);
    in(*inner);
    expression.pattern = std::move(inner);
  }
}

void Substitution::in(Group& group) const {
  for (Element& element : group.elements) in(element);
}

void Substitution::in(Element& element) const {
  for (Triple& triple : element.triples) {
    in(triple.s);
    if (!triple.path) in(triple.p);
    in(triple.o);
  }
  in(element.name);
  for (Group& group : element.groups) in(group);
  in(element.expression);
}

Algebra Substitution::joined_with(Algebra algebra, const Set& variables) const {
  auto values = std::make_shared<Values>();
  values->rows.emplace_back();
  for (const Variable variable : variables) {
    if (const rdf::Term* term = value(variable)) {
      values->variables.push_back(variable);
      values->rows[0].emplace_back(*term);
    }
  }
  if (values->variables.empty()) return algebra;
  Algebra table;
  table.kind = Kind::Values;
  table.values = std::move(values);
  Algebra made;
  made.kind = Kind::Join;
  made.parts.push_back(std::move(algebra));
  made.parts.push_back(std::move(table));
  return made;
}

Algebra Substitution::in(const Algebra& algebra) const {
  Algebra made = algebra;
  // A sub-select shares only what it projects, under names of its own.
  if (algebra.kind == Kind::Project || algebra.kind == Kind::Slice ||
      algebra.kind == Kind::Distinct || algebra.kind == Kind::Group) {
    return joined_with(std::move(made), may_bind(algebra));
  }
  for (AlgebraTriple& triple : made.triples) {
    in(triple.s);
    if (!triple.path) in(triple.p);
    in(triple.o);
  }
  for (Expression& expression : made.expressions) in(expression);
  if (made.kind == Kind::Graph) in(made.name);
  for (Algebra& part : made.parts) part = in(part);
  if (algebra.kind == Kind::Values) return joined_with(std::move(made), algebra.values->variables);
  if (algebra.kind == Kind::Extend) return joined_with(std::move(made), algebra.variables);
  return made;
}

}  // namespace

Algebra substitute(const Algebra& algebra, const std::vector<Binding>& bindings) {
  return Substitution(bindings).in(algebra);
}

}  // namespace qp::sparql
