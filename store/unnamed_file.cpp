#include "store/unnamed_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "store/access.hpp"

namespace qp::store {

static Error trouble(int code, const char* doing) {
  return lmdb_error(code, std::string(doing) + " a temporary file");
}

UnnamedFile::~UnnamedFile() {
  if (fd_ >= 0) ::close(fd_);
}

Result<void> UnnamedFile::open() {
  if (fd_ >= 0) return {};
  fd_ = ::open(folder_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd_ < 0) return lmdb_error(errno, "making a temporary file in " + folder_.string());
  return {};
}

Result<void> UnnamedFile::append(std::string_view bytes) {
  QP_TRY(open());
  while (!bytes.empty()) {
    const ssize_t count = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(size_));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return trouble(errno, "writing");
    bytes.remove_prefix(static_cast<std::size_t>(count));
    size_ += static_cast<std::uint64_t>(count);
  }
  return {};
}

Result<std::size_t> UnnamedFile::read(std::uint64_t offset, std::span<char> out) const {
  std::size_t got = 0;
  while (fd_ >= 0 && got < out.size()) {
    const ssize_t more =
        ::pread(fd_, out.data() + got, out.size() - got, static_cast<off_t>(offset + got));
    if (more < 0 && errno == EINTR) continue;
    if (more < 0) return trouble(errno, "reading");
    if (more == 0) break;
    got += static_cast<std::size_t>(more);
  }
  return got;
}

// Allocated, not only extended: a full disk is an error here and no SIGBUS later.
Result<char*> UnnamedFile::map_more(std::size_t bytes) {
  QP_TRY(open());
  const auto at = static_cast<off_t>(size_);
  const int code = ::posix_fallocate(fd_, at, static_cast<off_t>(bytes));
  if (code != 0) return trouble(code, "extending");
  void* mapped = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd_, at);
  if (mapped == MAP_FAILED) return trouble(errno, "mapping");
  size_ += bytes;
  return static_cast<char*>(mapped);
}

}  // namespace qp::store
