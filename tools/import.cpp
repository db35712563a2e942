#include "bulk/import.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>

#include "ap/actor.hpp"
#include "ap/collection.hpp"
#include "ap/estate.hpp"
#include "ap/import_document.hpp"
#include "ap/tables.hpp"
#include "base/text.hpp"
#include "bulk/account_list.hpp"
#include "bulk/entries.hpp"
#include "bulk/rdf_load.hpp"
#include "sig/digest.hpp"
#include "store/mapped_file.hpp"
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
  std::size_t memory_mib = 32;   ///< of what a bulk load sorts and finds
  std::size_t part = 1'000'000;  ///< records of one, before it is put in place
};

constexpr std::string_view kStoreFile = "quads.mdb";
constexpr std::uint64_t kRecordsPerLook = 16;

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

constexpr std::size_t kMiB = std::size_t{1} << 20;
constexpr std::size_t kMostMemory = 65'536;  ///< MiB
/// Smaller files of documents are not worth a new file; nor where that would be so many times
/// larger.
constexpr std::uint64_t kBulkBytes = std::uint64_t{4} << 20;
constexpr std::uint64_t kOldPerNew = 4;

std::string one_line(const ordered_json& value) {
  return value.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + '\n';
}

ap::Named named_in(const bulk::Record& record) {
  ap::Named named{record.collection, *record.bytes, record.readers ? &*record.readers : nullptr};
  if (named.collection.starts_with(bulk::kNamedLists)) {
    named.list = named.collection.substr(bulk::kNamedLists.size());
    named.collection = {};
  }
  return named;
}

/// Lines that are printed when what they say has happened.
class Lines {
 public:
  Lines() : file_(std::tmpfile()) {}
  ~Lines() {
    if (file_ != nullptr) std::fclose(file_);
  }
  Lines(const Lines&) = delete;
  Lines& operator=(const Lines&) = delete;

  void add(const std::string& line) {
    if (file_ != nullptr) std::fwrite(line.data(), 1, line.size(), file_);
  }
  Result<void> print() {
    if (file_ == nullptr || std::ferror(file_) != 0 || std::fseek(file_, 0, SEEK_SET) != 0) {
      return error(Code::Storage, "what was imported cannot be told: no temporary file");
    }
    std::array<char, 65536> some{};
    for (std::size_t count = 1; count > 0;) {
      count = std::fread(some.data(), 1, some.size(), file_);
      std::cout.write(some.data(), static_cast<std::streamsize>(count));
    }
    return {};
  }

 private:
  std::FILE* file_;
};

bulk::RdfRules rdf_rules() {
  return {[](const store::Txn& txn, std::string_view iri) -> Result<bool> {
    if (QP_TRY(ap::find_actor(txn, iri))) return true;
    return QP_TRY(ap::find_collection(txn, iri)).has_value();
  }};
}

std::optional<rdf::Syntax> syntax_of(const fs::path& path, const std::string& format) {
  if (format == "nquads") return rdf::Syntax::NQuads;
  if (format == "ntriples") return rdf::Syntax::NTriples;
  if (format == "turtle") return rdf::Syntax::Turtle;
  if (format == "trig") return rdf::Syntax::TriG;
  if (format != "auto") return std::nullopt;
  constexpr std::array<std::string_view, 4> kCompressed = {".gz", ".bz2", ".xz", ".zst"};
  const bool is_compressed = std::find(kCompressed.begin(), kCompressed.end(),
                                       path.extension().string()) != kCompressed.end();
  return bulk::rdf_syntax_of((is_compressed ? path.stem() : path).string());
}

std::string refusal_of(const std::string& position, const Error& trouble) {
  return text::for_terminal(position) + "\tnot imported: " + text::for_terminal(trouble.detail) +
         '\n';
}

void tell_trouble(const std::string& position, const Error& trouble, Output output) {
  if (output == Output::Json) {
    return print(ordered_json{{"position", position}, {"error", trouble.detail}});
  }
  std::cout << refusal_of(position, trouble);
}

/// A file that is read from its begin to its end, more than once.
class Copy {
 public:
  Copy() = default;
  /// Of all that is left of standard input.
  Result<void> take_standard_input() {
    file_ = std::tmpfile();
    std::array<char, 65536> some{};
    while (file_ != nullptr) {
      std::cin.read(some.data(), some.size());
      const auto count = static_cast<std::size_t>(std::cin.gcount());
      if (std::fwrite(some.data(), 1, count, file_) != count) break;
      if (count < some.size()) return {};
    }
    return error(Code::Storage, "standard input cannot be kept in a temporary file");
  }
  Result<void> open(const fs::path& path) {
    file_ = std::fopen(path.c_str(), "rb");
    if (file_ == nullptr) return error(Code::Storage, path.string() + " cannot be opened");
    return {};
  }
  ~Copy() {
    if (file_ != nullptr) std::fclose(file_);
  }
  Copy(const Copy&) = delete;
  Copy& operator=(const Copy&) = delete;

  bulk::ByteReader reader() {
    const bool is_at_begin = std::fseek(file_, 0, SEEK_SET) == 0;
    return [this, is_at_begin](std::span<char> buffer) -> Result<std::size_t> {
      const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), file_);
      if (!is_at_begin || std::ferror(file_) != 0) return error(Code::Storage, "cannot be read");
      return count;
    };
  }
  /// Leaves the place where it is read as it is.
  Result<std::string> fingerprint() {
    const auto place = std::ftell(file_);
    std::string hash;
    std::array<char, 65536> some{};
    const auto read = reader();
    for (std::size_t count = 1; count > 0;) {
      count = QP_TRY(read(some));
      hash = sig::sha256_text(hash.append(some.data(), count));
    }
    if (std::fseek(file_, place, SEEK_SET) != 0) return error(Code::Storage, "cannot be read");
    return text::hex(hash);
  }

 private:
  std::FILE* file_ = nullptr;
};

/// RDF that is read: where it comes from, and how blank nodes of it are known again.
struct RdfSource {
  std::string name, base;
  std::function<Result<std::string>()> fingerprint;
};

Result<bulk::RdfTotals> load_rdf(const bulk::ByteReader& read, rdf::Syntax syntax,
                                 const RdfSource& source, bulk::QuadTarget& target, Output output,
                                 const std::function<double()>& share_read) {
  Progress progress("quads");
  return bulk::load_rdf(
      read, syntax, source.base, target, source.fingerprint,
      [&](std::uint64_t line, const Error& trouble) {
        progress.clear();
        tell_trouble(line == 0 ? source.name : source.name + "#" + std::to_string(line), trouble,
                     output);
      },
      [&](const bulk::RdfTotals& so_far) { progress.show(so_far.quads, share_read()); });
}

Result<bulk::RdfTotals> load_standard_input(rdf::Syntax syntax, bulk::QuadTarget& target,
                                            Output output) {
  Copy copy;
  QP_TRY(copy.take_standard_input());
  return load_rdf(copy.reader(), syntax, {"standard input", "", [&] { return copy.fingerprint(); }},
                  target, output, [] { return -1.0; });
}

/// A file, all that an archive has in it, or standard input.
Result<bulk::RdfTotals> load_rdf_file(const fs::path& path, rdf::Syntax syntax,
                                      bulk::QuadTarget& target, Output output) {
  if (path == "-") return load_standard_input(syntax, target, output);
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) return bad_input(path.string() + " is a folder");
  const auto entries = QP_TRY(bulk::open_entries(path));
  const std::string base = "file://" + fs::weakly_canonical(path, ignored).string();
  Copy copy;
  bulk::RdfTotals totals;
  for (std::size_t number = 0;; ++number) {
    const auto entry = entries->next();
    if (!entry && number == 0) return bad_input(path.string() + " has nothing in it");
    if (!entry) return totals;
    const std::string& name = entry->position;
    if (!entry->readable) return bad_input(name + ": " + entry->readable.error().detail);
    if (number == 0) QP_TRY(copy.open(path));
    const auto fingerprint = [&]() -> Result<std::string> {
      const std::string all = QP_TRY(copy.fingerprint());
      return number == 0 ? all : all + "/" + entry->name;
    };
    totals.add(QP_TRY(load_rdf(entry->read, syntax, {name, base, fingerprint}, target, output, [&] {
      const auto all = static_cast<double>(entries->bytes_in_all());
      return all == 0 ? -1 : static_cast<double>(entries->bytes_read()) / all;
    })));
  }
}

Result<void> tell(const bulk::RdfTotals& totals) {
  std::cout.flush();
  std::cerr << "imported " << totals.quads << " quads";
  if (totals.here > 0) {
    std::cerr << "; " << totals.here << " of them are what the server keeps, and stay as they are";
  }
  std::cerr << '\n';
  if (totals.refused == 0) return {};
  return bad_input(std::to_string(totals.refused) + " of the lines could not be imported");
}

class Import {
 public:
  Import(std::unique_ptr<Workbench> bench, const Invocation& invocation, const Options& options)
      : bench_(std::move(bench)),
        settings_(invocation.settings),
        options_(options),
        output_(invocation.output) {}

  Result<void> run() {
    if (!options_.actor.empty()) {
      const auto txn = QP_TRY(bench_->store().read());
      actor_ = QP_TRY(ap::actor_called(*txn, options_.actor));
    }
    std::vector<fs::path> documents;
    for (const fs::path path : options_.paths) {
      const auto syntax = syntax_of(path, options_.format);
      if (syntax) {
        QP_TRY(import_rdf(path, *syntax));
      } else if (path.extension() == ".csv") {
        QP_TRY(import_list(path));
      } else if (const auto actor = actor_beside(path)) {
        return bad_input(path.string() + " is a part of an archive: give the folder, where " +
                         *actor + " is beside it");
      } else if (!QP_TRY(is_personal(path))) {
        documents.push_back(path);
      }
    }
    if (!documents.empty()) QP_TRY(import_documents(documents));
    return finish();
  }

 private:
  /// Of a file that says nothing without the actor's document: what that is called.
  std::optional<std::string> actor_beside(const fs::path& path) const {
    const std::string name = path.filename().string();
    if (name.starts_with("pixelfed-")) return "account.json";
    if (options_.format != "auto" || name != "outbox.json") return std::nullopt;
    for (const std::string_view actor : {"actor.json", "account.json"}) {
      std::error_code ignored;
      if (fs::exists(path.parent_path() / actor, ignored)) return std::string(actor);
    }
    return std::nullopt;
  }

  /// While a server works on the store, and for several kinds of files at once.
  Result<void> import_rdf(const fs::path& path, rdf::Syntax syntax) {
    const bulk::RdfRules rules = rdf_rules();
    const auto target = bulk::into_store(bench_->store(), rules);
    totals_rdf_.add(QP_TRY(load_rdf_file(path, syntax, *target, output_)));
    return target->finish();
  }

  /// The files of a folder.
  Result<void> import_rdf_below(const fs::path& folder) {
    std::error_code ignored;
    if (options_.format != "auto" || !fs::is_directory(folder, ignored)) return {};
    const auto entries = QP_TRY(bulk::open_entries(folder));
    while (const auto entry = entries->next()) {
      const auto syntax = bulk::rdf_syntax_of(entry->name);
      if (syntax && entry->readable) QP_TRY(import_rdf(entry->position, *syntax));
    }
    return {};
  }

  /// Accounts and posts that are only named.
  Result<void> import_list(const fs::path& path) {
    const bulk::ListFile* file = bulk::find_list_file(path.filename().string());
    if (file == nullptr) {
      return bad_input(path.string() +
                       " is no list that is known here (following_accounts.csv, "
                       "followers.csv, blocked_accounts.csv, bookmarks.csv and so on)");
    }
    if (actor_.empty()) return bad_input("--actor says whose list it is: " + path.string());
    std::error_code ignored;
    if (fs::is_directory(path, ignored)) return bad_input(path.string() + " is a folder");
    return import_lists(path);
  }

  /// All that are in a folder or an archive, or a single one.
  Result<void> import_lists(const fs::path& path) {
    ap::Estate estate;
    {
      const auto txn = QP_TRY(bench_->store().read());
      estate = QP_TRY(ap::open_lists(*txn, actor_));
    }
    bulk::Writer writer;
    writer.other = [&](store::WriteTxn& txn, const bulk::Record& record) {
      return ap::import_member(txn, estate, named_in(record), services());
    };
    return import(*QP_TRY(bulk::read_lists(path)), writer, fingerprint(path) + actor_);
  }

  Result<bool> is_personal(const fs::path& path) {
    const bool may_be = options_.format == "auto" || options_.format == "mastodon";
    if (path == "-" && options_.format == "mastodon") {
      return bad_input(
          "somebody's archive is read from its file or folder, not from standard input");
    }
    std::error_code ignored;
    if (!may_be || path == "-") return false;
    if (!fs::is_directory(path, ignored) && !bulk::is_archive(path)) return false;
    const auto archives = QP_TRY(bulk::PersonalArchive::find(path));
    if (archives.empty()) {
      if (options_.format == "auto" && actor_.empty()) return false;
      if (!actor_.empty() && QP_TRY(bulk::has_lists(path))) {
        QP_TRY(import_lists(path));
        return true;
      }
      return bad_input(path.string() + " has no actor.json with an outbox.json beside it" +
                       QP_TRY(first_trouble(path)));
    }
    if (archives.size() > 1 && !actor_.empty()) {
      return bad_input(path.string() + " has several actors; --actor is for one");
    }
    std::vector<std::string> folders;
    for (const auto& archive : archives) {
      for (std::string& folder : archive.read_folders()) folders.push_back(std::move(folder));
      QP_TRY(import_archive(archive, path));
    }
    const bool is_whole = std::find(folders.begin(), folders.end(), "") != folders.end();
    if (!is_whole && actor_.empty()) QP_TRY(import_documents({path}, folders));
    return true;
  }

  /// Mastodon's actor.json is the last entry: of an archive that breaks off it is missing.
  static Result<std::string> first_trouble(const fs::path& path) {
    const auto entries = QP_TRY(bulk::open_entries(path));
    while (const auto entry = entries->next()) {
      if (!entry->readable) return ": " + entry->position + ": " + entry->readable.error().detail;
    }
    return std::string();
  }

  static Result<void> import_listing(store::WriteTxn& txn, const bulk::Record& record) {
    if (record.kind == bulk::Record::Kind::Addition) {
      return ap::import_addition(txn, *record.bytes);
    }
    return ap::import_listed(txn, record.collection, *record.bytes,
                             record.readers ? &*record.readers : nullptr);
  }

  Result<void> import_documents(const std::vector<fs::path>& paths,
                                const std::vector<std::string>& without = {}) {
    if (!actor_.empty()) {
      return bad_input("--actor is for an archive with actor.json and outbox.json");
    }
    for (const fs::path& path : paths) QP_TRY(import_rdf_below(path));
    const auto lines = options_.format == "ndjson" ? bulk::Lines::Yes : bulk::Lines::No;
    const auto reader = QP_TRY(bulk::read_as2(paths, std::cin, lines, without));
    bulk::Writer writer;
    writer.document = [&](store::WriteTxn& txn, const bulk::Record& record,
                          const jsonld::StoredForm& form) {
      return ap::import_document(txn, form, *record.bytes, services());
    };
    writer.other = import_listing;
    std::string what;
    for (const fs::path& path : paths) what += path == "-" ? "" : fingerprint(path);
    bulk::Start start;
    if (is_worth_a_bulk_load(paths)) {
      const std::size_t skip = QP_TRY(prepare(writer, what));
      Progress progress("records");
      WatchedReader watched(*reader, progress);
      start.skip = skip;
      if (QP_TRY(import_in_bulk(watched, progress, writer, start))) return {};
      return import_rest(watched, progress, writer, start);
    }
    return import(*reader, writer, what);
  }

  /// A new file is written, what is in the store included.
  bool is_worth_a_bulk_load(const std::vector<fs::path>& paths) const {
    std::error_code ignored;
    std::uint64_t bytes = 0;
    for (const fs::path& path : paths) {
      if (path == "-" || !fs::exists(path, ignored)) return false;
      const auto entries = bulk::open_entries(path);
      if (entries) bytes += (*entries)->bytes_in_all();
    }
    const auto kept = fs::file_size(settings_.data / kStoreFile, ignored);
    return bytes >= kBulkBytes && bytes >= kept / kOldPerNew;
  }

  /// False: somebody has the store open; the reader goes on where `start` says then.
  Result<bool> import_in_bulk(bulk::DumpReader& reader, Progress& progress,
                              const bulk::Writer& writer, bulk::Start& start) {
    // Each part copies the store: twice as much at a time, and all copies are no more than that.
    for (std::size_t imported = 0;;) {
      bench_.reset();
      store::BulkOptions options;
      options.memory_bytes = options_.memory_mib * kMiB;
      store::Options store;
      store.folder = settings_.data;
      auto load = store::BulkLoad::begin(store, std::move(options));
      if (!load) {
        bench_ = QP_TRY(Workbench::open(settings_));
        if (load.error().code == Code::Unavailable) return false;
        return load.error();
      }
      bench_ = Workbench::over((*load)->before(), settings_);
      Lines lines;
      auto part = bulk::import_in_bulk(
          reader, **load, contexts(), writer, bulk::Tell::Everything,
          [&](const bulk::Outcome& outcome) { lines.add(line_of(outcome)); }, start,
          {options_.memory_mib * kMiB, std::max(options_.part, imported)});
      bench_.reset();
      Result<void> finished;
      if (part) {
        const auto report = (*load)->finish();
        if (!report) finished = report.error();
      }
      load->reset();
      bench_ = QP_TRY(Workbench::open(settings_));
      if (!part) return part.error();
      QP_TRY(finished);
      progress.clear();
      QP_TRY(lines.print());
      totals_.add(part->totals);
      imported += part->done - start.done;
      start = {0, part->done};
      QP_TRY(import_later(*part, progress, writer));
      if (part->is_end) return true;
    }
  }

  Result<void> import_later(bulk::BulkPart& part, Progress& progress, const bulk::Writer& writer) {
    if (part.later->size() == 0) return {};
    bulk::Writer quiet = writer;
    quiet.note = nullptr;
    QP_TRY(import_rest(*part.later, progress, quiet, {}));
    if (!writer.note) return {};
    return bench_->store().write([&](store::WriteTxn& txn) { return writer.note(txn, part.done); });
  }

  Result<void> import_archive(const bulk::PersonalArchive& archive, const fs::path& path) {
    const ap::Estate estate = QP_TRY(open_estate(archive));
    bulk::Writer writer;
    writer.document = [&](store::WriteTxn& txn, const bulk::Record& record,
                          const jsonld::StoredForm& form) {
      return ap::import_item(txn, estate, record.collection, form, *record.bytes, services());
    };
    writer.other = [&](store::WriteTxn& txn, const bulk::Record& record) -> Result<void> {
      if (record.kind == bulk::Record::Kind::File) {
        return ap::import_file(txn, estate, record.collection, *record.bytes);
      }
      return ap::import_member(txn, estate, named_in(record), services());
    };
    writer.adapt = [&](const store::Txn& txn, json::Value document, json::Arena& arena) {
      return ap::adapted(txn, estate, document, arena);
    };
    const std::string what = fingerprint(path) + actor_ + "\n" + archive.folder();
    using Part = bulk::PersonalArchive::Part;
    QP_TRY(import(*QP_TRY(archive.read(Part::Files)), writer, what + " files"));
    // After the files: the actor has pictures.
    QP_TRY(bench_->store().write([&](store::WriteTxn& txn) {
      return ap::found_estate(txn, estate, archive.actor(), services());
    }));
    if (estate.is_rehomed()) QP_TRY(rename_ids(archive, estate));
    QP_TRY(import(*QP_TRY(archive.read(Part::Items)), writer, what + " items"));
    return import_listings(archive, path, estate, what);
  }

  /// What others did to the actor's things: of this server, where they did it.
  Result<void> import_listings(const bulk::PersonalArchive& archive, const fs::path& path,
                               const ap::Estate& estate, const std::string& what) {
    if (!archive.has_listings() || estate.is_rehomed()) return {};
    {
      const auto txn = QP_TRY(bench_->store().read());
      if (!QP_TRY(ap::is_local(*txn, estate.actor))) return {};
    }
    bulk::Writer writer;
    writer.document = [](store::WriteTxn&, const bulk::Record& record,
                         const jsonld::StoredForm&) -> Result<TermId> {
      return bad_input("a member of " + record.collection + " that is not named by its id");
    };
    writer.other = [&](store::WriteTxn& to, const bulk::Record& record) -> Result<void> {
      QP_TRY(ap::check_own(to, estate, record.collection));
      return import_listing(to, record);
    };
    return import(*QP_TRY(bulk::read_listings(path, archive.folder())), writer, what + " listings");
  }

  Result<ap::Estate> open_estate(const bulk::PersonalArchive& archive) {
    json::Arena arena;
    json::ParseLimits limits;
    limits.allow_duplicate_keys = true;
    const auto actor = json::parse(archive.actor(), arena, limits);
    if (!actor) return bad_input(archive.actor_position() + ": " + actor.error().detail);
    QP_TRY(bulk::check_for_secrets(*actor));
    const auto txn = QP_TRY(bench_->store().read());
    return ap::open_estate(*txn, *actor, actor_);
  }

  /// Before anything is written all new ids are known, whatever refers to what.
  Result<void> rename_ids(const bulk::PersonalArchive& archive, const ap::Estate& estate) {
    constexpr std::size_t kAtOnce = 1024, kBytesAtOnce = 16 * kMiB;
    const auto reader = QP_TRY(archive.read(bulk::PersonalArchive::Part::Items));
    json::ParseLimits limits;
    limits.allow_duplicate_keys = true;
    for (bool more = true; more;) {
      json::Arena arena;
      std::vector<bulk::Record> records;
      std::size_t bytes = 0;
      while (more && records.size() < kAtOnce && bytes < kBytesAtOnce) {
        auto record = reader->next();
        more = record.has_value();
        if (!more || !record->bytes || record->kind != bulk::Record::Kind::Document) continue;
        bytes += record->bytes->size();
        records.push_back(*std::move(record));
      }
      std::vector<json::Value> documents;
      for (const auto& record : records) {
        const auto document = json::parse(*record.bytes, arena, limits);
        if (document && document->is_object()) documents.push_back(*document);
      }
      QP_TRY(bench_->store().write([&](store::WriteTxn& txn) -> Result<void> {
        for (const json::Value document : documents) {
          QP_TRY(ap::rename_ids(txn, estate, document));
        }
        return {};
      }));
    }
    return {};
  }

  /// How many records are done; from here on the writer notes that.
  Result<std::size_t> prepare(bulk::Writer& writer, const std::string& what) {
    const std::string key = text::hex(sig::sha256_text(what));
    std::size_t skip = 0;
    if (options_.resume) {
      const auto txn = QP_TRY(bench_->store().read());
      const auto kept = QP_TRY(txn->get(ap::kImports, key));
      if (kept) skip = static_cast<std::size_t>(text::to_uint(*kept).value_or(0));
    }
    if (!what.empty()) {
      writer.note = [key](store::WriteTxn& txn, std::size_t records) {
        return txn.put(ap::kImports, key, std::to_string(records));
      };
    }
    return skip;
  }

  Result<void> import(bulk::DumpReader& reader, bulk::Writer& writer, const std::string& what) {
    const std::size_t skip = QP_TRY(prepare(writer, what));
    Progress progress("records");
    WatchedReader watched(reader, progress);
    return import_rest(watched, progress, writer, {skip, 0});
  }

  Result<void> import_rest(bulk::DumpReader& reader, Progress& progress, const bulk::Writer& writer,
                           const bulk::Start& start) {
    const auto tell = output_ == Output::Json || (writer.document && !writer.adapt)
                          ? bulk::Tell::Everything
                          : bulk::Tell::Trouble;
    totals_.add(QP_TRY(bulk::import(
        reader, bench_->store(), contexts(), lean(writer), tell,
        [&](const bulk::Outcome& outcome) {
          progress.clear();
          std::cout << line_of(outcome);
        },
        start)));
    return {};
  }

  /// What it reads of the store does not stay in memory.
  bulk::Writer lean(const bulk::Writer& writer) {
    bulk::Writer lean = writer;
    if (writer.document) {
      lean.document = [this, &writer](store::WriteTxn& txn, const bulk::Record& record,
                                      const jsonld::StoredForm& form) {
        let_go_now_and_then();
        return writer.document(txn, record, form);
      };
    }
    if (writer.other) {
      lean.other = [this, &writer](store::WriteTxn& txn, const bulk::Record& record) {
        let_go_now_and_then();
        return writer.other(txn, record);
      };
    }
    return lean;
  }
  void let_go_now_and_then() {
    if (++written_ % kRecordsPerLook == 0) store::let_go_of_many_pages(settings_.data);
  }

  /// What it says of its root stands beside what is here, and nobody sees it unasked.
  static bool is_claim(const bulk::Imported& imported) {
    const auto& graphs = imported.graphs;
    return !imported.claims.empty() &&
           std::find(graphs.begin(), graphs.end(), imported.root) == graphs.end();
  }

  std::string line_of(const bulk::Outcome& outcome) const {
    const bulk::Record& record = outcome.record;
    const bool as_json = output_ == Output::Json;
    ordered_json line = {{"position", record.position}};
    if (!outcome.imported) {
      if (!as_json) return refusal_of(record.position, outcome.imported.error());
      line["error"] = outcome.imported.error().detail;
      return one_line(line);
    }
    const bulk::Imported& imported = *outcome.imported;
    if (record.kind != bulk::Record::Kind::Document) {
      if (!as_json) return {};
      using Kind = bulk::Record::Kind;
      const bool is_member = record.kind == Kind::Member;
      const std::string_view what = is_member                   ? "member"
                                    : record.kind == Kind::File ? "file"
                                                                : "addition";
      line[std::string(what)] = is_member ? *record.bytes : record.collection;
      return one_line(line);
    }
    if (!as_json) {
      return text::for_terminal(record.position) + '\t' + imported.document + '\t' + imported.root +
             (is_claim(imported) ? "\tclaims: what is here already is left as it is\n" : "\n");
    }
    if (is_claim(imported)) line["left_as_it_is"] = imported.root;
    line["document"] = imported.document;
    line["root"] = imported.root;
    line["graphs"] = imported.graphs;
    if (!imported.claims.empty()) line["claims"] = imported.claims;
    if (!imported.repairs.empty()) line["repaired"] = imported.repairs;
    return one_line(line);
  }

  Result<void> finish() const {
    std::cout.flush();
    Result<void> done;
    if (totals_rdf_.quads + totals_rdf_.refused > 0) {
      done = tell(totals_rdf_);
      const std::size_t others =
          totals_.imported + totals_.refused + totals_.members + totals_.files;
      if (others == 0) return done;
    }
    std::cerr << "imported " << totals_.imported << " documents, " << totals_.bytes
              << " bytes; beside their quads " << totals_.fidelity_bytes << " bytes are kept\n";
    if (totals_.members + totals_.files > 0) {
      std::cerr << "and " << totals_.members << " entries of collections, " << totals_.files
                << " files\n";
    }
    if (totals_.refused == 0) return done;
    const std::size_t all = totals_.imported + totals_.members + totals_.files + totals_.refused;
    return bad_input(std::to_string(totals_.refused) + " of " + std::to_string(all) +
                     " records could not be imported");
  }

  /// The file as it is now, or all of a folder: another one under that name is another import.
  static std::string fingerprint(const fs::path& path) {
    std::error_code ignored;
    std::vector<std::string> lines{line_about(path)};
    for (fs::recursive_directory_iterator at(path, ignored), end; at != end && !ignored;
         at.increment(ignored)) {
      if (!at->is_directory(ignored)) lines.push_back(line_about(at->path()));
    }
    std::sort(lines.begin() + 1, lines.end());
    std::string all;
    for (const std::string& line : lines) all += line;
    return all;
  }
  static std::string line_about(const fs::path& path) {
    std::error_code ignored;
    const auto full = fs::weakly_canonical(path, ignored);
    const auto changed = fs::last_write_time(path, ignored).time_since_epoch().count();
    const auto size = fs::is_regular_file(path, ignored) ? fs::file_size(path, ignored) : 0;
    return full.string() + "\n" + std::to_string(changed) + "\n" + std::to_string(size) + "\n";
  }

  const ap::Services& services() const { return bench_->services(); }
  jsonld::ContextSource contexts() const { return {services().contexts, services().loader}; }

  std::unique_ptr<Workbench> bench_;
  const Settings& settings_;
  const Options& options_;
  std::string actor_;  ///< that becomes the owner; empty: all ids stay
  Output output_;
  std::uint64_t written_ = 0;  ///< records, each time that it was tried
  bulk::Totals totals_;
  bulk::RdfTotals totals_rdf_;
};

/// Only RDF, into a store that nobody else has open: sorted outside, and into a file that takes the
/// old one's place at once. Nullopt: somebody has it open.
Result<bool> import_in_bulk(const Invocation& invocation, const Options& options) {
  for (const fs::path path : options.paths) {
    if (!syntax_of(path, options.format)) return false;
  }
  store::BulkOptions bulk;
  bulk.memory_bytes = options.memory_mib * kMiB;
  store::Options store;
  store.folder = invocation.settings.data;
  {
    const auto exists = QP_TRY(open_store(invocation.settings));
  }
  auto load = store::BulkLoad::begin(store, std::move(bulk));
  if (!load && load.error().code == Code::Unavailable) return false;
  if (!load) return load.error();
  const bulk::RdfRules rules = rdf_rules();
  const auto target = bulk::into_bulk_load(**load, rules);
  bulk::RdfTotals totals;
  for (const fs::path path : options.paths) {
    const auto syntax = syntax_of(path, options.format);
    totals.add(QP_TRY(load_rdf_file(path, *syntax, *target, invocation.output)));
  }
  QP_TRY(target->finish());
  QP_TRY(tell(totals));
  return true;
}

Result<void> import(const Invocation& invocation, const Options& options) {
  if (QP_TRY(import_in_bulk(invocation, options))) return {};
  return Import(QP_TRY(Workbench::open(invocation.settings)), invocation, options).run();
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
          "archive or its folder; ndjson: a document on each line; nquads, ntriples, turtle, "
          "trig: RDF, graphs as they are given; auto: by what is there")
      ->check(CLI::IsMember(
          {"auto", "as2", "mastodon", "ndjson", "jsonld", "nquads", "ntriples", "turtle", "trig"}));
  command->add_option(
      "--actor", options->actor,
      "Of an archive: it becomes this local actor's, under new ids; the former ones "
      "are kept as aliases. An IRI, a name, or name@host");
  command->add_flag("--resume", options->resume, "Go on where the same import was broken off");
  command
      ->add_option("--memory", options->memory_mib,
                   "MiB in which a large import without a server sorts and finds; the rest is in "
                   "files without names")
      ->check(CLI::Range(std::size_t{1}, kMostMemory));
  command
      ->add_option("--part", options->part,
                   "Records of such an import that are put in place at a time, and that --resume "
                   "need not read again; more of them when that many are in")
      ->check(CLI::PositiveNumber);
  command->callback([&selected, options] {
    selected.run = [options](const Invocation& invocation) { return import(invocation, *options); };
  });
}

}  // namespace qp::tools
