#include "bulk/import.hpp"

#include <iostream>
#include <nlohmann/json.hpp>

#include "ap/estate.hpp"
#include "ap/import_document.hpp"
#include "ap/tables.hpp"
#include "base/text.hpp"
#include "bulk/entries.hpp"
#include "sig/digest.hpp"
#include "tools/command.hpp"
#include "tools/progress.hpp"

namespace qp::tools {

namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

struct Options {
  std::vector<std::string> paths;
  std::string format = "auto", actor;
  bool resume = false;
};

/// Counts what passes.
class WatchedReader final : public bulk::DumpReader {
 public:
  WatchedReader(bulk::DumpReader& reader, Progress& progress)
      : reader_(reader), progress_(progress) {}
  std::optional<bulk::Record> next() override {
    auto record = reader_.next();
    progress_.show(++count_, reader_.share_read());
    return record;
  }

 private:
  bulk::DumpReader& reader_;
  Progress& progress_;
  std::uint64_t count_ = 0;
};

class Import {
 public:
  Import(Workbench& bench, const Options& options, Output output)
      : bench_(bench),
        services_(bench.services()),
        contexts_{services_.contexts, services_.loader},
        options_(options),
        output_(output) {}

  Result<void> run() {
    std::vector<fs::path> documents;
    for (const fs::path path : options_.paths) {
      if (!QP_TRY(is_personal(path))) documents.push_back(path);
    }
    if (!documents.empty()) QP_TRY(import_documents(documents));
    return finish();
  }

 private:
  Result<bool> is_personal(const fs::path& path) {
    const bool may_be = options_.format == "auto" || options_.format == "mastodon";
    std::error_code ignored;
    if (!may_be || path == "-") return false;
    if (!fs::is_directory(path, ignored) && !bulk::is_archive(path)) return false;
    const auto archive = QP_TRY(bulk::PersonalArchive::find(path));
    if (!archive) {
      if (options_.format == "auto") return false;
      return bad_input(path.string() + " has no actor.json with an outbox.json beside it");
    }
    QP_TRY(import_archive(*archive, path));
    return true;
  }

  Result<void> import_documents(const std::vector<fs::path>& paths) {
    if (!options_.actor.empty()) {
      return bad_input("--actor is for an archive with actor.json and outbox.json");
    }
    const auto lines = options_.format == "ndjson" ? bulk::Lines::Yes : bulk::Lines::No;
    const auto reader = QP_TRY(bulk::read_as2(paths, std::cin, lines));
    bulk::Writer writer;
    writer.document = [&](store::WriteTxn& txn, const bulk::Record& record,
                          const jsonld::StoredForm& form) {
      return ap::import_document(txn, form, *record.bytes, services_);
    };
    std::string what;
    for (const fs::path& path : paths) what += path == "-" ? "" : fingerprint(path);
    return import(*reader, writer, what);
  }

  Result<void> import_archive(const bulk::PersonalArchive& archive, const fs::path& path) {
    const ap::Estate estate = QP_TRY(open_estate(archive));
    QP_TRY(bench_.store().write([&](store::WriteTxn& txn) {
      return ap::found_estate(txn, estate, archive.actor(), services_);
    }));
    bulk::Writer writer;
    writer.document = [&](store::WriteTxn& txn, const bulk::Record& record,
                          const jsonld::StoredForm& form) {
      return ap::import_item(txn, estate, record.collection, form, *record.bytes, services_);
    };
    writer.other = [&](store::WriteTxn& txn, const bulk::Record& record) -> Result<void> {
      if (record.kind == bulk::Record::Kind::File) {
        return ap::import_file(txn, estate, record.collection, *record.bytes);
      }
      return ap::import_member(txn, estate, record.collection, *record.bytes);
    };
    writer.adapt = [&](const store::Txn& txn, json::Value document, json::Arena& arena) {
      return ap::adapted(txn, estate, document, arena);
    };
    const std::string what = fingerprint(path) + options_.actor;
    using Part = bulk::PersonalArchive::Part;
    QP_TRY(import(*QP_TRY(archive.read(Part::Files)), writer, what + " files"));
    if (estate.is_rehomed()) QP_TRY(rename_ids(archive, estate));
    return import(*QP_TRY(archive.read(Part::Items)), writer, what + " items");
  }

  Result<ap::Estate> open_estate(const bulk::PersonalArchive& archive) {
    json::Arena arena;
    json::ParseLimits limits;
    limits.allow_duplicate_keys = true;
    const auto actor = json::parse(archive.actor(), arena, limits);
    if (!actor) return bad_input(archive.actor_position() + ": " + actor.error().detail);
    const auto txn = QP_TRY(bench_.store().read());
    return ap::open_estate(*txn, *actor, options_.actor);
  }

  /// Before anything is written all new ids are known, whatever refers to what.
  Result<void> rename_ids(const bulk::PersonalArchive& archive, const ap::Estate& estate) {
    constexpr std::size_t kAtOnce = 1024;
    const auto reader = QP_TRY(archive.read(bulk::PersonalArchive::Part::Items));
    json::ParseLimits limits;
    limits.allow_duplicate_keys = true;
    for (bool more = true; more;) {
      json::Arena arena;
      std::vector<bulk::Record> records;
      while (records.size() < kAtOnce) {
        auto record = reader->next();
        if (!record) break;
        const bool is_document = record->kind == bulk::Record::Kind::Document;
        if (record->bytes && is_document) records.push_back(*std::move(record));
      }
      more = records.size() == kAtOnce;
      std::vector<json::Value> documents;
      for (const auto& record : records) {
        const auto document = json::parse(*record.bytes, arena, limits);
        if (document && document->is_object()) documents.push_back(*document);
      }
      QP_TRY(bench_.store().write([&](store::WriteTxn& txn) -> Result<void> {
        for (const json::Value document : documents) {
          QP_TRY(ap::rename_ids(txn, estate, document));
        }
        return {};
      }));
    }
    return {};
  }

  Result<void> import(bulk::DumpReader& reader, bulk::Writer& writer, const std::string& what) {
    const std::string key = text::hex(sig::sha256_text(what));
    std::size_t skip = 0;
    if (options_.resume) {
      const auto txn = QP_TRY(bench_.store().read());
      const auto kept = QP_TRY(txn->get(ap::kImports, key));
      if (kept) skip = static_cast<std::size_t>(text::to_uint(*kept).value_or(0));
    }
    if (!what.empty()) {
      writer.note = [key](store::WriteTxn& txn, std::size_t records) {
        return txn.put(ap::kImports, key, std::to_string(records));
      };
    }
    Progress progress("records");
    WatchedReader watched(reader, progress);
    const auto tell = output_ == Output::Json || writer.adapt == nullptr ? bulk::Tell::Everything
                                                                         : bulk::Tell::Trouble;
    totals_.add(QP_TRY(bulk::import(
        watched, bench_.store(), contexts_, writer, tell,
        [&](const bulk::Outcome& outcome) {
          progress.clear();
          report(outcome);
        },
        skip)));
    return {};
  }

  void report(const bulk::Outcome& outcome) const {
    const bulk::Record& record = outcome.record;
    ordered_json line = {{"position", record.position}};
    if (!outcome.imported) {
      line["error"] = outcome.imported.error().detail;
      if (output_ == Output::Json) return print(line);
      std::cout << record.position << "\tnot imported: " << outcome.imported.error().detail << '\n';
      return;
    }
    const bulk::Imported& imported = *outcome.imported;
    if (record.kind != bulk::Record::Kind::Document) {
      line[record.kind == bulk::Record::Kind::File ? "file" : "member"] =
          record.kind == bulk::Record::Kind::File ? record.collection : *record.bytes;
      return print(line);
    }
    line["document"] = imported.document;
    line["root"] = imported.root;
    line["graphs"] = imported.graphs;
    if (!imported.claims.empty()) line["claims"] = imported.claims;
    if (!imported.repairs.empty()) line["repaired"] = imported.repairs;
    if (output_ == Output::Json) return print(line);
    std::cout << record.position << '\t' << imported.document << '\t' << imported.root << '\n';
  }

  Result<void> finish() const {
    std::cout.flush();
    std::cerr << "imported " << totals_.imported << " documents, " << totals_.bytes
              << " bytes; beside their quads " << totals_.fidelity_bytes << " bytes are kept\n";
    if (totals_.members + totals_.files > 0) {
      std::cerr << "and " << totals_.members << " entries of collections, " << totals_.files
                << " files\n";
    }
    if (totals_.refused == 0) return {};
    const std::size_t all = totals_.imported + totals_.members + totals_.files + totals_.refused;
    return bad_input(std::to_string(totals_.refused) + " of " + std::to_string(all) +
                     " records could not be imported");
  }

  /// The file as it is now: another one under that name is another import.
  static std::string fingerprint(const fs::path& path) {
    std::error_code ignored;
    const auto full = fs::weakly_canonical(path, ignored);
    const auto changed = fs::last_write_time(path, ignored).time_since_epoch().count();
    const auto size = fs::is_regular_file(path, ignored) ? fs::file_size(path, ignored) : 0;
    return full.string() + "\n" + std::to_string(changed) + "\n" + std::to_string(size) + "\n";
  }

  Workbench& bench_;
  const ap::Services& services_;
  const jsonld::ContextSource contexts_;
  const Options& options_;
  Output output_;
  bulk::Totals totals_;
};

Result<void> import(const Invocation& invocation, const Options& options) {
  const auto bench = QP_TRY(Workbench::open(invocation.settings));
  return Import(*bench, options, invocation.output).run();
}

}  // namespace

void add_import(CLI::App& app, Selected& selected) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "import",
      "Bring documents in. They are taken at their word: each is the source of what it is about; "
      "of "
      "somebody's archive only what is its actor's own. Nothing is delivered. Prints where each "
      "came "
      "from, its document (for show --received and why) and what it is about. A record that cannot "
      "be read is reported and the rest goes on; the exit status is 1 then. What is here already "
      "is "
      "left as it is.");
  command->add_option("PATH", options->paths, "Files, folders, archives, or - for standard input")
      ->required();
  command
      ->add_option(
          "--format", options->format,
          "as2: JSON documents of ActivityStreams, or arrays of them; mastodon: somebody's "
          "archive or its folder; ndjson: a document on each line; auto: by what is there")
      ->check(CLI::IsMember({"auto", "as2", "mastodon", "ndjson", "jsonld"}));
  command->add_option(
      "--actor", options->actor,
      "Of an archive: it becomes this local actor's, under new ids; the former ones "
      "are kept as aliases");
  command->add_flag("--resume", options->resume, "Go on where the same import was broken off");
  command->callback([&selected, options] {
    selected.run = [options](const Invocation& invocation) { return import(invocation, *options); };
  });
}

}  // namespace qp::tools
