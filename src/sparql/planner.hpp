#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "sparql/algebra.hpp"
#include "sparql/joins.hpp"

namespace qp::sparql {

/// Which operators a plan may use; a test forces each in turn, and every answer is the same.
struct PlanOptions {
  enum class Join : std::uint8_t { Any, Index, Hash, Merge };
  Join join = Join::Any;
  bool may_feed = true;     ///< the right side of OPTIONAL and the like gets the left side's rows
  bool may_reorder = true;  ///< joins may go another way than they are written
  bool may_push = true;     ///< filters may move inwards, and DISTINCT
  /// ORDER BY with a LIMIT may read an index in its order: where it is a gain, always, never.
  enum class Lead : std::uint8_t { Gain, Always, Never };
  Lead lead = Lead::Gain;
};

/// From the algebra to operators. Outlives the operators that it makes; they come back to it for
/// what can only be planned when a row is at hand.
class Planner {
 public:
  Planner(Context& context, const Source& source, std::vector<std::string>& variables,
          const PlanOptions& options);
  Planner(const Planner&) = delete;
  Planner& operator=(const Planner&) = delete;

  /// `goal`: so many of its rows are wanted, about; 0: all. It only changes what seems cheapest.
  Result<OperatorPtr> plan(const Algebra& algebra, double goal = 0);

 private:
  /// The active graph: the default graph, or the named graph(s) `name`.
  struct Scope {
    Graphs graphs = Graphs::Default;
    Node name;
    /// Inside EXISTS: every row that a part makes comes from a row of its input.
    bool correlated = false;
    double goal = 0;  ///< as of `plan`

    /// Of so many rows those that are asked for, about.
    double at_most(double rows) const { return goal == 0 ? rows : std::min(rows, goal); }
    Scope with_goal(double rows) const {
      Scope made = *this;
      made.goal = rows;
      return made;
    }
  };
  /// A part of a join that has no place in the order yet.
  struct Piece {
    const AlgebraTriple* triple = nullptr;
    const Algebra* algebra = nullptr;  ///< where it is no triple
    Scope scope;
    double alone = 0;             ///< rows of it, without the others
    Fanout fanout;                ///< of a triple
    std::vector<IdRange> ranges;  ///< of its object, where filters say so
    std::vector<Variable> may, must;
  };
  struct Choice {
    double rows = 0, cost = 0;
    double share = 1;  ///< of the rows that are wanted, about
  };

  Result<OperatorPtr> plan(const Algebra& algebra, const Scope& scope);
  /// Rows of `input` joined with `algebra`; null: one empty row.
  Result<OperatorPtr> join_with(OperatorPtr input, const Algebra& algebra, const Scope& scope,
                                std::vector<Expression> filters = {});
  Result<OperatorPtr> left_join(OperatorPtr input, const Algebra& algebra, const Scope& scope);
  Result<OperatorPtr> minus(OperatorPtr input, const Algebra& algebra, const Scope& scope);
  Result<OperatorPtr> union_of(OperatorPtr input, const Algebra& algebra, const Scope& scope);
  Result<OperatorPtr> graph(const Algebra& algebra, const Scope& scope);
  Result<OperatorPtr> order(const Algebra& algebra, const Scope& scope,
                            std::optional<std::uint64_t> most);
  Result<OperatorPtr> slice(const Algebra& algebra, const Scope& scope);
  Result<OperatorPtr> distinct(const Algebra& algebra, const Scope& scope,
                               std::optional<std::uint64_t> most);
  /// The same for a few rows, where an index has the values of the first key in their order. Null:
  /// there is none, or it is no gain over a plan that makes `rows`.
  Result<OperatorPtr> led_order(const Algebra& algebra, const Scope& scope, std::uint64_t most,
                                double rows);
  Result<bool> lies_in_order(const store::Pattern& pattern, Graphs graphs) const;

  // Joins: join_order.cpp.
  void flatten(const Algebra& algebra, const Scope& scope, std::vector<Piece>& pieces);
  Result<OperatorPtr> join_pieces(OperatorPtr input, std::vector<Piece> pieces,
                                  std::vector<Expression> filters);
  /// The goal of the pieces, which lose it, as a share of the rows that they make.
  Result<double> take_goal(const Operator& input, std::vector<Piece>& pieces, bool filters);
  Result<void> measure(Piece& piece, const std::vector<Expression>& filters);
  /// What is at hand when a piece is weighed.
  struct Left {
    Columns columns;
    double rows = 1;
  };
  static Left left_of(const Operator& step);
  Result<Choice> weigh(const Left& left, const Piece& piece);
  /// The cost of taking it by the cheapest operator.
  Result<double> cheapest(const Left& left, const Piece& piece, const Choice& choice) const;
  /// All pieces, one after the other, the cheapest first.
  Result<Choice> weigh_chain(Left left, std::vector<Piece> pieces);
  /// Where pieces with one subject, which nothing binds yet, are better joined with each other
  /// first: that, joined. Null: there are none. The pieces are taken out. `share`: as of a Choice.
  Result<OperatorPtr> join_star(OperatorPtr& input, std::vector<Piece>& pieces, double share);
  /// Drops the columns that nothing asks of any more, and rows that are the same without them.
  OperatorPtr reduce(OperatorPtr input, std::vector<Variable> asked);
  Result<OperatorPtr> add_piece(OperatorPtr input, const Piece& piece, const Choice& choice);
  Result<OperatorPtr> add_triple(OperatorPtr input, const Piece& piece, const Choice& choice);
  Result<OperatorPtr> scan(const Piece& piece);
  /// The same for a DISTINCT that asks of one term of the quads only. Null: it asks of more.
  Result<OperatorPtr> scan_different(const Piece& piece, const std::vector<Variable>& asked);
  /// What filters say a variable to be, as pieces in the place of the filters.
  void pin(std::vector<Piece>& pieces, std::vector<Expression>& filters);
  /// About how many rows it makes.
  Result<double> guess(const Algebra& algebra, const Scope& scope);
  std::optional<Variable> order_of(const Piece& piece) const;
  Result<OperatorPtr> apply_ready(OperatorPtr input, std::vector<Expression>& filters,
                                  const std::vector<Piece>& rest, double share);
  Result<QuadPattern> pattern_of(const Piece& piece);
  Result<store::Pattern> constants_of(const Piece& piece);

  // Filters and EXISTS: plan_exists.cpp.
  /// `share`: as of a Choice.
  Result<OperatorPtr> filter(OperatorPtr input, const std::vector<Expression>& filters,
                             double share = 1);
  /// The plan of an EXISTS over rows of `input`, which `fed` gives it.
  Result<OperatorPtr> fed_exists(const Operator& input, const Expression& expression,
                                 const Algebra& inner, double share, Feed*& fed);
  /// Each EXISTS inside of the expressions as a column that says whether it is so, and the
  /// expressions with these. Not where it asks of one of `unknown`.
  Result<OperatorPtr> mark_exists(OperatorPtr input, std::vector<Expression>& expressions,
                                  double share, const std::vector<Variable>& unknown = {});
  Result<void> mark_exists(OperatorPtr& input, Expression& expression, double share,
                           const std::vector<Variable>& unknown);
  Result<OperatorPtr> first_matches(std::unique_ptr<Feed>& input, const Algebra& algebra,
                                    const Scope& scope);
  Result<OperatorPtr> exists_join(OperatorPtr input, const Expression& expression, double share);
  bool run_exists(const Expression& expression, std::span<const Variable> columns,
                  const TermId* row);
  Result<const Algebra*> exists_algebra(const Expression& expression);
  void note_exists(const Algebra& algebra, const Scope& scope);
  void note_exists(const Expression& expression, const Scope& scope);

  std::optional<std::vector<Variable>> columns_that_count(const Algebra& under) const;
  bool is_simple_in_graph(const Algebra& algebra, Variable graph) const;
  bool may_feed(const Algebra& algebra, const Columns& left, bool correlated) const;

  std::string text(const Node& node) const;
  std::string text(const AlgebraTriple& triple) const;
  Variable fresh();

  Context& context_;
  const Source& source_;
  std::vector<std::string>& variables_;
  PlanOptions options_;
  /// Under DISTINCT, of the join that is planned next: the columns that count. Set and taken.
  std::optional<std::vector<Variable>> wanted_;
  std::vector<std::unique_ptr<Algebra>> kept_;  ///< what operators borrow from
  std::map<std::uint32_t, std::unique_ptr<Algebra>> exists_;
  std::map<std::uint32_t, Scope> exists_scope_;
  std::map<std::pair<std::uint32_t, std::vector<TermId>>, bool> exists_known_;
};

}  // namespace qp::sparql
