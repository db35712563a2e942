// Random small data, random queries, and what this engine answers, as JSON lines for
// differential_peer.mjs, which asks Oxigraph the same.
//
//   QUADPUB_SEED=1 QUADPUB_SETS=10 QUADPUB_QUERIES=25 sparql_differential_test
//
// A line {"data": N-Quads} begins a set; {"query", "answer": [[terms]...] or true or false,
// "ordered"} or {"query", "error"} follow, and then {"update", "after": [[s, p, o, g]...]}.
#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/json.hpp"
#include "generated_queries.hpp"
#include "scratch_store.hpp"
#include "sparql/update.hpp"

using namespace qp;

namespace {

std::string json_text(std::string_view text) { return json::to_text(json::Value::string(text), 0); }

rdf::Term some_literal(tests::Random& random) {
  const auto typed = [](const char* text, const Word& type) {
    return rdf::Term::literal(text, std::string(type.iri));
  };
  switch (tests::pick(random, 15)) {
    case 0:
      return typed("a", xsd::string);
    case 1:
      return typed("b c", xsd::string);
    case 2:
      return typed("", xsd::string);
    case 3:
      return typed("2.5", xsd::decimal);
    case 4:
      return typed("1.0E0", xsd::double_);
    case 5:
      return typed("2024-02-29T12:00:00Z", xsd::dateTime);
    case 6:
      return typed("2023-01-01T00:00:00Z", xsd::dateTime);
    case 7:
      return typed("true", xsd::boolean);
    case 8: {
      rdf::Term term = typed("a", rdf::langString);
      term.language = "en";
      return term;
    }
    case 9: {
      rdf::Term term = typed("b", rdf::langString);
      term.language = "en-gb";
      return term;
    }
    case 10:
      return typed("2.5", xsd::float_);
    case 11:
      return typed("2024-02-29T12:00:00", xsd::dateTime);
    case 12:
      return typed("2024-02-29T13:00:00+01:00", xsd::dateTime);
    default:
      return typed(std::to_string(tests::pick(random, 4)).c_str(), xsd::integer);
  }
}

rdf::Dataset made_up_data(tests::Random& random) {
  const auto node = [&] {
    return rdf::Term::iri(tests::iri("n" + std::to_string(tests::pick(random, 6))));
  };
  rdf::Dataset made;
  for (std::size_t i = 10 + tests::pick(random, 25); i-- > 0;) {
    rdf::Quad quad;
    quad.s = node();
    const std::size_t predicate = tests::pick(random, 4);
    quad.p = rdf::Term::iri(tests::iri("p" + std::to_string(predicate)));
    quad.o = node();
    if (predicate == 3) {
      quad.o =
          rdf::Term::literal(std::to_string(tests::pick(random, 9)), std::string(xsd::integer.iri));
    } else if (tests::pick(random, 3) == 0) {
      quad.o = some_literal(random);
    }
    if (tests::pick(random, 2) == 0) {
      quad.g = rdf::Term::iri(tests::iri("g" + std::to_string(tests::pick(random, 3))));
    }
    if (std::find(made.begin(), made.end(), quad) == made.end()) made.push_back(std::move(quad));
  }
  return made;
}

/// The answer as JSON.
Result<std::string> asked(const store::Txn& txn, const std::string& text) {
  sparql::RunOptions options;
  options.default_graph = sparql::Dataset::Default::Unnamed;
  options.now = Millis(1'700'000'000'000);
  auto query = QP_TRY(sparql::parse_query(text, {{}, sparql::vocabulary_prefix}));
  const auto execution = QP_TRY(sparql::Execution::prepare(txn, std::move(query), options));
  if (execution->form() == sparql::Query::Form::Ask) {
    return std::string(QP_TRY(execution->ask()) ? "true" : "false");
  }
  std::string made = "[";
  const auto add = [&](std::span<const TermId> ids) -> Result<void> {
    made += made.size() == 1 ? "[" : ",[";
    for (std::size_t i = 0; i < ids.size(); ++i) {
      std::string term;
      if (ids[i] != TermId::None) rdf::write_term(QP_TRY(execution->term(ids[i])), term);
      made += (i ? "," : "") + json_text(term);
    }
    made += "]";
    return {};
  };
  if (execution->form() == sparql::Query::Form::Select) {
    sparql::Batch rows;
    while (QP_TRY(execution->next(rows))) {
      for (std::size_t i = 0; i < rows.rows; ++i) QP_TRY(add({rows.row(i), rows.width}));
    }
  } else {
    QP_TRY(execution->triples([&](const sparql::Execution::TripleIds& triple) -> Result<void> {
      const TermId ids[] = {triple.s, triple.p, triple.o};
      return add(ids);
    }));
  }
  return made + "]";
}

/// What the store holds when the update is done, with one label for all blank nodes.
Result<std::string> updated(store::Store& store, const std::string& text) {
  const auto update = QP_TRY(sparql::parse_update(text, {{}, sparql::vocabulary_prefix}));
  sparql::UpdateOptions options;
  options.run.default_graph = sparql::Dataset::Default::Unnamed;
  options.run.now = Millis(1'700'000'000'000);
  options.audience = store::AudienceId::Public;
  QP_TRY(store.write([&](store::WriteTxn& txn) -> Result<void> {
    QP_TRY(sparql::run_update(txn, update, options));
    return {};
  }));
  const auto txn = QP_TRY(store.read());
  const auto scan = QP_TRY(txn->open_scan({}, store::Order::Gspo, {}));
  std::string made;
  store::QuadIds quad;
  while (QP_TRY(scan->next({&quad, 1})) == 1) {
    std::string terms;
    for (const TermId id : {quad.s, quad.p, quad.o, quad.g}) {
      std::string term;
      if (rdf::is_blank(id)) {
        term = "_:b";
      } else if (id != quadpub::unnamed_graph.id) {
        rdf::write_term(QP_TRY(txn->resolve(id)), term);
      }
      terms += (terms.empty() ? "" : ",") + json_text(term);
    }
    made += (made.empty() ? "[" : ",[") + terms + "]";
  }
  return "[" + made + "]";
}

}  // namespace

TEST_CASE("what Oxigraph is to answer") {
  const auto number = [](const char* name, int otherwise) {
    const char* value = std::getenv(name);
    return value != nullptr ? std::atoi(value) : otherwise;
  };
  tests::Random random(static_cast<unsigned>(number("QUADPUB_SEED", 1)));
  const int sets = number("QUADPUB_SETS", 1), count = number("QUADPUB_QUERIES", 25);
  const int updates = number("QUADPUB_UPDATES", 5);
  for (int set = 0; set < sets; ++set) {
    const rdf::Dataset data = made_up_data(random);
    tests::ScratchStore store;
    store.add(data);
    auto txn = store->read();
    REQUIRE(txn.has_value());
    std::printf("{\"data\": %s}\n", json_text(rdf::to_nquads(data)).c_str());
    tests::Queries queries(random, tests::Queries::Terms::All);
    for (int i = 0; i < count; ++i) {
      const std::string query = queries.next();
      const auto answer = asked(**txn, query);
      const bool ordered = query.find("ORDER BY", query.rfind('}')) != std::string::npos;
      std::printf("{\"query\": %s, \"ordered\": %s, \"%s\": %s}\n", json_text(query).c_str(),
                  ordered ? "true" : "false", answer ? "answer" : "error",
                  (answer ? *answer : json_text(answer.error().detail)).c_str());
    }
    txn->reset();
    for (int i = 0; i < updates; ++i) {
      const std::string update = queries.update();
      const auto after = updated(*store, update);
      std::printf("{\"update\": %s, \"%s\": %s}\n", json_text(update).c_str(),
                  after ? "after" : "error",
                  (after ? *after : json_text(after.error().detail)).c_str());
    }
  }
}
