#include "store/quad_store.hpp"

#include <algorithm>

#include "store/bytes.hpp"

namespace qp::store {

// `estimate` counts no further than this.
static constexpr std::uint64_t kEstimateCap = 1024;
// In a graph above this an object is looked up by its own index.
static constexpr std::uint64_t kSmallGraph = 256;

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

static std::string encode_graph(std::string_view key, const GraphRecord& record) {
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
  const auto record = decode_graph(without_checksum(*found).value_or(std::string_view()));
  if (!record) return damaged(Db::Graphs, key);
  return record;
}

namespace {

/// Which graphs a scan may show; asks once for each graph.
class GraphFilter {
 public:
  GraphFilter(const QuadStore& quads, const Txn::ScanOptions& options)
      : quads_(quads), options_(options) {}

  Result<bool> shows(TermId graph) {
    if (options_.with_claims && options_.visible.sees_everything()) return true;
    if (graph == last_) return last_shown_;
    const auto known = known_.find(graph);
    last_shown_ = known != known_.end() ? known->second : QP_TRY(ask(graph));
    last_ = graph;
    return last_shown_;
  }

 private:
  Result<bool> ask(TermId graph) {
    const auto record = QP_TRY(quads_.graph(graph));
    const bool shown = record && (options_.with_claims || record->kind != GraphKind::Claims) &&
                       options_.visible.sees(record->audience);
    known_.emplace(graph, shown);
    return shown;
  }

  const QuadStore& quads_;
  const Txn::ScanOptions& options_;
  std::unordered_map<TermId, bool> known_;
  TermId last_ = TermId::None;
  bool last_shown_ = false;
};

}  // namespace

// A quad's object is found by its own index in a large graph. With the object bound each (s, p)
// has one quad, so that the order is that of Gspo all the same.
Result<QuadStore::Path> QuadStore::path_for(const Pattern& pattern) const {
  Order order = order_for(pattern);
  if (pattern.g != TermId::None && pattern.o != TermId::None) {
    const auto record = QP_TRY(graph(pattern.g));
    if (record && record->quads > kSmallGraph) {
      order = order_for({TermId::None, pattern.s, pattern.p, pattern.o});
    }
  }
  return Path{order, QuadKey::prefix(order, pattern)};
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
  const Path path = QP_TRY(path_for(pattern));
  const bool look_up = pattern.g != TermId::None && path.order != Order::Gspo;
  GraphFilter filter(*this, options);
  Cursor at = QP_TRY(access_.cursor(database(path.order)));
  const std::string_view prefix = path.prefix;
  bool found = QP_TRY(prefix.empty() ? at.first() : at.seek(prefix));
  for (; found && at.key().starts_with(prefix); found = QP_TRY(at.next())) {
    auto quad = decode_quad(path.order, at.key());
    if (!quad) return damaged(database(path.order), at.key());
    if (!matches(pattern, quad->quad) || !QP_TRY(filter.shows(quad->quad.g))) continue;
    if (look_up) quad->ordinal = QP_TRY(ordinal_of(quad->quad));
    if (!each(*quad)) break;
  }
  return {};
}

Result<std::uint64_t> QuadStore::estimate(const Pattern& pattern) const {
  if (pattern == Pattern{}) return access_.entries(Db::Gspo);
  if (pattern == Pattern{pattern.g, {}, {}, {}}) {
    const auto record = QP_TRY(graph(pattern.g));
    return record ? record->quads : 0;
  }
  const Path path = QP_TRY(path_for(pattern));
  std::uint64_t seen = 0, matching = 0;
  bool good = true;
  QP_TRY(access_.each(database(path.order), path.prefix, [&](std::string_view key, auto) {
    const auto quad = decode_quad(path.order, key);
    good = quad.has_value();
    if (good && matches(pattern, quad->quad)) ++matching;
    return good && ++seen < kEstimateCap;
  }));
  if (!good) return damaged(database(path.order), path.prefix);
  return matching;
}

void QuadStore::count(const OrderedQuad& quad, int sign) {
  growth_[quad.quad.g] += sign;
  const auto step = static_cast<std::uint64_t>(static_cast<std::int64_t>(sign));
  counters_->quads += step;
  counters_->quad_sum += step * quad_hash(quad.quad);
  counters_->ordinal_sum += step * ordinal_hash(quad);
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

Result<void> QuadStore::remove(std::vector<OrderedQuad> quads) {
  for (const Order order : kOrders) {
    sort_for(order, quads);
    for (const OrderedQuad& quad : quads) {
      const QuadKey key = QuadKey::of(order, quad);
      if (!QP_TRY(access_.erase(database(order), key))) return damaged(database(order), key);
    }
  }
  for (const OrderedQuad& quad : quads) count(quad, -1);
  return {};
}

Result<void> QuadStore::add(std::vector<OrderedQuad> quads) {
  for (const Order order : kOrders) {
    sort_for(order, quads);
    for (const OrderedQuad& quad : quads) {
      const std::string value = order == Order::Spog ? encode_ordinal(quad.ordinal) : std::string();
      QP_TRY(access_.put(database(order), QuadKey::of(order, quad), value));
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

  for (const auto& [name, growth] : growth_) {
    GraphRecord record = QP_TRY(graph(name)).value_or(GraphRecord{});
    record.quads += static_cast<std::uint64_t>(growth);
    QP_TRY(put_record(name, record));
  }
  return {};
}

Result<void> QuadStore::put_record(TermId graph, GraphRecord record) {
  record.version = ++counters_->changes;
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
