// SPARQL 1.1 Update, section 3; numbers are the sections there.
#include "sparql/update.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "sparql/parser.hpp"
#include "vocab/terms.hpp"
#include "vocab/views.hpp"

namespace qp::sparql {

namespace {

using store::QuadIds;

class Updater {
 public:
  Updater(store::WriteTxn& txn, const UpdateOptions& options)
      : txn_(txn),
        options_(options),
        deadline_(options.run.deadline.value_or(Deadline::in(options.run.limits.time))) {}

  Result<void> run(const Operation& operation) {
    if (deadline_.is_over()) return deadline_.passed();
    Result<void> done = run_loudly(operation);
    // SILENT hides what the data would not have; what is not allowed is told.
    if (!done && operation.silent && Result<void>(done).error().code == Code::NotFound) return {};
    return done;
  }
  const UpdateReport& report() const { return report_; }

 private:
  Result<void> run_loudly(const Operation& operation);
  Result<void> data(const Operation& operation);
  Result<void> modify(const Operation& operation);
  Result<void> load(const Operation& operation);
  Result<void> clear(const Operation& operation);
  Result<void> create(const Operation& operation);
  Result<void> transfer(const Operation& operation);

  Result<std::optional<TermId>> id_of(const GraphTarget& target);
  Result<std::vector<TermId>> graphs_of(const GraphTarget& target);
  Result<std::vector<QuadIds>> quads_of(TermId graph);
  Result<void> apply(std::vector<QuadIds> deletes, std::vector<QuadIds> inserts);
  Result<void> check(const QuadIds& quad);
  Result<bool> is_shown(TermId sequence);
  Result<bool> keeps_members(TermId sequence);
  Result<bool> is_there(const QuadIds& quad);
  /// Looks at the clock every so often.
  Result<void> tick() {
    static constexpr std::size_t kStepsBetweenLooks = 256;
    if (++steps_ % kStepsBetweenLooks != 0 || !deadline_.is_over()) return {};
    return deadline_.passed();
  }

  /// The terms of one solution, with ids of the store.
  struct Solution {
    const Columns* columns = nullptr;
    const TermId* row = nullptr;
    std::map<std::string, TermId> blanks;
  };
  Result<std::optional<QuadIds>> filled(const QuadTemplate& made, const Operation& operation,
                                        Solution& solution, bool inserts);
  Result<std::optional<TermId>> filled(const Node& node, Solution& solution, bool inserts);
  Result<TermId> stored(TermId id);

  store::WriteTxn& txn_;
  const UpdateOptions& options_;
  Deadline deadline_;  ///< of all operations together
  std::size_t steps_ = 0;
  UpdateReport report_;
  Execution* execution_ = nullptr;   ///< whose ids the solutions have
  std::map<TermId, TermId> stored_;  ///< terms that the query made
};

Result<void> Updater::run_loudly(const Operation& operation) {
  switch (operation.kind) {
    case Operation::Kind::InsertData:
    case Operation::Kind::DeleteData:
      return data(operation);
    case Operation::Kind::Modify:
      return modify(operation);
    case Operation::Kind::Load:
      return load(operation);
    case Operation::Kind::Clear:
    case Operation::Kind::Drop:
      return clear(operation);
    case Operation::Kind::Create:
      return create(operation);
    case Operation::Kind::Add:
    case Operation::Kind::Move:
    case Operation::Kind::Copy:
      return transfer(operation);
  }
  return {};
}

// The keys of actors belong to the private ones, which are in no graph; the members of a sequence
// are kept with their order and their counts.
Result<void> Updater::check(const QuadIds& quad) {
  QP_TRY(tick());
  static constexpr std::array kKept = {sec::publicKey, sec::publicKeyPem, sec::publicKeyMultibase};
  if (std::any_of(kKept.begin(), kKept.end(), [&](const Word& word) { return quad.p == word; })) {
    return error(Code::Forbidden, "the keys of actors are changed by `actor rotate-key` only");
  }
  if (quad.p == as::items && QP_TRY(keeps_members(quad.s))) {
    return error(Code::Forbidden, "the members of a collection are kept by the server");
  }
  return options_.admit ? options_.admit(quad) : Result<void>();
}

Result<bool> Updater::is_shown(TermId sequence) {
  const store::Visible& visible = options_.run.scan.visible;
  if (visible.sees_everything()) return true;
  const auto record = QP_TRY(txn_.graph(sequence));
  return record && visible.sees(record->audience);
}

/// As its caller sees it, like all that an update answers: it tells nothing of what is hidden.
Result<bool> Updater::keeps_members(TermId sequence) {
  if (!QP_TRY(is_shown(sequence))) return false;
  return QP_TRY(txn_.sequence_count(sequence, options_.run.scan.visible)) != 0;
}

/// Whether a query of the caller would find it.
Result<bool> Updater::is_there(const QuadIds& quad) {
  const store::Visible& visible = options_.run.scan.visible;
  if (!visible.sees_everything() && vocab::is_hidden_recipient(quad.p)) return false;
  if (QP_TRY(txn_.probe({quad.g, quad.s, quad.p, quad.o}, options_.run.scan))) return true;
  if (quad.p != as::items || !QP_TRY(is_shown(quad.s))) return false;
  const auto item = QP_TRY(txn_.sequence_item(quad.s, quad.o));
  return item && visible.sees(item->audience);
}

static void make_unique(std::vector<QuadIds>& quads) {
  std::sort(quads.begin(), quads.end());
  quads.erase(std::unique(quads.begin(), quads.end()), quads.end());
}

Result<void> Updater::apply(std::vector<QuadIds> deletes, std::vector<QuadIds> inserts) {
  make_unique(deletes);
  make_unique(inserts);
  std::set<TermId> graphs, begun;
  std::vector<QuadIds> gone;
  for (const QuadIds& quad : deletes) {
    QP_TRY(tick());
    if (!QP_TRY(is_there(quad))) continue;
    QP_TRY(check(quad));
    gone.push_back(quad);
    graphs.insert(quad.g);
  }
  std::vector<store::OrderedQuad> ordered;
  for (const QuadIds& quad : inserts) {
    QP_TRY(check(quad));
    const bool goes = std::binary_search(gone.begin(), gone.end(), quad);
    if (!goes && QP_TRY(is_there(quad))) continue;
    ordered.push_back({quad, 0});
    graphs.insert(quad.g);
    if (!QP_TRY(txn_.graph(quad.g))) begun.insert(quad.g);
  }
  report_.deleted += gone.size();
  report_.inserted += ordered.size();
  for (const TermId graph : graphs) {
    if (options_.begin) QP_TRY(options_.begin(graph));
  }
  QP_TRY(txn_.apply(gone, ordered));
  for (const TermId graph : begun) QP_TRY(txn_.set_audience(graph, options_.audience));
  for (const TermId graph : graphs) {
    QP_TRY(tick());
    const std::string iri(QP_TRY(txn_.resolve(graph)).value);
    const auto record = QP_TRY(txn_.graph(graph));
    if (record && record->quads == 0) QP_TRY(txn_.erase_graph(graph));
    QP_TRY(txn_.erase_rendered(iri));
    if (options_.end) QP_TRY(options_.end(graph));
  }
  return {};
}

Result<TermId> Updater::stored(TermId id) {
  if (!TermTable::is_local(id)) return id;
  const auto known = stored_.find(id);
  if (known != stored_.end()) return known->second;
  const rdf::Term term = rdf::Term::copy(QP_TRY(execution_->term(id)));
  const TermId made =
      term.kind == rdf::TermKind::Blank ? QP_TRY(txn_.new_blank()) : QP_TRY(txn_.intern(term));
  stored_.emplace(id, made);
  return made;
}

Result<std::optional<TermId>> Updater::filled(const Node& node, Solution& solution, bool inserts) {
  if (const Variable* variable = variable_of(node)) {
    const std::size_t at = solution.columns ? solution.columns->find(*variable) : Columns::kNone;
    if (at == Columns::kNone || solution.row[at] == TermId::None) return std::nullopt;
    if (inserts) return std::optional<TermId>(QP_TRY(stored(solution.row[at])));
    if (TermTable::is_local(solution.row[at])) return std::nullopt;
    return std::optional<TermId>(solution.row[at]);
  }
  const rdf::Term& term = *term_of(node);
  if (!inserts) return txn_.find(term);
  if (term.kind != rdf::TermKind::Blank) return std::optional<TermId>(QP_TRY(txn_.intern(term)));
  TermId& blank = solution.blanks[term.value];
  if (blank == TermId::None) blank = QP_TRY(txn_.new_blank());
  return std::optional<TermId>(blank);
}

// 3.1.3: what is no quad for some solution is left out.
Result<std::optional<QuadIds>> Updater::filled(const QuadTemplate& made, const Operation& operation,
                                               Solution& solution, bool inserts) {
  QP_TRY(tick());
  QuadIds quad;
  quad.g = quadpub::unnamed_graph;
  if (made.graph) {
    const auto graph = QP_TRY(filled(*made.graph, solution, inserts));
    if (!graph || !rdf::is_iri(*graph)) return std::nullopt;
    quad.g = *graph;
  } else if (operation.with) {
    const rdf::Term with = rdf::Term::iri(*operation.with);
    const auto graph =
        inserts ? std::optional<TermId>(QP_TRY(txn_.intern(with))) : QP_TRY(txn_.find(with));
    if (!graph) return std::nullopt;
    quad.g = *graph;
  }
  const auto s = QP_TRY(filled(made.triple.s, solution, inserts));
  const auto p = QP_TRY(filled(made.triple.p, solution, inserts));
  const auto o = QP_TRY(filled(made.triple.o, solution, inserts));
  if (!s || !p || !o || rdf::is_literal(*s) || !rdf::is_iri(*p)) return std::nullopt;
  quad.s = *s;
  quad.p = *p;
  quad.o = *o;
  return std::optional<QuadIds>(quad);
}

// 3.1.1, 3.1.2
Result<void> Updater::data(const Operation& operation) {
  Solution none;
  std::vector<QuadIds> deletes, inserts;
  for (const QuadTemplate& each : operation.deletes) {
    if (const auto quad = QP_TRY(filled(each, operation, none, false))) deletes.push_back(*quad);
  }
  for (const QuadTemplate& each : operation.inserts) {
    if (const auto quad = QP_TRY(filled(each, operation, none, true))) inserts.push_back(*quad);
  }
  return apply(std::move(deletes), std::move(inserts));
}

// 3.1.3
Result<void> Updater::modify(const Operation& operation) {
  Query query;
  query.variables = operation.variables;
  query.base = operation.base;
  query.dataset = operation.dataset;
  query.select.where = operation.where;
  for (const Variable variable : in_scope(operation.where)) {
    query.select.projection.push_back({variable, std::nullopt, variable});
  }
  RunOptions run = options_.run;
  run.deadline = deadline_;
  if (operation.with && !operation.dataset.given()) {
    Dataset dataset;
    dataset.default_graph = Dataset::Default::Listed;
    if (const auto with = QP_TRY(txn_.find_iri(*operation.with))) dataset.graphs.push_back(*with);
    run.dataset = std::move(dataset);
  }
  const auto execution = QP_TRY(Execution::prepare(txn_, std::move(query), run));
  execution_ = execution.get();
  stored_.clear();
  Batch batch, rows;
  rows.clear(execution->plan().columns().size());
  while (QP_TRY(execution->next(batch))) {
    for (std::size_t i = 0; i < batch.rows; ++i) rows.add(batch.row(i), batch.width);
    QP_TRY(execution->context().take_memory(batch.cells.size() * sizeof(TermId)));
  }
  // All is read before anything is written.
  std::vector<QuadIds> deletes, inserts;
  for (std::size_t i = 0; i < rows.rows; ++i) {
    Solution solution{&execution->plan().columns(), rows.row(i), {}};
    for (const QuadTemplate& each : operation.deletes) {
      const auto quad = QP_TRY(filled(each, operation, solution, false));
      if (quad) deletes.push_back(*quad);
    }
    for (const QuadTemplate& each : operation.inserts) {
      const auto quad = QP_TRY(filled(each, operation, solution, true));
      if (quad) inserts.push_back(*quad);
    }
  }
  return apply(std::move(deletes), std::move(inserts));
}

// 3.1.4
Result<void> Updater::load(const Operation& operation) {
  if (operation.silent) return {};
  return error(Code::Forbidden, "LOAD is not done here: no update reaches the network");
}

Result<std::optional<TermId>> Updater::id_of(const GraphTarget& target) {
  if (target.kind == GraphTarget::Kind::Default) {
    return std::optional<TermId>(quadpub::unnamed_graph.id);
  }
  return txn_.find_iri(target.iri);
}

Result<std::vector<TermId>> Updater::graphs_of(const GraphTarget& target) {
  std::vector<TermId> graphs;
  if (target.kind == GraphTarget::Kind::Default || target.kind == GraphTarget::Kind::Graph) {
    if (const auto graph = QP_TRY(id_of(target))) graphs.push_back(*graph);
    return graphs;
  }
  Dataset all;
  const Source source(txn_, options_.run.scan, all);
  graphs = QP_TRY(source.named_graphs());
  if (target.kind == GraphTarget::Kind::All) graphs.push_back(quadpub::unnamed_graph);
  return graphs;
}

Result<std::vector<QuadIds>> Updater::quads_of(TermId graph) {
  std::vector<QuadIds> quads;
  QP_TRY(txn_.scan({.g = graph}, options_.run.scan, [&](const store::OrderedQuad& quad) {
    quads.push_back(quad.quad);
    return true;
  }));
  return quads;
}

// 3.1.5, 3.2.2
Result<void> Updater::clear(const Operation& operation) {
  for (const TermId graph : QP_TRY(graphs_of(operation.target))) {
    if (QP_TRY(keeps_members(graph))) {
      return error(Code::Forbidden, "the members of a collection are kept by the server");
    }
    QP_TRY(apply(QP_TRY(quads_of(graph)), {}));
  }
  return {};
}

// 3.2.1. A graph is there as soon as it holds something.
Result<void> Updater::create(const Operation& operation) {
  const auto graph = QP_TRY(id_of(operation.target));
  if (graph && QP_TRY(txn_.probe({.g = *graph}, options_.run.scan)) && !operation.silent) {
    return error(Code::Conflict, "the graph <" + operation.target.iri + "> is there already");
  }
  return {};
}

// 3.2.3, 3.2.4, 3.2.5
Result<void> Updater::transfer(const Operation& operation) {
  const auto from = QP_TRY(id_of(operation.source));
  const bool is_there = from && (operation.source.kind == GraphTarget::Kind::Default ||
                                 QP_TRY(txn_.probe({.g = *from}, options_.run.scan)));
  if (!is_there) {
    return error(Code::NotFound, "there is no graph <" + operation.source.iri + ">");
  }
  const TermId to = operation.target.kind == GraphTarget::Kind::Default
                        ? quadpub::unnamed_graph.id
                        : QP_TRY(txn_.intern_iri(operation.target.iri));
  if (*from == to) return {};
  const std::vector<QuadIds> moved = QP_TRY(quads_of(*from));
  std::vector<QuadIds> deletes, inserts = moved;
  for (QuadIds& quad : inserts) quad.g = to;
  if (operation.kind != Operation::Kind::Add) deletes = QP_TRY(quads_of(to));
  if (operation.kind == Operation::Kind::Move) {
    deletes.insert(deletes.end(), moved.begin(), moved.end());
  }
  return apply(std::move(deletes), std::move(inserts));
}

}  // namespace

Result<UpdateReport> run_update(store::WriteTxn& txn, const Update& update,
                                const UpdateOptions& options) {
  Updater updater(txn, options);
  for (const Operation& operation : update.operations) QP_TRY(updater.run(operation));
  return updater.report();
}

}  // namespace qp::sparql
