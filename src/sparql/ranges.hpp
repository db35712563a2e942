#pragma once

#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "sparql/ast.hpp"
#include "vocab/term_id.hpp"

namespace qp::sparql {

/// `from` <= id < `below`.
struct IdRange {
  TermId from{}, below{};
};

/// The terms of which a variable is one, where that is all that `filter` says: IRIs and texts,
/// which nothing else is equal to.
std::optional<std::pair<Variable, std::vector<const rdf::Term*>>> terms_of(
    const Expression& filter);

/// The ids that may pass all comparisons of `variable` with a constant among `filters`: those of
/// inlined values in between, and of all literals whose id does not tell their value; or those of
/// the terms of which it is one. Empty: the filters do not say.
Result<std::vector<IdRange>> ranges_of(
    Variable variable, const std::vector<Expression>& filters,
    const std::function<Result<TermId>(const rdf::Term&)>& id_of);

}  // namespace qp::sparql
