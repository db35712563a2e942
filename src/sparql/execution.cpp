#include "sparql/execution.hpp"

#include "sparql/row_set.hpp"

namespace qp::sparql {

/// Triples, each once; tells of a new one.
class TripleSet {
 public:
  using Each = std::function<Result<void>(const Execution::TripleIds&)>;
  TripleSet(Context& context, const Each& each) : held_(context), each_(each) {}

  Result<void> add(TermId s, TermId p, TermId o) {
    const TermId triple[] = {s, p, o};
    if (!seen_.add(triple).second) return {};
    if (seen_.bytes() > counted_) QP_TRY(held_.add(seen_.bytes() - counted_));
    counted_ = seen_.bytes();
    return each_({s, p, o});
  }

 private:
  RowSet seen_{3};
  Held held_;
  std::size_t counted_ = 0;
  const Each& each_;
};

Result<Dataset> dataset_of(const DatasetClause& clause, Dataset::Default otherwise,
                           const store::Txn& txn) {
  Dataset made;
  made.default_graph = otherwise;
  if (!clause.given()) return made;
  made.default_graph = Dataset::Default::Listed;
  made.all_named = false;
  const auto add = [&](const std::vector<std::string>& iris,
                       std::vector<TermId>& ids) -> Result<void> {
    for (const std::string& iri : iris) {
      // A graph that the store does not know holds nothing.
      if (const auto id = QP_TRY(txn.find_iri(iri))) ids.push_back(*id);
    }
    return {};
  };
  QP_TRY(add(clause.graphs, made.graphs));
  QP_TRY(add(clause.named, made.named));
  return made;
}

/// No row is wider than there are variables: of wide ones a batch has fewer.
static Limits limits_for(const Query& query, Limits limits) {
  static constexpr std::size_t kCells = 64 * Limits::kBatch;
  const std::size_t most = kCells / std::max(query.variables.size(), std::size_t{1});
  limits.batch = std::min(limits.batch, std::max(most, std::size_t{1}));
  return limits;
}

Execution::Execution(const store::Txn& txn, Query query, const RunOptions& options)
    : query_(std::move(query)),
      context_(txn, limits_for(query_, options.limits), options.now,
               options.deadline.value_or(Deadline::in(options.limits.time))),
      txn_(txn) {
  context_.base = query_.base;
}

Result<std::unique_ptr<Execution>> Execution::prepare(const store::Txn& txn, Query query,
                                                      const RunOptions& options) {
  std::unique_ptr<Execution> made(new Execution(txn, std::move(query), options));
  QP_TRY(made->prepare(options));
  return made;
}

Result<void> Execution::prepare(const RunOptions& options) {
  Dataset dataset = options.dataset
                        ? *options.dataset
                        : QP_TRY(dataset_of(query_.dataset, options.default_graph, txn_));
  source_ = std::make_unique<Source>(txn_, options.scan, std::move(dataset), &context_);
  if (query_.form == Query::Form::Select) {
    for (const Projection& each : query_.select.projection) {
      names_.push_back(query_.variables[number(each.outer)]);
    }
  }
  algebra_ = std::make_unique<Algebra>(QP_TRY(translate(query_, query_.variables)));
  planner_ = std::make_unique<Planner>(context_, *source_, query_.variables, options.plan);
  root_ = QP_TRY(planner_->plan(*algebra_, query_.form == Query::Form::Ask ? 1 : 0));
  return {};
}

Result<bool> Execution::next(Batch& out) {
  const bool more = QP_TRY(root_->next(out));
  rows_ += out.rows;
  if (rows_ > context_.limits().rows) {
    return error(Code::TooLarge, "the answer has more than its limit of " +
                                     std::to_string(context_.limits().rows) + " rows");
  }
  if (!more) QP_TRY(context_.check());
  return more;
}

Result<bool> Execution::ask() {
  Batch rows;
  return next(rows);
}

Result<void> Execution::triples(const std::function<Result<void>(const TripleIds&)>& each) {
  return query_.form == Query::Form::Describe ? describe(each) : construct(each);
}

// 16.2: what is no triple for some solution is left out.
Result<void> Execution::construct(const std::function<Result<void>(const TripleIds&)>& each) {
  TripleSet triples(context_, each);
  const Columns& columns = root_->columns();
  std::vector<std::array<TermId, 3>> constants;
  for (const Triple& triple : query_.construct) {
    std::array<TermId, 3>& ids = constants.emplace_back();
    const Node* nodes[] = {&triple.s, &triple.p, &triple.o};
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const rdf::Term* term = term_of(*nodes[i]);
      if (term != nullptr && term->kind != rdf::TermKind::Blank) {
        ids[i] = QP_TRY(context_.terms.intern(*term));
      }
    }
  }
  const auto is_literal = [this](TermId id) -> Result<bool> {
    return QP_TRY(term(id)).kind == rdf::TermKind::Literal;
  };
  Batch rows;
  while (QP_TRY(next(rows))) {
    for (std::size_t i = 0; i < rows.rows; ++i) {
      context_.next_solution();
      for (std::size_t t = 0; t < constants.size(); ++t) {
        std::array<TermId, 3> ids = constants[t];
        const Triple& triple = query_.construct[t];
        const Node* nodes[] = {&triple.s, &triple.p, &triple.o};
        bool whole = true;
        for (std::size_t k = 0; k < ids.size(); ++k) {
          if (const Variable* variable = variable_of(*nodes[k])) {
            const std::size_t at = columns.find(*variable);
            if (at != Columns::kNone) ids[k] = rows.row(i)[at];
          } else if (term_of(*nodes[k])->kind == rdf::TermKind::Blank) {
            ids[k] = context_.blank(term_of(*nodes[k])->value);
          }
          whole = whole && ids[k] != TermId::None;
        }
        if (!whole || QP_TRY(is_literal(ids[0]))) continue;
        if (QP_TRY(term(ids[1])).kind != rdf::TermKind::Iri) continue;
        QP_TRY(triples.add(ids[0], ids[1], ids[2]));
      }
    }
    QP_TRY(context_.check());
  }
  return {};
}

Result<void> Execution::describe(const std::function<Result<void>(const TripleIds&)>& each) {
  TripleSet triples(context_, each);
  const Columns& columns = root_->columns();
  RowSet done(1);
  Batch rows;
  const auto describe = [&](TermId id) -> Result<void> {
    if (id == TermId::None || !done.add(&id).second) return {};
    return describe_one(id, triples);
  };
  while (QP_TRY(next(rows))) {
    for (std::size_t i = 0; i < rows.rows; ++i) {
      for (const Node& node : query_.describe) {
        const Variable* variable = variable_of(node);
        const std::size_t at = variable ? columns.find(*variable) : Columns::kNone;
        if (at != Columns::kNone) QP_TRY(describe(rows.row(i)[at]));
      }
    }
  }
  for (const Node& node : query_.describe) {
    if (const rdf::Term* term = term_of(node)) {
      const TermId id = QP_TRY(context_.terms.intern(*term));
      QP_TRY(describe(id));
    }
  }
  return {};
}

/// Its concise bounded description: what it is the subject of, and the same of the blank nodes
/// that this leads to.
Result<void> Execution::describe_one(TermId resource, TripleSet& out) {
  std::vector<TermId> waiting{resource};
  RowSet seen(1);
  Source::Walk walk(*source_, Graphs::Default);
  std::vector<store::QuadIds> quads;
  while (!waiting.empty()) {
    const TermId node = waiting.back();
    waiting.pop_back();
    if (TermTable::is_local(node) || !seen.add(&node).second) continue;
    QP_TRY(walk.open({.s = node}));
    while (true) {
      QP_TRY(walk.next(quads, Batch::kRows));
      if (quads.empty()) break;
      for (const store::QuadIds& quad : quads) {
        QP_TRY(out.add(quad.s, quad.p, quad.o));
        if (rdf::is_blank(quad.o)) waiting.push_back(quad.o);
      }
      QP_TRY(context_.tick(quads.size()));
    }
  }
  return {};
}

}  // namespace qp::sparql
