// Property paths, 9.3 and 18.4: breadth first, a set of nodes at a time.
#include <algorithm>

#include "sparql/joins.hpp"
#include "sparql/row_set.hpp"
#include "vocab/terms.hpp"

namespace qp::sparql {

namespace {

/// A path whose IRIs are ids.
struct IdPath {
  Path::Kind kind = Path::Kind::Link;
  TermId link{};
  std::vector<IdPath> parts;
  std::vector<TermId> forward, backward;
};

Result<IdPath> with_ids(const Path& path, Context& context) {
  const auto id = [&](const std::string& iri) { return context.terms.intern(rdf::Term::iri(iri)); };
  IdPath made;
  made.kind = path.kind;
  if (path.kind == Path::Kind::Link) made.link = QP_TRY(id(path.iri));
  for (const std::string& iri : path.forward) made.forward.push_back(QP_TRY(id(iri)));
  for (const std::string& iri : path.backward) made.backward.push_back(QP_TRY(id(iri)));
  for (const Path& part : path.parts) made.parts.push_back(QP_TRY(with_ids(part, context)));
  return made;
}

enum class Way : std::uint8_t { Forward, Backward };
constexpr Way turned(Way way) { return way == Way::Forward ? Way::Backward : Way::Forward; }

using Nodes = std::vector<TermId>;

/// Follows paths in one graph.
class Walker {
 public:
  Walker(Context& context, const Source& source, Graphs graphs, TermId graph)
      : context_(context), cursor_(source, graphs), lookup_(source, graphs, false), graph_(graph) {}

  /// Adds the ends of one step along `path` from `from`; `*` and `?` reach `from` itself.
  Result<void> step(const IdPath& path, TermId from, Way way, Nodes& out);
  /// The same from many nodes at once, which it sorts; ends may repeat.
  Result<void> spread(const IdPath& path, Nodes& from, Way way, Nodes& out);
  /// All that `path`, taken any number of times, reaches from `from`. `only`: it ends there.
  Result<Nodes> closure(const IdPath& path, TermId from, Way way, bool with_start,
                        TermId only = TermId::None);
  /// Where `path` may begin: at least all nodes from which it leads anywhere.
  Result<Nodes> starts(const IdPath& path, Way way);
  Result<Nodes> all_nodes();
  Result<bool> is_node(TermId id);
  /// Each pair of `!(...)` once for each direction that it names, 18.4. None: any.
  Result<void> negated(const IdPath& path, TermId s, TermId o,
                       std::vector<std::pair<TermId, TermId>>& out);

 private:
  template <class Each>
  Result<void> scan(TermId s, TermId p, TermId o, const Each& each) {
    for (const TermId id : {s, p, o}) {
      if (id != TermId::None && TermTable::is_local(id)) return {};
    }
    const store::Pattern pattern{graph_, s, p, o};
    if (s != TermId::None || o != TermId::None) return look_up({&pattern, 1}, each);
    std::vector<store::QuadIds> quads;
    QP_TRY(cursor_.open(pattern));
    while (true) {
      QP_TRY(cursor_.next(quads, Batch::kRows));
      if (quads.empty()) return {};
      for (const store::QuadIds& quad : quads) each(quad);
      QP_TRY(context_.tick(quads.size()));
    }
  }

  template <class Each>
  Result<void> look_up(std::span<const store::Pattern> patterns, const Each& each) {
    QP_TRY(lookup_.bind(patterns));
    for (std::size_t most = Batch::kFirstRows;; most = Batch::kRows) {
      QP_TRY(lookup_.next(found_, most));
      if (found_.empty()) return {};
      for (const store::Match& match : found_) each(match.quad);
      QP_TRY(context_.tick(found_.size()));
    }
  }

  Result<bool> has_any(const store::Pattern& pattern) {
    QP_TRY(lookup_.bind({&pattern, 1}));
    QP_TRY(lookup_.next(found_, 1));
    return !found_.empty();
  }

  /// `each` end of one link from each of the nodes, which it sorts.
  template <class Each>
  Result<void> follow(TermId link, Nodes& nodes, Way way, const Each& each) {
    if (TermTable::is_local(link)) return {};
    std::sort(nodes.begin(), nodes.end());  // in the order of the index
    patterns_.clear();
    for (const TermId node : nodes) {
      if (TermTable::is_local(node)) continue;
      patterns_.push_back(way == Way::Forward ? store::Pattern{graph_, node, link, TermId::None}
                                              : store::Pattern{graph_, TermId::None, link, node});
    }
    return look_up(patterns_, [&](const store::QuadIds& quad) {
      each(way == Way::Forward ? quad.o : quad.s);
    });
  }

  Context& context_;
  Source::Walk cursor_;
  Source::Lookup lookup_;
  TermId graph_;
  std::vector<store::Pattern> patterns_;  ///< borrowed by lookup_
  std::vector<store::Match> found_;
};

void make_unique(Nodes& nodes) {
  std::sort(nodes.begin(), nodes.end());
  nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
}

Result<void> Walker::step(const IdPath& path, TermId from, Way way, Nodes& out) {
  switch (path.kind) {
    case Path::Kind::Link:
    case Path::Kind::Inverse:
    case Path::Kind::Alternative:
    case Path::Kind::Sequence: {
      Nodes here{from};
      return spread(path, here, way, out);
    }
    case Path::Kind::ZeroOrOne:
      out.push_back(from);
      return step(path.parts[0], from, way, out);
    case Path::Kind::ZeroOrMore:
    case Path::Kind::OneOrMore: {
      const Nodes reached =
          QP_TRY(closure(path.parts[0], from, way, path.kind == Path::Kind::ZeroOrMore));
      out.insert(out.end(), reached.begin(), reached.end());
      return {};
    }
    case Path::Kind::Negated: {
      std::vector<std::pair<TermId, TermId>> pairs;
      const bool forward = way == Way::Forward;
      QP_TRY(negated(path, forward ? from : TermId::None, forward ? TermId::None : from, pairs));
      for (const auto& [s, o] : pairs) out.push_back(forward ? o : s);
      return {};
    }
  }
  return {};
}

Result<void> Walker::spread(const IdPath& path, Nodes& from, Way way, Nodes& out) {
  switch (path.kind) {
    case Path::Kind::Link:
      return follow(path.link, from, way, [&out](TermId end) { out.push_back(end); });
    case Path::Kind::Inverse:
      return spread(path.parts[0], from, turned(way), out);
    case Path::Kind::Alternative:
      for (const IdPath& part : path.parts) QP_TRY(spread(part, from, way, out));
      return {};
    case Path::Kind::Sequence: {
      Nodes here = from;
      for (std::size_t i = 0; i < path.parts.size(); ++i) {
        const IdPath& part = path.parts[way == Way::Forward ? i : path.parts.size() - 1 - i];
        Nodes next;
        QP_TRY(spread(part, here, way, next));
        make_unique(next);
        here = std::move(next);
      }
      out.insert(out.end(), here.begin(), here.end());
      return {};
    }
    default:
      for (const TermId node : from) QP_TRY(step(path, node, way, out));
      return {};
  }
}

Result<Nodes> Walker::closure(const IdPath& path, TermId from, Way way, bool with_start,
                              TermId only) {
  static constexpr std::size_t kTogether = 256;  // nodes whose links are looked up at once
  RowSet seen(1);
  Held held(context_);
  std::size_t counted = 0;
  if (with_start) seen.add(&from);
  bool there = with_start && from == only;
  Nodes frontier{from}, next;
  while (!frontier.empty() && !there) {
    next.clear();
    const auto reach = [&](TermId end) {
      if (seen.add(&end).second) next.push_back(end);
      there = there || end == only;
    };
    const bool is_link = path.kind == Path::Kind::Link;
    for (std::size_t i = 0; i < frontier.size() && !there; i += kTogether) {
      const auto first = frontier.begin() + static_cast<std::ptrdiff_t>(i);
      const std::size_t count = std::min(kTogether, frontier.size() - i);
      Nodes here(first, first + static_cast<std::ptrdiff_t>(count));
      if (is_link) {
        QP_TRY(follow(path.link, here, way, reach));
      } else {
        Nodes ends;
        QP_TRY(spread(path, here, way, ends));
        for (const TermId end : ends) reach(end);
      }
      if (seen.size() > context_.limits().frontier) {
        return error(Code::TooLarge, "a path reaches more than " +
                                         std::to_string(context_.limits().frontier) + " nodes");
      }
    }
    QP_TRY(context_.tick(frontier.size()));
    QP_TRY(held.add(seen.bytes() - counted));
    counted = seen.bytes();
    std::swap(frontier, next);
  }
  if (only != TermId::None) return there ? Nodes{only} : Nodes();
  Nodes made;
  for (std::uint32_t i = 0; i < seen.size(); ++i) made.push_back(*seen.row(i));
  return made;
}

Result<Nodes> Walker::all_nodes() {
  static constexpr std::size_t kSlack = 65'536;
  Nodes made;
  std::size_t different = 0;
  QP_TRY(scan({}, {}, {}, [&](const auto& quad) {
    if (made.empty() || made.back() != quad.s) made.push_back(quad.s);
    made.push_back(quad.o);
    if (made.size() < 2 * different + kSlack) return;
    make_unique(made);
    different = made.size();
  }));
  make_unique(made);
  return made;
}

Result<bool> Walker::is_node(TermId id) {
  if (TermTable::is_local(id)) return false;
  return QP_TRY(has_any({graph_, id, {}, {}})) || QP_TRY(has_any({graph_, {}, {}, id}));
}

Result<Nodes> Walker::starts(const IdPath& path, Way way) {
  Nodes made;
  switch (path.kind) {
    case Path::Kind::Link:
      QP_TRY(scan({}, path.link, {}, [&](const auto& quad) {
        made.push_back(way == Way::Forward ? quad.s : quad.o);
      }));
      break;
    case Path::Kind::Inverse:
      return starts(path.parts[0], turned(way));
    case Path::Kind::Alternative:
      for (const IdPath& part : path.parts) {
        const Nodes more = QP_TRY(starts(part, way));
        made.insert(made.end(), more.begin(), more.end());
      }
      break;
    case Path::Kind::Sequence:
      return starts(way == Way::Forward ? path.parts.front() : path.parts.back(), way);
    case Path::Kind::OneOrMore:
      return starts(path.parts[0], way);
    default:
      return all_nodes();
  }
  make_unique(made);
  return made;
}

Result<void> Walker::negated(const IdPath& path, TermId s, TermId o,
                             std::vector<std::pair<TermId, TermId>>& out) {
  const auto among = [](const Nodes& set, TermId id) {
    return std::find(set.begin(), set.end(), id) != set.end();
  };
  const auto once_from = [&out](std::size_t begin) {
    const auto from = out.begin() + static_cast<std::ptrdiff_t>(begin);
    std::sort(from, out.end());
    out.erase(std::unique(from, out.end()), out.end());
  };
  if (!path.forward.empty() || path.backward.empty()) {
    QP_TRY(scan(s, {}, o, [&](const auto& quad) {
      if (!among(path.forward, quad.p)) out.emplace_back(quad.s, quad.o);
    }));
    once_from(0);
  }
  if (!path.backward.empty()) {
    const std::size_t begin = out.size();
    QP_TRY(scan(o, {}, s, [&](const auto& quad) {
      if (!among(path.backward, quad.p)) out.emplace_back(quad.o, quad.s);
    }));
    once_from(begin);
  }
  return {};
}

class PathJoin : public Operator {
 public:
  PathJoin(Context& context, const Source& source, OperatorPtr input, const PathPattern& pattern,
           IdPath path)
      : Operator(context),
        pattern_(pattern),
        path_(std::move(path)),
        held_(context),
        walker_(context, source, pattern.graphs, pattern.graph) {
    columns_ = input->columns();
    s_ = slot(pattern.s);
    o_ = slot(pattern.o);
    inputs_.push_back(std::move(input));
    left_.clear(inputs_[0]->columns().size());
  }

 private:
  using Pairs = std::vector<std::pair<TermId, TermId>>;

  std::size_t slot(const QuadPattern::Place& place) {
    if (!place.variable) return Columns::kNone;
    std::size_t at = columns_.find(*place.variable);
    if (at == Columns::kNone) {
      at = columns_.size();
      columns_.add(*place.variable, true);
    }
    columns_.certain[at] = true;
    return at;
  }

  Result<void> fill(Batch& out) override {
    while (!out.full()) {
      if (pair_ == pairs_.size() && starts_.empty()) {
        if (begun_) ++at_;
        begun_ = false;
        if (at_ == left_.rows) {
          at_ = 0;
          if (!QP_TRY(input().next(left_))) return {};
        }
        begun_ = true;
        QP_TRY(begin_row());
      } else if (pair_ == pairs_.size()) {
        const TermId start = starts_.back();
        starts_.pop_back();
        pairs_.clear();
        pair_ = 0;
        QP_TRY(from(start, Way::Forward));
      }
      held_.clear();
      QP_TRY(held_.add(pairs_.capacity() * sizeof(Pairs::value_type) +
                       starts_.capacity() * sizeof(TermId)));
      for (; pair_ < pairs_.size() && !out.full(); ++pair_) emit(out);
      QP_TRY(context_.tick());
    }
    return {};
  }

  TermId bound(const QuadPattern::Place& place, std::size_t slot) const {
    if (!place.variable) return place.term;
    return slot < left_.width ? left_.row(at_)[slot] : TermId::None;
  }

  Result<void> begin_row() {
    pairs_.clear();
    pair_ = 0;
    const TermId s = bound(pattern_.s, s_), o = bound(pattern_.o, o_);
    const bool zero = path_.kind == Path::Kind::ZeroOrMore || path_.kind == Path::Kind::ZeroOrOne;
    if (zero && !pattern_.as_terms) {  // 18.4: for variables the nodes of the graph
      const bool from_s = s != TermId::None;
      const bool is_variable = (from_s ? pattern_.s : pattern_.o).variable.has_value();
      const TermId end = from_s ? s : o;
      // A constant at the other end is an end by itself.
      const bool other_is_term = !(from_s ? pattern_.o : pattern_.s).variable;
      if (is_variable && !other_is_term && end != TermId::None && !QP_TRY(walker_.is_node(end))) {
        return {};
      }
    }
    if (path_.kind == Path::Kind::Negated) return walker_.negated(path_, s, o, pairs_);
    if (s != TermId::None) return from(s, Way::Forward, o);
    if (o != TermId::None) return from(o, Way::Backward);
    // Any node may be one that a path of length zero begins at.
    const bool any = path_.kind != Path::Kind::OneOrMore;
    starts_ = any ? QP_TRY(walker_.all_nodes()) : QP_TRY(walker_.starts(path_, Way::Forward));
    return {};
  }

  /// The pairs of one end. `only`: no other end counts.
  Result<void> from(TermId start, Way way, TermId only = TermId::None) {
    Nodes ends;
    const bool with_start = path_.kind == Path::Kind::ZeroOrMore;
    if (only != TermId::None && (with_start || path_.kind == Path::Kind::OneOrMore)) {
      ends = QP_TRY(walker_.closure(path_.parts[0], start, way, with_start, only));
    } else {
      QP_TRY(walker_.step(path_, start, way, ends));
    }
    if (path_.kind == Path::Kind::ZeroOrOne) make_unique(ends);
    for (const TermId end : ends) {
      if (only != TermId::None && end != only) continue;
      pairs_.emplace_back(way == Way::Forward ? start : end, way == Way::Forward ? end : start);
    }
    return {};
  }

  void emit(Batch& out) const {
    TermId* row = out.add(left_.row(at_), left_.width);
    const auto put = [row](std::size_t slot, TermId id) {
      if (slot == Columns::kNone) return true;
      if (row[slot] == TermId::None) row[slot] = id;
      return row[slot] == id;
    };
    const auto& [s, o] = pairs_[pair_];
    if (!put(s_, s) || !put(o_, o)) out.drop_last();
  }

  PathPattern pattern_;
  IdPath path_;
  Held held_;
  Walker walker_;
  std::size_t s_ = 0, o_ = 0;
  Batch left_;
  std::size_t at_ = 0;
  bool begun_ = false;
  Pairs pairs_;
  std::size_t pair_ = 0;
  Nodes starts_;  ///< where both ends are free: what is still to do
};

}  // namespace

Result<OperatorPtr> make_path_join(Context& context, const Source& source, OperatorPtr input,
                                   const PathPattern& pattern) {
  IdPath path = QP_TRY(with_ids(*pattern.path, context));
  return OperatorPtr(
      std::make_unique<PathJoin>(context, source, std::move(input), pattern, std::move(path)));
}

}  // namespace qp::sparql
