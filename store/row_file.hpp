#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "store/unnamed_file.hpp"

namespace qp::store {

/// Rows that wait in a file until they are read back, each by its place. Used by one thread.
class RowFile {
 public:
  struct Place {
    std::uint64_t at = 0;
    std::uint32_t bytes = 0;
  };
  static constexpr std::size_t kFlushBytes = std::size_t{1} << 20;

  /// `flush_bytes` of them are in memory at a time.
  explicit RowFile(std::filesystem::path folder, std::size_t flush_bytes = kFlushBytes)
      : flush_bytes_(flush_bytes), file_(std::move(folder)) {}

  Result<Place> add(std::string_view row);
  /// Good until the next `add`, and as long as `space` is as it is then.
  Result<std::string_view> read(Place place, std::string& space) const;
  /// The same, quick where the next one lies soon behind; the view lives until then.
  Result<std::string_view> read_on(Place place);

 private:
  std::size_t flush_bytes_;
  UnnamedFile file_;
  std::uint64_t written_ = 0;
  std::string waiting_;  ///< what comes behind that
  std::string window_;   ///< what is in the file from `window_at_`
  std::uint64_t window_at_ = 0;
};

/// Rows by their numbers: the first that was added is 0. Used by one thread.
class RowList {
 public:
  /// `memory_bytes` of the newest are in memory, more or less.
  RowList(const std::filesystem::path& folder, std::size_t memory_bytes);

  Result<void> add(std::string_view row);
  std::uint64_t size() const { return places_written_ + places_.size(); }
  /// As RowFile::read.
  Result<std::string_view> at(std::uint64_t number, std::string& space) const;
  Result<void> each(const std::function<Result<void>(std::uint64_t, std::string_view)>& each);

 private:
  Result<void> read_places(std::uint64_t first, std::span<RowFile::Place> out) const;

  std::size_t most_places_;
  RowFile rows_;
  UnnamedFile places_file_;
  std::uint64_t places_written_ = 0;
  std::vector<RowFile::Place> places_;  ///< of the last
};

}  // namespace qp::store
