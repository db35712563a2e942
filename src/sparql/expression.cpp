#include "sparql/expression.hpp"

#include <algorithm>
#include <cmath>

namespace qp::sparql {

Compiled Compiled::make(const Expression& expression, std::span<const Variable> columns,
                        Context& context) {
  Compiled made(expression, context);
  for (const Expression& argument : expression.arguments) {
    made.arguments_.push_back(make(argument, columns, context));
  }
  if (expression.op == Op::Variable) {
    const auto at = std::find(columns.begin(), columns.end(), expression.variable);
    if (at != columns.end()) made.column_ = static_cast<std::size_t>(at - columns.begin());
  } else if (expression.op == Op::Constant) {
    const TermId id = context.id_of(Value::of(expression.term));
    made.constant_ = expression.term.kind == rdf::TermKind::Blank ? context.value(id)
                                                                  : Value::of(expression.term, id);
  } else if (expression.op == Op::Exists || expression.op == Op::NotExists) {
    made.columns_.assign(columns.begin(), columns.end());
  }
  return made;
}

TermId Compiled::id(const TermId* row) const {
  if (expression_->op == Op::Variable) return column_ == kNoColumn ? TermId::None : row[column_];
  return context_->id_of(evaluate(row));
}

Value Compiled::evaluate(const TermId* row) const {
  switch (expression_->op) {
    case Op::Variable:
      return column_ == kNoColumn ? Value() : context_->value(row[column_]);
    case Op::Constant:
      return constant_;
    case Op::Or:
    case Op::And:
    case Op::Not:
      return logic(row);
    case Op::Equal:
    case Op::NotEqual:
    case Op::Less:
    case Op::Greater:
    case Op::LessOrEqual:
    case Op::GreaterOrEqual:
      return relation(row);
    case Op::In:
    case Op::NotIn:
      return membership(row);
    case Op::Add:
    case Op::Subtract:
    case Op::Multiply:
    case Op::Divide: {
      const auto operation =
          static_cast<Arithmetic>(static_cast<int>(expression_->op) - static_cast<int>(Op::Add));
      const Value a = arguments_[0].evaluate(row);
      if (a.is_text()) return {};
      return calculate(operation, a, arguments_[1].evaluate(row));
    }
    case Op::Plus:
    case Op::Minus:
      return sign(row);
    case Op::Call:
    case Op::Function:
      return function(row);
    case Op::Exists:
    case Op::NotExists:
      return Value::boolean(context_->exists(*expression_, columns_, row) ==
                            (expression_->op == Op::Exists));
    case Op::Aggregate:
      return {};  // a variable by now
  }
  return {};
}

// 17.2: an error beside what decides is no error.
Value Compiled::logic(const TermId* row) const {
  const std::optional<bool> a = truth(arguments_[0].evaluate(row));
  if (expression_->op == Op::Not) return a ? Value::boolean(!*a) : Value();
  const bool decides = expression_->op == Op::Or;
  if (a == decides) return Value::boolean(decides);
  const std::optional<bool> b = truth(arguments_[1].evaluate(row));
  if (b == decides) return Value::boolean(decides);
  return a && b ? Value::boolean(!decides) : Value();
}

Value Compiled::relation(const TermId* row) const {
  Held held(*context_);
  const Value a = arguments_[0].evaluate(row);
  if (!affords(a, held)) return {};
  const Value b = arguments_[1].evaluate(row);
  if (expression_->op == Op::Equal || expression_->op == Op::NotEqual) {
    const std::optional<bool> same = equals(a, b);
    return same ? Value::boolean(*same == (expression_->op == Op::Equal)) : Value();
  }
  const std::optional<int> way = compare(a, b);
  if (!way) return {};
  switch (expression_->op) {
    case Op::Less:
      return Value::boolean(*way == -1);
    case Op::Greater:
      return Value::boolean(*way == 1);
    case Op::LessOrEqual:
      return Value::boolean(*way == -1 || *way == 0);
    default:
      return Value::boolean(*way == 1 || *way == 0);
  }
}

Value Compiled::membership(const TermId* row) const {
  const bool wanted = expression_->op == Op::In;
  const Value one = arguments_[0].evaluate(row);
  bool error = false;
  context_->spend(arguments_.size());
  for (std::size_t i = 1; i < arguments_.size(); ++i) {
    const Compiled& other = arguments_[i];
    Held held(*context_);
    if (other.expression_->op != Op::Constant && !affords(one, held)) return {};
    const std::optional<bool> same = other.expression_->op == Op::Constant
                                         ? equals(one, other.constant_)
                                         : equals(one, other.evaluate(row));
    if (same == true) return Value::boolean(wanted);
    error |= !same;
  }
  return error ? Value() : Value::boolean(!wanted);
}

Value Compiled::sign(const TermId* row) const {
  Value value = arguments_[0].evaluate(row);
  if (!value.is_numeric()) return {};
  if (expression_->op == Op::Plus) return value;
  switch (value.kind()) {
    case Value::Kind::Double:
      return Value::number(-value.as_double());
    case Value::Kind::Float:
      return Value::single(static_cast<float>(-value.as_double()));
    default:
      return calculate(Arithmetic::Subtract, Value::integer(0), value);
  }
}

// Texts may be long, and what is done with them slow: the time is looked at before, and those that
// wait for others count as memory.
bool Compiled::affords(const Value& value, Held& held) const {
  static constexpr std::size_t kBytesOfAStep = 16, kLong = 64 * limits::kKiB;
  if (!value.is_text()) return true;
  const std::size_t bytes = value.view().size();
  Result<void> may = context_->tick(bytes / kBytesOfAStep);
  if (may && bytes >= kLong) may = held.add(bytes);
  if (!may) context_->fail(Result<void>(may).error());
  return may.has_value();
}

Value Compiled::function(const TermId* row) const {
  Held held(*context_);
  if (expression_->op == Op::Function) {
    if (arguments_.size() != 1) return {};
    const Value from = arguments_[0].evaluate(row);
    if (!affords(from, held)) return {};
    return cast(from, expression_->term.value).value_or(Value());
  }
  switch (expression_->builtin) {
    case Builtin::Bound:
      return Value::boolean(arguments_[0].id(row) != TermId::None);
    case Builtin::Coalesce:
      for (const Compiled& argument : arguments_) {
        Value value = argument.evaluate(row);
        if (!value.is_none()) return value;
      }
      return {};
    case Builtin::If: {
      const std::optional<bool> condition = truth(arguments_[0].evaluate(row));
      if (!condition) return {};
      return arguments_[*condition ? 1 : 2].evaluate(row);
    }
    default:
      break;
  }
  std::vector<Value> values;
  values.reserve(arguments_.size());
  for (const Compiled& argument : arguments_) {
    values.push_back(argument.evaluate(row));
    if (values.back().is_none()) return {};
    if (!affords(values.back(), held)) return {};
  }
  Value made = call_builtin(expression_->builtin, values, *context_);
  const bool too_long = made.is_text() && made.view().size() > limits::kSparqlStringBytes;
  return too_long ? Value() : made;
}

static void variables_of(const Group& group, std::vector<Variable>& out);

static void variables_of(const Element& element, std::vector<Variable>& out) {
  for (const Triple& triple : element.triples) {
    for (const Node* node : {&triple.s, &triple.p, &triple.o}) {
      if (node == &triple.p && triple.path) continue;
      if (const Variable* variable = variable_of(*node)) out.push_back(*variable);
    }
  }
  if (const Variable* variable = variable_of(element.name);
      variable && (element.kind == Element::Kind::Graph)) {
    out.push_back(*variable);
  }
  for (const Group& group : element.groups) variables_of(group, out);
  if (element.kind == Element::Kind::Filter || element.kind == Element::Kind::Bind) {
    variables_of(element.expression, out);
  }
  if (element.kind == Element::Kind::Bind) out.push_back(element.variable);
  out.insert(out.end(), element.values.variables.begin(), element.values.variables.end());
  if (element.select) {
    for (const Projection& each : element.select->projection) out.push_back(each.outer);
  }
}

static void variables_of(const Group& group, std::vector<Variable>& out) {
  for (const Element& element : group.elements) variables_of(element, out);
}

void variables_of(const Expression& expression, std::vector<Variable>& out) {
  if (expression.op == Op::Variable) out.push_back(expression.variable);
  if (expression.pattern) variables_of(*expression.pattern, out);
  if (expression.aggregate && expression.aggregate->argument) {
    variables_of(*expression.aggregate->argument, out);
  }
  for (const Expression& argument : expression.arguments) variables_of(argument, out);
}

bool has_exists(const Expression& expression) {
  return expression.pattern != nullptr ||
         std::any_of(expression.arguments.begin(), expression.arguments.end(), has_exists);
}

}  // namespace qp::sparql
