#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "bulk/entries.hpp"
#include "bulk/rdf_guard.hpp"
#include "rdf/nquads.hpp"
#include "store/bulk_load.hpp"
#include "store/store.hpp"

/// RDF files into the store: graphs as they are given; what has none goes to the unnamed graph.
namespace qp::bulk {

/// Fingerprint of a file, space, a number -> the first of a block of its blank nodes (decimal).
inline constexpr store::Table kBlankBlocks{61};

/// By the end of its name.
std::optional<rdf::Syntax> rdf_syntax_of(std::string_view name);

/// What tells a file from every other: a hash of what is in it. Asked for once there is a blank
/// node.
using Fingerprint = std::function<Result<std::string>()>;

/// Where quads go. A blank node's id is asked for once for each label of a file; the same file has
/// the same blank nodes whenever it is loaded. What RdfGuard refuses is told, and the rest goes on.
class QuadTarget {
 public:
  virtual ~QuadTarget() = default;
  virtual Result<void> add(const rdf::QuadView& quad) = 0;
  virtual Result<void> begin_file(Fingerprint fingerprint) = 0;
  /// What was added of the file is where it goes, or refused.
  virtual Result<void> end_file() = 0;
  virtual Result<void> finish() = 0;  ///< everything is on disk

  /// Of the file.
  std::uint64_t refused() const { return refused_; }
  std::uint64_t here() const { return here_; }
  void tell(std::function<void(const Error&)> refused) { tell_ = std::move(refused); }

 protected:
  void begin_counts() { refused_ = here_ = 0; }
  void count(const Verdict& verdict, const rdf::QuadView& quad);

 private:
  std::function<void(const Error&)> tell_;
  std::uint64_t refused_ = 0, here_ = 0;
};
/// By sorting outside of the store (store::BulkLoad, which outlives it; so do the rules).
std::unique_ptr<QuadTarget> into_bulk_load(store::BulkLoad& load, const RdfRules& rules);
/// In commits of some thousand, while others work on the store.
std::unique_ptr<QuadTarget> into_store(store::Store& store, const RdfRules& rules);

struct RdfTotals {
  std::uint64_t quads = 0, refused = 0, bytes = 0;
  std::uint64_t here = 0;  ///< of the quads, that are part of what the server keeps

  void add(const RdfTotals& other) {
    quads += other.quads;
    refused += other.refused;
    here += other.here;
    bytes += other.bytes;
  }
};
/// What is wrong with a line (of N-Quads and N-Triples) is told, and the rest goes on; the other
/// syntaxes end there. What the target refuses is told without a line (0). Fails only when the
/// target does.
Result<RdfTotals> load_rdf(const ByteReader& read, rdf::Syntax syntax, const std::string& base,
                           QuadTarget& target, Fingerprint fingerprint,
                           const std::function<void(std::uint64_t line, const Error&)>& refused,
                           const std::function<void(const RdfTotals&)>& watch);

}  // namespace qp::bulk
