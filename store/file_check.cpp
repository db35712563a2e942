#include "store/file_check.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

namespace qp::store {

Result<void> check_filesystem(const std::filesystem::path& folder) {
  // Numbers of statfs(2).
  static constexpr std::array<std::uint32_t, 5> kRefused = {0x6969,       // NFS
                                                            0xFF534D42,   // CIFS
                                                            0xFE534D42,   // SMB2
                                                            0x01021997,   // 9p
                                                            0x65735546};  // FUSE
  struct statfs status{};
  if (::statfs(folder.c_str(), &status) != 0) {
    return Error{
        Code::Storage, "store: statfs " + folder.string() + ": " + std::strerror(errno), {}};
  }
  const auto type = static_cast<std::uint32_t>(status.f_type);
  if (std::find(kRefused.begin(), kRefused.end(), type) == kRefused.end()) return {};
  return error(Code::Storage,
               folder.string() + " is on a network or FUSE file system, where LMDB is not safe");
}

Result<void> check_not_open(const std::filesystem::path& file) {
  struct stat wanted{};
  if (::stat(file.c_str(), &wanted) != 0) return {};
  std::error_code trouble;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", trouble)) {
    struct stat open{};
    if (::stat(entry.path().c_str(), &open) != 0) continue;
    if (open.st_dev == wanted.st_dev && open.st_ino == wanted.st_ino) {
      return error(Code::Conflict, file.string() + " is open in this process already");
    }
  }
  return {};
}

namespace {

// LMDB 0.9's file, as far as it matters here. Numbers are native.
constexpr std::uint32_t kMagic = 0xBEEFC0DE;
constexpr std::size_t kPageHeader = 16;
constexpr std::size_t kMaxDepth = 32;

struct DbRecord {
  std::uint32_t page_size;  // in the record of the free list; padding elsewhere
  std::uint16_t flags, depth;
  std::uint64_t branch_pages, leaf_pages, overflow_pages, entries, root;
};
struct Meta {
  std::uint32_t magic, version;
  std::uint64_t address, map_size;
  DbRecord free_list, main;
  std::uint64_t last_page, transaction;
};
struct PageHeader {
  std::uint64_t number;
  std::uint16_t padding, flags, lower, upper;
};
struct NodeHeader {
  std::uint16_t low, high, flags, key_size;
};
constexpr std::uint16_t kBranch = 1, kLeaf = 2;
constexpr std::uint16_t kBigData = 1;

class File {
 public:
  explicit File(const std::filesystem::path& path)
      : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  bool is_open() const { return fd_ >= 0; }
  std::uint64_t size() const {
    struct stat status{};
    return ::fstat(fd_, &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
  }
  std::optional<std::string> read(std::uint64_t offset, std::size_t size) const {
    std::string bytes(size, '\0');
    const ssize_t got = ::pread(fd_, bytes.data(), size, static_cast<off_t>(offset));
    return got == static_cast<ssize_t>(size) ? std::optional(std::move(bytes)) : std::nullopt;
  }

 private:
  int fd_;
};

template <class T>
std::optional<T> at(const std::string& bytes, std::size_t offset) {
  if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

std::optional<Meta> read_meta(const File& file, std::uint64_t offset) {
  const auto bytes = file.read(offset + kPageHeader, sizeof(Meta));
  const auto meta = bytes ? at<Meta>(*bytes, 0) : std::nullopt;
  return meta && meta->magic == kMagic ? meta : std::nullopt;
}

// The newer of the two meta pages.
std::optional<Meta> newest_meta(const File& file) {
  const auto first = read_meta(file, 0);
  if (!first || first->free_list.page_size < 512) return std::nullopt;
  const auto second = read_meta(file, first->free_list.page_size);
  return second && second->transaction > first->transaction ? second : first;
}

/// Collects the numbers of free pages by reading the free list's tree with pread.
class FreeList {
 public:
  FreeList(const File& file, const Meta& meta)
      : file_(file), page_size_(meta.free_list.page_size) {}

  bool read(std::uint64_t page, std::size_t depth = 0) {
    const auto bytes = file_.read(page * page_size_, page_size_);
    const auto header = bytes ? at<PageHeader>(*bytes, 0) : std::nullopt;
    if (!header || header->lower < kPageHeader || depth > kMaxDepth) return false;
    if ((header->flags & (kBranch | kLeaf)) == 0) return false;
    for (std::size_t i = kPageHeader; i + 2 <= header->lower; i += 2) {
      const auto offset = at<std::uint16_t>(*bytes, i);
      const auto node = offset ? at<NodeHeader>(*bytes, *offset) : std::nullopt;
      if (!node) return false;
      const std::uint64_t low = node->low | static_cast<std::uint64_t>(node->high) << 16;
      const bool good =
          (header->flags & kLeaf) != 0
              ? read_leaf(*bytes, *offset + sizeof(NodeHeader) + node->key_size, low, node->flags)
              : read(low | static_cast<std::uint64_t>(node->flags) << 32, depth + 1);
      if (!good) return false;
    }
    return true;
  }
  bool contains(std::uint64_t page) const {
    return std::find(pages_.begin(), pages_.end(), page) != pages_.end();
  }

 private:
  // A leaf's data: how many, then the pages; long lists lie on pages of their own.
  bool read_leaf(const std::string& page, std::size_t offset, std::uint64_t size,
                 std::uint16_t flags) {
    std::optional<std::string> data;
    if ((flags & kBigData) != 0) {
      const auto overflow = at<std::uint64_t>(page, offset);
      if (!overflow || size > file_.size()) return false;
      data = file_.read(*overflow * page_size_ + kPageHeader, size);
    } else if (offset + size <= page.size()) {
      data = page.substr(offset, size);
    }
    const auto count = data ? at<std::uint64_t>(*data, 0) : std::nullopt;
    if (!count || *count > size / 8) return false;
    for (std::uint64_t i = 1; i <= *count; ++i) {
      const auto number = at<std::uint64_t>(*data, i * 8);
      if (!number) return false;
      pages_.push_back(*number);
    }
    return true;
  }

  const File& file_;
  std::size_t page_size_;
  std::vector<std::uint64_t> pages_;
};

bool is_whole(const File& file) {
  const auto meta = newest_meta(file);
  if (!meta) return false;
  const std::uint64_t pages = file.size() / meta->free_list.page_size;
  if (pages > meta->last_page) return true;
  FreeList free(file, *meta);
  if (meta->free_list.root == UINT64_MAX || !free.read(meta->free_list.root)) return false;
  for (std::uint64_t page = pages; page <= meta->last_page; ++page) {
    if (!free.contains(page)) return false;
  }
  return true;
}

}  // namespace

Result<void> check_not_truncated(const std::filesystem::path& path) {
  std::error_code ignored;
  const auto status = std::filesystem::symlink_status(path, ignored);
  if (!std::filesystem::exists(status)) return {};
  // LMDB names its lock file after the link: whoever opens what it points at has another one.
  if (std::filesystem::is_symlink(status)) {
    return error(Code::Storage, path.string() + " is a symbolic link; make one to its folder");
  }
  if (!std::filesystem::is_regular_file(status)) {
    return error(Code::Storage, path.string() + " is no store");
  }
  const File file(path);
  if (!file.is_open()) {
    return Error{Code::Storage, "store: " + path.string() + ": " + std::strerror(errno), {}};
  }
  // Another process may be writing: what looks torn is looked at again.
  for (int attempt = 0; attempt < 3; ++attempt) {
    if (is_whole(file)) return {};
    ::usleep(20'000);
  }
  return error(Code::Storage, path.string() + " is cut short or is no store");
}

}  // namespace qp::store
