// In which order the parts of a join go, and by which operator: greedily, the cheapest next.
#include <algorithm>
#include <iterator>

#include "sparql/modifiers.hpp"
#include "sparql/planner.hpp"
#include "vocab/terms.hpp"

namespace qp::sparql {

using Kind = Algebra::Kind;

// Microseconds, measured on the shapes of bench/sparql; only their relation matters.
static constexpr double kProbe = 0.8;        // one descent into an index
static constexpr double kReadRow = 0.05;     // a quad of a scan that is on its way
static constexpr double kWorthARange = 256;  // quads: fewer are scanned whole
static constexpr double kHashRow = 0.08;     // a row into or out of a hash table
static constexpr std::size_t kStepsOfAWeighing = 16;

/// What no rows of others can be given to: it is planned by itself, whenever it is taken.
static bool is_table(const Algebra& algebra) {
  switch (algebra.kind) {
    case Kind::Values:
    case Kind::Extend:
    case Kind::Group:
    case Kind::Order:
    case Kind::Project:
    case Kind::Distinct:
    case Kind::Slice:
      return true;
    default:
      return false;
  }
}

void Planner::flatten(const Algebra& algebra, const Scope& scope, std::vector<Piece>& pieces) {
  switch (algebra.kind) {
    case Kind::Unit:
      return;
    case Kind::Triples:
      for (const AlgebraTriple& triple : algebra.triples) {
        Piece piece;
        piece.triple = &triple;
        piece.scope = scope;
        pieces.push_back(std::move(piece));
      }
      return;
    case Kind::Join:
      for (const Algebra& part : algebra.parts) flatten(part, scope, pieces);
      return;
    case Kind::Graph: {
      const Algebra& inner = algebra.parts[0];
      const Variable* name = variable_of(algebra.name);
      const bool simple = inner.kind == Kind::Triples || inner.kind == Kind::Join;
      if (simple && (name == nullptr || is_simple_in_graph(inner, *name))) {
        const Scope named{Graphs::Named, algebra.name, scope.correlated, scope.goal};
        flatten(inner, named, pieces);
        return;
      }
      break;
    }
    default:
      break;
  }
  Piece piece;
  piece.algebra = &algebra;
  piece.scope = scope;
  pieces.push_back(std::move(piece));
}

Result<QuadPattern> Planner::pattern_of(const Piece& piece) {
  QuadPattern made;
  made.graphs = piece.scope.graphs;
  const auto put = [&](QuadPattern::Place& place, const Node& node) -> Result<void> {
    if (const Variable* variable = variable_of(node)) {
      place.variable = *variable;
    } else {
      place.term = QP_TRY(context_.terms.intern(*term_of(node)));
    }
    return {};
  };
  if (made.graphs == Graphs::Named) QP_TRY(put(made.places[0], piece.scope.name));
  QP_TRY(put(made.places[1], piece.triple->s));
  if (!piece.triple->path) QP_TRY(put(made.places[2], piece.triple->p));
  QP_TRY(put(made.places[3], piece.triple->o));
  return made;
}

Result<store::Pattern> Planner::constants_of(const Piece& piece) {
  const QuadPattern pattern = QP_TRY(pattern_of(piece));
  return store::Pattern{pattern.places[0].term, pattern.places[1].term, pattern.places[2].term,
                        pattern.places[3].term};
}

Result<void> Planner::measure(Piece& piece, const std::vector<Expression>& filters) {
  QP_TRY(context_.check());
  piece.may.clear();
  if (piece.algebra != nullptr) {
    piece.may = may_bind(*piece.algebra);
    piece.must = must_bind(*piece.algebra);
    piece.alone = piece.algebra->kind == Kind::Values
                      ? static_cast<double>(piece.algebra->values->rows.size())
                  : is_table(*piece.algebra) ? QP_TRY(guess(*piece.algebra, piece.scope))
                                             : 1000;
    return {};
  }
  const auto add = [&piece](const Node& node) {
    if (const Variable* variable = variable_of(node)) piece.may.push_back(*variable);
  };
  add(piece.triple->s);
  if (!piece.triple->path) add(piece.triple->p);
  add(piece.triple->o);
  if (piece.scope.graphs == Graphs::Named) add(piece.scope.name);
  std::sort(piece.may.begin(), piece.may.end());
  piece.must = piece.may;
  const store::Pattern pattern = QP_TRY(constants_of(piece));
  for (const TermId id : {pattern.g, pattern.s, pattern.p, pattern.o}) {
    if (id != TermId::None && TermTable::is_local(id)) return {};  // no quad has it
  }
  piece.alone = static_cast<double>(QP_TRY(source_.estimate(pattern, piece.scope.graphs)));
  if (piece.triple->path) piece.alone *= 4;
  piece.fanout = QP_TRY(source_.fanout(pattern, piece.scope.graphs));
  const Variable* object = variable_of(piece.triple->o);
  const auto id_of = [this](const rdf::Term& term) { return context_.terms.intern(term); };
  const bool may_range = object != nullptr && options_.may_push && !piece.triple->path &&
                         pattern.p != TermId::None && pattern.s == TermId::None;
  if (may_range && piece.alone > kWorthARange) {
    piece.ranges = QP_TRY(ranges_of(*object, filters, id_of));
    if (!piece.ranges.empty()) {
      piece.alone =
          static_cast<double>(QP_TRY(source_.estimate(pattern, piece.scope.graphs, piece.ranges)));
    }
  }
  return {};
}

Result<double> Planner::guess(const Algebra& algebra, const Scope& scope) {
  QP_TRY(context_.tick());
  switch (algebra.kind) {
    case Kind::Unit:
      return 1;
    case Kind::Values:
      return static_cast<double>(algebra.values->rows.size());
    case Kind::Triples:
    case Kind::Join: {
      std::vector<Piece> pieces;
      flatten(algebra, scope, pieces);
      std::optional<double> least;
      for (Piece& piece : pieces) {
        QP_TRY(measure(piece, {}));
        least = std::min(piece.alone, least.value_or(piece.alone));
      }
      return least.value_or(1);
    }
    case Kind::Union: {
      double all = 0;
      for (const Algebra& part : algebra.parts) all += QP_TRY(guess(part, scope));
      return all;
    }
    case Kind::Graph:
      return guess(algebra.parts[0], {Graphs::Named, algebra.name, scope.correlated, 0});
    case Kind::Group:
      if (algebra.variables.empty()) return 1;
      return std::max(1.0, QP_TRY(guess(algebra.parts[0], scope)) / 10);
    case Kind::Slice: {
      const double rows = QP_TRY(guess(algebra.parts[0], scope));
      return algebra.limit ? std::min(rows, static_cast<double>(*algebra.limit)) : rows;
    }
    default:
      return guess(algebra.parts[0], scope);
  }
}

/// What it would be to take `piece` next.
Result<Planner::Choice> Planner::weigh(const Left& left, const Piece& piece) {
  QP_TRY(context_.tick(kStepsOfAWeighing));
  const double rows = std::max(left.rows, 1.0);
  const auto bound = [&](const Node& node) {
    const Variable* variable = variable_of(node);
    return variable != nullptr && left.columns.has(*variable);
  };
  Choice made;
  if (piece.algebra != nullptr) {
    const bool connected = std::any_of(piece.may.begin(), piece.may.end(),
                                       [&](Variable each) { return left.columns.has(each); });
    made.rows = connected ? std::max(rows, piece.alone) : rows * piece.alone;
    made.cost = made.rows * kHashRow + piece.alone * kReadRow;
    if (is_table(*piece.algebra)) return made;
    made.cost += connected ? 1e5 : 1e7;  // after the triples that it may be asked about
    return made;
  }
  const bool s = bound(piece.triple->s), o = bound(piece.triple->o);
  const bool p = !piece.triple->path && bound(piece.triple->p);
  const bool s_free = variable_of(piece.triple->s) != nullptr && !s;
  const bool o_free = variable_of(piece.triple->o) != nullptr && !o;
  double fan = piece.alone;
  if (s || o || p) {
    const Fanout& out = piece.fanout;
    fan = s && !o_free   ? std::min(0.5, piece.alone / std::max(out.subjects, 1.0))
          : s            ? piece.alone / std::max(out.subjects, 1.0)
          : o && !s_free ? std::min(0.5, piece.alone / std::max(out.objects, 1.0))
          : o            ? piece.alone / std::max(out.objects, 1.0)
                         : piece.alone / 10;
    if (s && o) fan = std::min(fan, 0.5);
  }
  static constexpr double kOfAGraph = 16;  // a graph is a document
  if (piece.scope.graphs == Graphs::Named && bound(piece.scope.name)) {
    fan = std::min(fan, kOfAGraph);
  }
  made.rows = rows * fan;
  made.cost = rows * (kProbe + fan * kReadRow);
  if (piece.triple->path) made.cost = made.cost * 20 + (s || o || !s_free || !o_free ? 0 : 1e6);
  return made;
}

Planner::Left Planner::left_of(const Operator& step) {
  return {step.columns(), step.report().estimate};
}

Result<double> Planner::cheapest(const Left& left, const Piece& piece, const Choice& choice) const {
  if (piece.triple == nullptr || piece.triple->path) return choice.cost;
  const double rows = std::max(left.rows, 1.0);
  if (left.columns.size() == 0) return piece.alone * kReadRow;
  return std::min(choice.cost, (piece.alone + rows) * kHashRow + piece.alone * kReadRow);
}

Result<Planner::Choice> Planner::weigh_chain(Left left, std::vector<Piece> pieces) {
  Choice made{left.rows, 0};
  while (!pieces.empty()) {
    std::size_t best = 0;
    Choice choice = QP_TRY(weigh(left, pieces[0]));
    for (std::size_t i = 1; i < pieces.size(); ++i) {
      const Choice other = QP_TRY(weigh(left, pieces[i]));
      if (other.cost + other.rows < choice.cost + choice.rows) {
        best = i;
        choice = other;
      }
    }
    made.cost += QP_TRY(cheapest(left, pieces[best], choice));
    made.rows = left.rows = choice.rows;
    for (const Variable each : pieces[best].must) {
      if (!left.columns.has(each)) left.columns.add(each, true);
    }
    pieces.erase(pieces.begin() + static_cast<std::ptrdiff_t>(best));
  }
  return made;
}

Result<OperatorPtr> Planner::join_star(OperatorPtr& input, std::vector<Piece>& pieces,
                                       double share) {
  static constexpr double kClearly = 1.5;  // estimates are estimates
  // A chain binds one of two common variables before it asks of the other: where few values have
  // most quads, it makes far more rows on the way than the mean says. A star never does.
  static constexpr double kDoubt = 4;
  const Left left = left_of(*input);
  std::vector<Variable> tried;
  const auto is_in = [&](const Piece& piece, Variable subject) {
    return piece.triple != nullptr && !piece.triple->path &&
           piece.scope.graphs == Graphs::Default && variable_of(piece.triple->s) != nullptr &&
           *variable_of(piece.triple->s) == subject;
  };
  for (const Piece& first : pieces) {
    const Variable* subject = first.triple ? variable_of(first.triple->s) : nullptr;
    if (subject == nullptr || left.columns.has(*subject)) continue;
    if (std::find(tried.begin(), tried.end(), *subject) != tried.end()) continue;
    tried.push_back(*subject);
    QP_TRY(context_.tick(pieces.size()));
    std::vector<Piece> star;
    std::vector<Variable> common;
    for (const Piece& piece : pieces) {
      if (!is_in(piece, *subject)) continue;
      star.push_back(piece);
      star.back().scope.correlated = false;  // what it makes does not depend on the input
      std::copy_if(piece.must.begin(), piece.must.end(), std::back_inserter(common),
                   [&](Variable each) { return left.columns.is_certain(each); });
    }
    std::sort(common.begin(), common.end());
    common.erase(std::unique(common.begin(), common.end()), common.end());
    if (star.size() < 2 || common.empty()) continue;
    const Choice chain = QP_TRY(weigh_chain(left, star));
    const Choice alone = QP_TRY(weigh_chain({}, star));
    const double cost = alone.cost + (alone.rows + left.rows + chain.rows) * kHashRow;
    // The star is joined whole before its first row comes.
    if (cost * kClearly > chain.cost * share * (common.size() > 1 ? kDoubt : 1)) continue;
    const Variable taken = *subject;
    std::erase_if(pieces, [&](const Piece& piece) { return is_in(piece, taken); });
    OperatorPtr right = QP_TRY(join_pieces(nullptr, std::move(star), {}));
    OperatorPtr made =
        make_hash_join(context_, std::move(input), std::move(right), JoinKind::Inner);
    made->report().name = "hash join";
    made->report().detail = "of a star";
    made->report().estimate = chain.rows;
    return made;
  }
  return OperatorPtr();
}

/// What the rest of a join and of its query asks of.
static std::vector<Variable> still_asked(std::vector<Variable> asked, const auto& rest,
                                         const std::vector<Expression>& filters) {
  for (const auto& piece : rest) {
    const std::vector<Variable> named =
        piece.algebra != nullptr ? named_in(*piece.algebra) : piece.may;
    asked.insert(asked.end(), named.begin(), named.end());
  }
  for (const Expression& each : filters) variables_of(each, asked);
  return asked;
}

OperatorPtr Planner::reduce(OperatorPtr input, std::vector<Variable> asked) {
  static constexpr double kWorthIt = 64;  // rows
  std::vector<Variable> kept;
  for (const Variable each : input->columns().variables) {
    if (std::find(asked.begin(), asked.end(), each) != asked.end()) kept.push_back(each);
  }
  const double rows = input->report().estimate;
  if (kept.size() == input->columns().size() || rows < kWorthIt) return input;
  OperatorPtr made = make_project(context_, std::move(input), kept, kept);
  made->report().estimate = rows;
  made = make_reduced(context_, std::move(made));
  made->report().estimate = rows;
  return made;
}

Result<double> Planner::take_goal(const Operator& input, std::vector<Piece>& pieces, bool filters) {
  static constexpr double kPass = 4;  // one row of so many, a guess
  double goal = 0;
  for (Piece& piece : pieces) goal = std::max(goal, std::exchange(piece.scope.goal, 0));
  if (goal == 0) return 1;
  const Choice all = QP_TRY(weigh_chain(left_of(input), pieces));
  return std::min(1.0, goal * (filters ? kPass : 1) / std::max(all.rows, 1.0));
}

Result<OperatorPtr> Planner::join_pieces(OperatorPtr input, std::vector<Piece> pieces,
                                         std::vector<Expression> filters) {
  const auto wanted = std::exchange(wanted_, std::nullopt);
  for (Piece& piece : pieces) {
    if (piece.alone == 0) QP_TRY(measure(piece, filters));
  }
  OperatorPtr made = input ? std::move(input) : make_unit(context_);
  if (options_.may_push && is_unit(*made)) pin(pieces, filters);
  const double share = QP_TRY(take_goal(*made, pieces, !filters.empty()));
  made = QP_TRY(apply_ready(std::move(made), filters, pieces, share));
  while (!pieces.empty()) {
    std::size_t best = 0;
    const Left left = left_of(*made);
    if (options_.may_reorder && left.columns.size() != 0) {
      OperatorPtr star = QP_TRY(join_star(made, pieces, share));
      if (star) {
        made = QP_TRY(apply_ready(std::move(star), filters, pieces, share));
        if (wanted) made = reduce(std::move(made), still_asked(*wanted, pieces, filters));
        continue;
      }
    }
    Choice choice = QP_TRY(weigh(left, pieces[0]));
    for (std::size_t i = 1; options_.may_reorder && i < pieces.size(); ++i) {
      const Choice other = QP_TRY(weigh(left, pieces[i]));
      if (other.cost + other.rows < choice.cost + choice.rows) {
        best = i;
        choice = other;
      }
    }
    choice.share = share;
    const Piece piece = std::move(pieces[best]);
    pieces.erase(pieces.begin() + static_cast<std::ptrdiff_t>(best));
    OperatorPtr different;
    if (wanted && is_unit(*made)) {
      different = QP_TRY(scan_different(piece, still_asked(*wanted, pieces, filters)));
    }
    made = different ? std::move(different) : QP_TRY(add_piece(std::move(made), piece, choice));
    made = QP_TRY(apply_ready(std::move(made), filters, pieces, share));
    if (wanted) made = reduce(std::move(made), still_asked(*wanted, pieces, filters));
  }
  return filter(std::move(made), filters, share);
}

/// Filters that no later part can make a difference to.
Result<OperatorPtr> Planner::apply_ready(OperatorPtr input, std::vector<Expression>& filters,
                                         const std::vector<Piece>& rest, double share) {
  if (!options_.may_push || rest.empty()) return input;
  const auto is_settled = [&](Variable variable) {
    if (input->columns().is_certain(variable)) return true;
    return std::none_of(rest.begin(), rest.end(), [variable](const Piece& piece) {
      return std::binary_search(piece.may.begin(), piece.may.end(), variable);
    });
  };
  const auto is_late = [&](const Expression& each) {
    std::vector<Variable> named;
    variables_of(each, named);
    const bool any = std::any_of(named.begin(), named.end(),
                                 [&](Variable variable) { return input->columns().has(variable); });
    return !any || has_exists(each) || !std::all_of(named.begin(), named.end(), is_settled);
  };
  const auto split = std::stable_partition(filters.begin(), filters.end(), is_late);
  std::vector<Expression> ready(split, filters.end());
  filters.erase(split, filters.end());
  return filter(std::move(input), ready, share);
}

Result<OperatorPtr> Planner::add_piece(OperatorPtr input, const Piece& piece,
                                       const Choice& choice) {
  if (piece.triple != nullptr) return add_triple(std::move(input), piece, choice);
  const bool alone = is_unit(*input);
  const bool fed = piece.scope.correlated || (options_.may_feed && !alone);
  if (fed && may_feed(*piece.algebra, input->columns(), piece.scope.correlated)) {
    const double goal = choice.share < 1 ? std::max(choice.rows * choice.share, 1.0) : 0;
    return join_with(std::move(input), *piece.algebra, piece.scope.with_goal(goal));
  }
  OperatorPtr right = QP_TRY(plan(*piece.algebra, piece.scope));
  if (alone) return right;
  OperatorPtr made = make_hash_join(context_, std::move(input), std::move(right), JoinKind::Inner);
  made->report().name = "hash join";
  made->report().estimate = choice.rows;
  return made;
}

void Planner::pin(std::vector<Piece>& pieces, std::vector<Expression>& filters) {
  const auto is_sure = [&](Variable variable) {
    return std::any_of(pieces.begin(), pieces.end(), [&](const Piece& piece) {
      return std::binary_search(piece.must.begin(), piece.must.end(), variable);
    });
  };
  if (std::any_of(pieces.begin(), pieces.end(),
                  [](const Piece& piece) { return piece.scope.correlated; })) {
    return;
  }
  for (std::size_t i = 0; i < filters.size();) {
    const auto named = terms_of(filters[i]);
    if (!named || named->second.size() != 1 || !is_sure(named->first)) {
      ++i;
      continue;
    }
    auto table = std::make_unique<Algebra>();
    table->kind = Kind::Values;
    table->values = std::make_shared<Values>(Values{{named->first}, {{*named->second[0]}}});
    Piece piece;
    piece.algebra = table.get();
    piece.may = piece.must = {named->first};
    piece.alone = 1;
    kept_.push_back(std::move(table));
    pieces.insert(pieces.begin(), std::move(piece));
    filters.erase(filters.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

Result<OperatorPtr> Planner::scan_different(const Piece& piece,
                                            const std::vector<Variable>& asked) {
  using store::Order;
  using store::QuadIds;
  if (piece.triple == nullptr || piece.triple->path || piece.scope.correlated ||
      !piece.ranges.empty()) {
    return OperatorPtr();
  }
  const QuadPattern pattern = QP_TRY(pattern_of(piece));
  static constexpr TermId QuadIds::* kTerms[] = {&QuadIds::g, &QuadIds::s, &QuadIds::p,
                                                 &QuadIds::o};
  std::vector<Variable> free;
  std::size_t wanted = 0, count = 0;
  for (std::size_t i = 0; i < pattern.places.size(); ++i) {
    if (!pattern.places[i].variable) continue;
    free.push_back(*pattern.places[i].variable);
    if (std::find(asked.begin(), asked.end(), free.back()) == asked.end()) continue;
    wanted = i;
    ++count;
  }
  std::sort(free.begin(), free.end());
  const bool twice = std::adjacent_find(free.begin(), free.end()) != free.end();
  if (count != 1 || free.size() < 2 || twice) return OperatorPtr();
  const bool any_graph = pattern.places[0].variable || piece.scope.graphs == Graphs::Default;
  const bool s = !pattern.places[1].variable, p = !pattern.places[2].variable;
  const bool o = !pattern.places[3].variable;
  const auto order = [&]() -> std::optional<Order> {
    if (!any_graph || o) return std::nullopt;
    if (kTerms[wanted] == &QuadIds::o && !s) return p ? Order::Posg : Order::Ospg;
    if (kTerms[wanted] == &QuadIds::p) return s ? Order::Spog : Order::Posg;
    if (s || p) return std::nullopt;
    return kTerms[wanted] == &QuadIds::s ? Order::Spog : Order::Gspo;
  }();
  if (!order) return OperatorPtr();
  OperatorPtr made = make_scan(context_, source_, pattern, {order, false, {}, kTerms[wanted]});
  made->report().name = "scan of different values";
  made->report().detail = text(*piece.triple);
  made->report().estimate = piece.alone;
  return made;
}

/// The column by whose ids a scan of the piece is sorted.
std::optional<Variable> Planner::order_of(const Piece& piece) const {
  const AlgebraTriple& triple = *piece.triple;
  const bool is_union = piece.scope.graphs == Graphs::Default &&
                        source_.dataset().default_graph == Dataset::Default::Union;
  const rdf::Term* p = term_of(triple.p);
  // The members of sequences come behind the quads.
  if (!is_union || triple.path || p == nullptr || p->value == as::items.iri) return std::nullopt;
  const Variable* s = variable_of(triple.s);
  const Variable* o = variable_of(triple.o);
  if (s != nullptr && o != nullptr) return *s == *o ? std::nullopt : std::optional(*o);
  if (s != nullptr) return *s;
  return o != nullptr ? std::optional(*o) : std::nullopt;
}

Result<OperatorPtr> Planner::scan(const Piece& piece) {
  OperatorPtr made =
      make_scan(context_, source_, QP_TRY(pattern_of(piece)), {{}, false, piece.ranges});
  made->report().name = "scan";
  made->report().detail = text(*piece.triple);
  made->report().estimate = piece.alone;
  if (piece.ranges.empty()) {
    made->sorted_by = order_of(piece);
  } else {
    made->report().detail += "  in a range";
  }
  return made;
}

Result<OperatorPtr> Planner::add_triple(OperatorPtr input, const Piece& piece,
                                        const Choice& choice) {
  const bool alone = is_unit(*input);
  if (piece.triple->path) {
    const QuadPattern places = QP_TRY(pattern_of(piece));
    PathPattern pattern{places.places[1],   places.places[3],      piece.triple->path,
                        piece.scope.graphs, places.places[0].term, piece.scope.correlated};
    OperatorPtr made = QP_TRY(make_path_join(context_, source_, std::move(input), pattern));
    made->report().name = "path";
    made->report().detail = text(*piece.triple);
    made->report().estimate = choice.rows;
    return made;
  }
  if (alone && !piece.scope.correlated) return scan(piece);
  const bool certain = std::any_of(piece.must.begin(), piece.must.end(), [&](Variable each) {
    return input->columns().is_certain(each);
  });
  const double rows = std::max(input->report().estimate, 1.0);
  const double by_merge = (piece.alone + rows) * kReadRow;
  const std::optional<Variable> sorted = order_of(piece);
  const bool may_merge =
      sorted && piece.ranges.empty() && input->sorted_by == sorted && !piece.scope.correlated;
  const bool merges = options_.join == PlanOptions::Join::Merge ||
                      (options_.join == PlanOptions::Join::Any && by_merge < choice.cost);
  if (may_merge && merges) {
    OperatorPtr right = QP_TRY(scan(piece));
    OperatorPtr made = make_merge_join(context_, std::move(input), std::move(right), *sorted);
    made->report().name = "merge join";
    made->report().detail = text(Node(*sorted));
    made->report().estimate = choice.rows;
    made->sorted_by = sorted;
    return made;
  }
  // All of the right side is read first, whatever is wanted.
  const double by_hash = piece.alone * (kHashRow + kReadRow) + rows * choice.share * kHashRow;
  const bool hashes =
      options_.join == PlanOptions::Join::Hash ||
      (options_.join == PlanOptions::Join::Any && by_hash < choice.cost * choice.share / 2);
  if (certain && hashes) {
    OperatorPtr right = QP_TRY(scan(piece));
    // The smaller side is kept, where all of both is read anyhow, and once.
    if (choice.share == 1 && rows < piece.alone && !input->is_fed()) std::swap(input, right);
    OperatorPtr made =
        make_hash_join(context_, std::move(input), std::move(right), JoinKind::Inner);
    made->report().name = "hash join";
    made->report().estimate = choice.rows;
    return made;
  }
  OperatorPtr made =
      make_index_join(context_, source_, std::move(input), QP_TRY(pattern_of(piece)));
  made->report().name = "index join";
  made->report().detail = text(*piece.triple);
  made->report().estimate = choice.rows;
  return made;
}

}  // namespace qp::sparql
