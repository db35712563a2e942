#pragma once

#include <cstdio>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "store/bulk_terms.hpp"
#include "store/counters.hpp"
#include "store/documents.hpp"
#include "store/quad_sorter.hpp"
#include "store/store.hpp"
#include "store/txn.hpp"
#include "store/unnamed_file.hpp"

namespace qp::store {

/// Rows that wait in a file until they are read back, each by its place.
class RowFile {
 public:
  struct Place {
    std::uint64_t at = 0;
    std::uint32_t bytes = 0;
  };
  explicit RowFile(std::filesystem::path folder) : file_(std::move(folder)) {}

  Result<Place> add(std::string_view row);
  Result<std::string> read(Place place) const;
  /// The same, quick where the next one lies soon behind; the view lives until then.
  Result<std::string_view> read_on(Place place);

 private:
  UnnamedFile file_;
  std::uint64_t written_ = 0;
  std::string waiting_;  ///< what comes behind that
  std::string window_;   ///< what is in the file from `window_at_`
  std::uint64_t window_at_ = 0;
};

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
  std::size_t memory_used() const;

  // For building the file, when all is kept.
  /// The record of a graph that is new; nullptr: not written here.
  const GraphRecord* new_graph(TermId graph) const;
  std::vector<TermId> new_graphs() const;  ///< ascending
  /// New quads that have an ordinal, in that order (Spog or Gspo).
  const std::deque<OrderedQuad>& ordinals(Order order);
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
  bool is_new_graph(TermId graph) const;
  /// Refused where the answer may be in what is new.
  Result<void> check(const Pattern& pattern) const;

  /// The bytes lie behind the record.
  struct Places {
    TermId document = TermId::None;
    std::uint64_t at = 0;
    std::uint32_t record = 0, bytes = 0;
  };
  static bool is_before(const Places& places, TermId document);
  const Places* places_of(TermId document) const;
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
  std::unordered_map<TermId, GraphRecord> graphs_;
  std::deque<Places> documents_;  ///< by id
  RowFile file_;
  DocumentPacker packer_;
  std::deque<OrderedQuad> ordinals_;
  Rows audiences_, audience_ids_, audience_members_, tables_;
  std::size_t row_bytes_ = 0;  ///< of the four
};

}  // namespace qp::store
