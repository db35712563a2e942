#pragma once

#include <array>

#include "sparql/expression.hpp"
#include "sparql/operator.hpp"
#include "sparql/source.hpp"

/// Operators that put rows together.
namespace qp::sparql {

/// One row that binds nothing.
OperatorPtr make_unit(Context& context);
bool is_unit(const Operator& step);
/// The rows of VALUES.
Result<OperatorPtr> make_table(Context& context, const Values& values);

/// A quad pattern: in each of g, s, p, o a term, a variable, or (g of the default graph) nothing.
struct QuadPattern {
  struct Place {
    TermId term{};
    std::optional<Variable> variable;
  };
  std::array<Place, 4> places;  ///< g, s, p, o
  Graphs graphs = Graphs::Default;
};
/// In which order a scan reads; nullopt: whichever is best for its pattern.
struct ScanWay {
  std::optional<store::Order> order;
  bool reverse = false;
  std::vector<IdRange> objects{};  ///< not empty: only those in one of these
  /// This term of the quads is all that counts, and the order sorts by it first (of what the
  /// pattern leaves open): of each value some quads are enough.
  TermId store::QuadIds::* different = nullptr;
};
/// The quads that match the pattern.
OperatorPtr make_scan(Context& context, const Source& source, const QuadPattern& pattern,
                      const ScanWay& way = {});

enum class Matches : std::uint8_t { All, First /* one for each row of the input is enough */ };
/// For each row of `input` the quads that match the pattern with the row's terms in place.
OperatorPtr make_index_join(Context& context, const Source& source, OperatorPtr input,
                            const QuadPattern& pattern, Matches matches = Matches::All);

enum class JoinKind : std::uint8_t { Inner, Left, Semi, Anti, Minus };
/// All of `right` is kept in memory, by the columns that both sides have for certain. `conditions`
/// (of Inner and Left) see both sides. Minus: compatible rows must share a bound variable.
OperatorPtr make_hash_join(Context& context, OperatorPtr left, OperatorPtr right, JoinKind kind,
                           const std::vector<Expression>* conditions = nullptr);
/// Both sides sorted by `key`, which both bind for certain.
OperatorPtr make_merge_join(Context& context, OperatorPtr left, OperatorPtr right, Variable key);

/// `right` is a plan over `feed`: what it makes of the rows of `left`, and (Left) the rows of which
/// it makes nothing, or (Semi, Anti) those of which it makes something, or nothing.
OperatorPtr make_fed_join(Context& context, OperatorPtr left, Feed& feed, OperatorPtr right,
                          JoinKind kind);
/// All rows of `left`, with a column `mark` that is `yes` or `no`: whether `right` makes anything
/// of them.
struct Mark {
  Variable column{};
  TermId yes{}, no{};
};
OperatorPtr make_fed_marks(Context& context, OperatorPtr left, Feed& feed, OperatorPtr right,
                           const Mark& mark);

/// All rows of all inputs. With `feeds` each is a plan over a feed, and `input` goes through all.
OperatorPtr make_union(Context& context, std::vector<OperatorPtr> parts);
OperatorPtr make_fed_union(Context& context, OperatorPtr input, std::vector<Feed*> feeds,
                           std::vector<OperatorPtr> parts);

/// A property path of the kinds `* + ? !`, in the default graph or one named graph.
struct PathPattern {
  QuadPattern::Place s, o;
  std::shared_ptr<const Path> path;
  Graphs graphs = Graphs::Default;
  TermId graph{};
  /// A value from the input stands for a term of the query: a path of no length begins at it
  /// though no quad has it.
  bool as_terms = false;
};
Result<OperatorPtr> make_path_join(Context& context, const Source& source, OperatorPtr input,
                                   const PathPattern& pattern);

/// The names of the graphs, as `variable`.
OperatorPtr make_graph_names(Context& context, const Source& source, Variable variable);
/// What `plan` makes for each named graph, with its name as `variable`.
using PlanForGraph = std::function<Result<OperatorPtr>(TermId graph)>;
OperatorPtr make_graph_loop(Context& context, const Source& source, Columns inner,
                            Variable variable, PlanForGraph plan);

}  // namespace qp::sparql
