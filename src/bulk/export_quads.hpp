#pragma once

#include <functional>
#include <string_view>

#include "base/result.hpp"
#include "store/store.hpp"

namespace qp::bulk {

/// What is written: all graphs (no claims) for which `graph` is true, and the members of all
/// sequences for which `sequence` is, as `<sequence> as:items <member>`, newest first.
struct Chosen {
  std::function<Result<bool>(TermId graph)> graph;
  std::function<Result<bool>(TermId sequence)> sequence;
};

/// Writes N-Quads, a graph at a time. Blank nodes of a document's graph are named by what is said
/// of them (RDFC-1.0), so that two stores that say the same are the same lines. Returns how many.
Result<std::uint64_t> export_quads(const store::Txn& txn, const Chosen& chosen,
                                   const std::function<Result<void>(std::string_view)>& write);

}  // namespace qp::bulk
