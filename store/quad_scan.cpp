#include "store/quad_scan.hpp"

#include <algorithm>
#include <cstring>

#include "store/bytes.hpp"
#include "store/quad_store.hpp"

namespace qp::store {

namespace {

// The id at `at`, which moves behind it. Eight bytes at once where they lie within the key, before
// or behind the id: the four ids of a key are decoded some ten million times a second.
inline TermId read_id(const char* begin, const char*& at, const char* end, bool& good) {
  if (at >= end) {
    good = false;
    return TermId::None;
  }
  const std::uint64_t head = static_cast<unsigned char>(*at);
  const std::size_t length = head & 15U;
  if (length > 8 || static_cast<std::size_t>(end - at) < 1 + length) {
    good = false;
    return TermId::None;
  }
  std::uint64_t payload = 0;
  const char* stop = at + 1 + length;
  if (length != 0 && stop - begin >= 8) {
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, stop - 8, 8);
    payload = __builtin_bswap64(bytes) << (64 - length * 8) >> (64 - length * 8);
  } else {
    for (std::size_t i = 1; i <= length; ++i) {
      payload = payload << 8 | static_cast<unsigned char>(at[i]);
    }
  }
  at = stop;
  return static_cast<TermId>(head >> 4U << 60U | (payload & kPayloadMask));
}

// The row of a key. False: damaged.
template <Order kOrder>
bool decode(std::string_view key, QuadIds& quad, std::uint32_t& ordinal) {
  const char* const begin = key.data();
  const char* const end = begin + key.size();
  const char* at = begin;
  bool good = true;
  std::array<TermId, 4> ids;
  ids[0] = read_id(begin, at, end, good);
  ids[1] = read_id(begin, at, end, good);
  ids[2] = read_id(begin, at, end, good);
  if constexpr (kOrder == Order::Gspo) {
    ordinal = static_cast<std::uint32_t>(number(read_id(begin, at, end, good)));
  }
  ids[3] = read_id(begin, at, end, good);
  quad = from_positions(kOrder, ids);
  return good && at == end && ids[0] != TermId::None && ids[3] != TermId::None;
}

bool decode(Order order, std::string_view key, QuadIds& quad) {
  std::uint32_t ordinal = 0;
  switch (order) {
    case Order::Gspo:
      return decode<Order::Gspo>(key, quad, ordinal);
    case Order::Spog:
      return decode<Order::Spog>(key, quad, ordinal);
    case Order::Posg:
      return decode<Order::Posg>(key, quad, ordinal);
    case Order::Ospg:
      return decode<Order::Ospg>(key, quad, ordinal);
  }
  return false;
}

bool same_triple(const QuadIds& a, const QuadIds& b) {
  return a.o == b.o && a.s == b.s && a.p == b.p;
}

// What sorts behind everything that begins with `prefix`; empty: nothing does.
std::string behind(std::string_view prefix) {
  std::string key(prefix);
  while (!key.empty() && static_cast<unsigned char>(key.back()) == 0xFF) key.pop_back();
  if (!key.empty()) key.back() = static_cast<char>(static_cast<unsigned char>(key.back()) + 1);
  return key;
}

// How many positions of an order are given from the left. Gspo's object lies behind the ordinal.
std::size_t bound_front(Order order, const std::array<TermId, 4>& at) {
  const std::size_t most = order == Order::Gspo ? 3 : 4;
  std::size_t bound = 0;
  while (bound < most && at[bound] != TermId::None) ++bound;
  return bound;
}

void set(Order order, OrderedQuad& row, const QuadIds& quad, std::uint32_t ordinal) {
  row = {quad, order == Order::Gspo ? ordinal : 0};
}
void set(Order, QuadIds& row, const QuadIds& quad, std::uint32_t) { row = quad; }

}  // namespace

// In a graph above this an object is looked up by its own index.
static constexpr std::uint64_t kSmallGraph = 256;

// With graph and object bound each (s, p) has one quad, so that all orders give them by s and p.
Result<Order> best_order(const Access& access, const Pattern& pattern) {
  if (pattern.g == TermId::None || pattern.o == TermId::None) return order_for(pattern);
  const Order without_graph = order_for({TermId::None, pattern.s, pattern.p, pattern.o});
  if (pattern.s != TermId::None) return without_graph;
  const auto value = QP_TRY(access.get(Db::Graphs, id_key(pattern.g)));
  const auto record =
      value ? decode_graph(without_checksum(*value).value_or(std::string_view())) : std::nullopt;
  return record && record->quads > kSmallGraph ? without_graph : Order::Gspo;
}

QuadScan::QuadScan(Cursor at, std::shared_ptr<GraphSight> sight, const Pattern& pattern,
                   Order order, const Txn::ScanOptions& options)
    : at_(std::move(at)),
      sight_(std::move(sight)),
      pattern_(pattern),
      order_(order),
      forwards_(!options.reverse),
      distinct_(options.distinct_triples && pattern.g == TermId::None),
      prefix_(QuadKey::prefix(order, pattern)) {
  const auto bound = positions(order, pattern);
  const std::size_t front = bound_front(order, bound);
  const auto is_open = [](TermId id) { return id == TermId::None; };
  filters_ = !std::all_of(bound.begin() + static_cast<std::ptrdiff_t>(front), bound.end(), is_open);
  low_ = std::string_view(prefix_);
  // In Gspo what follows (g, s, p) is the ordinal.
  if (front == (order == Order::Gspo ? 3 : 4)) return;
  if (options.below != TermId::None) {
    QuadKey high = prefix_;
    high.append(options.below);
    high_ = std::string_view(high);
  }
  if (options.from != TermId::None) {
    QuadKey low = prefix_;
    low.append(options.from);
    low_ = std::string_view(low);
  }
}

void QuadScan::seek(const QuadIds& place) {
  const auto fixed = positions(order_, pattern_);
  auto wanted = positions(order_, place);
  const std::size_t front = bound_front(order_, fixed);
  std::copy_n(fixed.begin(), front, wanted.begin());
  QuadKey key;
  const std::size_t bound = bound_front(order_, wanted);
  for (std::size_t i = 0; i < bound; ++i) key.append(wanted[i]);
  target_ = std::string(std::string_view(key));
  last_.reset();
}

bool QuadScan::in_range() const {
  const std::string_view key = at_.key();
  if (!key.starts_with(prefix_)) return false;
  return (high_.empty() || key < high_) &&
         (low_.size() == std::string_view(prefix_).size() || key >= low_);
}

// To the first row of the scan, or the first behind the target of a seek.
Result<void> QuadScan::enter() {
  if (forwards_) {
    const std::string& from = target_ && *target_ > low_ ? *target_ : low_;
    found_ = QP_TRY(from.empty() ? at_.first() : at_.seek(from));
  } else {
    std::string end = high_.empty() ? behind(prefix_) : high_;
    if (target_) {
      const std::string wanted = behind(*target_);
      if (!wanted.empty() && (end.empty() || wanted < end)) end = wanted;
    }
    found_ = QP_TRY(end.empty() ? at_.last() : at_.seek_before(end));
  }
  target_.reset();
  entered_ = true;
  return {};
}

bool QuadScan::is_repeated(const QuadIds& quad) {
  if (last_ && same_triple(*last_, quad)) return true;
  last_ = quad;
  return false;
}

template <Order kOrder, class Row>
Result<std::size_t> QuadScan::fill_in(std::span<Row> out) {
  std::size_t filled = 0;
  QuadIds quad;
  std::uint32_t ordinal = 0;
  while (filled < out.size() && found_) {
    if (!in_range()) {
      found_ = false;
      break;
    }
    if (!decode<kOrder>(at_.key(), quad, ordinal)) return damaged(database(kOrder), at_.key());
    if ((!filters_ || matches(pattern_, quad)) && (!sight_ || QP_TRY(sight_->shows(quad.g))) &&
        (!distinct_ || !is_repeated(quad))) {
      set(kOrder, out[filled++], quad, ordinal);
    }
    found_ = forwards_ ? at_.step() : at_.step_back();
  }
  QP_TRY(at_.status());
  return filled;
}

template <class Row>
Result<std::size_t> QuadScan::fill(std::span<Row> out) {
  QP_TRY(at_.check_time());
  if (!entered_ || target_) QP_TRY(enter());
  switch (order_) {
    case Order::Gspo:
      return fill_in<Order::Gspo>(out);
    case Order::Spog:
      return fill_in<Order::Spog>(out);
    case Order::Posg:
      return fill_in<Order::Posg>(out);
    case Order::Ospg:
      return fill_in<Order::Ospg>(out);
  }
  return std::size_t{0};
}

template Result<std::size_t> QuadScan::fill(std::span<QuadIds>);
template Result<std::size_t> QuadScan::fill(std::span<OrderedQuad>);

void QuadProber::bind(std::span<const Pattern> bindings) {
  bindings_ = bindings;
  number_ = 0;
  inside_ = false;
  last_.reset();
}

void QuadProber::leave() {
  inside_ = false;
  last_.reset();
  ++number_;
}

Result<void> QuadProber::enter(const Pattern& binding) {
  order_ = distinct_ && binding == Pattern{} ? Order::Spog : QP_TRY(best_order(access_, binding));
  prefix_ = QuadKey::prefix(order_, binding);
  exact_ = bound_front(order_, positions(order_, binding)) == 4;
  auto& cursor = cursors_[static_cast<std::size_t>(order_)];
  if (!cursor) cursor.emplace(QP_TRY(access_.cursor(database(order_))));
  const std::string_view prefix = prefix_;
  inside_ = QP_TRY(prefix.empty() ? cursor->first() : cursor->seek(prefix));
  if (!inside_) leave();
  return {};
}

Result<std::size_t> QuadProber::next(std::span<Match> out) {
  std::size_t filled = 0;
  QP_TRY(access_.check_time());
  while (filled < out.size() && number_ < bindings_.size()) {
    const Pattern& binding = bindings_[number_];
    if (!inside_) {
      QP_TRY(enter(binding));
      if (!inside_) continue;
    }
    Cursor& at = *cursors_[static_cast<std::size_t>(order_)];
    if (!at.key().starts_with(prefix_)) {
      leave();
      continue;
    }
    QuadIds quad;
    if (!decode(order_, at.key(), quad)) return damaged(database(order_), at.key());
    const bool given = matches(binding, quad) && (!sight_ || QP_TRY(sight_->shows(quad.g))) &&
                       !(distinct_ && last_ && same_triple(*last_, quad));
    if (given) {
      out[filled++] = {number_, quad};
      last_ = quad;
    }
    if (exact_ || (given && first_only_) || !at.step()) {
      QP_TRY(at.status());
      leave();
    }
  }
  return filled;
}

}  // namespace qp::store
