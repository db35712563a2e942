#pragma once

#include <vector>

#include "base/result.hpp"
#include "store/access.hpp"
#include "vocab/term_id.hpp"

namespace qp::store {

/// Every term that has a row.
Result<std::vector<TermId>> all_terms(const Access& access);

/// Those of `terms` that nothing in the store names: no quad, graph, document, audience, sequence
/// or typed literal.
Result<std::vector<TermId>> unused_terms(const Access& access, const std::vector<TermId>& terms);

}  // namespace qp::store
