#include "store/file_check.hpp"

#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "store/page_check.hpp"

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

bool is_whole(const pages::File& file) {
  const auto meta = pages::newest_meta(file);
  if (!meta) return false;
  const std::uint64_t count = file.size() / meta->free_list.page_size;
  if (count > meta->last_page) return true;
  auto free = free_pages(file, *meta);
  if (!free) return false;
  std::sort(free->begin(), free->end());
  for (std::uint64_t page = count; page <= meta->last_page; ++page) {
    if (!std::binary_search(free->begin(), free->end(), page)) return false;
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
  const pages::File file(path);
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
