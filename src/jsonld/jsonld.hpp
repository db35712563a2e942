#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "base/result.hpp"
#include "rdf/term.hpp"

/// JSON-LD 1.1 Processing Algorithms and API. Documents and results live in the caller's arena.
namespace qp::jsonld {

/// What is expected to go wrong is a BadInput (a TooLarge where a limit is passed) that begins with
/// the code of the specification (errors.hpp).

/// JSON-LD API 9.4.5. Made of an HTTP answer by `load_document` (remote_document.hpp).
struct RemoteDocument {
  std::string url;             ///< final
  std::string text;            ///< JSON
  std::string context_url;     ///< of a Link header, or empty
  std::string content_type{};  ///< without parameters; empty where nobody said
  std::string profile{};       ///< a parameter of that, or empty
};
/// Where contexts come from. Given by the caller; the server's looks only into the bundle.
using Loader = std::function<Result<RemoteDocument>(std::string_view url)>;

class ContextCache;  // compiled contexts by their text; any thread (context.hpp)

enum class ProcessingMode { JsonLd10, JsonLd11 };
enum class Mode {
  Conformant,  ///< the specification, nothing else
  Storage,     ///< spec: jsonld.md section 6: undefined terms kept, known orphans repaired, ...
};

struct Options {
  std::string base;
  ProcessingMode processing_mode = ProcessingMode::JsonLd11;
  Mode mode = Mode::Conformant;
  bool ordered = false;
  bool compact_arrays = true;
  bool compact_to_relative = true;
  bool frame_expansion = false;
  json::Value expand_context;  ///< null: none
  Loader loader;               ///< empty: every remote context is an error
  ContextCache* cache = nullptr;
};

/// API 5.1 with the steps of `expand()` around it: always an array.
Result<json::Value> expand(json::Value document, const Options& options, json::Arena& arena);
/// API 6.1 with the steps of `compact()` around it; `context` as in a document (null, text,
/// object, array, or an object with @context).
Result<json::Value> compact(json::Value expanded, json::Value context, const Options& options,
                            json::Arena& arena);
/// API 7.1 of an expanded document with the steps of `flatten()` around it; compacted where there
/// is a context (null: none).
Result<json::Value> flatten(json::Value expanded, json::Value context, const Options& options,
                            json::Arena& arena);

/// The object embed flag of framing. First and Last are of 1.0: a frame may name them in that
/// processing mode only.
enum class Embed { Once, Always, Never, First, Last };
/// JSON-LD Framing 5.4.2. A frame may override the first four for itself.
struct FrameOptions {
  Embed embed = Embed::Once;
  bool explicit_inclusion = false;
  bool require_all = false;
  bool omit_default = false;
  bool frame_default = false;                        ///< the default graph, not all graphs merged
  std::optional<bool> omit_graph;                    ///< none: true unless in 1.0 mode
  std::optional<bool> prune_blank_node_identifiers;  ///< none: true unless in 1.0 mode
};
/// Framing 5.1, frame(), of an expanded document; `document` is the frame as it was written.
/// TooLarge where embedding takes it over a limit (base/limits.hpp).
Result<json::Value> frame(json::Value expanded, json::Value document, const Options& options,
                          const FrameOptions& frame_options, json::Arena& arena);

enum class RdfDirection { None, I18nDatatype, CompoundLiteral };
struct RdfOptions {
  bool produce_generalized_rdf = false;
  bool use_native_types = false;
  bool use_rdf_type = false;
  bool ordered = false;
  RdfDirection rdf_direction = RdfDirection::None;
  /// to_rdf: the items of an ordered collection (as:items) become ordered values instead of a chain
  /// of rdf:first and rdf:rest: collections may be long (storage).
  bool items_as_values = false;
  ProcessingMode processing_mode = ProcessingMode::JsonLd11;
};

/// Set in an ordinal whose value came from a list (RdfOptions::items_as_values).
inline constexpr std::uint32_t kListOrdinal = 1u << 31;

/// A quad whose text is in the arena, with its place among the values of (g, s, p) in document
/// order, counted from 1.
struct EmittedQuad {
  rdf::QuadView quad;
  std::uint32_t ordinal = 0;
};
/// API 8.1 (node map generation and deserialization) of an expanded document.
Result<std::vector<EmittedQuad>> to_rdf(json::Value expanded, const RdfOptions& options,
                                        json::Arena& arena);
/// API 8.4; `quads` in the order in which values are to appear. An expanded document.
Result<json::Value> from_rdf(const std::vector<rdf::QuadView>& quads, const RdfOptions& options,
                             json::Arena& arena);

}  // namespace qp::jsonld
