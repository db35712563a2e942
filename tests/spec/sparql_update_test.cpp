// The W3C suite of SPARQL 1.1 Update: what is in the store afterwards.
#include <doctest/doctest.h>

#include "../sparql/scratch_store.hpp"
#include "rdf/isomorphic.hpp"
#include "rdf/nquads.hpp"
#include "sparql/parser.hpp"
#include "sparql/update.hpp"
#include "sparql_answers.hpp"
#include "sparql_suite.hpp"
#include "suite.hpp"

using namespace qp;

namespace {

rdf::Dataset quads_in(const tests::SparqlCase& each, const tests::SparqlCase::GraphFiles& files) {
  rdf::Dataset all;
  for (const auto& [graph, file] : files) {
    for (rdf::Quad quad : tests::read_rdf(each.folder / file.substr(each.base.size()), file)) {
      quad.g = rdf::Term::iri(graph);
      // Files have blank nodes of their own.
      for (rdf::Term* term : {&quad.s, &quad.o}) {
        if (term->kind == rdf::TermKind::Blank) {
          term->value += "f" + std::to_string(&file - &files.front().second);
        }
      }
      all.push_back(std::move(quad));
    }
  }
  return all;
}

rdf::Dataset quads_in(const store::Txn& txn) {
  rdf::Dataset all;
  const auto scanned = txn.scan({}, {}, [&](const store::OrderedQuad& found) {
    const auto term = [&](TermId id) { return rdf::Term::copy(*txn.resolve(id)); };
    rdf::Quad quad{term(found.quad.s), term(found.quad.p), term(found.quad.o), term(found.quad.g)};
    if (quad.g.value == quadpub::unnamed_graph.iri) quad.g.value.clear();
    all.push_back(std::move(quad));
    return true;
  });
  REQUIRE(scanned.has_value());
  return all;
}

std::string trouble_with(const tests::SparqlCase& each) {
  const std::string text = tests::read_file(each.folder / each.query.substr(each.base.size()));
  const auto update = sparql::parse_update(text, {each.query, nullptr});
  if (!update) return "unread";
  tests::ScratchStore store;
  store.add(quads_in(each, each.data));
  sparql::UpdateOptions options;
  options.run.default_graph = sparql::Dataset::Default::Unnamed;
  const auto done = store->write([&](store::WriteTxn& txn) -> Result<void> {
    QP_TRY(sparql::run_update(txn, *update, options));
    return {};
  });
  if (!done) return "failed: " + Result<void>(done).error().detail;
  const auto txn = store->read();
  const rdf::Dataset found = quads_in(**txn);
  if (rdf::isomorphic(found, quads_in(each, each.result_data))) return "";
  return "another dataset:\n" + rdf::to_nquads(found);
}

}  // namespace

TEST_CASE("SPARQL 1.1 Update: the store holds what the suite says") {
  tests::run_sparql_cases("sparql11", "UpdateEvaluationTest", 94, trouble_with);
}
