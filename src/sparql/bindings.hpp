#pragma once

#include "rdf/term_id.hpp"
#include "sparql/ast.hpp"

namespace qp::sparql {

/// One solution, as an expression sees it: the ids are those of the query's TermTable.
class Bindings {
 public:
  virtual ~Bindings() = default;
  /// None: unbound.
  virtual TermId at(Variable variable) const = 0;
};

}  // namespace qp::sparql
