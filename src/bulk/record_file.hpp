#pragma once

#include <cstdio>

#include "bulk/dump_reader.hpp"

namespace qp::bulk {

/// Records that wait in an unnamed file until they are read again, in the order that they came.
class RecordFile final : public DumpReader {
 public:
  RecordFile() = default;
  ~RecordFile() override;
  RecordFile(const RecordFile&) = delete;
  RecordFile& operator=(const RecordFile&) = delete;

  /// One that has bytes.
  Result<void> add(const Record& record);
  std::size_t size() const { return count_; }
  /// From the first on; nothing is added any more. Where they cannot be read, the last one says so.
  std::optional<Record> next() override;

 private:
  std::FILE* file_ = nullptr;
  std::size_t count_ = 0, read_ = 0;
};

}  // namespace qp::bulk
