#pragma once

#include <string>
#include <vector>

#include "jsonld/document.hpp"
#include "store/store.hpp"
#include "vocab/views.hpp"

namespace qp::view {

/// How far a view walks from a resource into the graphs of others.
struct Walk {
  store::Visible visible = store::Visible::only_public();
  bool with_hidden_recipients = false;  ///< all of them: the operator's walk
  /// Who reads: bto and bcc are shown where the resource is theirs (ActivityPub 6, 7).
  std::vector<TermId> readers{};
};

/// What a projection is made of besides its own graph.
struct Ingredients {
  std::vector<TermId> embedded;   ///< graphs shown inside
  bool withheld = false;          ///< another reader would be shown more: a graph, a count
  bool hides_recipients = false;  ///< bto or bcc were left out
  bool shows_recipients = false;  ///< bto or bcc are in it
};

/// The resource whose graph is `graph` as a JSON value, compacted with the context that its source
/// came with, its difference applied. NotFound when there is no such graph, or `walk.visible` does
/// not see it.
Result<json::Value> project(const store::Txn& txn, TermId graph, const Walk& walk,
                            const jsonld::ContextSource& contexts, json::Arena& arena,
                            Ingredients* ingredients = nullptr);

/// The same as one view has it: the properties of its table and no others, in the table's shapes,
/// under a context made of the table; what is embedded as the views that claim it have it. For what
/// came without a document, and for who asks for a view by its name.
Result<json::Value> project_as(const store::Txn& txn, TermId graph, const vocab::View& view,
                               const Walk& walk, const jsonld::ContextSource& contexts,
                               json::Arena& arena);

/// A received document from everything it said, rebuilt without the kept bytes.
Result<json::Value> rebuild(const store::Txn& txn, const store::DocumentRecord& document,
                            const jsonld::ContextSource& contexts, json::Arena& arena);

/// True if the resource is (by its type) deleted: a Tombstone.
Result<bool> is_tombstone(const store::Txn& txn, TermId graph);

}  // namespace qp::view
