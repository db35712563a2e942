#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "jsonld/jsonld.hpp"
#include "jsonld/nest.hpp"

/// Documents on their way into the store and back, in storage mode (README.md in this folder).
namespace qp::jsonld {

/// How contexts are found; the cache outlives it.
struct ContextSource {
  ContextCache& cache;
  Loader loader;
};

/// Who brings the document.
enum class Sender {
  Network,   ///< what cannot be mapped, or moves the root of a document, is refused
  Operator,  ///< it is kept as JSON (salvage.hpp): every object gets in
};

/// A document read for storage. Everything lives in the arena that it was read with.
struct StoredForm {
  json::Value json;          ///< as given
  json::Value context;       ///< of the root; AS2 where the document has none
  bool has_context = false;  ///< the document has it
  json::Value expanded;      ///< the root's node object, repaired
  rdf::TermView root;        ///< its id, or its blank node
  std::vector<EmittedQuad> quads;
  json::Value difference;  ///< fidelity.hpp; null: none. With what was repaired, if anything
  std::vector<std::string> missing_contexts;  ///< named, but not to be had
};

/// Expansion in storage mode, with the repairs (repair.hpp).
Result<json::Value> expand_for_storage(json::Value document, const ContextSource& contexts,
                                       json::Arena& arena);

/// `document` is an object. BadInput says what is wrong; TooLarge names the limit.
Result<StoredForm> read_for_storage(json::Value document, const ContextSource& contexts,
                                    json::Arena& arena, Sender sender = Sender::Network);

/// The way back: the document with `context`, from its statements. Without the difference.
Result<json::Value> restore(std::span<const Statement> statements, const rdf::TermView& root,
                            json::Value context, const ContextSource& contexts, json::Arena& arena);

/// What was put right when the document was read, by name (repair.hpp); `json`: something could
/// not be mapped and is kept as JSON.
std::vector<std::string> repairs_in(json::Value difference);

}  // namespace qp::jsonld
