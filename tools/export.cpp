#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "ap/actor.hpp"
#include "ap/export_estate.hpp"
#include "bulk/archive_writer.hpp"
#include "bulk/export_quads.hpp"
#include "store/mapped_file.hpp"
#include "tools/command.hpp"
#include "vocab/terms.hpp"

namespace qp::tools {

namespace {

using nlohmann::ordered_json;

constexpr std::uint64_t kGraphsPerLook = 16;

struct Options {
  std::string path, format = "nquads", actor;
};

/// What is read of the store meanwhile does not stay in memory.
class ArchiveShelf final : public ap::Shelf {
 public:
  ArchiveShelf(bulk::ArchiveWriter& archive, const std::filesystem::path& data)
      : archive_(archive), data_(data) {}
  Result<void> open(std::string_view name) override { return archive_.open(name); }
  Result<void> write(std::string_view bytes) override {
    note_read();
    return archive_.write(bytes);
  }
  Result<void> close() override { return archive_.close(); }
  void note_read() override {
    if (++count_ % kReadsPerLook == 0) store::let_go_of_many_pages(data_);
  }

 private:
  static constexpr std::uint64_t kReadsPerLook = 4;
  bulk::ArchiveWriter& archive_;
  const std::filesystem::path& data_;
  std::uint64_t count_ = 0;
};

/// Empty: everything.
Result<std::string> actor_of(const store::Txn& txn, const Options& options) {
  return options.actor.empty() ? std::string() : ap::actor_called(txn, options.actor);
}

Result<void> export_as2(Workbench& bench, const Options& options, const Invocation& invocation) {
  if (options.path == "-") return bad_input("an archive is written to a file, not to -");
  const auto archive = QP_TRY(bulk::ArchiveWriter::create(options.path));
  ArchiveShelf shelf(*archive, invocation.settings.data);
  const auto txn = QP_TRY(bench.store().read());
  const std::string actor = QP_TRY(actor_of(*txn, options));
  const auto totals = actor.empty()
                          ? QP_TRY(ap::export_all(*txn, bench.services(), shelf))
                          : QP_TRY(ap::export_estate(*txn, actor, "", bench.services(), shelf));
  QP_TRY(archive->finish());
  print(
      ordered_json{
          {"documents", totals.documents}, {"members", totals.members}, {"files", totals.files}},
      invocation.output);
  return {};
}

/// Its own: the actor, what it is the author of, and its collections.
bulk::Chosen everything_of(const store::Txn& txn, TermId actor, const std::string& iri) {
  bulk::Chosen chosen;
  chosen.graph = [&txn, actor](TermId graph) -> Result<bool> {
    if (graph == actor) return true;
    for (const TermId property : std::initializer_list<TermId>{as::actor, as::attributedTo}) {
      if (QP_TRY(txn.probe({graph, graph, property, actor}, {}))) return true;
    }
    return ap::is_deleted_by(txn, graph, actor);
  };
  chosen.sequence = [&txn, iri](TermId sequence) -> Result<bool> {
    const std::string name(QP_TRY(txn.resolve(sequence)).value);
    const auto collection = QP_TRY(ap::find_collection(txn, name));
    return collection && collection->owner == iri;
  };
  return chosen;
}

/// A file that is there when it is whole: until then it is beside, under another name. For its
/// owner's eyes: messages to few are in it. What is there and no file (a pipe) is written to.
class WholeFile {
 public:
  explicit WholeFile(std::string path) : path_(std::move(path)) {}
  ~WholeFile() {
    if (!part_.empty()) ::unlink(part_.c_str());
  }
  WholeFile(const WholeFile&) = delete;
  WholeFile& operator=(const WholeFile&) = delete;

  Result<void> open() {
    std::error_code ignored;
    const auto status = std::filesystem::status(path_, ignored);
    if (!std::filesystem::exists(status) || std::filesystem::is_regular_file(status)) {
      part_ = path_ + ".part";
      const int file = ::open(part_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
      if (file < 0) {
        part_.clear();
        return failed(errno);
      }
      ::close(file);
    }
    file_.open(part_.empty() ? path_ : part_, std::ios::binary | std::ios::trunc);
    return file_ ? Result<void>() : failed(errno);
  }
  std::ostream& stream() { return file_; }
  Result<void> finish() {
    file_.close();
    if (!file_) return failed(errno);
    if (part_.empty()) return {};
    if (std::rename(part_.c_str(), path_.c_str()) != 0) return failed(errno);
    part_.clear();
    return {};
  }

 private:
  Result<void> failed(int trouble) const {
    return error(Code::Storage,
                 path_ + " cannot be written: " + std::generic_category().message(trouble));
  }

  std::string path_, part_;
  std::ofstream file_;
};

Result<void> export_nquads(Workbench& bench, const Options& options, const Invocation& invocation) {
  const auto txn = QP_TRY(bench.store().read());
  bulk::Chosen chosen;
  chosen.graph = chosen.sequence = [](TermId) -> Result<bool> { return true; };
  if (!options.actor.empty()) {
    const std::string iri = QP_TRY(actor_of(*txn, options));
    const auto actor = QP_TRY(txn->find_iri(iri));
    if (!actor || !QP_TRY(txn->graph(*actor))) {
      return error(Code::NotFound, "nothing here under " + iri);
    }
    chosen = everything_of(*txn, *actor, iri);
  }
  std::uint64_t graphs = 0;
  const auto counted = [&, chosen = chosen.graph](TermId graph) -> Result<bool> {
    if (++graphs % kGraphsPerLook == 0) store::let_go_of_many_pages(invocation.settings.data);
    return chosen(graph);
  };
  chosen.graph = counted;
  const bool to_output = options.path == "-";
  WholeFile file(options.path);
  if (!to_output) QP_TRY(file.open());
  std::ostream& out = to_output ? std::cout : file.stream();
  const std::uint64_t lines =
      QP_TRY(bulk::export_quads(*txn, chosen, [&](std::string_view text) -> Result<void> {
        store::let_go_of_many_pages(invocation.settings.data);
        out.write(text.data(), static_cast<std::streamsize>(text.size()));
        if (!out) return error(Code::Storage, options.path + " cannot be written");
        return {};
      }));
  out.flush();
  if (!out) return error(Code::Storage, options.path + " cannot be written");
  if (!to_output) QP_TRY(file.finish());
  if (!to_output) print(ordered_json{{"quads", lines}}, invocation.output);
  return {};
}

Result<void> run(const Invocation& invocation, const Options& options) {
  const auto bench = QP_TRY(Workbench::open(invocation.settings, kReading));
  return options.format == "as2" ? export_as2(*bench, options, invocation)
                                 : export_nquads(*bench, options, invocation);
}

}  // namespace

void add_export(CLI::App& app, Selected& selected) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "export",
      "Take everything along, or what is one actor's: as N-Quads, or as an archive of "
      "ActivityStreams documents that import reads back. No keys, tokens or passwords are in it; "
      "messages to few are.");
  command
      ->add_option("PATH", options->path,
                   "nquads: a file, or - for standard output; as2: a "
                   ".zip, or else a .tar.gz")
      ->required();
  command->add_option("--format", options->format, "nquads or as2")
      ->check(CLI::IsMember({"nquads", "as2"}));
  command->add_option(
      "--actor", options->actor,
      "The actor whose things are exported (an IRI, a name, or name@host); else all");
  command->callback([&selected, options] {
    selected.run = [options](const Invocation& invocation) { return run(invocation, *options); };
  });
}

}  // namespace qp::tools
