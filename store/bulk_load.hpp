#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

#include "base/result.hpp"
#include "store/store.hpp"

namespace qp::store {

struct BulkProgress {
  enum class Phase { Reading, Building } phase = Phase::Reading;
  std::uint64_t quads = 0;  ///< read; repeats among them
  double seconds = 0;       ///< since the begin
  double per_second = 0;
  double seconds_left = -1;  ///< below zero: not known
};

struct BulkOptions {
  /// What all that is added takes in memory, files take the rest: a quarter is for quads, half for
  /// new terms, a quarter for all else (some 8 MiB, be it more or not).
  std::size_t memory_bytes = std::size_t{1} << 30;
  std::uint64_t input_bytes = 0;  ///< of all that will be read, for the time left; 0: not known
  /// What a graph gets that the store does not have yet.
  AudienceId audience = AudienceId::Nobody;
  GraphKind kind = GraphKind::Loaded;
  /// Called a few times a second, and at the end of each phase.
  std::function<void(const BulkProgress&)> progress;
};

struct BulkReport {
  std::uint64_t quads = 0;      ///< in the store now
  std::uint64_t new_quads = 0;  ///< of them, that were not there
  std::uint64_t new_terms = 0;
  std::size_t runs = 0;  ///< that went to disk for sorting
  double seconds = 0;
};

/// Loads many quads at once: sorts them outside, writes a new file in order, old contents included,
/// and lets it take the old file's place. Until `finish` has returned nothing has happened; when it
/// has, everything is on disk. Nobody else may have the store open. One thread.
class BulkLoad {
 public:
  static Result<std::unique_ptr<BulkLoad>> begin(const Options& options, BulkOptions bulk);
  virtual ~BulkLoad() = default;

  /// A blank node has no name here: whoever reads one keeps its id.
  virtual Result<TermId> intern(const rdf::TermView& term) = 0;
  virtual TermId new_blank() = 0;
  virtual Result<void> add(const QuadIds& quad) = 0;
  /// So many bytes of the input are read.
  virtual void read_so_far(std::uint64_t bytes) = 0;

  /// Documents as well, written as into a store. Of what is new a later write finds terms, graph
  /// records, documents and tables; what would need more, or would change what was there, is
  /// refused (is_for_later): it is done in the store, after `finish`. Not beside `intern`.
  virtual WriteTxn& txn() = 0;
  /// Decides about all that was written through `txn` since the last time.
  virtual Result<void> keep() = 0;
  virtual void forget() = 0;
  /// What `txn` has in memory and no file takes over: rows of tables, and sets of readers.
  virtual std::size_t memory_used() const = 0;

  /// The store as it was, for reading, from any thread; dies before this.
  virtual std::unique_ptr<Store> before() = 0;

  virtual Result<BulkReport> finish() = 0;
};

bool is_for_later(const Error& error);

}  // namespace qp::store
