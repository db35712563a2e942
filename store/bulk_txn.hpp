#pragma once

#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "store/bulk_terms.hpp"
#include "store/counters.hpp"
#include "store/documents.hpp"
#include "store/quad_index.hpp"
#include "store/quad_sorter.hpp"
#include "store/row_file.hpp"
#include "store/sorted_runs.hpp"
#include "store/store.hpp"
#include "store/txn.hpp"

namespace qp::store {

template <Order kOrder>
struct ByPositions {
  static bool is_before(const OrderedQuad& a, const OrderedQuad& b) {
    return positions(kOrder, a.quad) < positions(kOrder, b.quad);
  }
};
template <Order kOrder>
using QuadRuns = SortedRuns<OrderedQuad, ByPositions<kOrder>>;

/// What a bulk load is given beside bare quads: whole documents, by the closures that write them
/// into a store. Terms, graph records, documents, audiences and tables are known as soon as they
/// are written; a question that would need more of what is new, and a change of what was there, is
/// refused (is_for_later).
class BulkTxn final : public WriteTxn {
 public:
  BulkTxn(const LmdbRead& old, BulkTerms& terms, Counters& counters, QuadSorter& sorter,
          const std::filesystem::path& folder);

  /// What was written since the last of these counts, or it never was.
  Result<void> keep();
  void forget();
  /// Of rows of tables and audiences: what files do not take over.
  std::size_t memory_used() const { return row_bytes_; }

  // For building the file, when all is kept.
  struct NewGraph {
    TermId graph{};
    GraphRecord record;
  };
  struct ByGraph {
    static bool is_before(const NewGraph& a, const NewGraph& b) { return a.graph < b.graph; }
    static std::uint64_t hash(const NewGraph& one) { return id_hash(one.graph); }
  };
  using NewGraphs = SortedRuns<NewGraph, ByGraph>;
  /// By their names.
  Result<NewGraphs::Merged> new_graphs();
  /// New quads that have an ordinal.
  QuadRuns<Order::Spog>& ordinals_by_spog() { return by_spog_; }
  QuadRuns<Order::Gspo>& ordinals_by_gspo() { return by_gspo_; }
  /// Rows of Documents or DocumentBytes, ascending.
  Result<void> each_document_row(
      Db db, const std::function<Result<void>(std::string_view, std::string_view)>& each);
  /// Rows of the other databases, which replace those that are there.
  using Rows = std::map<std::string, std::string, std::less<>>;
  const Rows& rows(Db db) const;

  Result<std::optional<TermId>> find(const rdf::TermView& term) const override;
  Result<rdf::TermView> resolve(TermId id) const override;
  Result<void> resolve_all(std::span<const TermId> ids,
                           std::span<rdf::TermView> out) const override;
  Result<std::unique_ptr<Scan>> open_scan(const Pattern& pattern, Order order,
                                          const ScanOptions& options) const override;
  Result<std::unique_ptr<Prober>> open_probe(const ScanOptions& options) const override;
  Result<void> scan(const Pattern& pattern, const ScanOptions& options,
                    const std::function<bool(const OrderedQuad&)>& each) const override;
  Result<bool> probe(const Pattern& pattern, const ScanOptions& options) const override;
  Result<std::uint64_t> estimate(const Pattern& pattern) const override;
  Result<UseCounts> predicate_use(TermId predicate) const override;
  Result<UseCounts> class_use(TermId type) const override;
  Result<std::vector<std::pair<TermId, UseCounts>>> predicates() const override;
  Result<std::vector<std::pair<TermId, UseCounts>>> classes() const override;
  Result<std::optional<GraphRecord>> graph(TermId graph) const override;
  Result<std::optional<DocumentRecord>> document(TermId id) const override;
  Result<std::string> document_bytes(TermId id) const override;
  Result<std::vector<TermId>> audience_members(AudienceId audience) const override;
  Result<Visible> visible_to(std::span<const TermId> readers) const override;
  Result<std::uint64_t> sequence_count(TermId sequence, const Visible& visible) const override;
  Result<bool> sequence_contains(TermId sequence, TermId member) const override;
  Result<std::optional<SequenceItem>> sequence_item(TermId sequence, TermId member) const override;
  Result<std::vector<SequenceItem>> sequence_before(TermId sequence, std::uint64_t before,
                                                    std::size_t limit,
                                                    const Visible& visible) const override;
  Result<std::vector<SequenceItem>> sequence_after(TermId sequence, std::uint64_t after,
                                                   std::size_t limit,
                                                   const Visible& visible) const override;
  Result<std::vector<TermId>> sequences() const override;
  Result<std::vector<TermId>> sequences_of(TermId member) const override;
  Result<std::vector<QueueItem>> queue_due(std::int64_t now, std::size_t limit) const override;
  Result<std::vector<QueueItem>> queue_list(std::size_t limit) const override;
  Result<std::optional<std::int64_t>> queue_next_due() const override;
  Result<std::optional<RenderedView>> rendered(std::string_view iri,
                                               std::uint8_t view) const override;
  Result<std::optional<std::string_view>> get(Table table, std::string_view key) const override;
  Result<void> each(
      Table table, std::string_view prefix,
      const std::function<bool(std::string_view, std::string_view)>& each) const override;

  Result<TermId> intern(const rdf::TermView& term) override;
  Result<void> intern_all(std::span<const rdf::TermView> terms, std::span<TermId> out) override;
  Result<TermId> new_blank() override;
  Result<void> apply(std::span<const QuadIds> deletes,
                     std::span<const OrderedQuad> inserts) override;
  Result<void> replace_graph(TermId graph, std::span<const OrderedQuad> quads,
                             const GraphRecord& record) override;
  Result<void> erase_graph(TermId graph) override;
  Result<void> set_audience(TermId graph, AudienceId audience) override;
  Result<void> put_document(const DocumentRecord& record, std::string_view bytes) override;
  Result<void> update_document(const DocumentRecord& record) override;
  Result<void> erase_document_bytes(TermId id) override;
  Result<AudienceId> intern_audience(std::span<const TermId> members,
                                     std::span<const TermId> except) override;
  Result<bool> sequence_append(TermId sequence, TermId member, AudienceId audience,
                               std::uint64_t key) override;
  Result<bool> sequence_remove(TermId sequence, TermId member) override;
  Result<std::uint64_t> queue_push(std::int64_t due, std::string_view lane,
                                   std::string_view payload) override;
  Result<void> queue_reschedule(std::uint64_t id, std::int64_t due,
                                std::string_view last_result) override;
  Result<void> queue_move(std::uint64_t id, std::int64_t due) override;
  Result<void> queue_remove(std::uint64_t id) override;
  Result<void> put_rendered(std::string_view iri, std::uint8_t view,
                            const Rendered& rendered) override;
  Result<void> erase_rendered(std::string_view iri) override;
  Result<void> put(Table table, std::string_view key, std::string_view value) override;
  Result<bool> erase(Table table, std::string_view key) override;

 private:
  /// Of one that is kept.
  Result<std::optional<GraphRecord>> new_graph(TermId graph) const;
  Result<void> keep_graph(TermId graph, const GraphRecord& record);
  Result<bool> is_new_graph(TermId graph) const;
  bool has_new_graphs() const;
  /// Refused where the answer may be in what is new.
  Result<void> check(const Pattern& pattern) const;

  /// The bytes lie behind the record.
  struct Places {
    TermId document = TermId::None;
    std::uint64_t at = 0;
    std::uint32_t record = 0, bytes = 0;
  };
  struct ByDocument {
    static bool is_before(const Places& a, const Places& b) { return a.document < b.document; }
    static std::uint64_t hash(const Places& one) { return id_hash(one.document); }
  };
  static std::uint64_t id_hash(TermId id);
  Result<std::optional<Places>> places_of(TermId document) const;
  Result<void> keep_places(const Places& places);
  /// What is written and not yet kept.
  struct Pending {
    std::vector<OrderedQuad> quads;
    std::vector<std::pair<TermId, GraphRecord>> graphs;
    std::vector<std::pair<TermId, std::pair<std::string, std::string>>> documents;
    std::vector<std::pair<std::string, std::string>> tables;
  };

  const LmdbRead& old_;
  BulkTerms& terms_;
  Counters& counters_;
  QuadSorter& sorter_;
  Pending pending_;
  std::unordered_map<TermId, GraphRecord> last_graphs_;  ///< that are not in
  NewGraphs graphs_;
  std::deque<Places> last_documents_;  ///< by id; that are not in
  SortedRuns<Places, ByDocument> documents_;
  RowFile file_;
  DocumentPacker packer_;
  QuadRuns<Order::Spog> by_spog_;
  QuadRuns<Order::Gspo> by_gspo_;
  Rows audiences_, audience_ids_, audience_members_, tables_;
  std::size_t row_bytes_ = 0;  ///< of the four
};

}  // namespace qp::store
