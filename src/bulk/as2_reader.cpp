#include <algorithm>
#include <array>
#include <istream>

#include "bulk/dump_reader.hpp"
#include "bulk/json_pieces.hpp"

namespace qp::bulk {

namespace {

namespace fs = std::filesystem;

bool has_extension(std::string_view name, std::span<const std::string_view> extensions) {
  return std::any_of(extensions.begin(), extensions.end(),
                     [&](std::string_view one) { return name.ends_with(one); });
}
constexpr std::array<std::string_view, 2> kDocuments = {".json", ".jsonld"};
constexpr std::array<std::string_view, 3> kLines = {".ndjson", ".jsonl", ".jsonlines"};

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
    std::error_code ignored;
    is_single_ = !fs::is_directory(path, ignored) && !is_archive(path);
    return std::nullopt;
  }

  std::optional<Record> open(Entry& entry) {
    const bool is_left_out =
        std::any_of(without_.begin(), without_.end(),
                    [&](const std::string& folder) { return entry.name.starts_with(folder); });
    if (is_left_out) return std::nullopt;
    const bool has_lines = has_extension(entry.name, kLines);
    if (!is_single_ && !has_lines && !has_extension(entry.name, kDocuments)) {
      // Other files are left alone, but not an archive that breaks off.
      const bool is_entry = entry.position.ends_with(entry.name) && !entry.name.empty();
      if (entry.readable || is_entry) return std::nullopt;
    }
    if (!entry.readable) return Record{entry.position, entry.readable.error()};
    begin(entry.position, std::move(entry.read), has_lines ? Lines::Yes : lines_);
    return std::nullopt;
  }

  void begin(std::string position, ByteReader read, Lines lines) {
    position_ = std::move(position);
    numbered_ = lines == Lines::Yes;
    pieces_.emplace(std::move(read),
                    lines == Lines::Yes ? JsonPieces::Of::Lines : JsonPieces::Of::Stream);
  }

  std::optional<Record> piece() {
    auto piece = pieces_->next();
    if (!piece) return std::nullopt;
    numbered_ = numbered_ || pieces_->is_array() || piece->number > 1;
    return Record{numbered_ ? position_ + "#" + std::to_string(piece->number) : position_,
                  std::move(piece->text)};
  }

  std::vector<fs::path> paths_;
  std::istream& standard_input_;
  Lines lines_;
  std::vector<std::string> without_;
  std::size_t next_path_ = 0;
  std::unique_ptr<Entries> entries_;
  bool is_single_ = false;
  std::optional<JsonPieces> pieces_;
  std::string position_;
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

}  // namespace qp::bulk
