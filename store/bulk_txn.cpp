#include "store/bulk_txn.hpp"

#include <algorithm>
#include <cstdint>
#include <tuple>
#include <utility>

#include "store/access.hpp"
#include "store/audience.hpp"
#include "store/bulk_load.hpp"
#include "store/bytes.hpp"
#include "store/tables.hpp"
#include "vocab/terms.hpp"

namespace qp::store {

// Graphs, documents, ordinals that are in memory at a time.
static constexpr std::size_t kMostWaiting = std::size_t{16} * 1024;
static constexpr std::size_t kGraphFilterBytes = std::size_t{1} << 20;
static constexpr std::string_view kForLater = "not while a bulk load is made";
// Of an entry of the maps here.
static constexpr std::size_t kNodeBytes = 64;

template <typename Entry>
static Result<bool> accept_any(const Entry&) {
  return true;
}

static Error for_later() { return Error{Code::Unavailable, std::string(kForLater), {}}; }
bool is_for_later(const Error& error) {
  return error.code == Code::Unavailable && error.detail == kForLater;
}

// What is kept.

BulkTxn::BulkTxn(const LmdbRead& old, BulkTerms& terms, Counters& counters, QuadSorter& sorter,
                 const std::filesystem::path& folder)
    : old_(old),
      terms_(terms),
      counters_(counters),
      sorter_(sorter),
      graphs_(folder, SIZE_MAX, kGraphFilterBytes),
      documents_(folder, SIZE_MAX),
      file_(folder),
      by_spog_(folder, kMostWaiting),
      by_gspo_(folder, kMostWaiting) {}

std::uint64_t BulkTxn::id_hash(TermId id) { return quad_hash({id, id, id, id}); }

Result<void> BulkTxn::keep_graph(TermId graph, const GraphRecord& record) {
  last_graphs_.emplace(graph, record);
  if (last_graphs_.size() < kMostWaiting) return {};
  for (const auto& [name, one] : std::exchange(last_graphs_, {})) QP_TRY(graphs_.add({name, one}));
  return graphs_.spill();
}

Result<std::optional<GraphRecord>> BulkTxn::new_graph(TermId graph) const {
  const auto last = last_graphs_.find(graph);
  if (last != last_graphs_.end()) return std::optional(last->second);
  const auto kept = QP_TRY(graphs_.find({graph, {}}, &accept_any<NewGraph>));
  return kept ? std::optional(kept->record) : std::nullopt;
}

Result<BulkTxn::NewGraphs::Merged> BulkTxn::new_graphs() {
  for (const auto& [name, one] : std::exchange(last_graphs_, {})) QP_TRY(graphs_.add({name, one}));
  return graphs_.sorted();
}

Result<void> BulkTxn::keep_places(const Places& places) {
  // Most are named when they are written: they are the last.
  auto at = last_documents_.end();
  if (!last_documents_.empty() && ByDocument::is_before(places, last_documents_.back())) {
    at = std::lower_bound(last_documents_.begin(), at, places, &ByDocument::is_before);
  }
  last_documents_.insert(at, places);
  if (last_documents_.size() < kMostWaiting) return {};
  for (const Places& one : std::exchange(last_documents_, {})) QP_TRY(documents_.add(one));
  return documents_.spill();
}

Result<std::optional<BulkTxn::Places>> BulkTxn::places_of(TermId document) const {
  const Places like{document};
  const auto last = std::lower_bound(last_documents_.begin(), last_documents_.end(), like,
                                     &ByDocument::is_before);
  if (last != last_documents_.end() && last->document == document) return std::optional(*last);
  return documents_.find(like, &accept_any<Places>);
}

Result<void> BulkTxn::keep() {
  for (const OrderedQuad& quad : pending_.quads) {
    QP_TRY(sorter_.add(quad.quad));
    if (quad.ordinal == 0) continue;
    QP_TRY(by_spog_.add(quad));
    QP_TRY(by_gspo_.add(quad));
  }
  for (const auto& [graph, record] : pending_.graphs) QP_TRY(keep_graph(graph, record));
  for (const auto& [id, rows] : pending_.documents) {
    const auto record = QP_TRY(file_.add(rows.first));
    const auto bytes = QP_TRY(file_.add(rows.second));
    QP_TRY(keep_places({id, record.at, record.bytes, bytes.bytes}));
  }
  for (auto& [key, value] : pending_.tables) {
    row_bytes_ += key.size() + value.size() + kNodeBytes;
    tables_.insert_or_assign(std::move(key), std::move(value));
  }
  forget();
  return {};
}

void BulkTxn::forget() {
  pending_.quads.clear();
  pending_.graphs.clear();
  pending_.documents.clear();
  pending_.tables.clear();
}

Result<void> BulkTxn::each_document_row(
    Db db, const std::function<Result<void>(std::string_view, std::string_view)>& each) {
  for (const Places& one : std::exchange(last_documents_, {})) QP_TRY(documents_.add(one));
  auto sorted = QP_TRY(documents_.sorted());
  while (const Places* one = QP_TRY(sorted.next())) {
    const RowFile::Place record{one->at, one->record}, bytes{one->at + one->record, one->bytes};
    const auto row = QP_TRY(file_.read_on(db == Db::Documents ? record : bytes));
    QP_TRY(each(id_key(one->document), row));
  }
  return {};
}

const BulkTxn::Rows& BulkTxn::rows(Db db) const {
  static const Rows kNone;
  switch (db) {
    case Db::Audiences:
      return audiences_;
    case Db::AudienceIds:
      return audience_ids_;
    case Db::AudienceMembers:
      return audience_members_;
    case Db::Tables:
      return tables_;
    default:
      return kNone;
  }
}

// Terms.

Result<std::optional<TermId>> BulkTxn::find(const rdf::TermView& term) const {
  return terms_.find(term);
}
Result<rdf::TermView> BulkTxn::resolve(TermId id) const { return terms_.resolve(id); }
Result<void> BulkTxn::resolve_all(std::span<const TermId> ids, std::span<rdf::TermView> out) const {
  for (std::size_t i = 0; i < ids.size(); ++i) out[i] = QP_TRY(terms_.resolve(ids[i]));
  return {};
}
Result<TermId> BulkTxn::intern(const rdf::TermView& term) {
  return term.kind == rdf::TermKind::Blank ? Result<TermId>(for_later()) : terms_.intern(term);
}
Result<void> BulkTxn::intern_all(std::span<const rdf::TermView> terms, std::span<TermId> out) {
  for (std::size_t i = 0; i < terms.size(); ++i) out[i] = QP_TRY(intern(terms[i]));
  return {};
}
Result<TermId> BulkTxn::new_blank() { return terms_.new_blank(); }

// Quads.

Result<bool> BulkTxn::is_new_graph(TermId graph) const {
  return QP_TRY(new_graph(graph)).has_value() ||
         std::any_of(pending_.graphs.begin(), pending_.graphs.end(),
                     [&](const auto& one) { return one.first == graph; });
}

bool BulkTxn::has_new_graphs() const {
  return !last_graphs_.empty() || graphs_.size() > 0 || !pending_.graphs.empty();
}

Result<void> BulkTxn::check(const Pattern& pattern) const {
  const bool is_old =
      pattern.g != TermId::None ? !QP_TRY(is_new_graph(pattern.g)) : !has_new_graphs();
  return is_old ? Result<void>() : Result<void>(for_later());
}

Result<std::unique_ptr<Scan>> BulkTxn::open_scan(const Pattern& pattern, Order order,
                                                 const ScanOptions& options) const {
  QP_TRY(check(pattern));
  return old_.open_scan(pattern, order, options);
}
Result<std::unique_ptr<Prober>> BulkTxn::open_probe(const ScanOptions&) const {
  return for_later();
}
Result<void> BulkTxn::scan(const Pattern& pattern, const ScanOptions& options,
                           const std::function<bool(const OrderedQuad&)>& each) const {
  QP_TRY(check(pattern));
  return old_.scan(pattern, options, each);
}
Result<bool> BulkTxn::probe(const Pattern& pattern, const ScanOptions& options) const {
  QP_TRY(check(pattern));
  return old_.probe(pattern, options);
}
Result<std::uint64_t> BulkTxn::estimate(const Pattern& pattern) const {
  return old_.estimate(pattern);
}
Result<UseCounts> BulkTxn::predicate_use(TermId predicate) const {
  return old_.predicate_use(predicate);
}
Result<UseCounts> BulkTxn::class_use(TermId type) const { return old_.class_use(type); }
Result<std::vector<std::pair<TermId, UseCounts>>> BulkTxn::predicates() const {
  return old_.predicates();
}
Result<std::vector<std::pair<TermId, UseCounts>>> BulkTxn::classes() const {
  return old_.classes();
}

Result<void> BulkTxn::apply(std::span<const QuadIds> deletes,
                            std::span<const OrderedQuad> inserts) {
  return deletes.empty() && inserts.empty() ? Result<void>() : Result<void>(for_later());
}

Result<void> BulkTxn::replace_graph(TermId graph, std::span<const OrderedQuad> quads,
                                    const GraphRecord& record) {
  if (graph == TermId::None) return Error{Code::Internal, "a graph without a name", {}};
  if (QP_TRY(this->graph(graph))) return for_later();
  const auto first = static_cast<std::ptrdiff_t>(pending_.quads.size());
  for (OrderedQuad quad : quads) {
    quad.quad.g = graph;
    pending_.quads.push_back(quad);
  }
  // The first of each quad stays, as QuadStore has it.
  const auto begin = pending_.quads.begin() + first;
  std::stable_sort(begin, pending_.quads.end(),
                   [](const OrderedQuad& a, const OrderedQuad& b) { return a.quad < b.quad; });
  pending_.quads.erase(
      std::unique(begin, pending_.quads.end(),
                  [](const OrderedQuad& a, const OrderedQuad& b) { return a.quad == b.quad; }),
      pending_.quads.end());
  pending_.graphs.emplace_back(graph, record);
  pending_.graphs.back().second.quads =
      static_cast<std::uint64_t>(static_cast<std::ptrdiff_t>(pending_.quads.size()) - first);
  return {};
}
Result<void> BulkTxn::erase_graph(TermId) { return for_later(); }
Result<void> BulkTxn::set_audience(TermId, AudienceId) { return for_later(); }

// Graphs, documents, audiences.

Result<std::optional<GraphRecord>> BulkTxn::graph(TermId graph) const {
  for (const auto& [name, record] : pending_.graphs) {
    if (name == graph) return std::optional(record);
  }
  auto kept = QP_TRY(new_graph(graph));
  return kept ? kept : old_.graph(graph);
}

Result<std::optional<DocumentRecord>> BulkTxn::document(TermId id) const {
  std::optional<std::string_view> row;
  std::string space;
  for (const auto& [name, rows] : pending_.documents) {
    if (name == id) row = rows.first;
  }
  if (!row) {
    const auto found = QP_TRY(places_of(id));
    if (!found) return old_.document(id);
    row = QP_TRY(file_.read({found->at, found->record}, space));
  }
  auto record = decode_document(without_checksum(*row).value_or(std::string_view()));
  if (!record) return damaged(Db::Documents, id_key(id));
  return record;
}
Result<std::string> BulkTxn::document_bytes(TermId id) const {
  return QP_TRY(places_of(id)) ? Result<std::string>(for_later()) : old_.document_bytes(id);
}

Result<void> BulkTxn::put_document(const DocumentRecord& record, std::string_view bytes) {
  if (QP_TRY(document(record.id))) return for_later();
  const std::string key = id_key(record.id);
  std::string packed = QP_TRY(packer_.pack(key, bytes));
  pending_.documents.push_back({record.id, {encode_document(key, record), std::move(packed)}});
  return {};
}
Result<void> BulkTxn::update_document(const DocumentRecord&) { return for_later(); }
Result<void> BulkTxn::erase_document_bytes(TermId) { return for_later(); }

Result<std::vector<TermId>> BulkTxn::audience_members(AudienceId audience) const {
  return audiences_.contains(audience_key(audience)) ? Result<std::vector<TermId>>(for_later())
                                                     : old_.audience_members(audience);
}
Result<Visible> BulkTxn::visible_to(std::span<const TermId>) const { return for_later(); }

Result<AudienceId> BulkTxn::intern_audience(std::span<const TermId> members,
                                            std::span<const TermId> except) {
  const AudienceRow row = audience_row(members, except);
  if (row.members.empty()) return AudienceId::Nobody;
  if (row.members == std::vector<TermId>{as::Public}) return AudienceId::Public;
  std::string value = encode_audience(row);
  const std::string hash = hash_key(value);
  if (const auto known = audience_ids_.find(hash); known != audience_ids_.end()) {
    if (without_checksum(audiences_.at(known->second)) != value) return for_later();
    return static_cast<AudienceId>(ByteReader(known->second).number(4));
  }
  if (const auto known = QP_TRY(old_.find_audience(value))) return *known;
  const auto audience = static_cast<AudienceId>(counters_.next_audience++);
  const std::string key = audience_key(audience);
  append_checksum(key, value);
  row_bytes_ += 2 * (key.size() + kNodeBytes) + value.size() + hash.size();
  audiences_.emplace(key, std::move(value));
  audience_ids_.emplace(hash, key);
  const auto note = [&](TermId name, std::string_view role) {
    audience_members_.emplace(id_key(name) + key, role);
    row_bytes_ += kNodeBytes;
  };
  for (const TermId member : row.members) note(member, kInSet);
  for (const TermId name : row.except) note(name, kExcepted);
  return audience;
}

// Sequences, queue, rendered: as they were; nothing is written to them.

Result<std::uint64_t> BulkTxn::sequence_count(TermId sequence, const Visible& visible) const {
  return old_.sequence_count(sequence, visible);
}
Result<bool> BulkTxn::sequence_contains(TermId sequence, TermId member) const {
  return old_.sequence_contains(sequence, member);
}
Result<std::optional<SequenceItem>> BulkTxn::sequence_item(TermId sequence, TermId member) const {
  return old_.sequence_item(sequence, member);
}
Result<std::vector<SequenceItem>> BulkTxn::sequence_before(TermId sequence, std::uint64_t before,
                                                           std::size_t limit,
                                                           const Visible& visible) const {
  return old_.sequence_before(sequence, before, limit, visible);
}
Result<std::vector<SequenceItem>> BulkTxn::sequence_after(TermId sequence, std::uint64_t after,
                                                          std::size_t limit,
                                                          const Visible& visible) const {
  return old_.sequence_after(sequence, after, limit, visible);
}
Result<std::vector<TermId>> BulkTxn::sequences() const { return old_.sequences(); }
Result<std::vector<TermId>> BulkTxn::sequences_of(TermId member) const {
  return old_.sequences_of(member);
}
Result<std::vector<QueueItem>> BulkTxn::queue_due(std::int64_t now, std::size_t limit) const {
  return old_.queue_due(now, limit);
}
Result<std::vector<QueueItem>> BulkTxn::queue_list(std::size_t limit) const {
  return old_.queue_list(limit);
}
Result<std::optional<std::int64_t>> BulkTxn::queue_next_due() const {
  return old_.queue_next_due();
}
Result<std::optional<RenderedView>> BulkTxn::rendered(std::string_view iri,
                                                      std::uint8_t view) const {
  return old_.rendered(iri, view);
}
Result<bool> BulkTxn::sequence_append(TermId, TermId, AudienceId, std::uint64_t) {
  return for_later();
}
Result<bool> BulkTxn::sequence_remove(TermId, TermId) { return for_later(); }
Result<std::uint64_t> BulkTxn::queue_push(std::int64_t, std::string_view, std::string_view) {
  return for_later();
}
Result<void> BulkTxn::queue_reschedule(std::uint64_t, std::int64_t, std::string_view) {
  return for_later();
}
Result<void> BulkTxn::queue_move(std::uint64_t, std::int64_t) { return for_later(); }
Result<void> BulkTxn::queue_remove(std::uint64_t) { return for_later(); }
Result<void> BulkTxn::put_rendered(std::string_view, std::uint8_t, const Rendered&) {
  return for_later();
}
Result<void> BulkTxn::erase_rendered(std::string_view) { return for_later(); }

// Tables.

Result<std::optional<std::string_view>> BulkTxn::get(Table table, std::string_view key) const {
  const std::string row = table_row_key(table, key);
  for (auto one = pending_.tables.rbegin(); one != pending_.tables.rend(); ++one) {
    if (one->first == row) return without_checksum(one->second);
  }
  const auto kept = tables_.find(row);
  return kept == tables_.end() ? old_.get(table, key) : without_checksum(kept->second);
}

Result<void> BulkTxn::each(
    Table table, std::string_view prefix,
    const std::function<bool(std::string_view, std::string_view)>& each) const {
  const std::string row = table_row_key(table, prefix);
  const auto kept = tables_.lower_bound(row);
  const bool is_new = (kept != tables_.end() && kept->first.starts_with(row)) ||
                      std::any_of(pending_.tables.begin(), pending_.tables.end(),
                                  [&](const auto& one) { return one.first.starts_with(row); });
  return is_new ? Result<void>(for_later()) : old_.each(table, prefix, each);
}

Result<void> BulkTxn::put(Table table, std::string_view key, std::string_view value) {
  if (key.size() > Tables::kLongestKey) return bad_input("key too long");
  std::string row = table_row_key(table, key);
  std::string sealed(value);
  append_checksum(row, sealed);
  pending_.tables.emplace_back(std::move(row), std::move(sealed));
  return {};
}
Result<bool> BulkTxn::erase(Table, std::string_view) { return for_later(); }

}  // namespace qp::store
