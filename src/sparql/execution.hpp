#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sparql/planner.hpp"

namespace qp::sparql {

struct RunOptions {
  store::Txn::ScanOptions scan;
  /// What a query without FROM asks of.
  Dataset::Default default_graph = Dataset::Default::Union;
  std::optional<Dataset> dataset{};  ///< in the place of all that
  Limits limits;
  /// Where the time runs already, since the text was read; else it begins with `prepare`.
  std::optional<Deadline> deadline{};
  Millis now{0};
  PlanOptions plan;
};

/// A query that runs, on one transaction and in one thread. Both outlive it.
class Execution {
 public:
  /// Plans. Unavailable, Forbidden: what no query does here (SERVICE).
  static Result<std::unique_ptr<Execution>> prepare(const store::Txn& txn, Query query,
                                                    const RunOptions& options);
  Execution(const Execution&) = delete;
  Execution& operator=(const Execution&) = delete;

  Query::Form form() const { return query_.form; }
  /// The names of the columns, without `?`. Of CONSTRUCT and DESCRIBE: none.
  const std::vector<std::string>& names() const { return names_; }

  /// SELECT: the next rows of the answer. False: that was the end.
  Result<bool> next(Batch& out);
  /// ASK.
  Result<bool> ask();
  /// CONSTRUCT and DESCRIBE: each triple once.
  struct TripleIds {
    TermId s, p, o;
  };
  Result<void> triples(const std::function<Result<void>(const TripleIds&)>& each);

  /// The view is valid as long as the execution.
  Result<rdf::TermView> term(TermId id) const { return context_.terms.resolve(id); }
  Context& context() { return context_; }
  /// The plan, with what it did so far.
  const Operator& plan() const { return *root_; }

 private:
  Execution(const store::Txn& txn, Query query, const RunOptions& options);
  Result<void> prepare(const RunOptions& options);
  Result<void> construct(const std::function<Result<void>(const TripleIds&)>& each);
  Result<void> describe(const std::function<Result<void>(const TripleIds&)>& each);
  Result<void> describe_one(TermId resource, class TripleSet& out);

  Query query_;
  Context context_;
  const store::Txn& txn_;
  std::vector<std::string> names_;
  std::unique_ptr<Algebra> algebra_;
  std::unique_ptr<Source> source_;
  std::unique_ptr<Planner> planner_;
  OperatorPtr root_;
  std::uint64_t rows_ = 0;
};

/// The dataset that FROM and FROM NAMED, or USING, describe.
Result<Dataset> dataset_of(const DatasetClause& clause, Dataset::Default otherwise,
                           const store::Txn& txn);

}  // namespace qp::sparql
