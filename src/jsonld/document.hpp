#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "jsonld/jsonld.hpp"
#include "jsonld/nest.hpp"

/// Documents on their way into the store and back, in storage mode.
namespace qp::jsonld {

/// How contexts are found; the cache outlives it.
struct ContextSource {
  ContextCache& cache;
  Loader loader;
};

/// A document read for storage. Everything lives in the arena that it was read with.
struct StoredForm {
  json::Value json;      ///< as given
  json::Value context;   ///< of the root; AS2 where the document has none
  json::Value expanded;  ///< the root's node object
  rdf::TermView root;    ///< its id, or its blank node
  std::vector<EmittedQuad> quads;
  json::Value difference;  ///< fidelity.hpp; null: none
};

/// `document` is an object. BadInput says what is wrong; TooLarge names the limit.
Result<StoredForm> read_for_storage(json::Value document, const ContextSource& contexts,
                                    json::Arena& arena);

/// The way back: the document with `context`, from its statements. Without the difference.
Result<json::Value> restore(std::span<const Statement> statements, const rdf::TermView& root,
                            json::Value context, const ContextSource& contexts, json::Arena& arena);

}  // namespace qp::jsonld
