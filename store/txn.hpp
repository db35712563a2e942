#pragma once

#include <chrono>

#include "store/access.hpp"
#include "store/audience.hpp"
#include "store/counters.hpp"
#include "store/dictionary.hpp"
#include "store/documents.hpp"
#include "store/env.hpp"
#include "store/quad_store.hpp"
#include "store/queue.hpp"
#include "store/rendered.hpp"
#include "store/sequence.hpp"
#include "store/store.hpp"
#include "store/tables.hpp"

/// Txn and WriteTxn over LMDB: each question goes to the part that knows.
namespace qp::store {

/// The reading half, for both.
template <class Interface>
class Reading : public Interface {
 public:
  Result<std::optional<TermId>> find(const rdf::TermView& term) const override {
    return dictionary_.find(term);
  }
  Result<rdf::TermView> resolve(TermId id) const override { return dictionary_.resolve(id); }
  Result<void> resolve_all(std::span<const TermId> ids,
                           std::span<rdf::TermView> out) const override {
    for (std::size_t i = 0; i < ids.size(); ++i) out[i] = QP_TRY(dictionary_.resolve(ids[i]));
    return {};
  }

  Result<void> scan(const Pattern& pattern, const Txn::ScanOptions& options,
                    const std::function<bool(const OrderedQuad&)>& each) const override {
    return quads_.scan(pattern, options, each);
  }
  Result<std::unique_ptr<Scan>> open_scan(const Pattern& pattern, Order order,
                                          const Txn::ScanOptions& options) const override {
    return quads_.open_scan(pattern, order, options);
  }
  Result<std::unique_ptr<Prober>> open_probe(const Txn::ScanOptions& options) const override {
    return quads_.open_probe(options);
  }
  Result<bool> probe(const Pattern& pattern, const Txn::ScanOptions& options) const override {
    return quads_.probe(pattern, options);
  }
  Result<std::uint64_t> estimate(const Pattern& pattern) const override {
    return quads_.estimate(pattern);
  }
  Result<UseCounts> predicate_use(TermId predicate) const override {
    return quads_.uses().find(UseTable::Kind::Predicate, predicate);
  }
  Result<UseCounts> class_use(TermId type) const override {
    return quads_.uses().find(UseTable::Kind::Class, type);
  }
  Result<std::vector<std::pair<TermId, UseCounts>>> predicates() const override {
    return quads_.uses().all(UseTable::Kind::Predicate);
  }
  Result<std::vector<std::pair<TermId, UseCounts>>> classes() const override {
    return quads_.uses().all(UseTable::Kind::Class);
  }

  Result<std::optional<GraphRecord>> graph(TermId graph) const override {
    return quads_.graph(graph);
  }
  Result<std::optional<DocumentRecord>> document(TermId id) const override {
    return documents_.record(id);
  }
  Result<std::string> document_bytes(TermId id) const override { return documents_.bytes(id); }
  Result<std::vector<TermId>> audience_members(AudienceId audience) const override {
    return audiences_.members(audience);
  }
  Result<Visible> visible_to(std::span<const TermId> readers) const override {
    return audiences_.visible_to(readers);
  }

  Result<std::uint64_t> sequence_count(TermId sequence, const Visible& visible) const override {
    return sequences_.count(sequence, visible);
  }
  Result<bool> sequence_contains(TermId sequence, TermId member) const override {
    return QP_TRY(sequences_.item(sequence, member)).has_value();
  }
  Result<std::optional<SequenceItem>> sequence_item(TermId sequence, TermId member) const override {
    return sequences_.item(sequence, member);
  }
  Result<std::vector<SequenceItem>> sequence_before(TermId sequence, std::uint64_t before,
                                                    std::size_t limit,
                                                    const Visible& visible) const override {
    return sequences_.before(sequence, before, limit, visible);
  }
  Result<std::vector<SequenceItem>> sequence_after(TermId sequence, std::uint64_t after,
                                                   std::size_t limit,
                                                   const Visible& visible) const override {
    return sequences_.after(sequence, after, limit, visible);
  }
  Result<std::vector<TermId>> sequences() const override { return sequences_.all(); }
  Result<std::vector<TermId>> sequences_of(TermId member) const override {
    return sequences_.of(member);
  }

  Result<std::vector<QueueItem>> queue_due(std::int64_t now, std::size_t limit) const override {
    return queue_.due(now, limit);
  }
  Result<std::vector<QueueItem>> queue_list(std::size_t limit) const override {
    return queue_.list(limit);
  }
  Result<std::optional<std::int64_t>> queue_next_due() const override { return queue_.next_due(); }

  Result<std::optional<RenderedView>> rendered(std::string_view iri,
                                               std::uint8_t view) const override {
    return rendered_.find(iri, view);
  }

  Result<std::optional<std::string_view>> get(Table table, std::string_view key) const override {
    return tables_.get(table, key);
  }
  Result<void> each(
      Table table, std::string_view prefix,
      const std::function<bool(std::string_view, std::string_view)>& each) const override {
    return tables_.each(table, prefix, each);
  }

 protected:
  /// `counters`: nullptr where nothing is written.
  Reading(MDB_txn* txn, const DbHandles& handles, const WordIndex& words, Counters* counters)
      : access_(txn, handles),
        dictionary_(access_, words, counters),
        quads_(access_, counters),
        documents_(access_),
        audiences_(access_),
        sequences_(access_),
        queue_(access_),
        rendered_(access_),
        tables_(access_) {}

  Access access_;
  Dictionary dictionary_;
  QuadStore quads_;
  Documents documents_;
  Audiences audiences_;
  Sequences sequences_;
  Queue queue_;
  RenderedBytes rendered_;
  Tables tables_;
};

/// Gives its LMDB transaction back to the pool of `env` when it dies.
class LmdbRead final : public Reading<Txn> {
 public:
  /// `time`: refused after it; 0: never.
  static Result<std::unique_ptr<LmdbRead>> begin(Env& env, const WordIndex& words,
                                                 std::chrono::milliseconds time = {});
  ~LmdbRead() override { env_.end_read(read_); }
  LmdbRead(const LmdbRead&) = delete;
  LmdbRead& operator=(const LmdbRead&) = delete;

  std::uint64_t generation() const override { return env_.generation_of(read_); }
  const Access& access() const { return access_; }
  const Dictionary& dictionary() const { return dictionary_; }
  Result<std::optional<AudienceId>> find_audience(std::string_view row) const {
    return audiences_.find(row);
  }

 private:
  LmdbRead(Env& env, const Env::Entered& read, const WordIndex& words)
      : Reading(read.txn, env.handles(), words, nullptr), env_(env), read_(read) {}
  Env& env_;
  const Env::Entered read_;
};

/// Aborts when it dies without a commit. Used by the thread that began it.
class LmdbWrite final : public Reading<WriteTxn> {
 public:
  static Result<std::unique_ptr<LmdbWrite>> begin(Env& env, const WordIndex& words);
  ~LmdbWrite() override;
  LmdbWrite(const LmdbWrite&) = delete;
  LmdbWrite& operator=(const LmdbWrite&) = delete;

  /// LMDB's code. 0: it is on disk.
  int commit();
  /// The first thing that LMDB refused; this transaction must not be committed then.
  int failure() const { return access_.failure(); }
  // For what works on the store as a whole.
  Access& access() { return access_; }
  Dictionary& dictionary() { return dictionary_; }
  QuadStore& quads() { return quads_; }

  /// How many times something was to be written.
  std::uint64_t writes() const { return access_.writes(); }

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
  LmdbWrite(Env& env, const Env::Entered& write, const WordIndex& words)
      : Reading(write.txn, env.handles(), words, &counters_), env_(env), write_(write) {}

  Env& env_;
  const Env::Entered write_;
  Counters counters_;
  bool open_ = true;
};

}  // namespace qp::store
