// Random small data and queries: a reader gets what a store without the hidden graphs answers, and
// every way of planning a query gives the same answer.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <random>

#include "generated_queries.hpp"
#include "scratch_store.hpp"
#include "sparql/update.hpp"

using namespace qp;

namespace {

using tests::answer;
using tests::iri;
using tests::pick;
using tests::Queries;
using tests::Random;

/// Who reads: the public, and two who are in a set of their own besides.
constexpr std::size_t kReaders = 3;

struct Data {
  struct Graph {
    rdf::Dataset quads;
    std::size_t audience = 0;  ///< 0 public, 1 and 2 one reader's set, 3 nobody
  };
  std::vector<Graph> graphs;
  struct Item {
    std::string sequence, member;
    std::size_t audience = 0;
  };
  std::vector<Item> items;
};

bool sees(std::size_t reader, std::size_t audience) {
  return audience == 0 || (audience != 3 && audience == reader);
}

Data made_up_data(Random& random) {
  Data made;
  for (std::size_t g = 0; g < 10; ++g) {
    Data::Graph graph;
    graph.audience = pick(random, 4);
    const rdf::Term name = rdf::Term::iri(iri("g" + std::to_string(g)));
    // Objects of one kind, which lie in the order of their values.
    for (std::size_t i = pick(random, 4); i-- > 0;) {
      graph.quads.push_back(
          {rdf::Term::iri(iri("n" + std::to_string(pick(random, 6)))), rdf::Term::iri(iri("p3")),
           rdf::Term::literal(std::to_string(pick(random, 9)), std::string(xsd::integer.iri)),
           name});
    }
    for (std::size_t i = pick(random, 9); i-- > 0;) {
      const auto node = [&] { return rdf::Term::iri(iri("n" + std::to_string(pick(random, 6)))); };
      rdf::Term object = node();
      if (pick(random, 3) == 0) {
        object = rdf::Term::literal(std::to_string(pick(random, 4)), std::string(xsd::integer.iri));
      }
      graph.quads.push_back(
          {node(), rdf::Term::iri(iri("p" + std::to_string(pick(random, 3)))), object, name});
    }
    // The graphs of the collections are there for all.
    made.graphs.push_back(std::move(graph));
  }
  for (std::size_t c = 0; c < 2; ++c) {
    const std::string sequence = iri("c" + std::to_string(c));
    Data::Graph graph;
    graph.audience = pick(random, 4);
    graph.quads.push_back({rdf::Term::iri(sequence), rdf::Term::iri(iri("p0")),
                           rdf::Term::iri(iri("n0")), rdf::Term::iri(sequence)});
    for (std::size_t i = 0; i < 3; ++i) {
      made.items.push_back({sequence, iri("n" + std::to_string(i)),
                            std::max(graph.audience, std::size_t{0}) == 3 ? 3 : pick(random, 4)});
    }
    made.graphs.push_back(std::move(graph));
  }
  return made;
}

std::size_t audience_of(const Data& data, const std::string& graph) {
  for (const Data::Graph& each : data.graphs) {
    if (!each.quads.empty() && each.quads[0].g.value == graph) return each.audience;
  }
  return 3;
}

/// All of it, with its audiences. The set of each reader.
std::vector<store::Visible> fill(tests::ScratchStore& store, const Data& data) {
  std::vector<store::AudienceId> sets(4, store::AudienceId::Public);
  sets[3] = store::AudienceId::Nobody;
  const auto done = store->write([&](store::WriteTxn& txn) -> Result<void> {
    for (std::size_t i = 1; i < 3; ++i) {
      const TermId member = QP_TRY(txn.intern_iri(iri("reader" + std::to_string(i))));
      sets[i] = QP_TRY(txn.intern_audience({&member, 1}));
    }
    return {};
  });
  REQUIRE(done.has_value());
  for (const Data::Graph& graph : data.graphs) store.add(graph.quads, sets[graph.audience]);
  const auto listed = store->write([&](store::WriteTxn& txn) -> Result<void> {
    for (const Data::Item& item : data.items) {
      const TermId sequence = QP_TRY(txn.intern_iri(item.sequence));
      const TermId member = QP_TRY(txn.intern_iri(item.member));
      QP_TRY(txn.sequence_append(sequence, member, sets[item.audience]));
    }
    return {};
  });
  REQUIRE(listed.has_value());
  std::vector<store::Visible> readers{store::Visible::only_public()};
  for (std::size_t i = 1; i < 3; ++i) {
    readers.emplace_back(std::vector{store::AudienceId::Public, sets[i]});
  }
  return readers;
}

/// Only what this reader may see, as plain public quads.
void fill_filtered(tests::ScratchStore& store, const Data& data, std::size_t reader) {
  for (const Data::Graph& graph : data.graphs) {
    if (sees(reader, graph.audience)) store.add(graph.quads);
  }
  for (const Data::Item& item : data.items) {
    if (!sees(reader, item.audience) || !sees(reader, audience_of(data, item.sequence))) continue;
    store.add({{rdf::Term::iri(item.sequence), rdf::Term::iri(std::string(as::items.iri)),
                rdf::Term::iri(item.member), rdf::Term::iri(item.sequence)}});
  }
}

void check_same(const Result<std::vector<std::string>>& expected,
                const Result<std::vector<std::string>>& found, const std::string& query) {
  REQUIRE_MESSAGE(expected.has_value(), query);
  REQUIRE_MESSAGE(found.has_value(), query);
  if (*expected == *found) return;
  std::string message = query + "\nexpected:\n";
  for (const std::string& line : *expected) message += line + "\n";
  message += "found:\n";
  for (const std::string& line : *found) message += line + "\n";
  FAIL_CHECK(message);
}

sparql::RunOptions options_for(const store::Visible& visible) {
  sparql::RunOptions made;
  made.scan.visible = visible;
  return made;
}

}  // namespace

TEST_CASE("a reader's answers are those of a store without what is hidden: 1,000 queries") {
  Random random(7);
  const int sets = std::getenv("QUADPUB_LONG") != nullptr ? 200 : 20;
  for (int set = 0; set < sets; ++set) {
    const Data data = made_up_data(random);
    tests::ScratchStore whole;
    const std::vector<store::Visible> readers = fill(whole, data);
    const auto whole_txn = whole->read();
    Queries queries(random);
    for (std::size_t reader = 0; reader < kReaders; ++reader) {
      tests::ScratchStore filtered;
      fill_filtered(filtered, data, reader);
      const auto filtered_txn = filtered->read();
      for (int i = 0; i < 17; ++i) {
        const std::string query = queries.next();
        CAPTURE(reader);
        check_same(answer(**filtered_txn, query, options_for(store::Visible::everything())),
                   answer(**whole_txn, query, options_for(readers[reader])), query);
      }
    }
  }
}

namespace {

/// What an update whose WHERE is `body` puts in when this reader sends it; nothing is kept.
Result<std::vector<std::string>> inserted(store::Store& store, const std::string& body,
                                          const sparql::RunOptions& run) {
  const auto update = QP_TRY(sparql::parse_update("INSERT { GRAPH <" + iri("out") + "> { ?a <" +
                                                  iri("made") + "> ?b } } WHERE { " + body + " }"));
  Result<std::vector<std::string>> found = std::vector<std::string>();
  const auto undone = store.write([&](store::WriteTxn& txn) -> Result<void> {
    QP_TRY(sparql::run_update(txn, update, {run}));
    found = answer(txn, "SELECT ?a ?b { GRAPH <" + iri("out") + "> { ?a ?p ?b } }", {});
    return error(Code::Conflict, "not to be kept");
  });
  if (undone.error().code != Code::Conflict) return Error(undone.error());
  return found;
}

}  // namespace

TEST_CASE("the WHERE of an update sees what its reader sees: 300 updates") {
  Random random(13);
  for (int set = 0; set < 10; ++set) {
    const Data data = made_up_data(random);
    tests::ScratchStore whole;
    const std::vector<store::Visible> readers = fill(whole, data);
    Queries queries(random);
    for (std::size_t reader = 0; reader < kReaders; ++reader) {
      tests::ScratchStore filtered;
      fill_filtered(filtered, data, reader);
      for (int i = 0; i < 10; ++i) {
        const std::string body = queries.body();
        check_same(inserted(*filtered, body, options_for(store::Visible::everything())),
                   inserted(*whole, body, options_for(readers[reader])), body);
      }
    }
  }
}

TEST_CASE("a query that is written another way has the same answer") {
  Random random(17);
  const int sets = std::getenv("QUADPUB_LONG") != nullptr ? 200 : 20;
  for (int set = 0; set < sets; ++set) {
    tests::ScratchStore store;
    fill(store, made_up_data(random));
    const auto txn = store->read();
    Queries queries(random, Queries::Terms::All);
    const auto ask = [&](const std::string& where) {
      return answer(**txn, "SELECT ?a ?b ?c ?d { " + where + " }",
                    options_for(store::Visible::everything()));
    };
    for (int i = 0; i < 15; ++i) {
      const std::string one = queries.body(), other = queries.body(), test = queries.test();
      const std::string braced = "{ " + one + " } ", second = "{ " + other + " } ";
      check_same(ask(one), ask(braced), one);
      check_same(ask(braced + second), ask(second + braced), one + " | " + other);
      check_same(ask(braced + "UNION " + second), ask(second + "UNION " + braced),
                 one + " | " + other);
      // What passes a test, what fails it, and for what it is an error, are all there is.
      const auto all = ask(braced);
      auto parts = ask(braced + "FILTER(" + test + ")");
      REQUIRE(parts.has_value());
      for (const std::string& rest :
           {"FILTER(!(" + test + "))", "BIND(IF(" + test + ", 1, 0) AS ?t) FILTER(!BOUND(?t))"}) {
        const auto more = ask(braced + rest);
        REQUIRE(more.has_value());
        parts->insert(parts->end(), more->begin(), more->end());
      }
      std::sort(parts->begin(), parts->end());
      check_same(all, parts, braced + "FILTER(" + test + ")");
      // A filter behind a union is a filter in each of its branches.
      const std::string filter = "FILTER(" + test + ")";
      check_same(ask("{ " + braced + "UNION " + second + "} " + filter),
                 ask("{ " + braced + filter + " } UNION { " + second + filter + " }"), filter);
      // NOT EXISTS of the same is MINUS where a variable is shared for certain.
      check_same(
          ask(braced + "?a <" + iri("p0") + "> ?b FILTER NOT EXISTS { ?a <" + iri("p1") + "> ?b }"),
          ask(braced + "?a <" + iri("p0") + "> ?b MINUS { ?a <" + iri("p1") + "> ?b }"), one);
    }
  }
}

TEST_CASE("a LIMIT gives so many of the rows that there are without it") {
  Random random(19);
  const int sets = std::getenv("QUADPUB_LONG") != nullptr ? 200 : 20;
  for (int set = 0; set < sets; ++set) {
    tests::ScratchStore store;
    fill(store, made_up_data(random));
    const auto txn = store->read();
    Queries queries(random);
    const auto ask = [&](const std::string& text) {
      return answer(**txn, text, options_for(store::Visible::everything()));
    };
    for (int i = 0; i < 25; ++i) {
      const bool distinct = pick(random, 2) == 0;
      const std::size_t limit = 1 + pick(random, 20), offset = pick(random, 3);
      const std::string query = std::string("SELECT ") + (distinct ? "DISTINCT " : "") +
                                "?a ?b ?c { " + queries.body() + " }";
      const auto all = ask(query);
      const auto some =
          ask(query + " LIMIT " + std::to_string(limit) + " OFFSET " + std::to_string(offset));
      REQUIRE_MESSAGE(all.has_value(), query);
      REQUIRE_MESSAGE(some.has_value(), query);
      CHECK_MESSAGE(some->size() == std::min(limit, all->size() - std::min(offset, all->size())),
                    query);
      CHECK_MESSAGE(std::includes(all->begin(), all->end(), some->begin(), some->end()), query);
      const auto any = ask("ASK { " + query + " }");
      REQUIRE_MESSAGE(any.has_value(), query);
      CHECK_MESSAGE((any->at(0) == "yes") == !all->empty(), query);
    }
  }
}

TEST_CASE("every way of planning a query gives the same answer") {
  using Join = sparql::PlanOptions::Join;
  const sparql::PlanOptions ways[] = {
      {},
      {.join = Join::Index},
      {.join = Join::Hash},
      {.join = Join::Merge},
      {.may_feed = false},
      {.may_reorder = false},
      {.may_push = false},
      {.lead = sparql::PlanOptions::Lead::Always},
      {.join = Join::Hash, .may_feed = false, .may_reorder = false, .may_push = false},
  };
  Random random(11);
  const int sets = std::getenv("QUADPUB_LONG") != nullptr ? 200 : 20;
  for (int set = 0; set < sets; ++set) {
    tests::ScratchStore store;
    fill(store, made_up_data(random));
    const auto txn = store->read();
    Queries queries(random);
    for (int i = 0; i < 25; ++i) {
      const std::string query = queries.next();
      sparql::RunOptions options = options_for(store::Visible::everything());
      const auto expected = answer(**txn, query, options);
      for (const sparql::PlanOptions& way : ways) {
        options.plan = way;
        CAPTURE(&way - ways);
        // All of it is less than one batch of the usual size: nothing would come in a second one.
        for (const std::size_t batch : {sparql::Limits::kBatch, std::size_t{2}}) {
          CAPTURE(batch);
          options.limits.batch = batch;
          check_same(expected, answer(**txn, query, options), query);
        }
      }
    }
  }
}
