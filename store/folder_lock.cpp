#include "store/folder_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <string>
#include <thread>
#include <utility>

#include "store/access.hpp"

namespace qp::store {

// Changing files and making a new store take less.
static constexpr auto kWait = std::chrono::seconds(2);

Result<FolderLock> FolderLock::take(const std::filesystem::path& folder, Kind kind) {
  const std::filesystem::path file = folder / "quads.lock";
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) {
    const bool may_not = errno == EACCES || errno == EROFS || errno == EPERM || errno == ENOENT;
    if (kind == Kind::Shared && may_not) return FolderLock();
    return lmdb_error(errno, "opening " + file.string());
  }
  FolderLock lock(fd);
  const auto until = std::chrono::steady_clock::now() + kWait;
  for (;;) {
    const auto taken = lock.change(kind);
    if (taken) return lock;
    const bool waits = kind == Kind::Shared && taken.error().code == Code::Unavailable;
    if (!waits || std::chrono::steady_clock::now() > until) return taken.error();
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

FolderLock::~FolderLock() {
  if (fd_ >= 0) ::close(fd_);
}

FolderLock& FolderLock::operator=(FolderLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

Result<void> FolderLock::change(Kind kind) {
  if (fd_ < 0) return {};
  const bool shared = kind == Kind::Shared;
  if (::flock(fd_, (shared ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0) return {};
  if (errno != EWOULDBLOCK) return lmdb_error(errno, "locking the data folder");
  // A failed change may have cost the shared lock (flock(2)).
  if (!shared) ::flock(fd_, LOCK_SH | LOCK_NB);
  return error(Code::Unavailable, shared ? "the store is being replaced; try again later"
                                         : "the store is open in another process or place");
}

Result<void> sync_to_disk(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool done = fd >= 0 && ::fsync(fd) == 0;
  const int code = errno;
  if (fd >= 0) ::close(fd);
  if (!done) return lmdb_error(code, "syncing " + path.string());
  return {};
}

Result<void> rename_durably(const std::filesystem::path& from, const std::filesystem::path& to) {
  QP_TRY(sync_to_disk(from));
  if (::rename(from.c_str(), to.c_str()) != 0) {
    return lmdb_error(errno, "renaming " + from.string());
  }
  return sync_to_disk(std::filesystem::absolute(to).parent_path());
}

}  // namespace qp::store
