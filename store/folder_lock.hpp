#pragma once

#include <filesystem>

#include "base/result.hpp"

namespace qp::store {

/// The lock of a data folder (flock on its file `quads.lock`): shared by all that have the store
/// open; exclusive for whoever puts another file in its place. Goes with the process.
class FolderLock {
 public:
  enum class Kind { Shared, Exclusive };

  FolderLock() = default;
  /// Unavailable when another one holds it the other way; a shared one is waited for, for 2 s. A
  /// folder that cannot be written to gives a shared lock that holds nothing.
  static Result<FolderLock> take(const std::filesystem::path& folder, Kind kind);
  ~FolderLock();
  FolderLock(FolderLock&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  FolderLock& operator=(FolderLock&& other) noexcept;

  /// From the one kind to the other. Unavailable: others have the store open; the lock stays as it
  /// was.
  Result<void> change(Kind kind);

 private:
  explicit FolderLock(int fd) : fd_(fd) {}
  int fd_ = -1;
};

/// fsync of a file or folder.
Result<void> sync_to_disk(const std::filesystem::path& path);
/// `from` takes the place of `to`, and that is on disk when this returns.
Result<void> rename_durably(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace qp::store
