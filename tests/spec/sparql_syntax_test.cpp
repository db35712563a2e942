// The W3C suites of SPARQL 1.0 and 1.1: what is a query or an update, and what is none.
#include <doctest/doctest.h>

#include "sparql/parser.hpp"
#include "sparql_suite.hpp"
#include "suite.hpp"

using namespace qp;

namespace {

/// What is wrong with the way in which `each` is read; empty when nothing is.
std::string trouble_with(const tests::SparqlCase& each) {
  const std::string text = tests::read_file(each.folder / each.query.substr(each.base.size()));
  const bool is_update = each.kind.find("Update") != std::string::npos;
  const sparql::ParseOptions options{each.query, nullptr};
  sparql::Fault fault;
  const bool read = is_update ? sparql::parse_update(text, options, &fault).has_value()
                              : sparql::parse_query(text, options, &fault).has_value();
  if (each.kind.starts_with("Negative")) return read ? "accepted" : "";
  return read ? "" : std::to_string(fault.at.line) + ": " + fault.what;
}

void run(const std::string& suite, const std::string& kind, std::size_t total) {
  tests::run_sparql_cases(suite, kind, total, trouble_with);
}

}  // namespace

TEST_CASE("SPARQL 1.0 syntax suites") {
  run("sparql10", "PositiveSyntaxTest", 149);
  run("sparql10", "NegativeSyntaxTest", 50);
}
TEST_CASE("SPARQL 1.1 syntax suites") {
  run("sparql11", "PositiveSyntaxTest11", 66);
  run("sparql11", "NegativeSyntaxTest11", 48);
  run("sparql11", "PositiveUpdateSyntaxTest11", 42);
  run("sparql11", "NegativeUpdateSyntaxTest11", 13);
}
TEST_CASE("every query and update of the evaluation suites is read") {
  run("sparql10", "QueryEvaluationTest", 283);
  run("sparql11", "UpdateEvaluationTest", 94);
}
