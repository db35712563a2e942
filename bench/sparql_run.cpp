// How long do queries take? Loads N-Quads into a new store, runs each query of a file some times,
// and prints a JSON line for each: {"name", "ms" (median), "rows", "answer" (a file)}.
//
//   bench_sparql FOLDER DATA.nq QUERIES.rq [REPEATS]
//
// Queries are separated by lines `#### name`. Answers go to FOLDER/name.tsv, sorted. A store that
// is in FOLDER already is used as it is.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>

#include "rdf/nquads.hpp"
#include "sparql/execution.hpp"
#include "sparql/parser.hpp"
#include "vocab/terms.hpp"

using namespace qp;

namespace {

using Steady = std::chrono::steady_clock;

[[noreturn]] void die(const std::string& what) {
  std::cerr << "bench_sparql: " << what << "\n";
  std::exit(1);
}

/// Puts quads in, so many in a commit.
class Loader {
 public:
  explicit Loader(store::Store& store) : store_(store) {}

  Result<void> add(const rdf::QuadView& quad) {
    static constexpr std::size_t kBatch = 100'000;
    waiting_.push_back(rdf::copy(quad));
    return waiting_.size() < kBatch ? Result<void>() : flush();
  }

  Result<void> flush() {
    QP_TRY(store_.write([&](store::WriteTxn& txn) -> Result<void> {
      std::vector<store::OrderedQuad> quads;
      std::vector<TermId> graphs;
      const auto id = [&](const rdf::Term& term) -> Result<TermId> {
        if (term.kind != rdf::TermKind::Blank) return txn.intern(term);
        TermId& known = blanks_[term.value];
        if (known == TermId::None) known = QP_TRY(txn.new_blank());
        return known;
      };
      for (const rdf::Quad& quad : waiting_) {
        store::QuadIds made;
        made.g = quad.g.value.empty() ? quadpub::unnamed_graph.id : QP_TRY(id(quad.g));
        made.s = QP_TRY(id(quad.s));
        made.p = QP_TRY(id(quad.p));
        made.o = QP_TRY(id(quad.o));
        quads.push_back({made, 0});
        graphs.push_back(made.g);
      }
      QP_TRY(txn.apply({}, quads));
      std::sort(graphs.begin(), graphs.end());
      graphs.erase(std::unique(graphs.begin(), graphs.end()), graphs.end());
      for (const TermId graph : graphs) QP_TRY(txn.set_audience(graph, store::AudienceId::Public));
      return {};
    }));
    waiting_.clear();
    return {};
  }

 private:
  store::Store& store_;
  std::vector<rdf::Quad> waiting_;
  std::map<std::string, TermId> blanks_;
};

Result<void> load(store::Store& store, const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return bad_input("cannot read " + file);
  Loader loader(store);
  const auto source = [&in](std::span<char> buffer) {
    in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    return static_cast<std::size_t>(in.gcount());
  };
  QP_TRY(rdf::read_quads(source, rdf::Syntax::NQuads, {},
                         [&](const rdf::QuadView& quad) { return loader.add(quad); }));
  return loader.flush();
}

struct Named {
  std::string name, text;
};

std::vector<Named> read_queries(const std::string& file) {
  std::ifstream in(file);
  if (!in) die("cannot read " + file);
  std::vector<Named> made;
  std::string line;
  while (std::getline(in, line)) {
    if (line.starts_with("#### ")) {
      made.push_back({line.substr(5), {}});
    } else if (!made.empty()) {
      made.back().text += line + "\n";
    }
  }
  return made;
}

struct Answer {
  std::vector<std::string> lines;
  double ms = 0;
};

Result<void> add_line(sparql::Execution& execution, const TermId* ids, std::size_t count,
                      std::vector<std::string>& lines) {
  std::string& line = lines.emplace_back();
  for (std::size_t i = 0; i < count; ++i) {
    if (i != 0) line += '\t';
    if (ids[i] == TermId::None) continue;
    rdf::write_term(QP_TRY(execution.term(ids[i])), line);
  }
  return {};
}

/// Timed as the rival is: until every term of the answer is at hand.
Result<Answer> run(store::Store& store, const std::string& text) {
  Answer made;
  const auto begin = Steady::now();
  const auto txn = QP_TRY(store.read());
  sparql::Query query = QP_TRY(sparql::parse_query(text, {{}, sparql::vocabulary_prefix}));
  sparql::RunOptions options;
  options.now = system_now();
  const auto execution = QP_TRY(sparql::Execution::prepare(*txn, std::move(query), options));
  if (execution->form() == sparql::Query::Form::Ask) {
    made.lines.push_back(QP_TRY(execution->ask()) ? "true" : "false");
  } else if (execution->form() == sparql::Query::Form::Select) {
    sparql::Batch rows;
    while (QP_TRY(execution->next(rows))) {
      for (std::size_t i = 0; i < rows.rows; ++i) {
        QP_TRY(add_line(*execution, rows.row(i), rows.width, made.lines));
      }
    }
  } else {
    QP_TRY(execution->triples([&](const sparql::Execution::TripleIds& triple) -> Result<void> {
      const TermId ids[] = {triple.s, triple.p, triple.o};
      return add_line(*execution, ids, 3, made.lines);
    }));
  }
  made.ms = std::chrono::duration<double, std::milli>(Steady::now() - begin).count();
  return made;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) die("usage: bench_sparql FOLDER DATA.nq QUERIES.rq [REPEATS]");
  const std::filesystem::path folder = argv[1];
  const bool is_new = !std::filesystem::exists(folder / "quads.mdb");
  std::filesystem::create_directories(folder);
  auto store = store::Store::open({folder, std::size_t{1} << 38, true, false});
  if (!store) die(store.error().detail);
  if (is_new) {
    const auto begin = Steady::now();
    if (const auto done = load(**store, argv[2]); !done) die(Result<void>(done).error().detail);
    std::fprintf(stderr, "loaded in %.1f s\n",
                 std::chrono::duration<double>(Steady::now() - begin).count());
  }
  const int repeats = argc > 4 ? std::atoi(argv[4]) : 1;
  for (const Named& query : read_queries(argv[3])) {
    std::vector<double> times;
    Answer last;
    for (int i = 0; i < repeats; ++i) {
      auto answer = run(**store, query.text);
      if (!answer) die(query.name + ": " + answer.error().detail);
      last = *std::move(answer);
      times.push_back(last.ms);
    }
    std::sort(times.begin(), times.end());
    std::sort(last.lines.begin(), last.lines.end());
    std::ofstream out(folder / (query.name + ".tsv"));
    for (const std::string& line : last.lines) out << line << "\n";
    std::printf("{\"name\": \"%s\", \"ms\": %.4f, \"rows\": %zu}\n", query.name.c_str(),
                times[times.size() / 2], last.lines.size());
    std::fflush(stdout);
  }
  return 0;
}
