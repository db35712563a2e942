#pragma once

#include <map>
#include <string>
#include <utility>

#include "store/store.hpp"

/// The key-value tables of a store, in memory; everything else of it answers Internal.
namespace qp::oauth::test {

using Tables = std::map<std::pair<store::Table, std::string>, std::string, std::less<>>;

class MemoryTxn : public store::WriteTxn {
 public:
  explicit MemoryTxn(Tables tables) : tables_(std::move(tables)) {}
  Tables& tables() { return tables_; }

  Result<std::optional<std::string_view>> get(store::Table table,
                                              std::string_view key) const override {
    const auto found = tables_.find(std::pair(table, std::string(key)));
    if (found == tables_.end()) return std::optional<std::string_view>();
    return std::optional<std::string_view>(found->second);
  }
  Result<void> each(
      store::Table table, std::string_view prefix,
      const std::function<bool(std::string_view, std::string_view)>& each) const override {
    for (auto at = tables_.lower_bound(std::pair(table, std::string(prefix)));
         at != tables_.end() && at->first.first == table && at->first.second.starts_with(prefix);
         ++at) {
      if (!each(at->first.second, at->second)) break;
    }
    return {};
  }
  Result<void> put(store::Table table, std::string_view key, std::string_view value) override {
    tables_[{table, std::string(key)}] = value;
    return {};
  }
  Result<bool> erase(store::Table table, std::string_view key) override {
    return tables_.erase({table, std::string(key)}) > 0;
  }

  Result<std::optional<TermId>> find(const rdf::TermView&) const override { return none(); }
  Result<rdf::TermView> resolve(TermId) const override { return none(); }
  Result<void> resolve_all(std::span<const TermId>, std::span<rdf::TermView>) const override {
    return none();
  }
  Result<void> intern_all(std::span<const rdf::TermView>, std::span<TermId>) override {
    return none();
  }
  Result<std::unique_ptr<store::Scan>> open_scan(const store::Pattern&, store::Order,
                                                 const ScanOptions&) const override {
    return none();
  }
  Result<std::unique_ptr<store::Prober>> open_probe(const ScanOptions&) const override {
    return none();
  }
  Result<store::UseCounts> predicate_use(TermId) const override { return none(); }
  Result<store::UseCounts> class_use(TermId) const override { return none(); }
  Result<std::vector<std::pair<TermId, store::UseCounts>>> predicates() const override {
    return none();
  }
  Result<std::vector<std::pair<TermId, store::UseCounts>>> classes() const override {
    return none();
  }
  Result<void> scan(const store::Pattern&, const ScanOptions&,
                    const std::function<bool(const store::OrderedQuad&)>&) const override {
    return none();
  }
  Result<bool> probe(const store::Pattern&, const ScanOptions&) const override { return none(); }
  Result<std::uint64_t> estimate(const store::Pattern&) const override { return none(); }
  Result<std::optional<store::GraphRecord>> graph(TermId) const override { return none(); }
  Result<std::optional<store::DocumentRecord>> document(TermId) const override { return none(); }
  Result<std::string> document_bytes(TermId) const override { return none(); }
  Result<std::vector<TermId>> audience_members(store::AudienceId) const override { return none(); }
  Result<store::Visible> visible_to(std::span<const TermId>) const override { return none(); }
  Result<std::uint64_t> sequence_count(TermId, const store::Visible&) const override {
    return none();
  }
  Result<std::vector<TermId>> sequences() const override { return none(); }
  Result<bool> sequence_contains(TermId, TermId) const override { return none(); }
  Result<std::optional<store::SequenceItem>> sequence_item(TermId, TermId) const override {
    return none();
  }
  Result<std::vector<store::SequenceItem>> sequence_before(TermId, std::uint64_t, std::size_t,
                                                           const store::Visible&) const override {
    return none();
  }
  Result<std::vector<store::SequenceItem>> sequence_after(TermId, std::uint64_t, std::size_t,
                                                          const store::Visible&) const override {
    return none();
  }
  Result<std::vector<TermId>> sequences_of(TermId) const override { return none(); }
  Result<std::vector<store::QueueItem>> queue_due(std::int64_t, std::size_t) const override {
    return none();
  }
  Result<std::vector<store::QueueItem>> queue_list(std::size_t) const override { return none(); }
  Result<std::optional<std::int64_t>> queue_next_due() const override { return none(); }
  Result<std::optional<store::RenderedView>> rendered(std::string_view,
                                                      std::uint8_t) const override {
    return none();
  }
  Result<TermId> intern(const rdf::TermView&) override { return none(); }
  Result<TermId> new_blank() override { return none(); }
  Result<void> apply(std::span<const store::QuadIds>,
                     std::span<const store::OrderedQuad>) override {
    return none();
  }
  Result<void> replace_graph(TermId, std::span<const store::OrderedQuad>,
                             const store::GraphRecord&) override {
    return none();
  }
  Result<void> erase_graph(TermId) override { return none(); }
  Result<void> set_audience(TermId, store::AudienceId) override { return none(); }
  Result<void> put_document(const store::DocumentRecord&, std::string_view) override {
    return none();
  }
  Result<void> update_document(const store::DocumentRecord&) override { return none(); }
  Result<void> erase_document_bytes(TermId) override { return none(); }
  Result<store::AudienceId> intern_audience(std::span<const TermId>,
                                            std::span<const TermId>) override {
    return none();
  }
  Result<bool> sequence_append(TermId, TermId, store::AudienceId, std::uint64_t) override {
    return none();
  }
  Result<bool> sequence_remove(TermId, TermId) override { return none(); }
  Result<std::uint64_t> queue_push(std::int64_t, std::string_view, std::string_view) override {
    return none();
  }
  Result<void> queue_reschedule(std::uint64_t, std::int64_t, std::string_view) override {
    return none();
  }
  Result<void> queue_move(std::uint64_t, std::int64_t) override { return none(); }
  Result<void> queue_remove(std::uint64_t) override { return none(); }
  Result<void> put_rendered(std::string_view, std::uint8_t, const store::Rendered&) override {
    return none();
  }
  Result<void> erase_rendered(std::string_view) override { return none(); }

 private:
  static Error none() { return error(Code::Internal, "not in this fake"); }
  Tables tables_;
};

class MemoryStore : public store::Store {
 public:
  Result<std::unique_ptr<store::Txn>> read() override {
    return std::unique_ptr<store::Txn>(std::make_unique<MemoryTxn>(tables_));
  }
  /// Runs `work` twice, and forgets what the first run wrote: the interface allows it.
  Result<void> write(Write work) override {
    MemoryTxn forgotten(tables_);
    (void)work(forgotten);
    MemoryTxn txn(tables_);
    QP_TRY(work(txn));
    tables_ = std::move(txn.tables());
    return {};
  }
  Result<store::Statistics> statistics() override { return store::Statistics(); }
  Result<store::Verification> verify() override { return store::Verification(); }
  Result<void> backup(const std::filesystem::path&) override { return {}; }
  Result<store::SweepReport> sweep() override { return store::SweepReport(); }
  Result<void> compact() override { return {}; }

  Tables& tables() { return tables_; }
  bool holds_anywhere(std::string_view secret) const {
    for (const auto& [key, value] : tables_) {
      if (key.second.find(secret) != std::string::npos) return true;
      if (value.find(secret) != std::string::npos) return true;
    }
    return false;
  }

 private:
  Tables tables_;
};

}  // namespace qp::oauth::test
