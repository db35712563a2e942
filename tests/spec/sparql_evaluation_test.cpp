// The W3C suites of SPARQL 1.0 and 1.1: what queries answer, and in which formats.
#include <doctest/doctest.h>

#include "../sparql/scratch_store.hpp"
#include "rdf/isomorphic.hpp"
#include "rdf/nquads.hpp"
#include "sparql/parser.hpp"
#include "sparql/results.hpp"
#include "sparql_answers.hpp"
#include "sparql_suite.hpp"
#include "suite.hpp"

using namespace qp;

namespace {

std::filesystem::path file_of(const tests::SparqlCase& each, const std::string& iri) {
  return each.folder / iri.substr(each.base.size());
}

void load(tests::ScratchStore& store, const tests::SparqlCase& each,
          const tests::SparqlCase::GraphFiles& files) {
  for (const auto& [graph, file] : files) {
    rdf::Dataset quads = tests::read_rdf(file_of(each, file), file);
    for (rdf::Quad& quad : quads) quad.g = rdf::Term::iri(graph);
    if (quads.empty()) continue;
    store.add(quads);
  }
}

std::string text_of(const tests::ExpectedAnswer& answer) {
  std::string made;
  for (const auto& row : answer.rows) {
    for (const auto& [name, term] : row) {
      made += name + "=";
      rdf::write_term(term, made);
      made += " ";
    }
    made += "\n";
  }
  return made;
}

tests::ExpectedAnswer without_types(tests::ExpectedAnswer answer) {
  for (auto& row : answer.rows) {
    for (auto& [name, term] : row) {
      if (term.kind != rdf::TermKind::Blank) {
        term = rdf::Term::literal(term.value, std::string(xsd::string.iri));
      }
    }
  }
  return answer;
}

/// What is wrong with the answer to `each`; empty when nothing is.
std::string trouble_with(const tests::SparqlCase& each) {
  const std::string text = tests::read_file(file_of(each, each.query));
  auto query = sparql::parse_query(text, {each.query, nullptr});
  if (!query) return "unread: " + query.error().detail;
  tests::ScratchStore store;
  load(store, each, each.data);
  // FROM names files of the suite: they are loaded as graphs where no data is given.
  tests::SparqlCase::GraphFiles named;
  for (const auto* list : {&query->dataset.graphs, &query->dataset.named}) {
    for (const std::string& iri : *list) {
      const bool is_new = std::none_of(named.begin(), named.end(),
                                       [&](const auto& known) { return known.first == iri; }) &&
                          std::none_of(each.data.begin(), each.data.end(),
                                       [&](const auto& known) { return known.first == iri; });
      if (is_new && iri.starts_with(each.base)) named.emplace_back(iri, iri);
    }
  }
  load(store, each, named);

  const auto txn = store->read();
  REQUIRE(txn.has_value());
  sparql::RunOptions options;
  options.default_graph = sparql::Dataset::Default::Unnamed;
  options.now = system_now();
  const auto form = query->form;
  const bool ordered = !query->select.order_by.empty();
  auto execution = sparql::Execution::prepare(**txn, *std::move(query), options);
  if (!execution) return "not planned: " + execution.error().detail;
  const tests::ExpectedAnswer expected =
      tests::read_answer(file_of(each, each.result), each.result);

  std::string written;
  const bool graph =
      form == sparql::Query::Form::Construct || form == sparql::Query::Form::Describe;
  const std::string extension = file_of(each, each.result).extension();
  const sparql::Format format = graph                 ? sparql::Format::NTriples
                                : extension == ".srj" ? sparql::Format::Json
                                : extension == ".csv" ? sparql::Format::Csv
                                : extension == ".tsv" ? sparql::Format::Tsv
                                                      : sparql::Format::Xml;
  const auto done =
      sparql::write_answer(**execution, format, {}, [&](std::string_view piece) -> Result<void> {
        written += piece;
        return {};
      });
  if (!done) return "failed: " + Result<void>(done).error().detail;
  if (graph) {
    const auto found = rdf::parse_quads(written, rdf::Syntax::NQuads);
    if (!found) return "unreadable: " + written;
    return rdf::isomorphic(*found, expected.graph) ? "" : "another graph:\n" + written;
  }
  tests::ExpectedAnswer found = format == sparql::Format::Json  ? tests::parse_srj(written)
                                : format == sparql::Format::Csv ? tests::parse_csv(written)
                                : format == sparql::Format::Tsv ? tests::parse_tsv(written)
                                                                : tests::parse_srx(written);
  if (expected.kind != found.kind) return "another form of answer";
  if (expected.kind == tests::ExpectedAnswer::Kind::Boolean) {
    return expected.boolean == found.boolean ? "" : "the other truth";
  }
  if (format == sparql::Format::Csv) found = without_types(std::move(found));
  if (!tests::same_rows(expected, found, ordered && expected.ordered, each.lax_cardinality)) {
    return "other rows:\n" + text_of(found) + "wanted:\n" + text_of(expected);
  }
  return "";
}

void run(const std::string& suite, const std::string& kind, std::size_t total) {
  tests::run_sparql_cases(suite, kind, total, trouble_with);
}

}  // namespace

TEST_CASE("SPARQL 1.0: queries are answered as the suite says") {
  run("sparql10", "QueryEvaluationTest", 283);
}
TEST_CASE("SPARQL 1.1: queries are answered as the suite says") {
  run("sparql11", "QueryEvaluationTest", 232);
  run("sparql11", "CSVResultFormatTest", 3);
}
