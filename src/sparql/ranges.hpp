#pragma once

#include <vector>

#include "sparql/ast.hpp"
#include "vocab/term_id.hpp"

namespace qp::sparql {

/// `from` <= id < `below`.
struct IdRange {
  TermId from{}, below{};
};

/// The ids that may pass all comparisons of `variable` with a constant among `filters`: those of
/// inlined values in between, and of all literals whose id does not tell their value. Empty: the
/// filters do not say.
std::vector<IdRange> ranges_of(Variable variable, const std::vector<Expression>& filters);

}  // namespace qp::sparql
