#include "store/store.hpp"

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "tools/command.hpp"

namespace qp::tools {

namespace {

using nlohmann::ordered_json;

Result<void> stats(const Invocation& invocation) {
  const std::unique_ptr<store::Store> store = QP_TRY(open_store(invocation.settings, kReading));
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

store::Options options_of(const Settings& settings) {
  store::Options options;
  options.folder = settings.data;
  return options;
}

Result<void> check_store(const Settings& settings) {
  std::error_code ignored;
  if (std::filesystem::exists(settings.data / "quads.mdb", ignored)) return {};
  return bad_input("no store in " + settings.data.string());
}

Result<void> verify(const Invocation& invocation) {
  QP_TRY(check_store(invocation.settings));
  store::Options options = options_of(invocation.settings);
  options.read_only = true;
  const store::Verification found = QP_TRY(store::verify_apart(options));
  print({{"quads", found.quads},
         {"terms", found.terms},
         {"sequence_items", found.sequence_items},
         {"problems", found.problems}},
        invocation.output);
  if (found.problems.empty()) return {};
  return error(Code::Storage, std::to_string(found.problems.size()) +
                                  " problems found, first: " + found.problems.front());
}

Result<void> backup(const Invocation& invocation, std::filesystem::path destination) {
  std::error_code ignored;
  if (std::filesystem::is_directory(destination, ignored)) destination /= "quads.mdb";
  const std::unique_ptr<store::Store> store = QP_TRY(open_store(invocation.settings, kReading));
  QP_TRY(store->backup(destination));
  print({{"backup", destination.string()},
         {"bytes", std::filesystem::file_size(destination, ignored)}},
        invocation.output);
  return {};
}

Result<void> restore(const Invocation& invocation, std::filesystem::path source) {
  std::error_code trouble;
  if (std::filesystem::is_directory(source, trouble)) source /= "quads.mdb";
  if (!std::filesystem::exists(source, trouble)) return bad_input("no file " + source.string());
  const std::filesystem::path& folder = invocation.settings.data;
  if (!std::filesystem::exists(folder, trouble)) {
    std::filesystem::create_directories(folder, trouble);
    if (!trouble) {
      std::filesystem::permissions(folder, std::filesystem::perms::owner_all, trouble);
    }
    if (trouble) return bad_input("cannot make " + folder.string() + ": " + trouble.message());
  }
  QP_TRY(store::restore(options_of(invocation.settings), source));
  print({{"restored", source.string()}, {"data", folder.string()}}, invocation.output);
  return {};
}

Result<void> compact(const Invocation& invocation) {
  const std::unique_ptr<store::Store> store = QP_TRY(open_store(invocation.settings));
  const std::uint64_t before = QP_TRY(store->statistics()).file_bytes;
  QP_TRY(store->compact());  // first: beside a server nothing at all is done
  const store::SweepReport swept = QP_TRY(store->sweep());
  if (swept.removed > 0) QP_TRY(store->compact());
  print({{"bytes_before", before},
         {"bytes", QP_TRY(store->statistics()).file_bytes},
         {"terms_removed", swept.removed}},
        invocation.output);
  return {};
}

}  // namespace

void add_store_commands(CLI::App& app, Selected& selected) {
  app.add_subcommand("stats", "What the store holds")->callback([&selected] {
    selected.run = stats;
  });
  app.add_subcommand("verify", "Check that everything in the store agrees")->callback([&selected] {
    selected.run = verify;
  });
  const auto place = std::make_shared<std::string>();
  CLI::App* backup_command = app.add_subcommand(
      "backup", "Write a copy of the store, whole and compacted, also while a server runs");
  backup_command->add_option("DEST", *place, "A file that is not there yet, or a folder")
      ->required();
  backup_command->callback([&selected, place] {
    selected.run = [place](const Invocation& invocation) { return backup(invocation, *place); };
  });
  CLI::App* restore_command = app.add_subcommand(
      "restore",
      "Put a backup in the place of the store; it is verified first, and the old store is kept as "
      "quads.mdb.old. No server may run");
  restore_command->add_option("SRC", *place, "A file that backup wrote, or its folder")->required();
  restore_command->callback([&selected, place] {
    selected.run = [place](const Invocation& invocation) { return restore(invocation, *place); };
  });
  app.add_subcommand("compact",
                     "Take unused terms out and write the file without free pages. A server that "
                     "runs does the same on SIGUSR1")
      ->callback([&selected] { selected.run = compact; });
}

}  // namespace qp::tools
