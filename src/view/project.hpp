#pragma once

#include <string>
#include <vector>

#include "jsonld/document.hpp"
#include "store/store.hpp"

namespace qp::view {

/// How far a view walks from a resource into the graphs of others.
struct Walk {
  store::Visible visible = store::Visible::only_public();
  /// bto and bcc are shown: only to the author (ActivityPub 6, 7).
  bool with_hidden_recipients = false;
};

/// The resource whose graph is `graph` as a JSON value, compacted with the context that its source
/// came with, its difference applied. NotFound when there is no such graph, or `walk.visible` does
/// not see it.
Result<json::Value> project(const store::Txn& txn, TermId graph, const Walk& walk,
                            const jsonld::ContextSource& contexts, json::Arena& arena);

/// A received document from everything it said, rebuilt without the kept bytes.
Result<json::Value> rebuild(const store::Txn& txn, const store::DocumentRecord& document,
                            const jsonld::ContextSource& contexts, json::Arena& arena);

/// True if the resource is (by its type) deleted: a Tombstone.
Result<bool> is_tombstone(const store::Txn& txn, TermId graph);

}  // namespace qp::view
