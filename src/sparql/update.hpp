#pragma once

#include "sparql/execution.hpp"

namespace qp::sparql {

struct UpdateOptions {
  RunOptions run;
  /// Who may read a graph that the update begins.
  store::AudienceId audience = store::AudienceId::Nobody;
  /// Asked of each quad that is to go in or out. Empty: all may. An Error ends the update.
  std::function<Result<void>(const store::QuadIds&)> admit{};
  /// Told of each graph before its quads change, and after.
  std::function<Result<void>(TermId graph)> begin{}, end{};
};

struct UpdateReport {
  /// Quads that were not there, and that were, as its caller sees the store.
  std::uint64_t inserted = 0, deleted = 0;
};

/// All operations in one transaction, and within one time limit; an error leaves nothing of them
/// (the caller's transaction is not committed). What has no GRAPH goes into and out of the unnamed
/// graph. Forbidden: LOAD, and what the server keeps itself (keys, members of sequences). Rendered
/// bytes of changed resources are dropped.
Result<UpdateReport> run_update(store::WriteTxn& txn, const Update& update,
                                const UpdateOptions& options);

}  // namespace qp::sparql
