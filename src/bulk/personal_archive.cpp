#include <algorithm>
#include <array>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/json.hpp"
#include "bulk/account_list.hpp"
#include "bulk/dump_reader.hpp"
#include "bulk/json_pieces.hpp"
#include "bulk/limits.hpp"
#include "bulk/named_files.hpp"
#include "bulk/status.hpp"

namespace qp::bulk {

namespace {

constexpr std::array<std::string_view, 2> kActorNames = {"actor.json", "account.json"};
/// Where the posts are: activities, or what Pixelfed calls them.
constexpr std::array<std::string_view, 2> kOutboxes = {"outbox.json", "pixelfed-statuses.json"};
/// Pixelfed's files, and what is in them.
struct PixelfedFile {
  std::string_view name, collection;
};
constexpr std::array<PixelfedFile, 3> kPixelfedFiles = {{
    {"pixelfed-statuses", "outbox"},
    {"pixelfed-following", "following"},
    {"pixelfed-followers", "followers"},
}};
/// An object with a list for each.
constexpr std::string_view kMutedAndBlocked = "muted-and-blocked-accounts.json";
constexpr std::array<std::string_view, 13> kCollections = {
    "outbox",   "likes",   "liked", "bookmarks", "followers",         "following",
    "featured", "blocked", "inbox", "streams",   "pending-followers", "pending-following",
    "deleted"};
/// What is not kept here, and told where there is something in it.
constexpr std::string_view kDislikes = "dislikes";
/// What PeerTube has beside its documents says the same in words of its own.
constexpr std::string_view kDocuments = "activity-pub/", kOwnWords = "peertube/";
/// Files besides the documents whose names are looked at to see whether all are an archive's.
constexpr std::size_t kMostOthers = 10'000;
/// Of our own archives: the collections that the actor made, a file for each.
constexpr std::string_view kMade = "collections/";

std::pair<std::string_view, std::string_view> split_path(std::string_view name) {
  const auto slash = name.rfind('/');
  const std::size_t cut = slash == name.npos ? 0 : slash + 1;
  return {name.substr(0, cut), name.substr(cut)};
}

/// The name of an entry as documents in `folder` call it: with `../` where it is beside the folder.
std::string seen_from(std::string_view folder, std::string_view name) {
  const auto common = std::mismatch(folder.begin(), folder.end(), name.begin(), name.end()).first;
  const auto length = static_cast<std::size_t>(common - folder.begin());
  const std::size_t shared = split_path(folder.substr(0, length)).first.size();
  std::string seen;
  for (const char c : folder.substr(shared)) seen += c == '/' ? "../" : "";
  return seen.append(name.substr(shared));
}

bool is_document(std::string_view name) {
  return name.ends_with(".json") || name.ends_with(".csv") || name.ends_with(".txt");
}

/// A collection without its items.
struct Head {
  std::string context;  ///< JSON; empty: it has none
  std::string id;
  bool is_document = false;  ///< it says whose it is, and not only what is in it
  std::string total;         ///< how many items it says that it has
  bool is_empty = false;     ///< it says that it has none
};
Head read_head(const std::string& text) {
  json::Arena arena;
  json::ParseLimits limits;
  limits.allow_duplicate_keys = true;
  const auto parsed = json::parse(text, arena, limits);
  if (!parsed) return {};
  Head head;
  if (parsed->contains("@context")) head.context = json::to_text(parsed->get("@context"));
  head.id = parsed->get("id").text();
  head.is_document = parsed->contains("attributedTo");
  const json::Value total = parsed->get("totalItems");
  if (total.is_number() && total.text() != "0") head.total = total.text();
  head.is_empty = total.is_number() && total.text() == "0";
  return head;
}

class ArchiveReader final : public DumpReader {
 public:
  ArchiveReader(std::unique_ptr<Entries> entries, std::string folder, std::string actor,
                Result<StatusOwner> owner, PersonalArchive::Part part, NamedFiles files)
      : entries_(std::move(entries)),
        folder_(std::move(folder)),
        actor_(std::move(actor)),
        owner_(std::move(owner)),
        part_(part),
        files_(std::move(files)) {}

  std::optional<Record> next() override {
    for (;;) {
      if (pieces_) {
        if (auto record = piece()) return record;
        pieces_.reset();
      }
      if (list_) {
        if (auto record = list_->next()) return record;
        list_.reset();
      }
      if (!blocked_.empty()) {
        Record record = std::move(blocked_.back());
        blocked_.pop_back();
        return record;
      }
      auto entry = entries_->next();
      if (!entry) return std::nullopt;
      if (!entry->readable) {
        // Told once, with the items.
        if (part_ == PersonalArchive::Part::Files) continue;
        return Record{entry->position, entry->readable.error()};
      }
      const std::string name = seen_from(folder_, entry->name);
      if (name == actor_) continue;
      const bool is_file = !is_document(name);
      if (is_file != (part_ == PersonalArchive::Part::Files)) continue;
      if (!is_file && name.starts_with("../")) continue;
      if (is_file) {
        if (!files_.has(name)) continue;
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
    position_ = entry.position;
    if (const ListFile* file = find_list_file(name)) {
      list_.emplace(std::move(entry.read), *file, entry.position);
      return;
    }
    if (name == kMutedAndBlocked) return read_blocked(entry);
    if (!name.ends_with(".json")) return;
    is_made_ = name.starts_with(kMade);
    head_.reset();
    has_items_ = false;
    if (is_made_) {
      pieces_.emplace(std::move(entry.read), JsonPieces::Of::Collection);
      return;
    }
    collection_ = name.substr(0, name.size() - 5);
    are_statuses_ = false;
    for (const PixelfedFile& file : kPixelfedFiles) {
      if (file.name != collection_) continue;
      are_statuses_ = file.collection == "outbox";
      collection_ = file.collection;
      head_ = Head();
      pieces_.emplace(std::move(entry.read), JsonPieces::Of::Stream);
      return;
    }
    const bool is_known =
        std::find(kCollections.begin(), kCollections.end(), collection_) != kCollections.end();
    if (!is_known && collection_ != kDislikes) return;
    pieces_.emplace(std::move(entry.read), JsonPieces::Of::Pages);
  }

  /// Whom somebody mutes is not kept here, and told once.
  void read_blocked(Entry& entry) {
    const auto refuse = [&](Error error) {
      blocked_.push_back(Record{position_, std::move(error)});
    };
    const auto text = read_all(entry.read, limits::kDocumentBytes);
    if (!text) return refuse(text.error());
    json::Arena arena;
    const auto lists = json::parse(*text, arena);
    if (!lists || !lists->is_object()) return refuse(bad_input("no JSON object of lists"));
    std::size_t number = 0;
    for (const json::Value one : lists->get("blocked").items()) {
      blocked_.push_back(Record{position_ + "#" + std::to_string(++number), std::string(one.text()),
                                Record::Kind::Member, "blocked"});
    }
    if (!lists->get("muted").empty()) refuse(bad_input("whom somebody mutes is not kept here"));
    std::reverse(blocked_.begin(), blocked_.end());
  }

  std::optional<Record> piece() {
    auto piece = waiting_ ? std::exchange(waiting_, std::nullopt) : pieces_->next();
    if (!head_) {
      head_ = read_head(pieces_->head());
      if (is_made_) collection_ = head_->id;
      if (is_made_ && head_->is_document) {
        waiting_ = std::move(piece);
        return Record{position_, pieces_->head(), Record::Kind::Document, collection_};
      }
    }
    if (!piece) return missing_items();
    has_items_ = true;
    if (collection_ == kDislikes && piece->text) {
      pieces_.reset();
      return Record{position_, bad_input("what somebody dislikes is not kept here")};
    }
    if (piece->text) piece->text = activity_of(*std::move(piece->text));
    Record record{position_ + "#" + std::to_string(piece->number), std::move(piece->text),
                  Record::Kind::Document, collection_, head_->context};
    const bool may_be_named =
        record.bytes && (record.bytes->starts_with('"') || collection_ != "outbox");
    if (may_be_named) make_member(record);
    return record;
  }

  Result<std::string> activity_of(std::string text) const {
    if (are_statuses_) {
      if (!owner_) return owner_.error();
      return activity_of_status(text, *owner_);
    }
    // Old archives of Pixelfed have the posts themselves.
    const bool may_be_post = collection_ == "outbox" && owner_ && text.starts_with('{') &&
                             text.find("\"actor\"") == text.npos;
    return may_be_post ? activity_of_post(std::move(text), *owner_) : text;
  }

  /// Told once.
  std::optional<Record> missing_items() {
    if (std::exchange(has_items_, true) || is_made_ || head_->is_empty) return std::nullopt;
    if (!head_->total.empty()) {
      return Record{position_, bad_input("it says that it has " + head_->total +
                                         " items, and none of them is in it")};
    }
    if (pieces_->has_list()) return std::nullopt;
    return Record{position_, bad_input("there is no list of items in it")};
  }

  std::unique_ptr<Entries> entries_;
  std::string folder_, actor_;
  Result<StatusOwner> owner_;
  PersonalArchive::Part part_;
  NamedFiles files_;
  std::optional<JsonPieces> pieces_;
  std::optional<Piece> waiting_;
  bool are_statuses_ = false, is_made_ = false, has_items_ = false;
  std::optional<AccountList> list_;
  std::vector<Record> blocked_;  ///< the next one last
  std::string position_, collection_;
  std::optional<Head> head_;
};

}  // namespace

void make_member(Record& record) {
  json::Arena arena;
  const auto value = json::parse(*record.bytes, arena);
  if (!value) return;
  const bool is_stub = value->is_object() && value->size() == 2 && value->get("id").is_string() &&
                       value->get("to").is_array();
  if (!value->is_string() && !is_stub) return;
  record.kind = Record::Kind::Member;
  std::string id(is_stub ? value->get("id").text() : value->text());
  if (is_stub) {
    record.readers.emplace();
    for (const json::Value one : value->get("to").items()) record.readers->emplace_back(one.text());
  }
  record.bytes = std::move(id);
}

Result<std::vector<PersonalArchive>> PersonalArchive::find(const std::filesystem::path& path) {
  std::vector<PersonalArchive> archives;
  const auto entries = QP_TRY(open_entries(path));
  std::unordered_set<std::string> outboxes, listings;   // folders
  std::vector<std::string> others;                      // files, but not all of them
  std::unordered_map<std::string, std::size_t> places;  // of archives, by their folders
  while (auto entry = entries->next()) {
    if (!entry->readable) continue;  // told when it is read for good
    const auto [folder, name] = split_path(entry->name);
    if (!is_document(name) && others.size() < kMostOthers) others.push_back(entry->name);
    if (std::find(kOutboxes.begin(), kOutboxes.end(), name) != kOutboxes.end()) {
      outboxes.emplace(folder);
    }
    if (name == kListings) listings.emplace(folder);
    const bool is_actor =
        std::find(kActorNames.begin(), kActorNames.end(), name) != kActorNames.end();
    if (!is_actor) continue;
    auto actor = read_all(entry->read, limits::kHeadBytes);
    if (!actor) continue;  // and that too
    PersonalArchive archive;
    archive.path_ = path;
    archive.folder_ = folder;
    archive.actor_name_ = name;
    archive.actor_position_ = entry->position;
    archive.actor_ = std::move(*actor);
    archive.actor_.erase(0, byte_order_mark(archive.actor_));
    const auto [at, is_new] = places.emplace(archive.folder_, archives.size());
    if (is_new) {
      archives.push_back(std::move(archive));
    } else {
      archives[at->second].replace_by(std::move(archive));
    }
  }
  std::erase_if(archives, [&](const auto& one) { return !outboxes.contains(one.folder_); });
  std::unordered_set<std::string> folders;
  for (const PersonalArchive& archive : archives) folders.insert(archive.folder_);
  std::vector<Other> whose;
  whose.reserve(others.size());
  for (std::string& other : others) {
    std::string folder(split_path(other).first);
    while (!folder.empty() && !folders.contains(folder)) {
      folder.resize(split_path(std::string_view(folder).substr(0, folder.size() - 1)).first.size());
    }
    whose.push_back({std::move(other), std::move(folder)});
  }
  for (PersonalArchive& archive : archives) {
    archive.has_listings_ = listings.contains(archive.folder_);
    archive.note_others(whose);
  }
  return archives;
}

/// Where a name is there twice, the last one is what it would be unpacked to.
void PersonalArchive::replace_by(PersonalArchive other) {
  const bool is_worse =
      other.actor_name_ != actor_name_ && other.actor_name_ != kActorNames.front();
  if (!is_worse) *this = std::move(other);
}

std::vector<std::string> PersonalArchive::read_folders() const {
  if (!folder_.ends_with(kDocuments)) return {folder_};
  std::string beside = folder_.substr(0, folder_.size() - kDocuments.size());
  return {folder_, beside.append(kOwnWords)};
}

/// Whether the documents must be asked which of the files are theirs.
void PersonalArchive::note_others(const std::vector<Other>& others) {
  NamedFiles files;
  files.add(actor_);
  has_others_ = others.size() == kMostOthers;
  for (const Other& other : others) {
    if (has_others_) return;
    if (!other.folder.empty() && other.folder != folder_) continue;
    const std::string name = seen_from(folder_, other.name);
    has_others_ = !NamedFiles::is_hidden(name) && !files.has(name);
  }
}

Result<std::unique_ptr<DumpReader>> PersonalArchive::read(Part part) const {
  NamedFiles files;
  if (part == Part::Files) {
    files.add(actor_);
    if (has_others_) {
      const auto documents = QP_TRY(read(Part::Items));
      while (const auto record = documents->next()) {
        if (record->bytes && record->kind == Record::Kind::Document) files.add(*record->bytes);
      }
    }
  }
  auto entries = QP_TRY(open_entries(path_));
  return std::unique_ptr<DumpReader>(std::make_unique<ArchiveReader>(
      std::move(entries), folder_, actor_name_, status_owner(actor_), part, std::move(files)));
}

}  // namespace qp::bulk
