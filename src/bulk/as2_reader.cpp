#include <algorithm>
#include <deque>
#include <fstream>
#include <istream>
#include <iterator>
#include <limits>

#include "base/json.hpp"
#include "bulk/dump_reader.hpp"

namespace qp::bulk {

namespace {

namespace fs = std::filesystem;

/// Its documents are bounded one by one.
json::ParseLimits limits_of_a_file() {
  json::ParseLimits limits;
  limits.members = std::numeric_limits<std::size_t>::max();
  limits.depth = limits::kJsonDepth + 1;
  limits.allow_duplicate_keys = true;
  return limits;
}

Result<void> add_files(const fs::path& path, std::vector<fs::path>& files) {
  std::error_code trouble;
  if (path == "-" || fs::is_regular_file(path, trouble)) {
    files.push_back(path);
    return {};
  }
  if (!fs::is_directory(path, trouble)) {
    return error(Code::NotFound, "no file or folder " + path.string());
  }
  std::vector<fs::path> found;
  for (fs::recursive_directory_iterator entry(path, trouble), end; !trouble && entry != end;
       entry.increment(trouble)) {
    const auto extension = entry->path().extension();
    if (extension == ".json" || extension == ".jsonld") found.push_back(entry->path());
  }
  if (trouble) return error(Code::Storage, path.string() + ": " + trouble.message());
  std::sort(found.begin(), found.end());
  files.insert(files.end(), found.begin(), found.end());
  return {};
}

class As2Reader final : public DumpReader {
 public:
  As2Reader(std::vector<fs::path> files, std::istream& standard_input)
      : files_(std::move(files)), standard_input_(standard_input) {}

  std::optional<Record> next() override {
    while (waiting_.empty()) {
      if (next_file_ == files_.size()) return std::nullopt;
      read(files_[next_file_++]);
    }
    Record record = std::move(waiting_.front());
    waiting_.pop_front();
    return record;
  }

 private:
  void read(const fs::path& path) {
    auto text = path == "-" ? slurp(standard_input_) : slurp_file(path);
    const std::string position = path == "-" ? "standard input" : path.string();
    if (text && is_array(*text)) return split(position, *text);
    waiting_.push_back({position, std::move(text)});
  }

  static Result<std::string> slurp_file(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return error(Code::Storage, "cannot be opened");
    return slurp(file);
  }

  static Result<std::string> slurp(std::istream& in) {
    std::string text{std::istreambuf_iterator<char>(in), {}};
    if (in.bad()) return error(Code::Storage, "cannot be read");
    return text;
  }

  static bool is_array(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r\n");
    return first != std::string_view::npos && text[first] == '[';
  }

  void split(const std::string& position, std::string_view text) {
    json::Arena arena;
    const auto items = json::parse(text, arena, limits_of_a_file());
    if (!items) {
      waiting_.push_back({position, items.error()});
      return;
    }
    std::size_t number = 0;
    for (const json::Value item : items->items()) {
      waiting_.push_back({position + "#" + std::to_string(++number), json::to_text(item)});
    }
  }

  std::vector<fs::path> files_;
  std::istream& standard_input_;
  std::size_t next_file_ = 0;
  std::deque<Record> waiting_;
};

}  // namespace

Result<std::unique_ptr<DumpReader>> read_as2(const std::vector<fs::path>& paths,
                                             std::istream& standard_input) {
  std::vector<fs::path> files;
  for (const fs::path& path : paths) QP_TRY(add_files(path, files));
  return std::unique_ptr<DumpReader>(std::make_unique<As2Reader>(std::move(files), standard_input));
}

}  // namespace qp::bulk
