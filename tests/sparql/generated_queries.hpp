#pragma once

#include <algorithm>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "rdf/nquads.hpp"
#include "sparql/execution.hpp"
#include "sparql/parser.hpp"
#include "sparql/results.hpp"
#include "vocab/terms.hpp"

/// Random queries, for tests that compare two answers.
namespace qp::tests {

using Random = std::mt19937;
inline std::size_t pick(Random& random, std::size_t below) { return random() % below; }

inline std::string iri(const std::string& name) { return "http://x/" + name; }

/// Random queries over ?a ?b ?c ?d, the nodes n0 to n5 and the predicates p0 to p3, whose objects
/// are numbers only.
class Queries {
 public:
  enum class Terms : std::uint8_t {
    Nodes,  ///< and whole numbers
    All,    ///< texts, numbers and times too, and what functions make of them
  };
  explicit Queries(Random& random, Terms terms = Terms::Nodes) : random_(random), terms_(terms) {}

  std::string next() {
    const std::string body = group(2);
    if (terms_ == Terms::All && pick(random_, 5) == 0) return grouped(body);
    switch (pick(random_, 10)) {
      case 7:
        return "CONSTRUCT { ?a <" + iri("made") + "> ?b . ?c ?d ?a } { " + body + " }";
      case 8:
        return "DESCRIBE ?a { " + body + " }";
      case 6:  // in a total order
        return "SELECT ?a ?b ?c ?d { ?b <" + iri("p3") + "> ?c . " + body + " } ORDER BY " +
               (pick(random_, 2) ? "?c" : "DESC(?c)") + " ?a ?b ?d LIMIT " +
               std::to_string(1 + pick(random_, 5));
      case 0:
        return "SELECT (COUNT(*) AS ?n) (COUNT(DISTINCT ?a) AS ?m) { " + body + " }";
      case 1:
        return "SELECT ?a (COUNT(?b) AS ?n) (SUM(?c) AS ?m) { " + body + " } GROUP BY ?a";
      case 2:
        if (pick(random_, 2) == 0) {
          return "SELECT DISTINCT " + variable() + " { " +
                 (pick(random_, 3) ? triple() : "GRAPH ?d { " + triple() + "}") + "}";
        }
        return "SELECT DISTINCT ?a ?b { " + body + " }";
      case 3:
        return "ASK { " + body + " }";
      default:
        return "SELECT ?a ?b ?c ?d { " + body + " }";
    }
  }

  /// What stands between the braces of WHERE.
  std::string body() { return group(2); }
  /// One to three operations, SILENT where they could fail for want of a graph.
  std::string update() {
    std::string made = operation();
    for (std::size_t more = pick(random_, 3); more-- > 0;) made += " ; " + operation();
    return made;
  }
  /// A condition, without EXISTS.
  std::string test() { return expression(2); }

 private:
  std::string variable() { return std::string("?") + "abcd"[pick(random_, 4)]; }
  std::string node() {
    return pick(random_, 4) == 0 ? "<" + iri("n" + std::to_string(pick(random_, 6))) + ">"
                                 : variable();
  }
  std::string predicate() {
    if (pick(random_, 6) == 0) return "<" + std::string(as::items.iri) + ">";
    return "<" + iri("p" + std::to_string(pick(random_, 4))) + ">";
  }
  std::string path() {
    switch (pick(random_, 6)) {
      case 0:
        return predicate() + "+";
      case 1:
        return predicate() + "*";
      case 2:
        return predicate() + "/" + predicate();
      case 3:
        return "^" + predicate();
      case 4:
        return "!" + predicate();
      default:
        return "(" + predicate() + "|" + predicate() + ")?";
    }
  }
  std::string triple() {
    const std::size_t kind = pick(random_, 8);
    const std::string verb = kind == 0 ? path() : kind == 1 ? variable() : predicate();
    return node() + " " + verb + " " + node() + " . ";
  }
  std::string triples() {
    std::string made = triple();
    for (std::size_t more = pick(random_, 3); more-- > 0;) made += triple();
    return made;
  }
  std::string aggregate() {
    static const char* const kNames[] = {"COUNT", "SUM", "AVG", "MIN", "MAX", "COUNT"};
    const std::string name = kNames[pick(random_, std::size(kNames))];
    // An error is not counted, and makes the others one (18.5.1): not so for all engines.
    // Nor is it said which of a text and a number is the lesser one.
    const std::string of = name == "COUNT" ? variable() : "COALESCE(ABS(" + expression(1) + "), 0)";
    return name + "(" + (pick(random_, 3) ? "" : "DISTINCT ") + of + ")";
  }
  /// Aggregates over what `body` finds.
  std::string grouped(const std::string& body) {
    const bool by_value = pick(random_, 3) == 0;
    const std::string key = by_value ? "?k" : variable();
    std::string made = "SELECT " + key + " (" + aggregate() + " AS ?m) (" + aggregate() +
                       " AS ?n) { " + body + " } GROUP BY " +
                       (by_value ? "(" + expression(1) + " AS ?k)" : key);
    switch (pick(random_, 4)) {
      case 0:
        return made + " HAVING(" + aggregate() + " > 1)";
      case 1:
        return made + " HAVING(COUNT(*) > 1 || " + (pick(random_, 2) ? "NOT " : "") + "EXISTS { " +
               triple() + " })";
      default:
        return made;
    }
  }
  /// A query inside of another; it may count.
  std::string subselect(int depth) {
    const std::string inner = pick(random_, 2) ? triples() : group(depth - 1);
    // What the outer query knows by the name of a count is another thing in here (18.2.1).
    const auto without = [&](char name) {
      const char other = "fghijlopqrstuvwxyz"[binds_++ % 18];
      std::string made = inner;
      for (std::size_t at = 0; (at = made.find('?', at)) != std::string::npos; ++at) {
        if (made[at + 1] == name) made[at + 1] = other;
      }
      return made;
    };
    switch (pick(random_, 4)) {
      case 0:
        return "{ SELECT ?a (COUNT(?b) AS ?c) { " + without('c') + " } GROUP BY ?a } ";
      case 1:
        return "{ SELECT (MAX(?c) AS ?d) { " + without('d') + " } } ";
      case 2:
        return "{ SELECT ?a ?b (" + expression(1) + " AS ?e" + std::to_string(binds_++) + ") { " +
               inner + " } } ";
      default:
        return "{ SELECT DISTINCT ?a ?b ?c ?d { " + inner + " } ORDER BY ?a ?b ?c ?d } ";
    }
  }
  std::string graph_name() {
    return pick(random_, 3) ? variable() : "<" + iri("g" + std::to_string(pick(random_, 4))) + ">";
  }
  std::string values() {
    switch (pick(random_, 3)) {
      case 0:
        return "VALUES (?a ?b) { (<" + iri("n1") + "> UNDEF) (UNDEF <" + iri("n2") +
               ">) (UNDEF UNDEF) (<" + iri("n0") + "> <" + iri("n3") + ">) } ";
      case 1:
        return "VALUES ?c { 1 2.0 3e0 UNDEF \"a\" \"a\"@en } ";
      default:
        return "VALUES (?c ?d) { (1 UNDEF) (2 <" + iri("n4") + ">) } ";
    }
  }
  std::string graph_iri() { return "<" + iri("g" + std::to_string(pick(random_, 4))) + ">"; }
  /// A triple of constants; with `blanks` its ends may be blank nodes.
  std::string fact(bool blanks) {
    static const char* const kObjects[] = {"1",        "2.5",  "\"a\"",
                                           "\"b\"@en", "true", "\"1.0E0\"^^xsd:double"};
    const auto end = [&](bool object) -> std::string {
      if (blanks && pick(random_, 4) == 0) return pick(random_, 2) ? "_:x" : "_:y";
      if (object && pick(random_, 2) == 0) return kObjects[pick(random_, std::size(kObjects))];
      return "<" + iri("n" + std::to_string(pick(random_, 6))) + ">";
    };
    return end(false) + " <" + iri("p" + std::to_string(pick(random_, 4))) + "> " + end(true) +
           " . ";
  }
  std::string facts(bool blanks) {
    const std::string plain = fact(blanks) + (pick(random_, 2) ? fact(blanks) : "");
    return (pick(random_, 2) ? plain : "") + "GRAPH " + graph_iri() + " { " + fact(blanks) + "} ";
  }
  /// Of a DELETE or INSERT with a WHERE.
  std::string quads_template(bool blanks) {
    const auto end = [&] { return blanks && pick(random_, 5) == 0 ? "_:z" : node(); };
    const auto triple = [&] {
      return end() + " <" + iri("p" + std::to_string(pick(random_, 4))) + "> " + end() + " . ";
    };
    switch (pick(random_, 3)) {
      case 0:
        return triple();
      case 1:
        return "GRAPH " + (pick(random_, 2) ? variable() : graph_iri()) + " { " + triple() + "} ";
      default:
        return triple() + "GRAPH " + graph_iri() + " { " + triple() + triple() + "} ";
    }
  }
  std::string operation() {
    static const char* const kWhole[] = {"CLEAR", "DROP"};
    static const char* const kMoves[] = {"COPY", "MOVE", "ADD"};
    const auto place = [&] { return pick(random_, 3) ? "GRAPH " + graph_iri() : "DEFAULT"; };
    switch (pick(random_, 9)) {
      case 0:
        return "INSERT DATA { " + facts(true) + "}";
      case 1:
        return "DELETE DATA { " + facts(false) + "}";
      case 2:
        return "DELETE WHERE { " + quads_template(false) + "}";
      case 3:
        return std::string(kWhole[pick(random_, 2)]) + " SILENT " +
               (pick(random_, 6) == 0 ? "NAMED" : place());
      case 4: {
        const std::string from = place(), to = place();
        // Of a graph that is not there nothing is copied, and nothing is lost; not so for all.
        const std::string first =
            from == "DEFAULT" ? "" : "INSERT DATA { " + from + " { " + fact(false) + "} } ; ";
        return first + std::string(kMoves[pick(random_, 3)]) + " SILENT " + from + " TO " + to;
      }
      default: {
        std::string made = pick(random_, 3) == 0 ? "WITH " + graph_iri() + " " : "";
        const std::size_t kind = pick(random_, 3);
        if (kind != 0) made += "DELETE { " + quads_template(false) + "} ";
        if (kind != 1) made += "INSERT { " + quads_template(true) + "} ";
        if (pick(random_, 5) == 0) made += "USING " + graph_iri() + " ";
        if (pick(random_, 5) == 0) made += "USING NAMED " + graph_iri() + " ";
        return made + "WHERE { " + group(1) + " }";
      }
    }
  }
  std::string expression(int depth) {
    if (depth <= 0) return variable();
    const auto inner = [&] { return expression(depth - 1); };
    const auto call = [](const std::string& name, const std::vector<std::string>& arguments) {
      std::string made = name + "(";
      for (const std::string& each : arguments) made += (made.ends_with('(') ? "" : ", ") + each;
      return made + ")";
    };
    static const char* const kUnary[] = {"STR",
                                         "STRLEN",
                                         "UCASE",
                                         "LCASE",
                                         "ABS",
                                         "CEIL",
                                         "FLOOR",
                                         "ROUND",
                                         "isIRI",
                                         "isLiteral",
                                         "isNumeric",
                                         "LANG",
                                         "DATATYPE",
                                         "YEAR",
                                         "MONTH",
                                         "MD5",
                                         "ENCODE_FOR_URI",
                                         "xsd:integer",
                                         "xsd:decimal",
                                         "xsd:string",
                                         "xsd:boolean",
                                         "!"};
    static const char* const kBinary[] = {
        "+", "-", "*", "/", "=", "!=", "<", ">", "<=", "&&", "||"};
    static const char* const kOfTexts[] = {"CONTAINS", "STRSTARTS", "STRENDS",     "STRBEFORE",
                                           "STRAFTER", "CONCAT",    "langMatches", "sameTerm"};
    static const char* const kConstants[] = {"1",
                                             "-2",
                                             "2.5",
                                             "0",
                                             "\"a\"",
                                             "\"b\"@en",
                                             "true",
                                             "\"\"",
                                             "1e0",
                                             "\"1\"^^xsd:float",
                                             "\"2024-02-29T12:00:00\"^^xsd:dateTime",
                                             "\"2024-02-29T11:00:00-01:00\"^^xsd:dateTime",
                                             "\"2023-06-01\"^^xsd:date"};
    switch (pick(random_, 9)) {
      case 0:
      case 1:
        return call(kUnary[pick(random_, std::size(kUnary))], {inner()});
      case 2:
        return "(" + inner() + " " + kBinary[pick(random_, std::size(kBinary))] + " " + inner() +
               ")";
      case 3:
        return call(kOfTexts[pick(random_, std::size(kOfTexts))], {inner(), inner()});
      case 4:
        return call("IF", {inner(), inner(), inner()});
      case 5:
        return call("COALESCE", {inner(), inner()});
      case 6:
        return "(" + inner() + (pick(random_, 2) ? " IN (" : " NOT IN (") + inner() + ", " +
               inner() + "))";
      case 7:
        return call("SUBSTR", {inner(), std::to_string(1 + pick(random_, 3))});
      default:
        return kConstants[pick(random_, std::size(kConstants))];
    }
  }
  std::string condition(int depth) {
    if (terms_ == Terms::All && pick(random_, 2) == 0) return expression(2);
    if (terms_ == Terms::All && pick(random_, 4) == 0) {
      return "(EXISTS { " + group(depth - 1) + " } " + (pick(random_, 2) ? "||" : "=") +
             " EXISTS { " + triples() + " })";
    }
    switch (pick(random_, 7)) {
      case 0:
        return variable() + " = " + variable();
      case 1:
        return variable() + " != " + node();
      case 2:
        return variable() + " < 2";
      case 3:
        return "bound(" + variable() + ")";
      case 4:
        return "isIRI(" + variable() + ") || " + variable() + " > 0";
      default:
        return std::string(pick(random_, 2) ? "NOT " : "") + "EXISTS { " + group(depth - 1) + " }";
    }
  }
  std::string group(int depth) {
    std::string made = triples();
    if (depth <= 0) return made;
    for (std::size_t more = pick(random_, 3); more-- > 0;) {
      switch (pick(random_, terms_ == Terms::All ? 14 : 8)) {
        case 13:
          made = "{ " + made + "} BIND(" + (pick(random_, 2) ? "NOT " : "") + "EXISTS { " +
                 triples() + "} AS ?e" + std::to_string(binds_++) + ") ";
          break;
        case 12:
          made += "{ " + group(depth - 1) + " } ";
          break;
        case 11:
          made += values();
          break;
        case 10:
          made += subselect(depth);
          break;
        case 9:
          made += "GRAPH " + graph_name() + " { " + group(depth - 1) + " } ";
          break;
        case 8:
          made =
              "{ " + made + "} BIND(" + expression(2) + " AS ?e" + std::to_string(binds_++) + ") ";
          break;
        case 0:
          made += "OPTIONAL { " + group(depth - 1) + " } ";
          break;
        case 1:
          made += "{ " + group(depth - 1) + " } UNION { " + group(depth - 1) + " } ";
          break;
        case 2:
          made += "MINUS { " + group(depth - 1) + " } ";
          break;
        case 3:
          made += "GRAPH " + variable() + " { " + triples() + " } ";
          break;
        case 4:
          made += "VALUES ?a { <" + iri("n1") + "> <" + iri("n2") + "> UNDEF } ";
          break;
        case 5:
          made += "{ SELECT DISTINCT ?b { " + triples() + " } } ";
          break;
        default: {
          std::string test = condition(depth);
          made += test.find("EXISTS") == std::string::npos ? "FILTER(" + test + ") "
                                                           : "FILTER " + test + " ";
        }
      }
    }
    return made;
  }

  Random& random_;
  Terms terms_;
  std::size_t binds_ = 0;  ///< no variable is bound twice
};

/// The rows of the answer as sorted lines.
inline Result<std::vector<std::string>> answer(const store::Txn& txn, const std::string& text,
                                               const sparql::RunOptions& options) {
  auto query = QP_TRY(sparql::parse_query(text, {{}, sparql::vocabulary_prefix}));
  const auto execution = QP_TRY(sparql::Execution::prepare(txn, std::move(query), options));
  std::vector<std::string> lines;
  if (execution->form() == sparql::Query::Form::Ask) {
    lines.push_back(QP_TRY(execution->ask()) ? "yes" : "no");
    return lines;
  }
  if (sparql::suits(sparql::Format::NTriples, execution->form())) {
    QP_TRY(execution->triples([&](const sparql::Execution::TripleIds& triple) -> Result<void> {
      std::string& line = lines.emplace_back();
      for (const TermId id : {triple.s, triple.p, triple.o}) {
        rdf::write_term(QP_TRY(execution->term(id)), line);
        line += "\t";
      }
      return {};
    }));
    std::sort(lines.begin(), lines.end());
    return lines;
  }
  sparql::Batch rows;
  while (QP_TRY(execution->next(rows))) {
    for (std::size_t i = 0; i < rows.rows; ++i) {
      std::string& line = lines.emplace_back();
      for (std::size_t j = 0; j < rows.width; ++j) {
        if (rows.row(i)[j] != TermId::None) {
          rdf::write_term(QP_TRY(execution->term(rows.row(i)[j])), line);
        }
        line += "\t";
      }
    }
  }
  if (text.find("ORDER BY", text.rfind('}')) == std::string::npos)
    std::sort(lines.begin(), lines.end());
  return lines;
}

}  // namespace qp::tests
