#include <archive.h>
#include <archive_entry.h>
#include <locale.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <utility>

#include "bulk/entries.hpp"
#include "bulk/limits.hpp"

namespace qp::bulk {

namespace {

constexpr std::size_t kBlockBytes = 64 * limits::kKiB;
/// Where an archive breaks off, what was read with that is lost.
constexpr std::size_t kReadBytes = 16 * limits::kKiB;

constexpr std::string_view kSystem = "/system/media_attachments/";
/// What is worth reading where it is only compressed.
constexpr std::array<std::string_view, 10> kFiles = {".json",      ".jsonld", ".ndjson", ".jsonl",
                                                     ".jsonlines", ".nq",     ".nquads", ".nt",
                                                     ".ttl",       ".trig"};

/// What is whole in one that breaks off can be read, and nothing says that more was in it.
bool is_zip_without_end(const std::string& path) {
  constexpr std::streamoff kLongestEnd = 22 + 65'535;
  std::ifstream file(path, std::ios::binary);
  std::array<char, 4> head{};
  if (!file.read(head.data(), head.size()) || std::string_view(head.data(), 4) != "PK\3\4") {
    return false;
  }
  file.seekg(0, std::ios::end);
  const std::streamoff size = file.tellg();
  std::string end(static_cast<std::size_t>(std::min(size, kLongestEnd)), '\0');
  file.seekg(size - static_cast<std::streamoff>(end.size()));
  file.read(end.data(), static_cast<std::streamsize>(end.size()));
  return file.good() && end.find("PK\5\6") == end.npos;
}

/// Names that an archive has in UTF-8 stay so: libarchive makes them the locale's, and that of a
/// program knows no letters but those of ASCII.
class Utf8Names {
 public:
  Utf8Names() : locale_(newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {}
  ~Utf8Names() {
    if (locale_ != nullptr) freelocale(locale_);
  }
  Utf8Names(const Utf8Names&) = delete;
  Utf8Names& operator=(const Utf8Names&) = delete;

  int next_header(archive* archive, archive_entry** header) const {
    const locale_t before = locale_ == nullptr ? nullptr : uselocale(locale_);
    const int code = archive_read_next_header(archive, header);
    if (before != nullptr) uselocale(before);
    return code;
  }

 private:
  locale_t locale_;
};

class ArchiveEntries final : public Entries {
 public:
  explicit ArchiveEntries(const std::filesystem::path& path) : path_(path.string()) {
    std::error_code ignored;
    in_all_ = std::filesystem::file_size(path, ignored);
  }
  ~ArchiveEntries() override { archive_read_free(archive_); }
  ArchiveEntries(const ArchiveEntries&) = delete;
  ArchiveEntries& operator=(const ArchiveEntries&) = delete;

  Result<void> open() {
    if (archive_ == nullptr) return error(Code::Storage, "no memory for an archive");
    archive_read_support_filter_gzip(archive_);
    archive_read_support_filter_bzip2(archive_);
    archive_read_support_filter_xz(archive_);
    archive_read_support_filter_zstd(archive_);
    archive_read_support_format_tar(archive_);
    archive_read_support_format_zip(archive_);
    archive_read_support_format_raw(archive_);  // a file that is only compressed
    if (archive_read_open_filename(archive_, path_.c_str(), kBlockBytes) != ARCHIVE_OK) {
      return bad_input(path_ + ": " + problem());
    }
    breaks_off_ = is_zip_without_end(path_);
    return {};
  }

  std::optional<Entry> next() override {
    while (!ended_) {
      Entry entry;
      archive_entry* header = nullptr;
      const int code = names_.next_header(archive_, &header);
      ended_ = code == ARCHIVE_EOF;
      entry.position = path_;
      if (ended_ && breaks_off_) {
        entry.readable = bad_input("damaged archive: it breaks off before its end");
        return entry;
      }
      if (ended_) break;
      if (code < ARCHIVE_WARN || ++count_ > limits::kEntries || is_bomb()) {
        ended_ = true;
        entry.readable = code < ARCHIVE_WARN ? bad_input(problem()) : too_much();
        return entry;
      }
      // Up to the next header that is one: told once, however far that is.
      if (std::exchange(is_lost_, code == ARCHIVE_RETRY) && is_lost_) continue;
      if (is_lost_) {
        entry.readable = bad_input(problem());
        return entry;
      }
      if (archive_entry_filetype(header) == AE_IFDIR) continue;
      describe(header, entry);
      if (is_apple_double(entry.name)) continue;
      return entry;
    }
    return std::nullopt;
  }

  std::uint64_t bytes_read() const override {
    return static_cast<std::uint64_t>(std::max<la_int64_t>(archive_filter_bytes(archive_, -1), 0));
  }
  std::uint64_t bytes_in_all() const override { return in_all_; }

 private:
  std::string problem() const {
    const char* text = archive_error_string(archive_);
    return std::string("damaged archive: ") + (text == nullptr ? "unknown trouble" : text);
  }
  static Error too_much() {
    return error(Code::TooLarge, "the archive unpacks to more than " +
                                     std::to_string(limits::kExpansion) +
                                     " times its size, or has too many entries");
  }
  bool is_bomb() const {
    return unpacked_ > limits::kExpansionFree && unpacked_ / limits::kExpansion > in_all_;
  }

  void describe(archive_entry* header, Entry& entry) {
    const char* name = archive_entry_pathname(header);
    entry.name = name == nullptr ? "" : name;
    if (archive_format(archive_) == ARCHIVE_FORMAT_RAW) return describe_file(entry);
    // Mastodon before 4.1 has it where it was on its own disk.
    const auto system = entry.name.starts_with('/') ? entry.name.rfind(kSystem) : entry.name.npos;
    if (system != entry.name.npos) entry.name.erase(0, system + kSystem.find("media"));
    while (entry.name.starts_with("./")) entry.name.erase(0, 2);
    const bool is_safe = is_safe_name(entry.name);
    entry.position += "/" + (is_safe ? entry.name : "entry " + std::to_string(count_));
    if (!is_safe) {
      entry.readable = bad_input("the entry's name leads out of the archive, or is none");
      return;
    }
    const bool is_link =
        archive_entry_hardlink(header) != nullptr || archive_entry_symlink(header) != nullptr;
    if (is_link || archive_entry_filetype(header) != AE_IFREG) {
      entry.readable = bad_input("the entry is a link or a device, not a file");
      return;
    }
    if (archive_entry_is_encrypted(header) != 0) {
      entry.readable = bad_input("the entry is encrypted");
      return;
    }
    entry.read = reader();
  }

  /// All that there is, and that has no name in there.
  void describe_file(Entry& entry) {
    const std::filesystem::path path(path_);
    entry.name = path.stem().string();
    const auto extension = std::filesystem::path(entry.name).extension().string();
    if (std::find(kFiles.begin(), kFiles.end(), extension) == kFiles.end()) {
      entry.name.clear();
      entry.readable = bad_input("damaged archive: no format of an archive that is known");
    }
    entry.read = reader();
  }

  ByteReader reader() {
    return [this](std::span<char> buffer) -> Result<std::size_t> {
      const std::size_t most = std::min(buffer.size(), kReadBytes);
      const la_ssize_t count = archive_read_data(archive_, buffer.data(), most);
      if (count < 0) return bad_input(problem());
      unpacked_ += static_cast<std::uint64_t>(count);
      if (is_bomb()) return too_much();
      return static_cast<std::size_t>(count);
    };
  }

  std::string path_;
  archive* archive_ = archive_read_new();
  Utf8Names names_;
  bool ended_ = false, breaks_off_ = false, is_lost_ = false;
  std::size_t count_ = 0;
  std::uint64_t unpacked_ = 0, in_all_ = 0;
};

}  // namespace

bool begins_as_archive(std::string_view bytes) {
  using namespace std::string_view_literals;
  for (const auto magic : {"\x1f\x8b"sv, "PK\3\4"sv, "PK\5\6"sv, "BZh"sv,
                           "\xfd"
                           "7zXZ"sv,
                           "\x28\xb5\x2f\xfd"sv}) {
    if (bytes.starts_with(magic)) return true;
  }
  return bytes.size() > 262 && bytes.substr(257, 5) == "ustar";
}

bool is_archive(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return false;
  std::array<char, 512> head{};
  std::ifstream file(path, std::ios::binary);
  file.read(head.data(), head.size());
  return begins_as_archive({head.data(), static_cast<std::size_t>(file.gcount())});
}

Result<std::unique_ptr<Entries>> open_archive(const std::filesystem::path& path) {
  auto entries = std::make_unique<ArchiveEntries>(path);
  QP_TRY(entries->open());
  return std::unique_ptr<Entries>(std::move(entries));
}

}  // namespace qp::bulk
