#include <algorithm>
#include <array>
#include <iostream>
#include <utility>

#include "base/json.hpp"
#include "bulk/dump_reader.hpp"
#include "bulk/json_pieces.hpp"
#include "bulk/rdf_load.hpp"

namespace qp::bulk {

namespace {

namespace fs = std::filesystem;

bool has_extension(std::string_view name, std::span<const std::string_view> extensions) {
  return std::any_of(extensions.begin(), extensions.end(),
                     [&](std::string_view one) { return name.ends_with(one); });
}
constexpr std::array<std::string_view, 2> kDocuments = {".json", ".jsonld"};
constexpr std::array<std::string_view, 3> kLines = {".ndjson", ".jsonl", ".jsonlines"};

/// The things that a JSON-LD document is about, if they are several, as documents.
class GraphMembers {
 public:
  static std::optional<GraphMembers> find(const std::string& text) {
    if (text.find("\"@graph\"") == text.npos) return std::nullopt;
    GraphMembers found;
    found.text_ = std::make_unique<std::string>(text);
    json::ParseLimits limits;
    limits.allow_duplicate_keys = true;
    const auto document = json::parse(*found.text_, *found.arena_, limits);
    if (!document) return std::nullopt;
    found.context_ = document->get("@context");
    found.members_ = document->get("@graph");
    const bool has_more = document->size() > (document->contains("@context") ? 2U : 1U);
    const auto members = found.members_.items();
    if (has_more || members.size() < 2) return std::nullopt;
    if (!std::all_of(members.begin(), members.end(), is_named)) return std::nullopt;
    return found;
  }

  std::optional<std::string> next() {
    if (next_ == members_.size()) return std::nullopt;
    const json::Value member = members_.items()[next_++];
    json::Arena arena;
    const json::Value document = json::Value::object(arena, member.size() + 1);
    document.append_member(arena, {"@context", context_of(member, arena)});
    for (const json::Member& one : member.members()) {
      if (one.key != "@context") document.append_member(arena, one);
    }
    return json::to_text(document);
  }
  std::size_t number() const { return next_; }

 private:
  static bool is_named(json::Value member) {
    const json::Value id = member.contains("@id") ? member.get("@id") : member.get("id");
    return id.is_string() && !id.text().starts_with("_:");
  }

  /// That of the whole, and its own after it.
  json::Value context_of(json::Value member, json::Arena& arena) const {
    if (!member.contains("@context")) return context_;
    const json::Value all = json::Value::array(arena);
    for (const json::Value context : {context_, member.get("@context")}) {
      if (!context.is_array()) all.push_back(arena, context);
      for (const json::Value one : context.items()) all.push_back(arena, one);
    }
    return all;
  }

  std::unique_ptr<std::string> text_;
  std::unique_ptr<json::Arena> arena_ = std::make_unique<json::Arena>();
  json::Value context_, members_;
  std::size_t next_ = 0;
};

class As2Reader final : public DumpReader {
 public:
  As2Reader(std::vector<fs::path> paths, std::istream& standard_input, Lines lines,
            std::vector<std::string> without)
      : paths_(std::move(paths)),
        standard_input_(standard_input),
        lines_(lines),
        without_(std::move(without)) {}

  std::optional<Record> next() override {
    for (;;) {
      if (pieces_) {
        if (auto record = piece()) return record;
        pieces_.reset();
      } else if (entries_) {
        if (auto entry = entries_->next()) {
          if (auto refused = open(*entry)) return refused;
        } else {
          read_before_ += entries_->bytes_in_all();
          entries_.reset();
          if (!std::exchange(has_something_, true)) {
            return Record{paths_[next_path_ - 1].string(),
                          bad_input("there is nothing in it that is read here")};
          }
        }
      } else if (next_path_ < paths_.size()) {
        if (auto refused = open(paths_[next_path_++])) return refused;
      } else {
        return std::nullopt;
      }
    }
  }

  double share_read() const override {
    if (in_all_ == 0) return -1;
    const auto read = read_before_ + (entries_ ? entries_->bytes_read() : 0);
    return static_cast<double>(read) / static_cast<double>(in_all_);
  }

  /// All else is passed over.
  void read_only(std::string listings) { only_ = std::move(listings); }

  void expect(std::uint64_t bytes) { in_all_ += bytes; }

 private:
  std::optional<Record> open(const fs::path& path) {
    if (path == "-") {
      begin("standard input", reader_of(standard_input_), lines_);
      return std::nullopt;
    }
    auto entries = open_entries(path);
    if (!entries) return Record{path.string(), entries.error()};
    entries_ = *std::move(entries);
    has_something_ = !without_.empty();
    std::error_code ignored;
    is_folder_ = fs::is_directory(path, ignored);
    is_single_ = !is_folder_ && !is_archive(path);
    return std::nullopt;
  }

  std::optional<Record> open(Entry& entry) {
    if (!only_.empty() && entry.name != only_) return std::nullopt;
    const bool is_left_out =
        std::any_of(without_.begin(), without_.end(),
                    [&](const std::string& folder) { return entry.name.starts_with(folder); });
    if (is_left_out) return std::nullopt;
    const bool has_lines = has_extension(entry.name, kLines);
    if (!is_single_ && !has_lines && !has_extension(entry.name, kDocuments)) {
      // Other files are left alone, but not an archive that breaks off.
      const bool is_entry = entry.position.ends_with(entry.name) && !entry.name.empty();
      if (rdf_syntax_of(entry.name)) return rdf(entry);
      if (entry.readable || is_entry) return std::nullopt;
    }
    has_something_ = true;
    if (!entry.readable) return Record{entry.position, entry.readable.error()};
    begin(entry.position, std::move(entry.read), has_lines ? Lines::Yes : lines_);
    are_listings_ = !is_single_ && (entry.name == kListings || entry.name == only_);
    return std::nullopt;
  }

  /// Of a folder it is read by somebody else.
  std::optional<Record> rdf(const Entry& entry) {
    has_something_ = true;
    if (!entry.readable) return Record{entry.position, entry.readable.error()};
    if (is_folder_) return std::nullopt;
    return Record{entry.position, bad_input("RDF beside other files is read from a folder only")};
  }

  void begin(std::string position, ByteReader read, Lines lines) {
    position_ = std::move(position);
    numbered_ = lines == Lines::Yes;
    are_listings_ = false;
    pieces_.emplace(std::move(read),
                    lines == Lines::Yes ? JsonPieces::Of::Lines : JsonPieces::Of::Stream);
  }

  std::optional<Record> piece() {
    if (graph_) {
      if (auto text = graph_->next()) {
        return Record{piece_position_ + "#" + std::to_string(graph_->number()), *std::move(text)};
      }
      graph_.reset();
    }
    if (!members_.empty()) {
      Record record = std::move(members_.back());
      members_.pop_back();
      return record;
    }
    auto piece = pieces_->next();
    if (!piece) return std::nullopt;
    numbered_ = numbered_ || pieces_->is_array() || piece->number > 1;
    piece_position_ = numbered_ ? position_ + "#" + std::to_string(piece->number) : position_;
    if (are_listings_ && piece->text) {
      read_listing(*piece->text);
      if (!members_.empty()) return this->piece();
    }
    if (piece->text) graph_ = GraphMembers::find(*piece->text);
    if (graph_) return this->piece();
    return Record{piece_position_, std::move(piece->text)};
  }

  /// The members of a collection, or what is added to a document.
  void read_listing(const std::string& text) {
    json::Arena arena;
    const auto collection = json::parse(text, arena);
    if (!collection) return;
    const std::string id(collection->get("id").text());
    if (collection->get("type").is("Question") || collection->get("type").is("Tombstone")) {
      members_.push_back(Record{piece_position_, text, Record::Kind::Addition, id});
      return;
    }
    for (const json::Value item : collection->get("orderedItems").items()) {
      members_.push_back(Record{piece_position_, json::to_text(item), Record::Kind::Document, id});
      make_member(members_.back());
    }
    std::reverse(members_.begin(), members_.end());
  }

  std::vector<fs::path> paths_;
  std::istream& standard_input_;
  Lines lines_;
  std::vector<std::string> without_;
  std::string only_;
  std::size_t next_path_ = 0;
  std::unique_ptr<Entries> entries_;
  bool is_single_ = false, is_folder_ = false;
  bool has_something_ = true;  ///< of what is open now
  std::optional<JsonPieces> pieces_;
  std::optional<GraphMembers> graph_;
  bool are_listings_ = false;
  std::vector<Record> members_;  ///< the next one last
  std::string position_, piece_position_;
  bool numbered_ = false;
  std::uint64_t in_all_ = 0, read_before_ = 0;
};

}  // namespace

Result<std::unique_ptr<DumpReader>> read_as2(const std::vector<fs::path>& paths,
                                             std::istream& standard_input, Lines lines,
                                             std::vector<std::string> without) {
  auto reader = std::make_unique<As2Reader>(paths, standard_input, lines, std::move(without));
  for (const fs::path& path : paths) {
    if (path == "-") continue;
    const auto entries = QP_TRY(open_entries(path));
    reader->expect(entries->bytes_in_all());
  }
  return std::unique_ptr<DumpReader>(std::move(reader));
}

Result<std::unique_ptr<DumpReader>> read_listings(const fs::path& path, std::string_view folder) {
  auto reader = std::make_unique<As2Reader>(std::vector{path}, std::cin, Lines::Yes,
                                            std::vector<std::string>());
  reader->expect(QP_TRY(open_entries(path))->bytes_in_all());
  reader->read_only(std::string(folder).append(kListings));
  return std::unique_ptr<DumpReader>(std::move(reader));
}

}  // namespace qp::bulk
