#pragma once

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string_view>

#include "base/result.hpp"

struct archive;

namespace qp::bulk {

/// Writes an archive, by the name of the file: `.zip`, else tar with gzip. It takes its place when
/// it is whole. A member waits in an unnamed file until its size is known.
class ArchiveWriter {
 public:
  static Result<std::unique_ptr<ArchiveWriter>> create(const std::filesystem::path& path);
  ~ArchiveWriter();
  ArchiveWriter(const ArchiveWriter&) = delete;
  ArchiveWriter& operator=(const ArchiveWriter&) = delete;

  Result<void> open(std::string_view name);
  Result<void> write(std::string_view bytes);
  Result<void> close();
  Result<void> finish();

 private:
  explicit ArchiveWriter(const std::filesystem::path& path);
  Result<void> begin();
  Error failed() const;

  std::filesystem::path path_, part_;
  archive* archive_;
  std::FILE* member_ = nullptr;
  std::string name_;
};

}  // namespace qp::bulk
