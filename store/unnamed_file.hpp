#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <utility>

#include "base/result.hpp"

namespace qp::store {

/// What does not fit into memory, in a file without a name, which goes when this does. Nothing is
/// on disk before the first use. A full disk is Unavailable. Used by one thread.
class UnnamedFile {
 public:
  /// In `folder`, whose file system knows O_TMPFILE.
  explicit UnnamedFile(std::filesystem::path folder) : folder_(std::move(folder)) {}
  ~UnnamedFile();
  UnnamedFile(const UnnamedFile&) = delete;
  UnnamedFile& operator=(const UnnamedFile&) = delete;

  Result<void> append(std::string_view bytes);
  /// Fills `out` with what stands from `offset` on; less than fits only at the end of the file.
  Result<std::size_t> read(std::uint64_t offset, std::span<char> out) const;
  /// Another `bytes` at the end, a multiple of the page size, mapped. The disk has the room for
  /// them. The caller unmaps them (munmap), before or after this goes.
  Result<char*> map_more(std::size_t bytes);

 private:
  Result<void> open();

  std::filesystem::path folder_;
  int fd_ = -1;
  std::uint64_t size_ = 0;
};

}  // namespace qp::store
