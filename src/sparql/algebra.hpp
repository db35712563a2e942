#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "sparql/ast.hpp"

namespace qp::sparql {

/// A triple pattern of the algebra: `path` is set only for what no join or union of triples
/// expresses (`* + ? !`).
struct AlgebraTriple {
  Node s, p, o;
  std::shared_ptr<const Path> path;
};

struct AggregateColumn {
  Variable variable{};
  std::shared_ptr<const Aggregate> aggregate;
};

/// An operator of the SPARQL algebra, 18.2. Plain values; shared parts are never changed.
struct Algebra {
  enum class Kind : std::uint8_t {
    Unit,      ///< one solution that binds nothing
    Triples,   ///< `triples`: a basic graph pattern, paths among it
    Join,      ///< all parts
    LeftJoin,  ///< parts[0], parts[1] where `expressions` hold
    Union,     ///< all parts
    Minus,     ///< parts[0] without parts[1]
    Filter,    ///< parts[0] where all `expressions` hold
    Extend,    ///< parts[0] with `variables[i]` = `expressions[i]`
    Graph,     ///< parts[0] in the graph `name`
    Values,    ///< `values`
    Group,     ///< parts[0]: keys `variables` = `expressions`, then `aggregates`
    Order,     ///< parts[0] by `order`
    Project,   ///< parts[0]: columns `variables`, named `names`
    Distinct,  ///< parts[0]; `reduced`: repeats may stay
    Slice,     ///< parts[0]: `limit`, `offset`
  };
  Kind kind = Kind::Unit;
  std::vector<Algebra> parts;
  std::vector<AlgebraTriple> triples;
  std::vector<Expression> expressions;
  std::vector<Variable> variables, names;
  Node name;
  std::shared_ptr<const Values> values;
  std::vector<AggregateColumn> aggregates;
  std::vector<OrderKey> order;
  std::optional<std::uint64_t> limit;
  std::uint64_t offset = 0;
  bool reduced = false;
};

/// Variables that the translation makes are added to `variables`. Unavailable: SERVICE.
Result<Algebra> translate(const Query& query, std::vector<std::string>& variables);
Result<Algebra> translate(const Group& group, std::vector<std::string>& variables);

/// The variables that a solution of it may bind, and those that each solution binds. Sorted.
std::vector<Variable> may_bind(const Algebra& algebra);
std::vector<Variable> must_bind(const Algebra& algebra);
/// All variables that it names anywhere, in expressions too. Sorted.
std::vector<Variable> named_in(const Algebra& algebra);

/// `algebra` with terms in the place of variables, for EXISTS (18.6, substitute).
struct Binding {
  Variable variable;
  rdf::Term term;
};
Algebra substitute(const Algebra& algebra, const std::vector<Binding>& bindings);

}  // namespace qp::sparql
