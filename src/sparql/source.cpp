#include "sparql/source.hpp"

#include <algorithm>
#include <tuple>

#include "sparql/context.hpp"
#include "vocab/terms.hpp"
#include "vocab/views.hpp"

namespace qp::sparql {

using store::Match;
using store::Order;
using store::Pattern;
using store::QuadIds;

static constexpr std::size_t kBuffer = 1024;
static constexpr std::uint64_t kItems = 10'000;  // in all sequences: a guess

Source::Source(const store::Txn& txn, store::Txn::ScanOptions options, Dataset dataset,
               Context* context)
    : txn_(txn), options_(std::move(options)), dataset_(std::move(dataset)), context_(context) {
  for (auto* list : {&dataset_.graphs, &dataset_.named}) {
    std::sort(list->begin(), list->end());
    list->erase(std::unique(list->begin(), list->end()), list->end());
  }
}

bool Source::is_named(TermId graph) const {
  if (dataset_.all_named) return graph != quadpub::unnamed_graph;
  return std::binary_search(dataset_.named.begin(), dataset_.named.end(), graph);
}

std::optional<Pattern> Source::asked(const Pattern& pattern, Graphs graphs) const {
  Pattern made = pattern;
  if (graphs == Graphs::Named) {
    if (pattern.g != TermId::None && !is_named(pattern.g)) return std::nullopt;
    return made;
  }
  if (dataset_.default_graph == Dataset::Default::Unnamed) {
    made.g = quadpub::unnamed_graph;
  } else if (dataset_.default_graph == Dataset::Default::Listed) {
    if (dataset_.graphs.empty()) return std::nullopt;
    if (dataset_.graphs.size() == 1) made.g = dataset_.graphs[0];
  }
  return made;
}

store::Txn::ScanOptions Source::options_for(Graphs graphs) const {
  store::Txn::ScanOptions made = options_;
  made.distinct_triples =
      graphs == Graphs::Default && dataset_.default_graph == Dataset::Default::Union;
  return made;
}

bool Source::admits(const QuadIds& quad, Graphs graphs) const {
  if (!options_.visible.sees_everything() && vocab::is_hidden_recipient(quad.p)) return false;
  if (graphs == Graphs::Named) return is_named(quad.g);
  return !merges_listed(graphs) ||
         std::binary_search(dataset_.graphs.begin(), dataset_.graphs.end(), quad.g);
}

// A collection that a reader may not see has no members for that reader either.
Result<bool> Source::shows_sequence(TermId sequence) const {
  if (options_.visible.sees_everything()) return true;
  const auto record = QP_TRY(txn_.graph(sequence));
  return record && options_.visible.sees(record->audience);
}

Result<void> Source::tick(std::size_t steps) const {
  return context_ != nullptr ? context_->tick(steps) : Result<void>();
}

// Sequences have no quads of their own.
Result<Source::Items> Source::items_of(const Pattern& pattern) const {
  Items made;
  made.pattern = pattern;
  if (pattern.p != TermId::None && pattern.p != as::items) return made;
  if (pattern.s != TermId::None && pattern.g != TermId::None && pattern.s != pattern.g) return made;
  const TermId one = pattern.s != TermId::None ? pattern.s : pattern.g;
  if (one != TermId::None) {
    made.sequences.push_back(one);
  } else if (pattern.o != TermId::None) {
    made.sequences = QP_TRY(txn_.sequences_of(pattern.o));
  } else {
    made.sequences = QP_TRY(txn_.sequences());
  }
  std::reverse(made.sequences.begin(), made.sequences.end());
  QP_TRY(tick(made.sequences.size()));
  return made;
}

// A page at a time: a sequence may be longer than all that a query may hold. One that has quads
// too is not told twice.
Result<void> Source::next_items(Items& items, Graphs graphs, std::size_t limit,
                                std::vector<QuadIds>& out) const {
  static constexpr std::size_t kStepsOfAnItem = 16, kPage = 1000;
  const Pattern& pattern = items.pattern;
  const std::size_t page = std::clamp(limit, std::size_t{1}, kPage);
  const auto add = [&](TermId sequence, TermId member) -> Result<void> {
    const QuadIds quad{sequence, sequence, as::items.id, member};
    if (!admits(quad, graphs)) return {};
    Pattern same{TermId::None, quad.s, quad.p, quad.o};
    if (graphs == Graphs::Named) same.g = quad.g;
    if (!QP_TRY(txn_.probe(same, options_))) out.push_back(quad);
    return {};
  };
  while (out.empty() && !items.sequences.empty()) {
    const TermId sequence = items.sequences.back();
    QP_TRY(tick(kStepsOfAnItem));
    if (items.after == 0 && !QP_TRY(shows_sequence(sequence))) {
      items.sequences.pop_back();
      continue;
    }
    if (pattern.o != TermId::None) {
      const auto item = QP_TRY(txn_.sequence_item(sequence, pattern.o));
      if (item && options_.visible.sees(item->audience)) QP_TRY(add(sequence, pattern.o));
      items.sequences.pop_back();
      continue;
    }
    const auto found = QP_TRY(txn_.sequence_after(sequence, items.after, page, options_.visible));
    for (const store::SequenceItem& item : found) QP_TRY(add(sequence, item.member));
    QP_TRY(tick(kStepsOfAnItem * found.size()));
    if (found.size() == page) {
      items.after = found.back().key;
    } else {
      items.after = 0;
      items.sequences.pop_back();
    }
  }
  return {};
}

static Order best_order(const Pattern& pattern) {
  const bool s = pattern.s != TermId::None, p = pattern.p != TermId::None;
  const bool o = pattern.o != TermId::None;
  if (pattern.g != TermId::None && !(p && o)) return Order::Gspo;
  if (s && (p || !o)) return Order::Spog;
  if (o && !p) return Order::Ospg;
  return p ? Order::Posg : Order::Spog;
}

Result<void> Source::Walk::open(const Pattern& pattern, std::optional<Order> order, bool reverse) {
  scan_ = nullptr;
  ranges_.clear();
  items_.reset();
  last_.reset();
  items_begun_ = false;
  pattern_ = pattern;
  const auto asked = source_.asked(pattern, graphs_);
  if (!asked) {
    items_begun_ = true;
    return {};
  }
  pattern_ = *asked;
  store::Txn::ScanOptions options = source_.options_for(graphs_);
  options.reverse = reverse;
  scan_ = QP_TRY(source_.txn_.open_scan(*asked, order.value_or(best_order(*asked)), options));
  return {};
}

Result<void> Source::Walk::open(const Pattern& pattern, std::span<const IdRange> objects) {
  QP_TRY(open(pattern));
  if (!scan_) return {};
  scan_ = nullptr;
  ranges_.assign(objects.rbegin(), objects.rend());
  return {};
}

Result<bool> Source::Walk::next_scan() {
  if (ranges_.empty()) return false;
  store::Txn::ScanOptions options = source_.options_for(graphs_);
  options.from = ranges_.back().from;
  options.below = ranges_.back().below;
  ranges_.pop_back();
  scan_ = QP_TRY(source_.txn_.open_scan(pattern_, Order::Posg, options));
  return true;
}

Result<void> Source::Walk::next(std::vector<QuadIds>& out, std::size_t limit) {
  out.clear();
  const bool merges = source_.merges_listed(graphs_);
  while (out.empty() && (scan_ || QP_TRY(next_scan()))) {
    buffer_.resize(std::min(limit, kBuffer));
    const std::size_t count = QP_TRY(scan_->next(buffer_));
    for (std::size_t i = 0; i < count; ++i) {
      QuadIds quad = buffer_[i];
      if (!source_.admits(quad, graphs_)) continue;
      if (merges && last_ &&
          std::tie(quad.s, quad.p, quad.o) == std::tie(last_->s, last_->p, last_->o)) {
        continue;
      }
      if (merges) last_ = quad;
      out.push_back(quad);
    }
    if (count < buffer_.size()) scan_ = nullptr;
  }
  if (!out.empty()) return {};
  if (!std::exchange(items_begun_, true)) items_ = QP_TRY(source_.items_of(pattern_));
  return items_ ? source_.next_items(*items_, graphs_, limit, out) : Result<void>();
}

Source::Lookup::Lookup(const Source& source, Graphs graphs, bool first_only)
    : source_(source), graphs_(graphs), first_only_(first_only) {}

Result<void> Source::Lookup::bind(std::span<const Pattern> patterns) {
  bound_.clear();
  numbers_.clear();
  last_.reset();
  items_.reset();
  with_items_ = 0;
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    if (const auto asked = source_.asked(patterns[i], graphs_)) {
      bound_.push_back(*asked);
      numbers_.push_back(static_cast<std::uint32_t>(i));
    }
  }
  if (!prober_) {
    store::Txn::ScanOptions options = source_.options_for(graphs_);
    // Where what is found may have to be left out, the first may be one of those.
    const bool filters = graphs_ == Graphs::Named || source_.merges_listed(graphs_) ||
                         !source_.options_.visible.sees_everything();
    options.first_only = first_only_ && !filters;
    prober_ = QP_TRY(source_.txn_.open_probe(options));
  }
  prober_->bind(bound_);
  probed_ = false;
  return {};
}

Result<void> Source::Lookup::next(std::vector<Match>& out, std::size_t limit) {
  out.clear();
  const bool merges = source_.merges_listed(graphs_);
  while (!probed_ && out.empty()) {
    out.resize(std::min(limit, kBuffer));
    const std::size_t count = QP_TRY(prober_->next(out));
    probed_ = count < out.size();
    out.resize(count);
    std::erase_if(out, [&](const Match& match) {
      if (!source_.admits(match.quad, graphs_)) return true;
      if (!merges) return false;
      const bool repeated = last_ && last_->binding == match.binding &&
                            std::tie(match.quad.s, match.quad.p, match.quad.o) ==
                                std::tie(last_->quad.s, last_->quad.p, last_->quad.o);
      last_ = match;
      return repeated;
    });
    for (Match& match : out) match.binding = numbers_[match.binding];
  }
  while (out.empty() && with_items_ < bound_.size()) QP_TRY(add_items(out, limit));
  return {};
}

Result<void> Source::Lookup::add_items(std::vector<Match>& out, std::size_t limit) {
  const std::size_t i = with_items_;
  if (bound_[i].p != TermId::None && bound_[i].p != as::items) {
    ++with_items_;
    return {};
  }
  if (!items_) items_ = QP_TRY(source_.items_of(bound_[i]));
  std::vector<QuadIds> quads;
  QP_TRY(source_.next_items(*items_, graphs_, limit, quads));
  for (const QuadIds& quad : quads) out.push_back({numbers_[i], quad});
  if (items_->sequences.empty() || first_only_) {
    items_.reset();
    ++with_items_;
  }
  return {};
}

Result<std::uint64_t> Source::estimate(const Pattern& pattern, Graphs graphs) const {
  const auto wanted = asked(pattern, graphs);
  if (!wanted) return 0;
  std::uint64_t items = 0;
  if (pattern.p == as::items && pattern.o == TermId::None && pattern.s != TermId::None) {
    items = QP_TRY(txn_.sequence_count(pattern.s, store::Visible::everything()));
  } else if (pattern.p == as::items && pattern.o == TermId::None) {
    items = kItems;
  } else if (pattern.p == as::items) {
    items = 2;
  }
  return items + QP_TRY(txn_.estimate(*wanted));
}

Result<std::uint64_t> Source::estimate(const Pattern& pattern, Graphs graphs,
                                       std::span<const IdRange> objects) const {
  static constexpr std::size_t kCounted = 8192;
  Walk walk(*this, graphs);
  QP_TRY(walk.open(pattern, objects));
  std::vector<QuadIds> quads;
  std::size_t count = 0;
  while (count < kCounted) {
    QP_TRY(walk.next(quads, kBuffer));
    if (quads.empty()) return count;
    count += quads.size();
  }
  return std::max<std::uint64_t>(count, QP_TRY(estimate(pattern, graphs)) / 3);
}

Result<Fanout> Source::fanout(const Pattern& pattern, Graphs graphs) const {
  const auto quads = static_cast<double>(QP_TRY(estimate(pattern, graphs)));
  if (pattern.p == TermId::None) return Fanout{std::max(1.0, quads / 8), std::max(1.0, quads / 4)};
  if (pattern.o != TermId::None || pattern.s != TermId::None) {
    return Fanout{pattern.s != TermId::None ? 1.0 : std::max(1.0, quads),
                  pattern.o != TermId::None ? 1.0 : std::max(1.0, quads)};
  }
  const store::UseCounts use = QP_TRY(txn_.predicate_use(pattern.p));
  Fanout made{std::max(1.0, static_cast<double>(use.subjects)),
              std::max(1.0, static_cast<double>(use.objects))};
  if (pattern.p == as::items) {
    made.subjects += kItems / 100.0;
    made.objects += kItems / 2.0;
  }
  return made;
}

Result<std::vector<TermId>> Source::named_graphs() const {
  std::vector<TermId> found;
  const auto scan = QP_TRY(txn_.open_scan({}, Order::Gspo, options_));
  QuadIds quad;
  // From graph to graph: the next place is behind all that the graph may hold.
  while (QP_TRY(scan->next({&quad, 1})) == 1) {
    if (is_named(quad.g)) found.push_back(quad.g);
    scan->seek({static_cast<TermId>(qp::number(quad.g) + 1), {}, {}, {}});
  }
  for (const TermId sequence : QP_TRY(txn_.sequences())) {
    if (is_named(sequence) && QP_TRY(shows_sequence(sequence)) &&
        QP_TRY(txn_.sequence_count(sequence, options_.visible)) != 0) {
      found.push_back(sequence);
    }
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

Result<bool> Source::has_named_graph(TermId graph) const {
  if (!is_named(graph)) return false;
  return txn_.probe({.g = graph}, options_);
}

}  // namespace qp::sparql
