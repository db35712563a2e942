#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "rdf/term.hpp"

/// A query or an update as it was written: what the parser makes and everything else reads.
/// Plain values; nothing here knows a store.
namespace qp::sparql {

/// The number of a variable: its place in `Query::variables`. Two variables that are spelt alike
/// have two numbers where one of them is inside a sub-select.
enum class Variable : std::uint32_t {};
constexpr std::uint32_t number(Variable variable) { return static_cast<std::uint32_t>(variable); }

/// Where something stands in the text; both count from 1.
struct Position {
  std::uint32_t line = 0, column = 0;
};

/// A term or a variable. A blank node of a pattern is a variable already, one whose name begins
/// with `_:`; in templates and data it is a term.
using Node = std::variant<Variable, rdf::Term>;
inline const Variable* variable_of(const Node& node) { return std::get_if<Variable>(&node); }
inline const rdf::Term* term_of(const Node& node) { return std::get_if<rdf::Term>(&node); }

/// A property path, 9.1.
struct Path {
  enum class Kind : std::uint8_t {
    Link,         ///< iri
    Inverse,      ///< ^parts[0]
    Sequence,     ///< parts[0] / parts[1] / ...
    Alternative,  ///< parts[0] | parts[1] | ...
    ZeroOrMore,   ///< parts[0]*
    OneOrMore,    ///< parts[0]+
    ZeroOrOne,    ///< parts[0]?
    Negated,      ///< !(...): neither `forward` from s to o nor `backward` from o to s
  };
  Kind kind = Kind::Link;
  std::string iri;
  std::vector<Path> parts;
  std::vector<std::string> forward, backward;
};

/// `path` set: `p` means nothing.
struct Triple {
  Node s, p, o;
  std::shared_ptr<const Path> path;
};

struct Group;
struct Aggregate;

/// What an Expression does with its arguments.
enum class Op : std::uint8_t {
  Variable,  ///< the value of `variable`
  Constant,  ///< `term`
  Or,        ///< two arguments, as all down to Divide except Not, In and NotIn
  And,
  Not,  ///< one argument
  Equal,
  NotEqual,
  Less,
  Greater,
  LessOrEqual,
  GreaterOrEqual,
  In,  ///< the first argument among the others
  NotIn,
  Add,
  Subtract,
  Multiply,
  Divide,
  Plus,      ///< unary
  Minus,     ///< unary
  Call,      ///< `builtin`
  Function,  ///< the function whose IRI is `term`: a cast, or unknown
  Exists,    ///< `pattern` has a solution under the present bindings
  NotExists,
  Aggregate,  ///< `aggregate`; only before the translation to algebra, a variable after it
};

/// The functions of 17.4 that have a keyword, but for those that are an Op.
enum class Builtin : std::uint8_t {
  Str,
  Lang,
  LangMatches,
  Datatype,
  Bound,
  Iri,
  Bnode,
  Rand,
  Abs,
  Ceil,
  Floor,
  Round,
  Concat,
  StrLen,
  UCase,
  LCase,
  EncodeForUri,
  Contains,
  StrStarts,
  StrEnds,
  StrBefore,
  StrAfter,
  Year,
  Month,
  Day,
  Hours,
  Minutes,
  Seconds,
  Timezone,
  Tz,
  Now,
  Uuid,
  StrUuid,
  Md5,
  Sha1,
  Sha256,
  Sha384,
  Sha512,
  Coalesce,
  If,
  StrLang,
  StrDt,
  SameTerm,
  IsIri,
  IsBlank,
  IsLiteral,
  IsNumeric,
  Regex,
  Substr,
  Replace,
};

struct Expression {
  Op op = Op::Constant;
  Builtin builtin = Builtin::Str;
  sparql::Variable variable{};
  rdf::Term term;
  std::vector<Expression> arguments;
  std::shared_ptr<const Group> pattern;
  std::uint32_t exists = 0;  ///< Exists, NotExists: its number, different for each in the request
  std::shared_ptr<const sparql::Aggregate> aggregate;
  /// One more than that of what it is made of: how deep it is to evaluate.
  std::uint32_t depth = 1;
  Position at;
};

enum class AggregateFunction : std::uint8_t { Count, Sum, Min, Max, Avg, Sample, GroupConcat };

/// 11.2, 18.5.1. COUNT(*) has no argument.
struct Aggregate {
  AggregateFunction function = AggregateFunction::Count;
  bool distinct = false;
  std::optional<Expression> argument;
  std::string separator = " ";  ///< of GROUP_CONCAT
};

/// A row of nullopts and terms for each row of a VALUES block.
struct Values {
  std::vector<Variable> variables;
  std::vector<std::vector<std::optional<rdf::Term>>> rows;
};

struct Select;

/// An element of a group graph pattern.
struct Element {
  enum class Kind : std::uint8_t {
    Triples,   ///< `triples`
    Group,     ///< groups[0]
    Optional,  ///< groups[0]
    Union,     ///< groups, two or more
    Minus,     ///< groups[0]
    Graph,     ///< `name`, groups[0]
    Service,   ///< `name`, groups[0]; `silent`
    Filter,    ///< `expression`
    Bind,      ///< `expression` as `variable`
    Values,    ///< `values`
    Select,    ///< `select`
  };
  Kind kind = Kind::Triples;
  std::vector<Triple> triples;
  std::vector<Group> groups;
  Node name;
  bool silent = false;
  Expression expression;
  Variable variable{};
  sparql::Values values;
  std::shared_ptr<const sparql::Select> select;
  Position at;
};

struct Group {
  std::vector<Element> elements;
};

/// `?x`, or `(expression AS ?x)`. `outer` is the same variable as those around a sub-select know
/// it; at the top it is `variable`.
struct Projection {
  Variable variable{};
  std::optional<Expression> expression;
  Variable outer{};
  Position at{};
};

struct GroupKey {
  Expression expression;
  std::optional<Variable> as;
};

struct OrderKey {
  Expression expression;
  bool descending = false;
};

enum class Duplicates : std::uint8_t { Kept, MayGo /* REDUCED */, Removed /* DISTINCT */ };

/// A pattern and the solution modifiers around it, in any form of query and in a sub-select.
/// `SELECT *` is written out in `projection`.
struct Select {
  Duplicates duplicates = Duplicates::Kept;
  std::vector<Projection> projection;
  Group where;
  std::vector<GroupKey> group_by;
  std::vector<Expression> having;
  std::vector<OrderKey> order_by;
  std::optional<std::uint64_t> limit;
  std::uint64_t offset = 0;
  std::optional<Values> values;
  bool grouped = false;  ///< has GROUP BY or an aggregate
};

/// FROM and FROM NAMED, or USING and USING NAMED. Given: nothing else is in the dataset.
struct DatasetClause {
  std::vector<std::string> graphs, named;
  bool given() const { return !graphs.empty() || !named.empty(); }
};

struct Query {
  enum class Form : std::uint8_t { Select, Construct, Describe, Ask };
  Form form = Form::Select;
  std::vector<std::string> variables;  ///< names, without `?`; those of blank nodes begin with `_:`
  std::string base;                    ///< what IRI() resolves against
  DatasetClause dataset;
  Select select;
  std::vector<Triple> construct;  ///< the template
  std::vector<Node> describe;     ///< `DESCRIBE *` is written out
};

/// A triple of a template and the graph it goes to; nullopt: the default graph.
struct QuadTemplate {
  Triple triple;
  std::optional<Node> graph;
};

/// What CLEAR, DROP, ADD ... name.
struct GraphTarget {
  enum class Kind : std::uint8_t { Default, Named, All, Graph };
  Kind kind = Kind::Default;
  std::string iri;  ///< of Graph
};

/// One operation of SPARQL 1.1 Update, section 3.
struct Operation {
  enum class Kind : std::uint8_t {
    InsertData,  ///< `inserts`
    DeleteData,  ///< `deletes`
    Modify,      ///< `with`, `deletes`, `inserts`, `dataset` (USING), `where`; DELETE WHERE too
    Load,        ///< `iri` into `target`
    Clear,       ///< `target`
    Drop,        ///< `target`
    Create,      ///< `target`
    Add,         ///< `source` to `target`
    Move,
    Copy,
  };
  Kind kind = Kind::InsertData;
  bool silent = false;
  std::vector<std::string> variables;
  std::string base;
  std::vector<QuadTemplate> deletes, inserts;
  std::optional<std::string> with;
  DatasetClause dataset;
  Group where;
  GraphTarget source, target;
  std::string iri;
  Position at;
};

struct Update {
  std::vector<Operation> operations;
};

}  // namespace qp::sparql
