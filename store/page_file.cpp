#include "store/page_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bit>

namespace qp::store::pages {

static constexpr std::uint32_t kMagic = 0xBEEFC0DE;
static constexpr std::uint32_t kSmallestPage = 512, kLargestPage = 65536;
// Behind the end of a file lie pages that were taken and given back before they were written.
static constexpr std::uint64_t kPagesBehind = std::uint64_t{1} << 24;

File::File(const std::filesystem::path& path) : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}

File::~File() {
  if (fd_ >= 0) ::close(fd_);
}

std::uint64_t File::size() const {
  struct stat status{};
  return ::fstat(fd_, &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

std::optional<std::string> File::read(std::uint64_t offset, std::size_t size) const {
  if (size > this->size()) return std::nullopt;
  std::string bytes(size, '\0');
  const ssize_t got = ::pread(fd_, bytes.data(), size, static_cast<off_t>(offset));
  return got == static_cast<ssize_t>(size) ? std::optional(std::move(bytes)) : std::nullopt;
}

static std::optional<Meta> read_meta(const File& file, std::uint64_t offset) {
  const auto bytes = file.read(offset + kHeader, sizeof(Meta));
  const auto meta = bytes ? at<Meta>(*bytes, 0) : std::nullopt;
  if (!meta || meta->magic != kMagic) return std::nullopt;
  const std::uint32_t page = meta->free_list.page_size;
  if (!std::has_single_bit(page) || page < kSmallestPage || page > kLargestPage) {
    return std::nullopt;
  }
  if (meta->last_page > file.size() / page + kPagesBehind) return std::nullopt;
  for (const DbRecord* record : {&meta->free_list, &meta->main}) {
    const bool is_page = record->root >= kFirst && record->root <= meta->last_page;
    if (record->root != kNoRoot && !is_page) return std::nullopt;
  }
  return meta;
}

std::optional<Meta> newest_meta(const File& file) {
  const auto first = read_meta(file, 0);
  if (!first) return std::nullopt;
  const auto second = read_meta(file, first->free_list.page_size);
  return second && second->transaction > first->transaction ? second : first;
}

std::optional<Meta> meta_of(const File& file, std::uint64_t transaction) {
  const auto first = read_meta(file, 0);
  if (!first || first->transaction == transaction) return first;
  const auto second = read_meta(file, first->free_list.page_size);
  return second && second->transaction == transaction ? second : std::nullopt;
}

}  // namespace qp::store::pages
