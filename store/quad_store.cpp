#include "store/quad_store.hpp"

#include <algorithm>
#include <array>

#include "store/bytes.hpp"
#include "vocab/terms.hpp"

namespace qp::store {

// Rows that `scan` reads at a time.
static constexpr std::size_t kScanRows = 64;
// Readers whose sight of the graphs one transaction remembers.
static constexpr std::size_t kSights = 8;

std::optional<GraphRecord> decode_graph(std::string_view value) {
  ByteReader reader(value);
  GraphRecord record;
  record.document = reader.id();
  record.audience = static_cast<AudienceId>(reader.number(4));
  const std::uint64_t kind = reader.number(1);
  record.kind = static_cast<GraphKind>(kind);
  record.version = reader.number(8);
  record.quads = reader.number(8);
  if (!reader.complete() || kind > static_cast<std::uint64_t>(GraphKind::Loaded)) {
    return std::nullopt;
  }
  return record;
}

std::string encode_graph(std::string_view key, const GraphRecord& record) {
  std::string value;
  append_id(value, record.document);
  append_number(value, static_cast<std::uint64_t>(record.audience), 4);
  append_number(value, static_cast<std::uint64_t>(record.kind), 1);
  append_number(value, record.version, 8);
  append_number(value, record.quads, 8);
  append_checksum(key, value);
  return value;
}

Result<std::optional<GraphRecord>> QuadStore::graph(TermId graph) const {
  const std::string key = id_key(graph);
  const auto found = QP_TRY(access_.get(Db::Graphs, key));
  if (!found) return std::nullopt;
  auto record = decode_graph(without_checksum(*found).value_or(std::string_view()));
  if (!record) return damaged(Db::Graphs, key);
  return record;
}

std::shared_ptr<GraphSight> QuadStore::sight(const Txn::ScanOptions& options) const {
  for (const auto& known : sights_) {
    if (known->is_for(options.visible, options.with_claims)) {
      return known->shows_all() ? nullptr : known;
    }
  }
  if (sights_.size() == kSights) sights_.erase(sights_.begin());
  sights_.push_back(std::make_shared<GraphSight>(access_, options.visible, options.with_claims));
  return sights_.back()->shows_all() ? nullptr : sights_.back();
}

Result<QuadScan> QuadStore::walk(const Pattern& pattern, Order order,
                                 const Txn::ScanOptions& options) const {
  Cursor cursor = QP_TRY(access_.cursor(database(order)));
  return QuadScan(std::move(cursor), sight(options), pattern, order, options);
}

Result<std::unique_ptr<Scan>> QuadStore::open_scan(const Pattern& pattern, Order order,
                                                   const Txn::ScanOptions& options) const {
  if (options.distinct_triples && order == Order::Gspo && pattern.g == TermId::None) {
    return Error{Code::Internal, "distinct triples of all graphs in the order gspo", {}};
  }
  return std::unique_ptr<Scan>(std::make_unique<QuadScan>(QP_TRY(walk(pattern, order, options))));
}

Result<std::unique_ptr<Prober>> QuadStore::open_probe(const Txn::ScanOptions& options) const {
  return std::unique_ptr<Prober>(std::make_unique<QuadProber>(access_, sight(options), options));
}

Result<std::uint32_t> QuadStore::ordinal_of(const QuadIds& quad) const {
  const QuadKey key = QuadKey::of(Order::Spog, {quad, 0});
  const auto value = QP_TRY(access_.get(Db::Spog, key));
  const auto ordinal = value ? decode_ordinal(*value) : std::nullopt;
  if (!ordinal) return damaged(Db::Spog, key);
  return *ordinal;
}

Result<void> QuadStore::scan(const Pattern& pattern, const Txn::ScanOptions& options,
                             const Each& each) const {
  const Order order = QP_TRY(best_order(access_, pattern));
  const bool look_up = pattern.g != TermId::None && order != Order::Gspo;
  QuadScan walk = QP_TRY(this->walk(pattern, order, options));
  std::array<OrderedQuad, kScanRows> rows;
  for (std::size_t got = kScanRows; got == kScanRows;) {
    got = QP_TRY(walk.next(rows));
    for (OrderedQuad& row : std::span(rows).first(got)) {
      if (look_up) row.ordinal = QP_TRY(ordinal_of(row.quad));
      if (!each(row)) return {};
    }
  }
  return {};
}

Result<bool> QuadStore::probe(const Pattern& pattern, const Txn::ScanOptions& options) const {
  const Order order = QP_TRY(best_order(access_, pattern));
  QuadScan walk = QP_TRY(this->walk(pattern, order, options));
  QuadIds found;
  return QP_TRY(walk.next(std::span(&found, 1))) == 1;
}

Result<std::uint64_t> QuadStore::estimate(const Pattern& pattern) const {
  if (pattern == Pattern{}) return access_.entries(Db::Gspo);
  if (pattern == Pattern{pattern.g, {}, {}, {}}) {
    const auto record = QP_TRY(graph(pattern.g));
    return record ? record->quads : 0;
  }
  if (pattern == Pattern{{}, {}, pattern.p, {}}) {
    return QP_TRY(uses_.find(UseTable::Kind::Predicate, pattern.p)).quads;
  }
  if (pattern == Pattern{{}, {}, rdf::type, pattern.o}) {
    return QP_TRY(uses_.find(UseTable::Kind::Class, pattern.o)).quads;
  }
  const Order order = QP_TRY(best_order(access_, pattern));
  const QuadKey prefix = QuadKey::prefix(order, pattern);
  std::uint64_t seen = 0, matching = 0;
  bool good = true;
  QP_TRY(access_.each(database(order), prefix, [&](std::string_view key, auto) {
    const auto quad = decode_quad(order, key);
    good = quad.has_value();
    if (good && matches(pattern, quad->quad)) ++matching;
    return good && ++seen < Txn::kEstimateCap;
  }));
  if (!good) return damaged(database(order), prefix);
  return matching;
}

void QuadStore::count(const OrderedQuad& quad, int sign) {
  growth_[quad.quad.g] += sign;
  const auto step = static_cast<std::uint64_t>(static_cast<std::int64_t>(sign));
  counters_->quads += step;
  counters_->quad_sum += step * quad_hash(quad.quad);
  counters_->ordinal_sum += step * ordinal_hash(quad);
  uses_.change(UseTable::Kind::Predicate, quad.quad.p).quads += step;
  if (quad.quad.p == rdf::type) uses_.change(UseTable::Kind::Class, quad.quad.o).quads += step;
}

// Neighbouring keys one after the other touch each page once.
static void sort_for(Order order, std::vector<OrderedQuad>& quads) {
  std::sort(quads.begin(), quads.end(), [order](const OrderedQuad& a, const OrderedQuad& b) {
    switch (order) {
      case Order::Gspo:
        return std::tie(a.quad.g, a.quad.s, a.quad.p, a.ordinal, a.quad.o) <
               std::tie(b.quad.g, b.quad.s, b.quad.p, b.ordinal, b.quad.o);
      case Order::Spog:
        return std::tie(a.quad.s, a.quad.p, a.quad.o, a.quad.g) <
               std::tie(b.quad.s, b.quad.p, b.quad.o, b.quad.g);
      case Order::Posg:
        return std::tie(a.quad.p, a.quad.o, a.quad.s, a.quad.g) <
               std::tie(b.quad.p, b.quad.o, b.quad.s, b.quad.g);
      case Order::Ospg:
        return std::tie(a.quad.o, a.quad.s, a.quad.p, a.quad.g) <
               std::tie(b.quad.o, b.quad.s, b.quad.p, b.quad.g);
    }
    return false;
  });
}

// Those of `quads` that are in the store, with their ordinals.
Result<std::vector<OrderedQuad>> QuadStore::present(std::vector<QuadIds> quads) const {
  std::sort(quads.begin(), quads.end(), [](const QuadIds& a, const QuadIds& b) {
    return std::tie(a.s, a.p, a.o, a.g) < std::tie(b.s, b.p, b.o, b.g);
  });
  quads.erase(std::unique(quads.begin(), quads.end()), quads.end());
  std::vector<OrderedQuad> found;
  for (const QuadIds& quad : quads) {
    const QuadKey key = QuadKey::of(Order::Spog, {quad, 0});
    const auto value = QP_TRY(access_.get(Db::Spog, key));
    if (!value) continue;
    const auto ordinal = decode_ordinal(*value);
    if (!ordinal) return damaged(Db::Spog, key);
    found.push_back({quad, *ordinal});
  }
  return found;
}

// The groups that are counted: by subject and predicate, by predicate and object, and the
// subjects of a class. 0: none.
static std::size_t counted_front(Order order) {
  if (order == Order::Spog) return 2;
  return order == Order::Posg ? 3 : 0;
}

// A group of quads that are alike in the first `front` positions appears, or is gone.
void QuadStore::count_group(Order order, const QuadIds& quad, std::size_t front, int sign) {
  const auto step = static_cast<std::uint64_t>(static_cast<std::int64_t>(sign));
  if (order == Order::Spog) uses_.change(UseTable::Kind::Predicate, quad.p).subjects += step;
  if (order != Order::Posg) return;
  if (front == 2) uses_.change(UseTable::Kind::Predicate, quad.p).objects += step;
  if (quad.p != rdf::type) return;
  UseCounts& use = uses_.change(UseTable::Kind::Class, quad.o);
  (front == 3 ? use.subjects : use.objects) += step;
}

static bool same_front(Order order, const QuadIds& a, const QuadIds& b, std::size_t front) {
  const auto left = positions(order, a), right = positions(order, b);
  return std::equal(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(front), right.begin());
}

static QuadKey front_key(Order order, const QuadIds& quad, std::size_t front) {
  QuadKey key;
  const auto at = positions(order, quad);
  for (std::size_t i = 0; i < front; ++i) key.append(at[i]);
  return key;
}

// Calls `each(quad, front)` for the first quad of each counted group of the sorted `quads`.
template <class Each>
static Result<void> each_group(Order order, const std::vector<OrderedQuad>& quads, std::size_t i,
                               const Each& each) {
  for (std::size_t front = counted_front(order); front >= 2; --front) {
    if (front == 3 && quads[i].quad.p != rdf::type) continue;
    if (i != 0 && same_front(order, quads[i - 1].quad, quads[i].quad, front)) break;
    QP_TRY(each(quads[i].quad, front));
  }
  return {};
}

static Result<bool> has_group(Cursor& at, Order order, const QuadIds& quad, std::size_t front) {
  const QuadKey prefix = front_key(order, quad, front);
  return QP_TRY(at.seek(prefix)) && at.key().starts_with(prefix);
}

Result<void> QuadStore::remove(std::vector<OrderedQuad> quads) {
  for (const Order order : kOrders) {
    sort_for(order, quads);
    WriteCursor at = QP_TRY(access_.write_cursor(database(order)));
    for (const OrderedQuad& quad : quads) {
      const QuadKey key = QuadKey::of(order, quad);
      if (!QP_TRY(at.erase(key))) return damaged(database(order), key);
    }
    for (std::size_t i = 0; i < quads.size(); ++i) {
      QP_TRY(
          each_group(order, quads, i, [&](const QuadIds& quad, std::size_t front) -> Result<void> {
            if (!QP_TRY(has_group(at, order, quad, front))) count_group(order, quad, front, -1);
            return {};
          }));
    }
  }
  for (const OrderedQuad& quad : quads) count(quad, -1);
  return {};
}

Result<void> QuadStore::add(std::vector<OrderedQuad> quads) {
  for (const Order order : kOrders) {
    sort_for(order, quads);
    WriteCursor at = QP_TRY(access_.write_cursor(database(order)));
    for (std::size_t i = 0; i < quads.size(); ++i) {
      QP_TRY(
          each_group(order, quads, i, [&](const QuadIds& quad, std::size_t front) -> Result<void> {
            if (!QP_TRY(has_group(at, order, quad, front))) count_group(order, quad, front, 1);
            return {};
          }));
      const std::string value =
          order == Order::Spog ? encode_ordinal(quads[i].ordinal) : std::string();
      QP_TRY(at.put(QuadKey::of(order, quads[i]), value));
    }
  }
  for (const OrderedQuad& quad : quads) count(quad, 1);
  return {};
}

// The first of each quad stays: a repeated value has its first place.
static std::vector<OrderedQuad> without_repeats(std::span<const OrderedQuad> quads) {
  std::vector<OrderedQuad> kept(quads.begin(), quads.end());
  std::stable_sort(kept.begin(), kept.end(),
                   [](const OrderedQuad& a, const OrderedQuad& b) { return a.quad < b.quad; });
  const auto same = [](const OrderedQuad& a, const OrderedQuad& b) { return a.quad == b.quad; };
  kept.erase(std::unique(kept.begin(), kept.end(), same), kept.end());
  return kept;
}

static bool is_whole(const QuadIds& quad) {
  return quad.g != TermId::None && quad.s != TermId::None && quad.p != TermId::None &&
         quad.o != TermId::None;
}

Result<void> QuadStore::apply(std::span<const QuadIds> deletes,
                              std::span<const OrderedQuad> inserts) {
  std::vector<OrderedQuad> adding = without_repeats(inserts);
  std::vector<QuadIds> leaving(deletes.begin(), deletes.end());
  for (const OrderedQuad& quad : adding) {
    if (!is_whole(quad.quad)) return Error{Code::Internal, "a quad with None in it", {}};
    leaving.push_back(quad.quad);  // a quad that is there may have another ordinal
  }
  growth_.clear();
  std::vector<OrderedQuad> removing = QP_TRY(present(std::move(leaving)));

  // What would be taken out and put back just the same stays where it is.
  const auto less = [](const OrderedQuad& a, const OrderedQuad& b) {
    return std::tie(a.quad, a.ordinal) < std::tie(b.quad, b.ordinal);
  };
  std::sort(removing.begin(), removing.end(), less);
  std::vector<OrderedQuad> out, in;
  std::set_difference(removing.begin(), removing.end(), adding.begin(), adding.end(),
                      std::back_inserter(out), less);
  std::set_difference(adding.begin(), adding.end(), removing.begin(), removing.end(),
                      std::back_inserter(in), less);
  QP_TRY(remove(std::move(out)));
  QP_TRY(add(std::move(in)));

  QP_TRY(uses_.flush());

  for (const auto& [name, growth] : growth_) {
    GraphRecord record = QP_TRY(graph(name)).value_or(GraphRecord{});
    record.quads += static_cast<std::uint64_t>(growth);
    QP_TRY(put_record(name, record));
  }
  return {};
}

Result<void> QuadStore::put_record(TermId graph, GraphRecord record) {
  record.version = ++counters_->changes;
  sights_.clear();
  const std::string key = id_key(graph);
  return access_.put(Db::Graphs, key, encode_graph(key, record));
}

Result<std::vector<OrderedQuad>> QuadStore::quads_of(TermId graph) const {
  std::vector<OrderedQuad> quads;
  bool good = true;
  const QuadKey prefix = QuadKey::prefix(Order::Gspo, {graph, {}, {}, {}});
  QP_TRY(access_.each(Db::Gspo, prefix, [&](std::string_view key, auto) {
    const auto quad = decode_quad(Order::Gspo, key);
    good = quad.has_value();
    if (good) quads.push_back(*quad);
    return good;
  }));
  if (!good) return damaged(Db::Gspo, prefix);
  return quads;
}

Result<void> QuadStore::replace(TermId graph, std::span<const OrderedQuad> quads,
                                const GraphRecord& record) {
  if (graph == TermId::None) return Error{Code::Internal, "a graph without a name", {}};
  std::vector<OrderedQuad> wanted(quads.begin(), quads.end());
  for (OrderedQuad& quad : wanted) quad.quad.g = graph;
  std::vector<QuadIds> old;
  for (const OrderedQuad& quad : QP_TRY(quads_of(graph))) old.push_back(quad.quad);
  QP_TRY(apply(old, wanted));

  GraphRecord kept = record;
  const auto counted = QP_TRY(this->graph(graph));
  kept.quads = counted ? counted->quads : 0;
  return put_record(graph, kept);
}

Result<void> QuadStore::erase(TermId graph) {
  std::vector<QuadIds> old;
  for (const OrderedQuad& quad : QP_TRY(quads_of(graph))) old.push_back(quad.quad);
  QP_TRY(apply(old, {}));
  sights_.clear();
  QP_TRY(access_.erase(Db::Graphs, id_key(graph)));
  return {};
}

Result<void> QuadStore::set_audience(TermId graph, AudienceId audience) {
  auto record = QP_TRY(this->graph(graph));
  if (!record) return error(Code::NotFound, "no such graph");
  if (record->audience == audience) return {};
  record->audience = audience;
  return put_record(graph, *record);
}

}  // namespace qp::store
