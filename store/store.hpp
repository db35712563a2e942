#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "rdf/term.hpp"
#include "store/types.hpp"

/// Quads on disk, and the records that belong in the same commit. Knows RDF, nothing above it.
/// This header is the seam: nothing of LMDB shows here (design.md, Storage).
namespace qp::store {

struct Options {
  std::filesystem::path folder;  ///< made if missing; the store is its file `quads.mdb`
  std::size_t initial_map_bytes = std::size_t{1} << 40;
  bool force_filesystem = false;  ///< open even on a network file system
  bool read_only = false;         ///< no writer thread; write() fails with Storage
  /// Rows of vocab/terms.def to know. Fewer: as a program from before the later rows.
  std::size_t words = SIZE_MAX;
  /// A transaction that reads for longer is refused its next question, so that it does not keep
  /// old pages for ever. 0: no bound.
  std::chrono::milliseconds read_time{0};
};

/// Small key-value tables for what must not be in quads: accounts, tokens, private keys. The
/// caller numbers its tables; keys are at most 480 bytes.
enum class Table : std::uint8_t {};

/// Walks the quads of one pattern in one order, many at a call. Used by its transaction's thread;
/// dies before the transaction (of a WriteTxn: before its next write).
class Scan {
 public:
  virtual ~Scan() = default;
  /// Fills `out` from the front with the quads that come next. Fewer than fit: that was the end.
  virtual Result<std::size_t> next(std::span<QuadIds> out) = 0;
  /// The quad that comes next is the first, in the direction of the scan, that has not passed
  /// `place`; forth or back, within the scan's range. Positions of `place` from the first None on
  /// (in Gspo: the object too) say nothing; those that the pattern binds are the pattern's.
  virtual void seek(const QuadIds& place) = 0;
};

/// Looks up many patterns, one after the other: the inner side of a join. Lives as long as a Scan.
class Prober {
 public:
  virtual ~Prober() = default;
  /// What is looked up from here on, in place of any that are left. Borrowed until answered.
  /// Fastest in the order of the index that answers them.
  virtual void bind(std::span<const Pattern> bindings) = 0;
  /// Fills `out` from the front with matches, in the order of their bindings. Fewer than fit: all
  /// bindings are answered.
  virtual Result<std::size_t> next(std::span<Match> out) = 0;
};

/// Everything that can be read, from one steady picture of the store; later commits are not seen.
/// Used by the thread that opened it. Views into it are valid until it is destroyed (in a WriteTxn:
/// until its next write).
class Txn {
 public:
  virtual ~Txn() = default;

  /// Which state of the store this is, for this process: grows with each commit. 0: one that is
  /// being written.
  virtual std::uint64_t generation() const { return 0; }

  // Terms.
  /// The id of a term that the store knows or can inline; nullopt: no quad can have it.
  virtual Result<std::optional<TermId>> find(const rdf::TermView& term) const = 0;
  Result<std::optional<TermId>> find_iri(std::string_view iri) const;
  /// The term behind `id`; NotFound when this store never gave that id out. Inlined literals are
  /// spelt into memory that the transaction owns.
  virtual Result<rdf::TermView> resolve(TermId id) const = 0;
  /// The same for many; `out` has room for all.
  virtual Result<void> resolve_all(std::span<const TermId> ids,
                                   std::span<rdf::TermView> out) const = 0;

  // Quads. Only graphs that `visible` sees and (unless `with_claims`) of kind Source or Loaded.
  struct ScanOptions {
    Visible visible = Visible::everything();
    bool with_claims = false;
    /// Each (s, p, o) once, whichever graphs have it: the union of the graphs. `g` is one of them.
    bool distinct_triples = false;
    /// Of a Prober: one match for each binding is enough.
    bool first_only = false;
    /// Of a Scan: from the last to the first.
    bool reverse = false;
    /// Of a Scan: bounds of the first position that the pattern leaves open in the scan's order:
    /// `from` <= id < `below`; None: no bound. With inlined literals these are ranges of values.
    TermId from = TermId::None;
    TermId below = TermId::None;
  };
  /// Any order serves any pattern; one where the bound positions come first reads no other quads.
  /// `distinct_triples` in Gspo is for a bound graph only: Internal otherwise.
  virtual Result<std::unique_ptr<Scan>> open_scan(const Pattern& pattern, Order order,
                                                  const ScanOptions& options) const = 0;
  virtual Result<std::unique_ptr<Prober>> open_probe(const ScanOptions& options) const = 0;
  /// Calls `each` in the order of the index that answers the pattern (gspo: ordinals are given;
  /// 0 otherwise); ends early when it returns false. With the graph bound: in order of subject,
  /// predicate, ordinal, and ordinals are always given. `each` does not write.
  virtual Result<void> scan(const Pattern& pattern, const ScanOptions& options,
                            const std::function<bool(const OrderedQuad&)>& each) const = 0;
  virtual Result<bool> probe(const Pattern& pattern, const ScanOptions& options) const = 0;
  /// About how many quads match, hidden ones included; never shown to a reader. Exact for a graph,
  /// a predicate, a class, everything, and up to kEstimateCap; no more than that is counted.
  static constexpr std::uint64_t kEstimateCap = 1024;
  virtual Result<std::uint64_t> estimate(const Pattern& pattern) const = 0;
  /// How a predicate is used; how a class is (as the object of rdf:type). Zeros: it is not.
  virtual Result<UseCounts> predicate_use(TermId predicate) const = 0;
  virtual Result<UseCounts> class_use(TermId type) const = 0;
  virtual Result<std::vector<std::pair<TermId, UseCounts>>> predicates() const = 0;
  virtual Result<std::vector<std::pair<TermId, UseCounts>>> classes() const = 0;

  // Graphs, documents, audiences.
  virtual Result<std::optional<GraphRecord>> graph(TermId graph) const = 0;
  virtual Result<std::optional<DocumentRecord>> document(TermId id) const = 0;
  /// The exact bytes; NotFound after erasure.
  virtual Result<std::string> document_bytes(TermId id) const = 0;
  virtual Result<std::vector<TermId>> audience_members(AudienceId audience) const = 0;
  /// The sets that one of `readers` may read: those that hold it or a sequence that it is a member
  /// of, less those that except it or such a sequence. Public included.
  virtual Result<Visible> visible_to(std::span<const TermId> readers) const = 0;

  // Sequences.
  virtual Result<std::uint64_t> sequence_count(TermId sequence, const Visible& visible) const = 0;
  virtual Result<bool> sequence_contains(TermId sequence, TermId member) const = 0;
  virtual Result<std::optional<SequenceItem>> sequence_item(TermId sequence,
                                                            TermId member) const = 0;
  /// Newest first: items with a key below `before` (0: from the newest), at most `limit`.
  virtual Result<std::vector<SequenceItem>> sequence_before(TermId sequence, std::uint64_t before,
                                                            std::size_t limit,
                                                            const Visible& visible) const = 0;
  /// Oldest first: items with a key above `after`, at most `limit`.
  virtual Result<std::vector<SequenceItem>> sequence_after(TermId sequence, std::uint64_t after,
                                                           std::size_t limit,
                                                           const Visible& visible) const = 0;
  /// All sequences that have items.
  virtual Result<std::vector<TermId>> sequences() const = 0;
  /// The sequences that `member` is in.
  virtual Result<std::vector<TermId>> sequences_of(TermId member) const = 0;

  // Queue.
  /// The oldest item of each lane that has no earlier item waiting, due at `now` or before, at
  /// most `limit`.
  virtual Result<std::vector<QueueItem>> queue_due(std::int64_t now, std::size_t limit) const = 0;
  virtual Result<std::vector<QueueItem>> queue_list(std::size_t limit) const = 0;
  /// When the next item falls due, ms since 1970.
  virtual Result<std::optional<std::int64_t>> queue_next_due() const = 0;

  // Rendered bytes, by IRI and view (0-255, the caller's numbers). One lookup.
  virtual Result<std::optional<RenderedView>> rendered(std::string_view iri,
                                                       std::uint8_t view) const = 0;

  // Key-value tables.
  virtual Result<std::optional<std::string_view>> get(Table table, std::string_view key) const = 0;
  /// Keys that begin with `prefix`, ascending; ends early when `each` returns false.
  virtual Result<void> each(
      Table table, std::string_view prefix,
      const std::function<bool(std::string_view key, std::string_view value)>& each) const = 0;
};

/// A transaction that writes. Given to the closure of Store::write, on the writer thread.
class WriteTxn : public Txn {
 public:
  virtual Result<TermId> intern(const rdf::TermView& term) = 0;
  /// The same for many; `out` has room for all.
  virtual Result<void> intern_all(std::span<const rdf::TermView> terms, std::span<TermId> out) = 0;
  Result<TermId> intern_iri(std::string_view iri);
  /// A new blank node, never given out before.
  virtual Result<TermId> new_blank() = 0;

  /// Takes quads out, then puts quads in; both sorted by the store. Repeats are no error.
  virtual Result<void> apply(std::span<const QuadIds> deletes,
                             std::span<const OrderedQuad> inserts) = 0;
  /// The graph's quads become exactly these (quad.g is set by the store), its record `record`.
  virtual Result<void> replace_graph(TermId graph, std::span<const OrderedQuad> quads,
                                     const GraphRecord& record) = 0;
  /// Quads and record go. The dictionary keeps the terms until swept.
  virtual Result<void> erase_graph(TermId graph) = 0;
  virtual Result<void> set_audience(TermId graph, AudienceId audience) = 0;

  virtual Result<void> put_document(const DocumentRecord& record, std::string_view bytes) = 0;
  virtual Result<void> update_document(const DocumentRecord& record) = 0;
  virtual Result<void> erase_document_bytes(TermId id) = 0;

  /// `members` in any order. A set that holds as:Public is Public... only if `members` is exactly
  /// {as:Public}; otherwise it is a set of its own whose members include as:Public. `except`:
  /// those, and sequences whose members, may not read it all the same.
  virtual Result<AudienceId> intern_audience(std::span<const TermId> members,
                                             std::span<const TermId> except) = 0;
  Result<AudienceId> intern_audience(std::span<const TermId> members) {
    return intern_audience(members, {});
  }

  /// False if `member` is there already. `key` 0: above the newest key; a key that is taken: the
  /// next one above it that is free.
  virtual Result<bool> sequence_append(TermId sequence, TermId member, AudienceId audience,
                                       std::uint64_t key = 0) = 0;
  virtual Result<bool> sequence_remove(TermId sequence, TermId member) = 0;

  virtual Result<std::uint64_t> queue_push(std::int64_t due, std::string_view lane,
                                           std::string_view payload) = 0;
  /// After an attempt, which is counted. NotFound: there is no such item.
  virtual Result<void> queue_reschedule(std::uint64_t id, std::int64_t due,
                                        std::string_view last_result) = 0;
  /// Due at another time, all else as it was. NotFound: there is no such item.
  virtual Result<void> queue_move(std::uint64_t id, std::int64_t due) = 0;
  virtual Result<void> queue_remove(std::uint64_t id) = 0;

  virtual Result<void> put_rendered(std::string_view iri, std::uint8_t view,
                                    const Rendered& rendered) = 0;
  virtual Result<void> erase_rendered(std::string_view iri) = 0;  ///< all views of it

  virtual Result<void> put(Table table, std::string_view key, std::string_view value) = 0;
  virtual Result<bool> erase(Table table, std::string_view key) = 0;
};

/// How much a sweep found.
struct SweepReport {
  std::uint64_t terms = 0;    ///< looked at
  std::uint64_t removed = 0;  ///< that nothing named
};

struct Statistics {
  std::uint64_t quads = 0, terms = 0, graphs = 0, documents = 0, sequences = 0, queued = 0;
  std::uint64_t file_bytes = 0, used_pages = 0, free_pages = 0, readers = 0;
  std::vector<std::pair<std::string, std::uint64_t>> index_bytes;
};

/// What `verify` found; empty problems: clean.
struct Verification {
  std::vector<std::string> problems;
  std::uint64_t quads = 0, terms = 0, sequence_items = 0;
};

class Store {
 public:
  static Result<std::unique_ptr<Store>> open(const Options& options);
  virtual ~Store() = default;

  /// Any thread. Cheap; while it lives the pages it sees cannot be reused.
  virtual Result<std::unique_ptr<Txn>> read() = 0;

  /// The newest state that is committed, by whichever process: what was read in the same
  /// Txn::generation still holds. 0: not known. Any thread; much cheaper than a transaction.
  virtual std::uint64_t generation() { return 0; }

  /// Runs on the writer thread in one commit with its neighbours; sees their writes. Returns once
  /// it is on disk. It may be run more than once (when a neighbour of the batch failed), so it has
  /// no effect outside the transaction but on what it captured, which it sets afresh. Where it
  /// returns an Error nothing of it is written. Any thread but the writer's.
  using Write = std::function<Result<void>(WriteTxn&)>;
  virtual Result<void> write(Write work) = 0;

  virtual Result<Statistics> statistics() = 0;
  virtual Result<Verification> verify() = 0;
  /// Writes a compacted copy to the file `destination`, which must not be there yet.
  virtual Result<void> backup(const std::filesystem::path& destination) = 0;
  /// Takes terms out of the dictionary that nothing in the store names. Their ids are not given
  /// out again.
  virtual Result<SweepReport> sweep() = 0;
  /// Writes the file anew without free pages and goes on with that. Writes wait meanwhile; readers
  /// wait for the change of files only. Unavailable when another process has the store open, or a
  /// reader does not end within 5 s.
  virtual Result<void> compact() = 0;
};

/// Puts the store of file `source`, verified first, in the place of the one in `options.folder`;
/// that one is kept beside it as `quads.mdb.old`. Nobody may have the store open.
Result<void> restore(const Options& options, const std::filesystem::path& source);

/// verify() in a child process, so that a file which makes it crash or run for ever is a found
/// problem too. For a process of one thread that does not have the store open.
Result<Verification> verify_apart(const Options& options);

}  // namespace qp::store
