#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rdf/term_id.hpp"

namespace qp::store {

struct QuadIds {
  TermId g{}, s{}, p{}, o{};
  friend auto operator<=>(const QuadIds&, const QuadIds&) = default;
};

/// A quad and its place among the values of (g, s, p) in the graph's current source; 0 for the
/// only value.
struct OrderedQuad {
  QuadIds quad;
  std::uint32_t ordinal = 0;
};

/// None stands for any term.
using Pattern = QuadIds;

/// The sort orders: by the positions that the name gives, from the left. In Gspo the objects of one
/// (g, s, p) lie by their ordinals, in the others by their ids.
enum class Order : std::uint8_t { Gspo, Spog, Posg, Ospg };

/// A quad that answers the binding of that number.
struct Match {
  std::uint32_t binding = 0;
  QuadIds quad;
};

/// Counts over all quads with one predicate, or of the type rdf:type with one class; hidden graphs
/// and claims included. For the planner; never shown to a reader.
struct UseCounts {
  std::uint64_t quads = 0;
  std::uint64_t subjects = 0;  ///< different ones
  std::uint64_t objects = 0;   ///< different ones
  friend bool operator==(const UseCounts&, const UseCounts&) = default;
};

/// An interned set of those who may read something.
enum class AudienceId : std::uint32_t {
  Nobody = 0,  ///< no reader at all; only unfiltered access sees it
  Public = 1,  ///< every reader
};

/// What a reader may see: the audience sets that it is in. `everything()` is the operator's view.
class Visible {
 public:
  static Visible everything() { return Visible(true, {}); }
  static Visible only_public() { return Visible(false, {AudienceId::Public}); }
  /// `sets`: sorted, without repeats.
  explicit Visible(std::vector<AudienceId> sets) : Visible(false, std::move(sets)) {}

  bool sees(AudienceId audience) const;
  bool sees_everything() const { return everything_; }
  const std::vector<AudienceId>& sets() const { return sets_; }
  friend bool operator==(const Visible&, const Visible&) = default;

 private:
  Visible(bool everything, std::vector<AudienceId> sets)
      : everything_(everything), sets_(std::move(sets)) {}
  bool everything_;
  std::vector<AudienceId> sets_;
};

enum class GraphKind : std::uint8_t {
  Source = 0,  ///< what its owner says about a resource: what views and queries read
  Claims = 1,  ///< what a document says beyond its authority; read only when asked for
  Loaded = 2,  ///< from an RDF file
};

struct GraphRecord {
  TermId document{};  ///< its current source; None for graphs that were loaded
  AudienceId audience = AudienceId::Nobody;
  GraphKind kind = GraphKind::Source;
  std::uint64_t version = 0;  ///< set by the store: grows with every change, never repeats
  std::uint64_t quads = 0;    ///< set by the store
};

/// One received or created JSON document. The bytes themselves are kept apart (`document_bytes`).
struct DocumentRecord {
  TermId id{};
  std::string context;  ///< the original @context, as JSON text; empty: had none
  std::array<std::uint8_t, 32> sha256{};
  std::string source_url;      ///< where it came from, or whose request it was
  std::string attested_by;     ///< key or account that vouched for it
  std::string attested_how;    ///< "cavage", "rfc9421", "token", "fetched", "import", ...
  std::string via;             ///< the collection it was posted to
  std::int64_t received = 0;   ///< ms since 1970
  TermId root{};               ///< the root node of the document
  std::vector<TermId> graphs;  ///< graphs that it was the source of when it came
  TermId claims{};             ///< its claims graph, or None
  std::string fidelity;        ///< what quads cannot hold; written and read by jsonld/
};

/// An entry of a sequence.
struct SequenceItem {
  std::uint64_t key = 0;  ///< larger is newer; unique in its sequence
  TermId member{};
  AudienceId audience = AudienceId::Nobody;
};

struct QueueItem {
  std::uint64_t id = 0;  ///< order of entry
  std::int64_t due = 0;  ///< ms since 1970
  std::string lane;      ///< work in one lane is done in order: a host
  std::string payload;
  std::uint32_t attempts = 0;
  std::string last_result;
};

/// Finished bytes for one audience class of a resource.
struct Rendered {
  std::string content_type;
  std::string etag;  ///< with its quotes
  AudienceId audience = AudienceId::Nobody;
  std::uint16_t status = 200;
  std::string body;
};
/// As Rendered, but borrowed from the transaction.
struct RenderedView {
  std::string_view content_type, etag;
  AudienceId audience = AudienceId::Nobody;
  std::uint16_t status = 200;
  std::string_view body;
};

}  // namespace qp::store
