#include "io_shim.hpp"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <mutex>
#include <string_view>

namespace qp::store::io {
namespace {

std::mutex mutex;
bool recording = false;
std::vector<Event> events;
bool failing = false;
std::int64_t calls_to_failure = 0;
int failures_left = 0, failure_code = 0, failures_seen = 0;
long filesystem = 0;

bool is_store(int fd) {
  char name[64], path[512];
  std::snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
  const ssize_t size = ::readlink(name, path, sizeof path);
  if (size <= 0) return false;
  const std::string_view file(path, static_cast<std::size_t>(size));
  return file.ends_with("/quads.mdb") || file.ends_with("/quads.mdb.new");
}

// 0, or the code to fail with. The mutex is held.
int planned_failure() {
  if (!failing) return 0;
  if (calls_to_failure > 0) {
    --calls_to_failure;
    return 0;
  }
  if (failures_left == 0) return 0;
  if (failures_left > 0) --failures_left;
  ++failures_seen;
  return failure_code;
}

ssize_t write_at(int fd, const iovec* parts, int count, off_t offset) {
  const std::lock_guard lock(mutex);
  std::string bytes;
  for (int i = 0; i < count; ++i) {
    bytes.append(static_cast<const char*>(parts[i].iov_base), parts[i].iov_len);
  }
  if (const int code = planned_failure(); code != 0) {
    const std::size_t half = bytes.size() / 2 / 512 * 512;
    ::syscall(SYS_pwrite64, fd, bytes.data(), half, offset);
    // The kernel says first that less was written than asked for.
    if (code == ENOSPC && half > 0) return static_cast<ssize_t>(half);
    errno = code;
    return -1;
  }
  // The disk's own time is not what is looked at here.
  const bool synced = (::fcntl(fd, F_GETFL) & O_DSYNC) != 0;
  const int plain = synced ? ::open(("/proc/self/fd/" + std::to_string(fd)).c_str(), O_WRONLY) : fd;
  const ssize_t written = ::syscall(SYS_pwrite64, plain, bytes.data(), bytes.size(), offset);
  if (synced) ::close(plain);
  if (recording && written > 0) {
    bytes.resize(static_cast<std::size_t>(written));
    events.push_back({Event::Kind::Write, synced, static_cast<std::uint64_t>(offset), bytes});
  }
  return written;
}

int sync(int fd) {
  if (!is_store(fd)) return 0;
  const std::lock_guard lock(mutex);
  if (const int code = planned_failure(); code != 0) {
    errno = code;
    return -1;
  }
  if (recording) events.push_back({Event::Kind::Sync, false, 0, {}});
  return 0;
}

}  // namespace

void record() {
  const std::lock_guard lock(mutex);
  events.clear();
  recording = true;
}
std::vector<Event> recorded() {
  const std::lock_guard lock(mutex);
  recording = false;
  return std::move(events);
}
void acknowledge(std::uint64_t number) {
  const std::lock_guard lock(mutex);
  if (recording) events.push_back({Event::Kind::Acknowledged, false, number, {}});
}
void fail(std::int64_t after, int calls, int code) {
  const std::lock_guard lock(mutex);
  failing = true;
  calls_to_failure = after;
  failures_seen = 0;
  failures_left = calls;
  failure_code = code;
}
int failed() {
  const std::lock_guard lock(mutex);
  return failures_seen;
}
void heal() {
  const std::lock_guard lock(mutex);
  failing = false;
}
void pretend_filesystem(long type) {
  const std::lock_guard lock(mutex);
  filesystem = type;
}

}  // namespace qp::store::io

using namespace qp::store::io;

extern "C" {

ssize_t pwrite(int fd, const void* bytes, size_t size, off_t offset) {
  if (!is_store(fd)) return ::syscall(SYS_pwrite64, fd, bytes, size, offset);
  const iovec part{const_cast<void*>(bytes), size};
  return write_at(fd, &part, 1, offset);
}

ssize_t writev(int fd, const iovec* parts, int count) {
  if (!is_store(fd)) return ::syscall(SYS_writev, fd, parts, count);
  const off_t offset = ::lseek(fd, 0, SEEK_CUR);
  const ssize_t written = write_at(fd, parts, count, offset);
  if (written > 0) ::lseek(fd, offset + written, SEEK_SET);
  return written;
}

// Copies of the file are made with it.
ssize_t write(int fd, const void* bytes, size_t size) {
  if (is_store(fd)) {
    const std::lock_guard lock(mutex);
    if (const int code = planned_failure(); code != 0) {
      errno = code;
      return -1;
    }
  }
  return ::syscall(SYS_write, fd, bytes, size);
}

int statfs(const char* path, struct statfs* out) noexcept {
  const auto done = static_cast<int>(::syscall(SYS_statfs, path, out));
  const std::lock_guard lock(mutex);
  if (filesystem != 0) out->f_type = static_cast<decltype(out->f_type)>(filesystem);
  return done;
}

int statvfs(const char* path, struct statvfs* out) noexcept {
  struct statfs status{};
  if (::syscall(SYS_statfs, path, &status) != 0) return -1;
  *out = {};
  out->f_frsize = static_cast<unsigned long>(status.f_frsize);
  const std::lock_guard lock(mutex);
  out->f_bavail = failing && failure_code == ENOSPC ? 0 : status.f_bavail;
  return 0;
}

int fdatasync(int fd) { return sync(fd); }
int fsync(int fd) { return sync(fd); }

int ftruncate(int fd, off_t size) noexcept {
  if (is_store(fd)) {
    const std::lock_guard lock(mutex);
    if (recording) {
      events.push_back({Event::Kind::Truncate, false, static_cast<std::uint64_t>(size), {}});
    }
  }
  return static_cast<int>(::syscall(SYS_ftruncate, fd, size));
}
}
