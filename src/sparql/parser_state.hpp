#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/limits.hpp"
#include "sparql/lexer.hpp"
#include "sparql/parser.hpp"

namespace qp::sparql {

/// Recursive descent over one text. Function names follow the productions of 19.8; the chapters
/// are parse_terms, parse_expression, parse_pattern, parse_query and parse_update.
class Parser {
 public:
  Parser(std::string_view text, const ParseOptions& options);

  Result<Query> query();
  Result<Update> update();
  const Fault& fault() const { return fault_; }
  /// The deadline came; what was read is not all.
  bool is_late() const { return is_late_; }

 private:
  // Tokens.
  void advance();
  bool at_word(std::string_view word) const { return is_word(now_, word); }
  bool at_punct(std::string_view punct) const { return is_punct(now_, punct); }
  bool take_word(std::string_view word);
  bool take_punct(std::string_view punct);
  Result<void> expect_word(std::string_view word, std::string_view hint = {});
  Result<void> expect_punct(std::string_view punct, std::string_view hint = {});
  static bool is_word(const Token& token, std::string_view word);
  static bool is_punct(const Token& token, std::string_view punct);
  Position position() const { return lexer_.position(now_.offset); }
  Error fail(std::string what, std::string hint = {}) {
    return fail_at(position(), std::move(what), std::move(hint));
  }
  Error fail_at(Position at, std::string what, std::string hint = {}, Code code = Code::BadInput);
  Error unexpected(std::string_view wanted, std::string_view hint = {});

  /// Counts how deep it goes, for as long as it lives.
  class Depth {
   public:
    explicit Depth(Parser& parser) : parser_(parser) { ++parser_.depth_; }
    ~Depth() { --parser_.depth_; }
    Depth(const Depth&) = delete;

   private:
    Parser& parser_;
  };
  Result<void> check_depth();

  // Terms: parse_terms.cpp.
  Result<void> prologue();
  Result<std::string> iri();
  Result<std::string> resolved(const std::string& reference);
  bool at_iri() const {
    return now_.kind == Token::Kind::Iri || now_.kind == Token::Kind::Prefixed;
  }
  Result<rdf::Term> string_literal();
  Result<rdf::Term> number_literal();
  bool at_number() const;
  bool at_signed_number() const;
  Result<Node> var_or_iri();
  Result<Node> graph_term();
  Result<Node> blank_node();
  Result<Node> fresh_blank();
  Result<Variable> var();
  Variable variable(std::string name);
  Variable fresh_variable(std::string name);

  // Expressions: parse_expression.cpp.
  Result<Expression> expression() { return binary(1); }
  Result<Expression> binary(int weakest);
  Result<Expression> bounded(Expression made);
  Result<Expression> unary();
  Result<Expression> primary();
  Result<Expression> word_call();
  Result<Expression> builtin(const struct BuiltinRow& row);
  Result<Expression> iri_or_function();
  Result<Expression> exists(Op op);
  Result<Expression> aggregate(AggregateFunction function);
  bool at_constraint() const;
  Result<Expression> constraint();
  Result<std::vector<Expression>> argument_list();
  Result<Expression> bracketted();

  // Patterns: parse_pattern.cpp.
  Result<Group> group();
  Result<Group> group_body();
  Result<bool> element(Group& out);
  Result<void> group_or_union(Group& out);
  Result<void> graph_or_service(Group& out, Element::Kind kind);
  Result<void> bind(Group& out);
  Result<Values> values_block();
  Result<std::vector<std::optional<rdf::Term>>> values_row(std::size_t size);
  Result<std::optional<rdf::Term>> values_term();
  Result<void> triples(std::vector<Triple>& out);
  Result<void> same_subject(std::vector<Triple>& out);
  Result<void> property_list(const Node& subject, std::vector<Triple>& out);
  Result<void> object_list(const Node& subject, const Triple& verb, std::vector<Triple>& out);
  bool at_verb() const;
  bool at_node() const;
  Result<Triple> verb();
  Result<Node> graph_node(std::vector<Triple>& out);
  Result<Node> collection(std::vector<Triple>& out);
  Result<Node> property_list_node(std::vector<Triple>& out);
  Result<Path> path();
  Result<Path> path_sequence();
  Result<Path> path_element();
  Result<Path> path_primary();
  Result<Path> negated_set();
  Result<void> negated_one(Path& out);
  Result<std::string> iri_or_a();

  // Queries: parse_query.cpp.
  Result<void> select_query(Query& out);
  Result<void> construct_query(Query& out);
  Result<void> describe_query(Query& out);
  Result<void> describe_nodes(Query& out);
  Result<Select> sub_select();
  Result<void> select_clause(Select& out);
  Result<void> projection(Select& out);
  Result<void> dataset_clause(DatasetClause& out, std::string_view word);
  Result<void> where_clause(Select& out);
  Result<void> modifiers(Select& out);
  Result<void> group_clause(Select& out);
  Result<void> order_clause(Select& out);
  Result<void> limit_offset(Select& out);
  Result<std::uint64_t> whole_number();
  Result<void> finish_select(Select& out, Position at);
  Result<void> check_projection(const Select& select);

  // Updates: parse_update.cpp.
  Result<Operation> operation();
  Result<void> insert_or_delete(Operation& out);
  Result<void> modify(Operation& out);
  Result<void> delete_where(Operation& out);
  Result<void> graph_management(Operation& out, Operation::Kind kind);
  Result<void> transfer(Operation& out, Operation::Kind kind);
  Result<void> load(Operation& out);
  Result<GraphTarget> graph_target(bool sets_allowed);
  Result<std::vector<QuadTemplate>> quads();
  Result<void> quads_of(const std::optional<Node>& graph, std::vector<QuadTemplate>& out);

  enum class Blanks { Variables, Terms, Forbidden };

  // Beside those of base/limits.hpp: what bounds the planning.
  static constexpr std::size_t kLinks = 4'000;  ///< of all paths
  static constexpr std::size_t kVariables = 10'000;
  static constexpr std::size_t kTriples = 4'000;  ///< of all patterns of a query: joins in joins
  static constexpr std::size_t kExpressionDepth = limits::kSparqlChain + limits::kSparqlDepth;

  Lexer lexer_;
  const ParseOptions& options_;
  Token now_, ahead_;
  Fault fault_;
  std::string base_;
  std::map<std::string, std::string, std::less<>> prefixes_;
  std::size_t depth_ = 0, elements_ = 0, triples_ = 0, links_ = 0, tokens_ = 0;
  std::uint32_t deepest_ = 0;  ///< of the expressions in the pattern at hand
  bool is_late_ = false;

  std::vector<std::string> names_;
  std::vector<std::unordered_map<std::string, Variable>> scopes_;
  Blanks blanks_ = Blanks::Variables;
  bool paths_allowed_ = true, variables_allowed_ = true, aggregates_allowed_ = false;
  bool aggregates_seen_ = false;
  std::uint32_t exists_ = 0, fresh_ = 0;

  /// The basic graph pattern that is being read, and the one each label belongs to (19.6).
  std::uint32_t pattern_ = 0, patterns_ = 0;
  std::unordered_map<std::string, std::pair<std::uint32_t, Variable>> labels_;
  std::set<std::string> data_labels_;  ///< of earlier INSERT DATA operations
};

}  // namespace qp::sparql
