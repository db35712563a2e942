#include "bulk/import.hpp"

#include <iostream>
#include <nlohmann/json.hpp>

#include "ap/import_document.hpp"
#include "tools/command.hpp"

namespace qp::tools {

namespace {

using nlohmann::ordered_json;

struct Options {
  std::vector<std::string> paths;
  std::string format = "auto";
};

void report(const bulk::Outcome& outcome, Output output) {
  ordered_json line = {{"position", outcome.position}};
  if (outcome.imported) {
    const bulk::Imported& imported = *outcome.imported;
    line["document"] = imported.document;
    line["root"] = imported.root;
    line["graphs"] = imported.graphs;
    if (!imported.claims.empty()) line["claims"] = imported.claims;
    if (!imported.repairs.empty()) line["repaired"] = imported.repairs;
    if (output == Output::Json) return print(line);
    std::cout << outcome.position << '\t' << imported.document << '\t' << imported.root << '\n';
    return;
  }
  line["error"] = outcome.imported.error().detail;
  if (output == Output::Json) return print(line);
  std::cout << outcome.position << "\tnot imported: " << outcome.imported.error().detail << '\n';
}

Result<void> import(const Invocation& invocation, const Options& options) {
  const std::vector<std::filesystem::path> paths(options.paths.begin(), options.paths.end());
  const auto reader = QP_TRY(bulk::read_as2(paths, std::cin));
  const auto bench = QP_TRY(Workbench::open(invocation.settings));
  const ap::Services& services = bench->services();
  const bulk::Write write = [&](store::WriteTxn& txn, const jsonld::StoredForm& form,
                                std::string_view bytes) {
    const ap::Provenance provenance{{}, "operator", "import", {}, services.clock().count()};
    return ap::import_document(txn, form, bytes, provenance, services);
  };
  const bulk::Totals totals = QP_TRY(
      bulk::import(*reader, bench->store(), {services.contexts, services.loader}, write,
                   [&](const bulk::Outcome& outcome) { report(outcome, invocation.output); }));
  std::cerr << "imported " << totals.imported << " documents, " << totals.bytes
            << " bytes; beside their quads " << totals.fidelity_bytes << " bytes are kept\n";
  if (totals.refused == 0) return {};
  const std::size_t all = totals.imported + totals.refused;
  return bad_input(std::to_string(totals.refused) + " of " + std::to_string(all) +
                   " records could not be imported");
}

}  // namespace

void add_import(CLI::App& app, Selected& selected) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "import",
      "Bring documents in. They are taken at their word: each is the source of what it is about. "
      "Nothing is delivered. Prints where each came from, its document (for show --received and "
      "why) and what it is about. A record that is no JSON object is reported and the rest goes "
      "on; the exit status is 1 then.");
  command->add_option("PATH", options->paths, "Files, folders, or - for standard input")
      ->required();
  command
      ->add_option("--format", options->format,
                   "as2: JSON documents of ActivityStreams, or arrays of them; auto: the same")
      ->check(CLI::IsMember({"auto", "as2"}));
  command->callback([&selected, options] {
    selected.run = [options](const Invocation& invocation) { return import(invocation, *options); };
  });
}

}  // namespace qp::tools
