#pragma once

#include <filesystem>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"

/// Where documents come from, one after the other, whatever they are kept in.
namespace qp::bulk {

struct Record {
  std::string position;       ///< the file, and the number of the record where it has several
  Result<std::string> bytes;  ///< of one JSON document, or what is wrong with it
};

class DumpReader {
 public:
  virtual ~DumpReader() = default;
  /// None: there are no more. What cannot be read is a Record that says so; the rest follows.
  virtual std::optional<Record> next() = 0;
};

/// ActivityStreams documents: files (a document, or an array of them), folders (the `.json` and
/// `.jsonld` files in them and below, by name), and `-` for `standard_input`, which outlives the
/// reader. NotFound names a path that is not there.
Result<std::unique_ptr<DumpReader>> read_as2(const std::vector<std::filesystem::path>& paths,
                                             std::istream& standard_input);

}  // namespace qp::bulk
