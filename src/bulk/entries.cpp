#include "bulk/entries.hpp"

#include <algorithm>
#include <fstream>
#include <istream>
#include <vector>

#include "bulk/limits.hpp"

namespace qp::bulk {

namespace {

namespace fs = std::filesystem;

/// Files that are there as files: a folder's, by name, or a single one.
class FileEntries final : public Entries {
 public:
  FileEntries(fs::path root, std::vector<fs::path> files)
      : root_(std::move(root)), files_(std::move(files)) {
    std::error_code ignored;
    for (const fs::path& file : files_) {
      if (fs::is_regular_file(file, ignored)) in_all_ += fs::file_size(file, ignored);
    }
  }

  std::optional<Entry> next() override {
    if (next_ == files_.size()) return std::nullopt;
    const fs::path& path = files_[next_++];
    Entry entry;
    entry.name = files_.size() == 1 && path == root_
                     ? path.filename().string()
                     : path.lexically_relative(root_).generic_string();
    entry.position = path.string();
    std::error_code trouble;
    if (path != root_ && fs::is_symlink(path, trouble)) {
      entry.readable = bad_input("a link, which is not followed");
      return entry;
    }
    if (fs::is_directory(path, trouble)) {
      entry.readable = bad_input("a folder where a file is expected");
      return entry;
    }
    if (!fs::is_regular_file(path, trouble)) {  // to open a pipe may be to wait for ever
      entry.readable = bad_input("a pipe or a device, not a file (- is standard input)");
      return entry;
    }
    file_ = std::ifstream(path, std::ios::binary);
    if (!file_) entry.readable = error(Code::Storage, "cannot be opened");
    entry.read = [this](std::span<char> buffer) -> Result<std::size_t> {
      file_.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
      if (file_.bad()) return error(Code::Storage, "cannot be read");
      read_ += static_cast<std::uint64_t>(file_.gcount());
      return static_cast<std::size_t>(file_.gcount());
    };
    return entry;
  }
  std::uint64_t bytes_read() const override { return read_; }
  std::uint64_t bytes_in_all() const override { return in_all_; }

 private:
  fs::path root_;
  std::vector<fs::path> files_;
  std::size_t next_ = 0;
  std::ifstream file_;
  std::uint64_t read_ = 0, in_all_ = 0;
};

/// And folders that are named like a document: what is in them is read, and they are told.
Result<std::vector<fs::path>> files_below(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code trouble;
  for (fs::recursive_directory_iterator entry(folder, trouble), end; !trouble && entry != end;
       entry.increment(trouble)) {
    std::error_code ignored;
    const bool is_folder = entry->is_directory(ignored);
    if (is_apple_double(entry->path().lexically_relative(folder).generic_string())) continue;
    if (!is_folder || entry->path().extension() == ".json") found.push_back(entry->path());
  }
  if (trouble) return error(Code::Storage, folder.string() + ": " + trouble.message());
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

Result<std::unique_ptr<Entries>> open_entries(const fs::path& path) {
  std::error_code trouble;
  if (fs::is_directory(path, trouble)) {
    auto files = QP_TRY(files_below(path));
    return std::unique_ptr<Entries>(std::make_unique<FileEntries>(path, std::move(files)));
  }
  if (!fs::exists(path, trouble)) {
    return error(Code::NotFound, "no file or folder " + path.string());
  }
  if (is_archive(path)) return open_archive(path);
  return std::unique_ptr<Entries>(std::make_unique<FileEntries>(path, std::vector<fs::path>{path}));
}

std::size_t byte_order_mark(std::string_view begin) {
  constexpr std::string_view kMark = "\xef\xbb\xbf";
  return begin.starts_with(kMark) ? kMark.size() : 0;
}

Result<std::string> read_all(const ByteReader& read, std::size_t limit) {
  std::string bytes;
  std::vector<char> buffer(64 * limits::kKiB);
  for (;;) {
    const std::size_t count = QP_TRY(read(buffer));
    if (count == 0) return bytes;
    if (bytes.size() + count > limit) {
      return error(Code::TooLarge, "more than " + std::to_string(limit / limits::kMiB) + " MiB");
    }
    bytes.append(buffer.data(), count);
  }
}

ByteReader reader_of(std::istream& in) {
  return [&in](std::span<char> buffer) -> Result<std::size_t> {
    in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    if (in.bad()) return error(Code::Storage, "cannot be read");
    return static_cast<std::size_t>(in.gcount());
  };
}

bool is_safe_name(std::string_view name) {
  if (name.empty() || name.size() > limits::kNameBytes || name.front() == '/') return false;
  if (name.find('\0') != std::string_view::npos || name.find('\\') != std::string_view::npos) {
    return false;
  }
  for (std::size_t from = 0; from <= name.size();) {
    const auto end = std::min(name.find('/', from), name.size());
    if (name.substr(from, end - from) == "..") return false;
    from = end + 1;
  }
  return true;
}

bool is_apple_double(std::string_view name) {
  constexpr std::string_view kFolder = "__MACOSX/";
  const auto slash = name.rfind('/');
  const std::string_view file = slash == name.npos ? name : name.substr(slash + 1);
  return file.starts_with("._") || name.starts_with(kFolder) ||
         name.find("/__MACOSX/") != name.npos;
}

}  // namespace qp::bulk
