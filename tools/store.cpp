#include "store/store.hpp"

#include <nlohmann/json.hpp>

#include "tools/command.hpp"

namespace qp::tools {

namespace {

using nlohmann::ordered_json;

Result<void> stats(const Invocation& invocation) {
  const std::unique_ptr<store::Store> store = QP_TRY(open_store(invocation.settings));
  const store::Statistics statistics = QP_TRY(store->statistics());
  ordered_json shown = {
      {"quads", statistics.quads},           {"terms", statistics.terms},
      {"graphs", statistics.graphs},         {"documents", statistics.documents},
      {"sequences", statistics.sequences},   {"queued", statistics.queued},
      {"file_bytes", statistics.file_bytes}, {"used_pages", statistics.used_pages},
      {"free_pages", statistics.free_pages}, {"readers", statistics.readers}};
  for (const auto& [index, bytes] : statistics.index_bytes) shown["index_bytes"][index] = bytes;
  print(shown, invocation.output);
  return {};
}

Result<void> verify(const Invocation& invocation) {
  const std::unique_ptr<store::Store> store = QP_TRY(open_store(invocation.settings));
  const store::Verification found = QP_TRY(store->verify());
  print({{"quads", found.quads},
         {"terms", found.terms},
         {"sequence_items", found.sequence_items},
         {"problems", found.problems}},
        invocation.output);
  if (found.problems.empty()) return {};
  return error(Code::Storage, std::to_string(found.problems.size()) +
                                  " problems found, first: " + found.problems.front());
}

}  // namespace

void add_store_commands(CLI::App& app, Selected& selected) {
  app.add_subcommand("stats", "What the store holds")->callback([&selected] {
    selected.run = stats;
  });
  app.add_subcommand("verify", "Check that everything in the store agrees")->callback([&selected] {
    selected.run = verify;
  });
}

}  // namespace qp::tools
