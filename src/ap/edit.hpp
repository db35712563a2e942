#pragma once

#include <map>
#include <set>
#include <string>

#include "ap/ingest.hpp"
#include "store/store.hpp"

/// Quads changed by hand (SPARQL Update), beside all activities: who may, and what goes with it.
namespace qp::ap {

/// One update, in one transaction. Asked before each quad changes, told of each graph.
class Editor {
 public:
  /// `actor`: in whose name, who may change its profile and what it wrote; empty: the operator.
  /// Both outlive it. `provenance`: of the records of what is changed.
  Editor(store::WriteTxn& txn, std::string actor, Provenance provenance)
      : txn_(txn), actor_(std::move(actor)), provenance_(std::move(provenance)) {}

  /// Forbidden: the quad may not be put in or taken out in the actor's name. To whom something is
  /// addressed, whose it is and what the server keeps of it change by activities only.
  Result<void> admit(const store::QuadIds& quad);
  /// Before the quads of `graph` change: what a document said goes to its claims, so that it can
  /// still be rebuilt, and the edit is the graph's source.
  Result<void> begin(TermId graph);
  /// After. TooLarge: the actor made more of it than a document may hold. Who may read it is who it
  /// is addressed to now; finished bytes of it, and of what shows it, are dropped.
  Result<void> end(TermId graph);

 private:
  Result<void> admit_in_name(const store::QuadIds& quad);
  Result<bool> is_open(TermId graph);
  Result<void> readdress(TermId graph);
  Result<void> check_size(TermId graph);

  store::WriteTxn& txn_;
  std::string actor_;
  Provenance provenance_;
  std::map<TermId, std::size_t> changed_;  ///< quads in and out, of each graph
  std::set<TermId> open_;                  ///< graphs that the actor may change
  std::set<TermId> readdressed_;           ///< graphs whose recipients change
};

}  // namespace qp::ap
