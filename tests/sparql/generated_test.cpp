// Random small data and queries: a reader gets what a store without the hidden graphs answers, and
// every way of planning a query gives the same answer.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <random>

#include "rdf/nquads.hpp"
#include "scratch_store.hpp"
#include "sparql/execution.hpp"
#include "sparql/parser.hpp"

using namespace qp;

namespace {

using Random = std::mt19937;
std::size_t pick(Random& random, std::size_t below) { return random() % below; }

std::string iri(const std::string& name) { return "http://x/" + name; }

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

/// Queries over ?a ?b ?c ?d.
class Queries {
 public:
  explicit Queries(Random& random) : random_(random) {}

  std::string next() {
    const std::string body = group(2);
    switch (pick(random_, 6)) {
      case 0:
        return "SELECT (COUNT(*) AS ?n) (COUNT(DISTINCT ?a) AS ?m) { " + body + " }";
      case 1:
        return "SELECT ?a (COUNT(?b) AS ?n) (SUM(?c) AS ?m) { " + body + " } GROUP BY ?a";
      case 2:
        return "SELECT DISTINCT ?a ?b { " + body + " }";
      case 3:
        return "ASK { " + body + " }";
      default:
        return "SELECT ?a ?b ?c ?d { " + body + " }";
    }
  }

 private:
  std::string variable() { return std::string("?") + "abcd"[pick(random_, 4)]; }
  std::string node() {
    return pick(random_, 4) == 0 ? "<" + iri("n" + std::to_string(pick(random_, 6))) + ">"
                                 : variable();
  }
  std::string predicate() {
    if (pick(random_, 6) == 0) return "<" + std::string(as::items.iri) + ">";
    return "<" + iri("p" + std::to_string(pick(random_, 3))) + ">";
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
  std::string condition(int depth) {
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
      switch (pick(random_, 8)) {
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
};

/// The rows of the answer as sorted lines.
Result<std::vector<std::string>> answer(const store::Txn& txn, const std::string& text,
                                        const sparql::RunOptions& options) {
  auto query = QP_TRY(sparql::parse_query(text));
  const auto execution = QP_TRY(sparql::Execution::prepare(txn, std::move(query), options));
  std::vector<std::string> lines;
  if (execution->form() == sparql::Query::Form::Ask) {
    lines.push_back(QP_TRY(execution->ask()) ? "yes" : "no");
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
  std::sort(lines.begin(), lines.end());
  return lines;
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

TEST_CASE("every way of planning a query gives the same answer") {
  using Join = sparql::PlanOptions::Join;
  const sparql::PlanOptions ways[] = {
      {.join = Join::Index},
      {.join = Join::Hash},
      {.join = Join::Merge},
      {.may_feed = false},
      {.may_reorder = false},
      {.may_push = false},
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
        check_same(expected, answer(**txn, query, options), query);
      }
    }
  }
}
