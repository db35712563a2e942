#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>

#include "ap/edit.hpp"
#include "rdf/iri.hpp"
#include "sparql/parser.hpp"
#include "sparql/results.hpp"
#include "sparql/update.hpp"
#include "tools/command.hpp"
#include "tools/query_prompt.hpp"
#include "tools/query_table.hpp"
#include "view/reader.hpp"

namespace qp::tools {

namespace {

struct Options {
  std::string text, file;
  std::string format;  ///< empty: a table, or Turtle
  std::string actor;   ///< empty: the operator, who sees everything
  std::string base;
  sparql::Dataset::Default default_graph = sparql::Dataset::Default::Union;
  bool explain = false, check = false, update = false, claims = false, timing = false;
  double timeout = std::chrono::duration<double>(limits::kSparqlTime).count();
  std::uint64_t limit = 0;  ///< 0: none
};

using Steady = std::chrono::steady_clock;

double milliseconds_since(Steady::time_point begin) {
  return std::chrono::duration<double, std::milli>(Steady::now() - begin).count();
}

class Runner {
 public:
  Runner(const Options& options, bool json, store::Store* store)
      : options_(options), json_(json), store_(store) {}

  /// `stop`: as of sparql::Deadline.
  Result<void> run(const std::string& text, const std::atomic<bool>* stop = nullptr) const {
    const auto begin = Steady::now();
    const auto deadline = sparql::Deadline::in(time(), stop);
    Result<void> done = options_.update ? update(text, deadline) : query(text, deadline);
    if (done && options_.timing) {
      std::fprintf(stderr, "{\"time_ms\": %.3f}\n", milliseconds_since(begin));
    }
    return done;
  }

 private:
  sparql::ParseOptions parse_options(const sparql::Deadline& deadline) const {
    return {options_.base, sparql::vocabulary_prefix, deadline};
  }
  std::chrono::milliseconds time() const {
    return std::chrono::milliseconds(
        static_cast<std::int64_t>(std::max(options_.timeout, 0.001) * 1000));
  }

  Result<sparql::RunOptions> run_options(const store::Txn& txn,
                                         const sparql::Deadline& deadline) const {
    sparql::RunOptions made;
    made.deadline = deadline;
    made.default_graph = options_.default_graph;
    made.now = system_now();
    made.scan.with_claims = options_.claims;
    if (!options_.actor.empty()) {
      made.scan.visible = QP_TRY(view::sight_of(txn, view::Reader(options_.actor))).visible;
    }
    return made;
  }

  Result<void> update(const std::string& text, const sparql::Deadline& deadline) const {
    const sparql::Update parsed = QP_TRY(sparql::parse_update(text, parse_options(deadline)));
    if (options_.check) return {};
    sparql::UpdateReport report;
    QP_TRY(store_->write([&](store::WriteTxn& txn) -> Result<void> {
      ap::Editor editor(txn, {}, {{}, "operator", "update", {}, system_now().count()});
      sparql::UpdateOptions options;
      options.run = QP_TRY(run_options(txn, deadline));
      options.admit = [&](const store::QuadIds& quad) { return editor.admit(quad); };
      options.begin = [&](TermId graph) { return editor.begin(graph); };
      options.end = [&](TermId graph) { return editor.end(graph); };
      report = QP_TRY(sparql::run_update(txn, parsed, options));
      return {};
    }));
    if (json_) {
      std::cout << "{\"inserted\": " << report.inserted << ", \"deleted\": " << report.deleted
                << "}\n";
    } else {
      std::cout << report.inserted << " quads put in, " << report.deleted << " taken out\n";
    }
    return {};
  }

  Result<void> query(const std::string& text, const sparql::Deadline& deadline) const {
    sparql::Query parsed = QP_TRY(sparql::parse_query(text, parse_options(deadline)));
    if (options_.check) return {};
    if (options_.limit != 0) {
      parsed.select.limit = std::min(parsed.select.limit.value_or(options_.limit), options_.limit);
    }
    const auto begin = Steady::now();
    const std::unique_ptr<store::Txn> txn = QP_TRY(store_->read());
    const auto execution = QP_TRY(
        sparql::Execution::prepare(*txn, std::move(parsed), QP_TRY(run_options(*txn, deadline))));
    if (options_.explain) return explain(*execution);
    const bool graph = execution->form() == sparql::Query::Form::Construct ||
                       execution->form() == sparql::Query::Form::Describe;
    std::string format = options_.format;
    if (format.empty()) format = graph ? (json_ ? "jsonld" : "turtle") : (json_ ? "json" : "table");
    if (format == "table" && !graph) return table(*execution, begin);
    const auto named = sparql::format_named(format);
    if (!named || !sparql::suits(*named, execution->form())) {
      return error(Code::NotAcceptable, "--format " + format + " does not suit this form of query");
    }
    QP_TRY(sparql::write_answer(*execution, *named, {.loader = bundled_loader()},
                                [&](std::string_view piece) -> Result<void> {
                                  if (isatty(STDOUT_FILENO) == 1) {
                                    std::cout << escaped_for_terminal(piece, *named);
                                  } else {
                                    std::cout << piece;
                                  }
                                  if (std::cout) return {};
                                  return error(Code::Storage, std::string(kCannotPrint));
                                }));
    return {};
  }

  Result<void> table(sparql::Execution& execution, Steady::time_point begin) const {
    TableStyle style;
    const bool terminal = isatty(STDOUT_FILENO) == 1;
    winsize size{};
    if (terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) style.width = size.ws_col;
    style.colours = terminal && std::getenv("NO_COLOR") == nullptr;
    const std::uint64_t rows = QP_TRY(print_table(execution, style, std::cout));
    if (execution.form() == sparql::Query::Form::Select) {
      char line[96];
      std::snprintf(line, sizeof line, "%llu %s, %.1f ms", static_cast<unsigned long long>(rows),
                    rows == 1 ? "row" : "rows", milliseconds_since(begin));
      std::cout << line << "\n";
    }
    return {};
  }

  Result<void> explain(sparql::Execution& execution) const {
    sparql::Batch rows;
    if (execution.form() == sparql::Query::Form::Construct ||
        execution.form() == sparql::Query::Form::Describe) {
      QP_TRY(execution.triples([](const auto&) -> Result<void> { return {}; }));
    } else if (execution.form() == sparql::Query::Form::Ask) {
      QP_TRY(execution.ask());
    } else {
      while (QP_TRY(execution.next(rows))) {
      }
    }
    // Estimates count what this reader may not see.
    const bool estimates = options_.actor.empty();
    std::cout << (json_ || options_.format == "json"
                      ? sparql::explain_json(execution, estimates, true)
                      : sparql::explain(execution, estimates, true));
    return {};
  }

  const Options& options_;
  bool json_;
  store::Store* store_;
};

/// No more than a query may have, and one byte.
Result<std::string> all_of(std::istream& in, const std::string& name) {
  static constexpr std::size_t kPiece = 64 * limits::kKiB;
  std::string text;
  while (in && text.size() <= limits::kSparqlBytes) {
    const std::size_t before = text.size();
    text.resize(before + kPiece);
    in.read(text.data() + before, kPiece);  // unlike an iterator, it does not throw for a folder
    text.resize(before + static_cast<std::size_t>(in.gcount()));
  }
  if (in.bad()) return bad_input("cannot read " + name);
  static constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.erase(0, kByteOrderMark.size());
  return text;
}

Result<std::string> text_of(const Options& options) {
  if (!options.text.empty() && options.text != "-") return options.text;
  if (options.file.empty() || options.file == "-") return all_of(std::cin, "standard input");
  std::ifstream in(options.file, std::ios::binary);
  if (!in) return bad_input("cannot read " + options.file);
  return all_of(in, options.file);
}

Result<void> query(const Invocation& invocation, const Options& options) {
  const bool json = invocation.output == Output::Json;
  if (options.check) return Runner(options, json, nullptr).run(QP_TRY(text_of(options)));
  const std::unique_ptr<Workbench> bench =
      QP_TRY(Workbench::open(invocation.settings, options.update ? StoreUse() : kReading));
  const Runner runner(options, json, &bench->store());
  if (!options.actor.empty() && !rdf::is_absolute_iri(options.actor)) {
    return bad_input("--as takes the IRI of an actor, not " + options.actor);
  }
  const bool asks = options.text.empty() && options.file.empty() && isatty(STDIN_FILENO) == 1;
  if (asks) {
    return prompt([&](const std::string& text, const std::atomic<bool>& stop) {
      return runner.run(text, &stop);
    });
  }
  return runner.run(QP_TRY(text_of(options)));
}

}  // namespace

void add_query(CLI::App& app, Selected& selected) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("query", "Ask the graph in SPARQL, or change it");
  CLI::Option* text = command->add_option("SPARQL", options->text,
                                          "The query; else (or -) standard input, or a prompt");
  command->add_option("-f,--file", options->file, "A file with the query")->excludes(text);
  command
      ->add_option("--format", options->format,
                   "table, json, xml, csv, tsv; turtle, ntriples, jsonld for graphs")
      ->check(
          CLI::IsMember({"table", "json", "xml", "csv", "tsv", "turtle", "ntriples", "jsonld"}));
  CLI::Option* reader =
      command->add_option("--as", options->actor, "As this actor sees it; else everything");
  command
      ->add_option("--default-graph", options->default_graph,
                   "union of all graphs, or what was loaded without one (unnamed)")
      ->transform(CLI::Transformer(std::map<std::string, sparql::Dataset::Default>{
          {"union", sparql::Dataset::Default::Union},
          {"unnamed", sparql::Dataset::Default::Unnamed}}));
  command->add_option("--base", options->base, "What relative IRIs are resolved against");
  command->add_flag("--explain", options->explain, "Run it and show the plan, not the answer");
  command->add_flag("--check", options->check, "Only read it");
  command->add_flag("--update", options->update, "It is an update")->excludes(reader);
  command->add_flag("--claims", options->claims, "Ask of what documents claim of others, too");
  command->add_option("--timeout", options->timeout, "Seconds that it may take")
      ->check(CLI::Range(0.001, 86'400.0))
      ->check([](const std::string& given) {  // what is no number is in any range
        return given.find_first_of("nN") == std::string::npos ? "" : given + " is no number";
      });
  command->add_option("--limit", options->limit, "At most so many rows")
      ->check(CLI::Range(std::uint64_t{1}, limits::kSparqlRows));
  command->add_flag("--timing", options->timing, "A line with the time on standard error");
  command->callback([&selected, options] {
    selected.run = [options](const Invocation& invocation) { return query(invocation, *options); };
  });
}

}  // namespace qp::tools
