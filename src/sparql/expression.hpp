#pragma once

#include <memory>
#include <span>
#include <vector>

#include "sparql/context.hpp"

namespace qp::sparql {

/// An expression made ready for rows of certain columns.
class Compiled {
 public:
  /// `expression` outlives it. A variable that has no column is unbound.
  static Compiled make(const Expression& expression, std::span<const Variable> columns,
                       Context& context);

  /// None: unbound, or a type error. The value borrows from the context and its transaction.
  Value evaluate(const TermId* row) const;
  /// The effective boolean value; an error is false.
  bool holds(const TermId* row) const { return truth(evaluate(row)).value_or(false); }
  /// As a term. A variable costs nothing.
  TermId id(const TermId* row) const;

 private:
  Compiled(const Expression& expression, Context& context)
      : expression_(&expression), context_(&context) {}
  Value logic(const TermId* row) const;
  Value relation(const TermId* row) const;
  Value membership(const TermId* row) const;
  Value sign(const TermId* row) const;
  Value function(const TermId* row) const;
  bool affords(const Value& value, Held& held) const;

  const Expression* expression_;
  Context* context_;
  std::vector<Compiled> arguments_;
  static constexpr std::size_t kNoColumn = ~std::size_t{0};
  std::size_t column_ = kNoColumn;
  Value constant_;
  std::vector<Variable> columns_;  ///< of EXISTS
};

/// A function of 17.4 but for those that look at their arguments themselves (BOUND, COALESCE, IF).
Value call_builtin(Builtin builtin, std::span<const Value> arguments, Context& context);

/// The variables that `expression` names, those of EXISTS patterns included.
void variables_of(const Expression& expression, std::vector<Variable>& out);
/// Whether it calls anything that gives another value each time, or EXISTS.
bool has_exists(const Expression& expression);

}  // namespace qp::sparql
