#include "memory_store.hpp"

#include <algorithm>
#include <charconv>
#include <deque>
#include <set>

#include "rdf/language_tag.hpp"
#include "store/inline_term.hpp"
#include "vocab/terms.hpp"

namespace qp::store::memory {
namespace {

using rdf::TermClass;
using rdf::TermKind;

bool fits(const Pattern& pattern, const QuadIds& q) {
  const auto same = [](TermId wanted, TermId id) { return wanted == TermId::None || wanted == id; };
  return same(pattern.g, q.g) && same(pattern.s, q.s) && same(pattern.p, q.p) &&
         same(pattern.o, q.o);
}

// A quad in an order, the ordinal in Gspo before the object.
using Place = std::array<std::uint64_t, 5>;
Place place_of(Order order, const QuadIds& q, std::uint32_t ordinal) {
  switch (order) {
    case Order::Gspo:
      return {number(q.g), number(q.s), number(q.p), ordinal, number(q.o)};
    case Order::Spog:
      return {number(q.s), number(q.p), number(q.o), number(q.g), 0};
    case Order::Posg:
      return {number(q.p), number(q.o), number(q.s), number(q.g), 0};
    case Order::Ospg:
      return {number(q.o), number(q.s), number(q.p), number(q.g), 0};
  }
  return {};
}
// Positions that count in a pattern or place: up to the first None, Gspo's object never.
std::size_t front(Order order, const Place& place) {
  const std::size_t most = order == Order::Gspo ? 3 : 4;
  std::size_t given = 0;
  while (given < most && place[given] != 0) ++given;
  return given;
}

class ListScan final : public Scan {
 public:
  ListScan(std::vector<std::pair<Place, QuadIds>> rows, Order order, const Pattern& pattern,
           bool reverse)
      : rows_(std::move(rows)), order_(order), pattern_(pattern), reverse_(reverse) {}

  Result<std::size_t> next(std::span<QuadIds> out) override {
    std::size_t filled = 0;
    while (filled < out.size() && at_ < rows_.size()) out[filled++] = rows_[at_++].second;
    return filled;
  }
  void seek(const QuadIds& given) override {
    Place place = place_of(order_, given, 0);
    const Place fixed = place_of(order_, pattern_, 0);
    std::copy_n(fixed.begin(), front(order_, fixed), place.begin());
    const std::size_t positions = front(order_, place);
    for (at_ = 0; at_ < rows_.size(); ++at_) {
      const auto order = std::lexicographical_compare_three_way(
          rows_[at_].first.begin(), rows_[at_].first.begin() + positions, place.begin(),
          place.begin() + positions);
      if (reverse_ ? order <= 0 : order >= 0) return;
    }
  }

 private:
  std::vector<std::pair<Place, QuadIds>> rows_;
  Order order_;
  Pattern pattern_;
  bool reverse_;
  std::size_t at_ = 0;
};

class ListProber final : public Prober {
 public:
  ListProber(const Txn& txn, Txn::ScanOptions options) : txn_(txn), options_(std::move(options)) {}

  void bind(std::span<const Pattern> bindings) override {
    matches_.clear();
    for (std::uint32_t i = 0; i < bindings.size(); ++i) {
      const auto scan = txn_.open_scan(bindings[i], Order::Spog, options_);
      if (!scan) return;
      std::vector<QuadIds> rows(options_.first_only ? 1 : 100'000);
      rows.resize((*scan)->next(rows).value_or(0));
      for (const QuadIds& quad : rows) matches_.push_back({i, quad});
    }
  }
  Result<std::size_t> next(std::span<Match> out) override {
    std::size_t filled = 0;
    for (; filled < out.size() && !matches_.empty(); matches_.pop_front()) {
      out[filled++] = matches_.front();
    }
    return filled;
  }

 private:
  const Txn& txn_;
  Txn::ScanOptions options_;
  std::deque<Match> matches_;
};

/// Both kinds of transaction; `State` is const for the one that reads.
class MemoryTxn final : public WriteTxn {
 public:
  MemoryTxn(std::shared_ptr<State> state, const WordIndex& words)
      : state_(std::move(state)), words_(words) {}
  const std::shared_ptr<State>& state() const { return state_; }

  Result<std::optional<TermId>> find(const rdf::TermView& term) const override {
    if (const auto tag = rdf::usual_case(term.language)) {
      return find({term.kind, term.value, term.datatype, *tag});
    }
    if (term.kind == TermKind::Iri) {
      if (const auto word = words_.find(term.value)) return word;
    }
    if (term.kind == TermKind::Literal) {
      if (const auto id = inline_literal(term)) return id;
    }
    const auto found = state_->ids.find(rdf::Term::copy(term));
    return found == state_->ids.end() ? std::nullopt : std::optional(found->second);
  }
  Result<rdf::TermView> resolve(TermId id) const override {
    if (number(id) != 0 && number(id) <= words_.size()) {
      return rdf::TermView{TermKind::Iri, vocab::rows()[number(id) - 1].iri, {}, {}};
    }
    if (is_inlined(id)) {
      return rdf::TermView{
          TermKind::Literal, spelt_.emplace_back(spell_inlined(id)), inlined_datatype(id), {}};
    }
    const auto found = state_->terms.find(id);
    if (found == state_->terms.end()) return error(Code::NotFound, "no such term");
    return rdf::TermView(found->second);
  }
  Result<void> resolve_all(std::span<const TermId> ids,
                           std::span<rdf::TermView> out) const override {
    for (std::size_t i = 0; i < ids.size(); ++i) out[i] = QP_TRY(resolve(ids[i]));
    return {};
  }
  Result<TermId> intern(const rdf::TermView& term) override {
    if (const auto tag = rdf::usual_case(term.language)) {
      return intern({term.kind, term.value, term.datatype, *tag});
    }
    if (const auto known = QP_TRY(find(term))) return *known;
    if (term.kind == TermKind::Blank) return bad_input("a label that was not given out");
    QP_TRY(check_term(term));
    if (class_of(term) == TermClass::Typed) {
      QP_TRY(intern({TermKind::Iri, term.datatype, {}, {}}));
    }
    return add(class_of(term), rdf::Term::copy(term));
  }
  Result<void> intern_all(std::span<const rdf::TermView> terms, std::span<TermId> out) override {
    for (std::size_t i = 0; i < terms.size(); ++i) out[i] = QP_TRY(intern(terms[i]));
    return {};
  }
  Result<TermId> new_blank() override {
    const std::uint64_t payload = state_->next_term[std::size_t(TermClass::Blank)];
    return add(TermClass::Blank, rdf::Term::blank("b" + std::to_string(payload)));
  }

  Result<std::unique_ptr<Scan>> open_scan(const Pattern& pattern, Order order,
                                          const ScanOptions& options) const override {
    if (options.distinct_triples && order == Order::Gspo && pattern.g == TermId::None) {
      return Error{Code::Internal, "distinct triples in the order gspo", {}};
    }
    auto rows = matching(pattern, order, options);
    if (options.reverse) std::reverse(rows.begin(), rows.end());
    if (options.distinct_triples && pattern.g == TermId::None) {
      std::set<std::array<TermId, 3>> seen;
      std::erase_if(rows, [&](const auto& row) {
        return !seen.insert({row.second.s, row.second.p, row.second.o}).second;
      });
    }
    return std::unique_ptr<Scan>(
        std::make_unique<ListScan>(std::move(rows), order, pattern, options.reverse));
  }
  Result<std::unique_ptr<Prober>> open_probe(const ScanOptions& options) const override {
    return std::unique_ptr<Prober>(std::make_unique<ListProber>(*this, options));
  }
  Result<void> scan(const Pattern& pattern, const ScanOptions& options,
                    const std::function<bool(const OrderedQuad&)>& each) const override {
    for (const auto& [place, quad] : matching(pattern, Order::Gspo, options)) {
      if (!each({quad, state_->quads.at(quad)})) break;
    }
    return {};
  }
  Result<bool> probe(const Pattern& pattern, const ScanOptions& options) const override {
    return !matching(pattern, Order::Gspo, options).empty();
  }
  Result<std::uint64_t> estimate(const Pattern& pattern) const override {
    return static_cast<std::uint64_t>(
        std::count_if(state_->quads.begin(), state_->quads.end(),
                      [&](const auto& row) { return fits(pattern, row.first); }));
  }
  Result<UseCounts> predicate_use(TermId predicate) const override {
    return count_use({{}, {}, predicate, {}});
  }
  Result<UseCounts> class_use(TermId type) const override {
    return count_use({{}, {}, rdf::type, type});
  }
  Result<std::vector<std::pair<TermId, UseCounts>>> predicates() const override {
    std::map<TermId, UseCounts> found;
    for (const auto& [quad, ordinal] : state_->quads) found[quad.p] = {};
    for (auto& [id, use] : found) use = count_use({{}, {}, id, {}});
    return std::vector<std::pair<TermId, UseCounts>>(found.begin(), found.end());
  }
  Result<std::vector<std::pair<TermId, UseCounts>>> classes() const override {
    std::map<TermId, UseCounts> found;
    for (const auto& [quad, ordinal] : state_->quads) {
      if (quad.p == rdf::type) found[quad.o] = {};
    }
    for (auto& [id, use] : found) use = count_use({{}, {}, rdf::type, id});
    return std::vector<std::pair<TermId, UseCounts>>(found.begin(), found.end());
  }

  Result<void> apply(std::span<const QuadIds> deletes,
                     std::span<const OrderedQuad> inserts) override {
    const auto touch = [&](TermId g, int change) {
      GraphRecord& record = state_->graphs[g];
      record.quads += static_cast<std::uint64_t>(change);
      record.version = ++state_->changes;
    };
    std::set<QuadIds> seen;
    for (const QuadIds& quad : deletes) {
      if (state_->quads.erase(quad) != 0) touch(quad.g, -1);
    }
    for (const auto& [quad, ordinal] : inserts) {
      if (quad.g == TermId::None || quad.s == TermId::None || quad.p == TermId::None ||
          quad.o == TermId::None) {
        return Error{Code::Internal, "a quad with None in it", {}};
      }
      if (!seen.insert(quad).second) continue;
      if (state_->quads.insert_or_assign(quad, ordinal).second) touch(quad.g, 1);
    }
    return {};
  }
  Result<void> replace_graph(TermId graph, std::span<const OrderedQuad> quads,
                             const GraphRecord& record) override {
    std::vector<OrderedQuad> wanted(quads.begin(), quads.end());
    for (OrderedQuad& quad : wanted) quad.quad.g = graph;
    QP_TRY(apply(quads_of(graph), wanted));
    const std::uint64_t count = state_->graphs[graph].quads;
    state_->graphs[graph] = record;
    state_->graphs[graph].quads = count;
    state_->graphs[graph].version = ++state_->changes;
    return {};
  }
  Result<void> erase_graph(TermId graph) override {
    QP_TRY(apply(quads_of(graph), {}));
    state_->graphs.erase(graph);
    return {};
  }
  Result<void> set_audience(TermId graph, AudienceId audience) override {
    const auto found = state_->graphs.find(graph);
    if (found == state_->graphs.end()) return error(Code::NotFound, "no such graph");
    if (found->second.audience == audience) return {};
    found->second.audience = audience;
    found->second.version = ++state_->changes;
    return {};
  }
  Result<std::optional<GraphRecord>> graph(TermId graph) const override {
    return find_in(state_->graphs, graph);
  }

  Result<std::optional<DocumentRecord>> document(TermId id) const override {
    return find_in(state_->documents, id);
  }
  Result<std::string> document_bytes(TermId id) const override {
    const auto found = state_->document_bytes.find(id);
    if (found == state_->document_bytes.end()) return error(Code::NotFound, "no bytes");
    return found->second;
  }
  Result<void> put_document(const DocumentRecord& record, std::string_view bytes) override {
    state_->documents[record.id] = record;
    state_->document_bytes[record.id] = bytes;
    return {};
  }
  Result<void> update_document(const DocumentRecord& record) override {
    if (!state_->documents.contains(record.id)) return error(Code::NotFound, "no such document");
    state_->documents[record.id] = record;
    return {};
  }
  Result<void> erase_document_bytes(TermId id) override {
    state_->document_bytes.erase(id);
    return {};
  }

  Result<std::vector<TermId>> audience_members(AudienceId audience) const override {
    if (audience == AudienceId::Nobody) return std::vector<TermId>{};
    if (audience == AudienceId::Public) return std::vector<TermId>{as::Public};
    const auto found = state_->audiences.find(audience);
    if (found == state_->audiences.end()) return error(Code::NotFound, "no such set");
    return std::vector<TermId>(found->second.members.begin(), found->second.members.end());
  }
  Result<Visible> visible_to(std::span<const TermId> readers) const override {
    std::set<AudienceId> sets = {AudienceId::Public};
    for (const TermId reader : readers) {
      std::set<TermId> names = {reader};
      for (const TermId sequence : QP_TRY(sequences_of(reader))) names.insert(sequence);
      const auto is_named = [&](const std::set<TermId>& set) {
        return std::any_of(set.begin(), set.end(),
                           [&](TermId name) { return names.contains(name); });
      };
      for (const auto& [id, audience] : state_->audiences) {
        if (is_named(audience.members) && !is_named(audience.except)) sets.insert(id);
      }
    }
    return Visible(std::vector<AudienceId>(sets.begin(), sets.end()));
  }
  Result<AudienceId> intern_audience(std::span<const TermId> members,
                                     std::span<const TermId> except) override {
    Audience audience{{members.begin(), members.end()}, {}};
    for (const TermId name : except) {
      if (!audience.members.contains(name)) audience.except.insert(name);
    }
    if (audience.members.empty()) return AudienceId::Nobody;
    if (audience.members == std::set<TermId>{as::Public}) return AudienceId::Public;
    const auto id = static_cast<AudienceId>(state_->audience_ids.size() + 2);
    const auto [at, is_new] = state_->audience_ids.emplace(audience, id);
    if (is_new) state_->audiences[id] = audience;
    return at->second;
  }

  Result<std::uint64_t> sequence_count(TermId sequence, const Visible& visible) const override {
    return std::uint64_t{page(sequence, visible).size()};
  }
  Result<bool> sequence_contains(TermId sequence, TermId member) const override {
    return QP_TRY(sequence_item(sequence, member)).has_value();
  }
  Result<std::optional<SequenceItem>> sequence_item(TermId sequence, TermId member) const override {
    for (const SequenceItem& item : page(sequence, Visible::everything())) {
      if (item.member == member) return item;
    }
    return std::nullopt;
  }
  Result<std::vector<SequenceItem>> sequence_before(TermId sequence, std::uint64_t before,
                                                    std::size_t limit,
                                                    const Visible& visible) const override {
    auto items = page(sequence, visible);
    std::reverse(items.begin(), items.end());
    std::erase_if(items, [&](const auto& item) { return before != 0 && item.key >= before; });
    if (items.size() > limit) items.resize(limit);
    return items;
  }
  Result<std::vector<SequenceItem>> sequence_after(TermId sequence, std::uint64_t after,
                                                   std::size_t limit,
                                                   const Visible& visible) const override {
    auto items = page(sequence, visible);
    std::erase_if(items, [&](const auto& item) { return item.key <= after; });
    if (items.size() > limit) items.resize(limit);
    return items;
  }
  Result<std::vector<TermId>> sequences() const override {
    std::vector<TermId> found;
    for (const auto& [sequence, items] : state_->sequences) {
      if (!items.empty()) found.push_back(sequence);
    }
    return found;
  }
  Result<std::vector<TermId>> sequences_of(TermId member) const override {
    std::vector<TermId> found;
    for (const auto& [sequence, items] : state_->sequences) {
      if (std::any_of(items.begin(), items.end(),
                      [&](const auto& item) { return item.second.member == member; })) {
        found.push_back(sequence);
      }
    }
    return found;
  }
  Result<bool> sequence_append(TermId sequence, TermId member, AudienceId audience,
                               std::uint64_t key) override {
    if (QP_TRY(sequence_contains(sequence, member))) return false;
    auto& items = state_->sequences[sequence];
    if (key == 0) key = items.empty() ? 1 : items.rbegin()->first + 1;
    while (items.contains(key)) ++key;
    items[key] = {key, member, audience};
    return true;
  }
  Result<bool> sequence_remove(TermId sequence, TermId member) override {
    const auto item = QP_TRY(sequence_item(sequence, member));
    return item && state_->sequences[sequence].erase(item->key) != 0;
  }

  Result<std::vector<QueueItem>> queue_due(std::int64_t now, std::size_t limit) const override {
    std::set<std::string> lanes;
    std::vector<QueueItem> due;
    for (const auto& [id, item] : state_->queue) {
      if (lanes.insert(item.lane).second && item.due <= now) due.push_back(item);
    }
    std::stable_sort(due.begin(), due.end(),
                     [](const auto& a, const auto& b) { return a.due < b.due; });
    if (due.size() > limit) due.resize(limit);
    return due;
  }
  Result<std::vector<QueueItem>> queue_list(std::size_t limit) const override {
    std::vector<QueueItem> items;
    for (const auto& [id, item] : state_->queue) {
      if (items.size() < limit) items.push_back(item);
    }
    return items;
  }
  Result<std::optional<std::int64_t>> queue_next_due() const override {
    std::set<std::string> lanes;
    std::optional<std::int64_t> next;
    for (const auto& [id, item] : state_->queue) {
      if (lanes.insert(item.lane).second && (!next || item.due < *next)) next = item.due;
    }
    return next;
  }
  Result<std::uint64_t> queue_push(std::int64_t due, std::string_view lane,
                                   std::string_view payload) override {
    const std::uint64_t id = state_->next_queue++;
    state_->queue[id] = {id, due, std::string(lane), std::string(payload), 0, {}};
    return id;
  }
  Result<void> queue_reschedule(std::uint64_t id, std::int64_t due,
                                std::string_view last_result) override {
    const auto found = state_->queue.find(id);
    if (found == state_->queue.end()) return error(Code::NotFound, "no such item");
    found->second.due = due;
    found->second.last_result = last_result;
    ++found->second.attempts;
    return {};
  }
  Result<void> queue_move(std::uint64_t id, std::int64_t due) override {
    const auto found = state_->queue.find(id);
    if (found == state_->queue.end()) return error(Code::NotFound, "no such item");
    found->second.due = due;
    return {};
  }
  Result<void> queue_remove(std::uint64_t id) override {
    state_->queue.erase(id);
    return {};
  }

  Result<std::optional<RenderedView>> rendered(std::string_view iri,
                                               std::uint8_t view) const override {
    const auto found = state_->rendered.find({std::string(iri), view});
    if (found == state_->rendered.end()) return std::nullopt;
    const Rendered& row = found->second;
    return RenderedView{row.content_type, row.etag, row.audience, row.status, row.body};
  }
  Result<void> put_rendered(std::string_view iri, std::uint8_t view,
                            const Rendered& rendered) override {
    state_->rendered[{std::string(iri), view}] = rendered;
    return {};
  }
  Result<void> erase_rendered(std::string_view iri) override {
    std::erase_if(state_->rendered, [&](const auto& row) { return row.first.first == iri; });
    return {};
  }

  Result<std::optional<std::string_view>> get(Table table, std::string_view key) const override {
    const auto found = state_->tables.find({table, std::string(key)});
    if (found == state_->tables.end()) return std::nullopt;
    return std::optional<std::string_view>(found->second);
  }
  Result<void> each(
      Table table, std::string_view prefix,
      const std::function<bool(std::string_view, std::string_view)>& each) const override {
    for (auto at = state_->tables.lower_bound({table, std::string(prefix)});
         at != state_->tables.end() && at->first.first == table &&
         at->first.second.starts_with(prefix) && each(at->first.second, at->second);
         ++at) {
    }
    return {};
  }
  Result<void> put(Table table, std::string_view key, std::string_view value) override {
    if (key.size() > 480) return bad_input("key too long");
    state_->tables[{table, std::string(key)}] = value;
    return {};
  }
  Result<bool> erase(Table table, std::string_view key) override {
    return state_->tables.erase({table, std::string(key)}) != 0;
  }

 private:
  template <class Map>
  static Result<std::optional<typename Map::mapped_type>> find_in(const Map& map, TermId id) {
    const auto found = map.find(id);
    if (found == map.end()) return std::optional<typename Map::mapped_type>();
    return std::optional<typename Map::mapped_type>(found->second);
  }
  TermId add(TermClass kind, rdf::Term term) {
    const std::uint64_t payload = state_->next_term[static_cast<std::size_t>(kind)]++;
    const auto id =
        static_cast<TermId>(static_cast<std::uint64_t>(kind) << rdf::kClassShift | payload);
    state_->ids[term] = id;
    state_->terms[id] = std::move(term);
    return id;
  }
  std::vector<QuadIds> quads_of(TermId graph) const {
    std::vector<QuadIds> found;
    for (const auto& [quad, ordinal] : state_->quads) {
      if (quad.g == graph) found.push_back(quad);
    }
    return found;
  }
  std::vector<std::pair<Place, QuadIds>> matching(const Pattern& pattern, Order order,
                                                  const ScanOptions& options) const {
    const Place bound = place_of(order, pattern, 0);
    const std::size_t open = front(order, bound);
    const bool has_range = open < (order == Order::Gspo ? 3U : 4U);
    std::vector<std::pair<Place, QuadIds>> rows;
    for (const auto& [quad, ordinal] : state_->quads) {
      if (!fits(pattern, quad)) continue;
      const auto record = state_->graphs.find(quad.g);
      const bool all = options.with_claims && options.visible.sees_everything();
      if (!all && (record == state_->graphs.end() ||
                   (!options.with_claims && record->second.kind == GraphKind::Claims) ||
                   !options.visible.sees(record->second.audience))) {
        continue;
      }
      const Place place = place_of(order, quad, ordinal);
      if (has_range && place[open] < number(options.from)) continue;
      if (has_range && options.below != TermId::None && place[open] >= number(options.below)) {
        continue;
      }
      rows.emplace_back(place, quad);
    }
    std::sort(rows.begin(), rows.end());
    return rows;
  }
  UseCounts count_use(const Pattern& pattern) const {
    UseCounts use;
    std::set<TermId> subjects, objects;
    for (const auto& [quad, ordinal] : state_->quads) {
      if (!fits(pattern, quad)) continue;
      ++use.quads;
      subjects.insert(quad.s);
      objects.insert(quad.o);
    }
    use.subjects = subjects.size();
    use.objects = objects.size();
    return use;
  }
  std::vector<SequenceItem> page(TermId sequence, const Visible& visible) const {
    std::vector<SequenceItem> items;
    const auto found = state_->sequences.find(sequence);
    if (found == state_->sequences.end()) return items;
    for (const auto& [key, item] : found->second) {
      if (visible.sees(item.audience)) items.push_back(item);
    }
    return items;
  }

  std::shared_ptr<State> state_;
  const WordIndex& words_;
  mutable std::deque<std::string> spelt_;
};

}  // namespace

Disk MemoryStore::current() {
  const std::lock_guard lock(mutex_);
  return disk_;
}

Result<std::unique_ptr<Txn>> MemoryStore::read() {
  const std::lock_guard lock(mutex_);
  if (failing_reads_ > 0) {
    --failing_reads_;
    return Error{read_code_, "a read was to fail", {}};
  }
  // Through a Txn nothing is written.
  return std::unique_ptr<Txn>(
      std::make_unique<MemoryTxn>(std::const_pointer_cast<State>(disk_), words_));
}

Result<void> MemoryStore::write(Write work) {
  MemoryTxn forgotten(std::make_shared<State>(*current()), words_);
  (void)work(forgotten);
  const std::lock_guard lock(mutex_);
  MemoryTxn txn(std::make_shared<State>(*disk_), words_);
  QP_TRY(work(txn));
  if (failing_commits_ > 0) {
    --failing_commits_;
    return Error{commit_code_, "a commit was to fail", {}};
  }
  disk_ = txn.state();
  return {};
}

Result<Statistics> MemoryStore::statistics() {
  const Disk state = current();
  Statistics found;
  found.quads = state->quads.size();
  found.graphs = state->graphs.size();
  found.documents = state->documents.size();
  found.queued = state->queue.size();
  for (const auto& [id, term] : state->terms) found.terms += !rdf::is_blank(id);
  for (const auto& [id, items] : state->sequences) found.sequences += !items.empty();
  return found;
}

Result<Verification> MemoryStore::verify() {
  const Disk state = current();
  Verification found;
  found.quads = state->quads.size();
  std::map<TermId, std::uint64_t> counts;
  for (const auto& [quad, ordinal] : state->quads) ++counts[quad.g];
  for (const auto& [graph, record] : state->graphs) {
    if (counts[graph] != record.quads) found.problems.push_back("a graph counts wrong");
  }
  for (const auto& [sequence, items] : state->sequences) found.sequence_items += items.size();
  return found;
}

Result<void> MemoryStore::backup(const std::filesystem::path&) {
  return Error{Code::Internal, "nothing is kept on disk", {}};
}

Result<SweepReport> MemoryStore::sweep() { return SweepReport(); }

void MemoryStore::fail_commits(int count, Code code) {
  const std::lock_guard lock(mutex_);
  failing_commits_ = count;
  commit_code_ = code;
}

void MemoryStore::fail_reads(int count, Code code) {
  const std::lock_guard lock(mutex_);
  failing_reads_ = count;
  read_code_ = code;
}

}  // namespace qp::store::memory
