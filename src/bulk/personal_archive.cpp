#include <algorithm>
#include <array>
#include <unordered_set>

#include "base/json.hpp"
#include "bulk/dump_reader.hpp"
#include "bulk/json_pieces.hpp"
#include "bulk/limits.hpp"

namespace qp::bulk {

namespace {

constexpr std::array<std::string_view, 2> kActorNames = {"actor.json", "account.json"};
constexpr std::string_view kOutbox = "outbox.json";
constexpr std::array<std::string_view, 9> kCollections = {"outbox",    "likes",     "liked",
                                                          "bookmarks", "followers", "following",
                                                          "featured",  "blocked",   "inbox"};

std::pair<std::string_view, std::string_view> split_path(std::string_view name) {
  const auto slash = name.rfind('/');
  const std::size_t cut = slash == name.npos ? 0 : slash + 1;
  return {name.substr(0, cut), name.substr(cut)};
}

bool is_document(std::string_view name) {
  return name.ends_with(".json") || name.ends_with(".csv") || name.ends_with(".txt");
}

/// The context of a collection's head, as JSON; empty: it has none.
std::string context_of(const std::string& head) {
  json::Arena arena;
  json::ParseLimits limits;
  limits.allow_duplicate_keys = true;
  const auto parsed = json::parse(head, arena, limits);
  if (!parsed || !parsed->contains("@context")) return {};
  return json::to_text(parsed->get("@context"));
}

class ArchiveReader final : public DumpReader {
 public:
  ArchiveReader(std::unique_ptr<Entries> entries, std::string folder, std::string actor,
                PersonalArchive::Part part)
      : entries_(std::move(entries)),
        folder_(std::move(folder)),
        actor_(std::move(actor)),
        part_(part) {}

  std::optional<Record> next() override {
    for (;;) {
      if (pieces_) {
        if (auto record = piece()) return record;
        pieces_.reset();
      }
      auto entry = entries_->next();
      if (!entry) return std::nullopt;
      if (!entry->readable) {
        // Told once, with the items.
        if (part_ == PersonalArchive::Part::Files) continue;
        return Record{entry->position, entry->readable.error()};
      }
      if (!entry->name.starts_with(folder_)) continue;
      const std::string name = entry->name.substr(folder_.size());
      if (name == actor_) continue;
      const bool is_file = !is_document(name);
      if (is_file != (part_ == PersonalArchive::Part::Files)) continue;
      if (is_file) {
        return Record{entry->position, read_all(entry->read, limits::kFileBytes),
                      Record::Kind::File, name};
      }
      open(*entry, name);
    }
  }

  double share_read() const override {
    const auto all = static_cast<double>(entries_->bytes_in_all());
    return all == 0 ? -1 : static_cast<double>(entries_->bytes_read()) / all;
  }

 private:
  void open(Entry& entry, const std::string& name) {
    if (!name.ends_with(".json")) return;
    collection_ = name.substr(0, name.size() - 5);
    if (std::find(kCollections.begin(), kCollections.end(), collection_) == kCollections.end()) {
      return;
    }
    position_ = entry.position;
    context_.reset();
    pieces_.emplace(std::move(entry.read), JsonPieces::Of::Collection);
  }

  std::optional<Record> piece() {
    auto piece = pieces_->next();
    if (!piece) return std::nullopt;
    if (!context_) context_ = context_of(pieces_->head());
    Record record{position_ + "#" + std::to_string(piece->number), std::move(piece->text),
                  Record::Kind::Document, collection_, *context_};
    if (record.bytes && record.bytes->starts_with('"')) {
      record.kind = Record::Kind::Member;
      record.bytes = text_of(*record.bytes);
    }
    return record;
  }

  static Result<std::string> text_of(const std::string& json) {
    json::Arena arena;
    return std::string(QP_TRY(json::parse(json, arena)).text());
  }

  std::unique_ptr<Entries> entries_;
  std::string folder_, actor_;
  PersonalArchive::Part part_;
  std::optional<JsonPieces> pieces_;
  std::string position_, collection_;
  std::optional<std::string> context_;
};

}  // namespace

Result<std::vector<PersonalArchive>> PersonalArchive::find(const std::filesystem::path& path) {
  std::vector<PersonalArchive> archives;
  const auto entries = QP_TRY(open_entries(path));
  std::unordered_set<std::string> outboxes;
  while (auto entry = entries->next()) {
    if (!entry->readable) continue;  // told when it is read for good
    const auto [folder, name] = split_path(entry->name);
    if (name == kOutbox) outboxes.emplace(folder);
    const bool is_actor =
        std::find(kActorNames.begin(), kActorNames.end(), name) != kActorNames.end();
    if (!is_actor) continue;
    PersonalArchive archive;
    archive.path_ = path;
    archive.folder_ = folder;
    archive.actor_name_ = name;
    archive.actor_position_ = entry->position;
    archive.actor_ = QP_TRY(read_all(entry->read, limits::kHeadBytes));
    archives.push_back(std::move(archive));
  }
  std::erase_if(archives, [&](const auto& one) { return !outboxes.contains(one.folder_); });
  return archives;
}

Result<std::unique_ptr<DumpReader>> PersonalArchive::read(Part part) const {
  auto entries = QP_TRY(open_entries(path_));
  return std::unique_ptr<DumpReader>(
      std::make_unique<ArchiveReader>(std::move(entries), folder_, actor_name_, part));
}

}  // namespace qp::bulk
