#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/result.hpp"

/// The files in a folder or an archive (tar, also compressed, and zip), one after the other. None
/// is ever written to disk: a name is only a name.
namespace qp::bulk {

/// Fills the buffer from its start and says how many bytes it wrote; 0 is the end.
using ByteReader = std::function<Result<std::size_t>(std::span<char> buffer)>;

struct Entry {
  std::string name;      ///< where it lies in the archive or folder, `/` between
  std::string position;  ///< for people: the archive and that
  /// Refused: a link or a device, a name that leads out of the archive, an archive that is damaged.
  Result<void> readable;
  ByteReader read;  ///< until the next entry is asked for
};

class Entries {
 public:
  virtual ~Entries() = default;
  /// None: there are no more.
  virtual std::optional<Entry> next() = 0;
  /// Of what lies on disk, so far and in all; 0: not known.
  virtual std::uint64_t bytes_read() const = 0;
  virtual std::uint64_t bytes_in_all() const = 0;
};

/// A folder, an archive (by its first bytes, whatever its name), or a single file. NotFound names a
/// path that is not there.
Result<std::unique_ptr<Entries>> open_entries(const std::filesystem::path& path);

/// True if it begins as an archive does.
bool is_archive(const std::filesystem::path& path);
bool begins_as_archive(std::string_view bytes);
Result<std::unique_ptr<Entries>> open_archive(const std::filesystem::path& path);

/// How long a byte order mark of UTF-8 is that stands there: editors of some systems write one.
std::size_t byte_order_mark(std::string_view begin);

/// All of it; TooLarge beyond `limit`.
Result<std::string> read_all(const ByteReader& read, std::size_t limit);
ByteReader reader_of(std::istream& in);
/// Nothing leads out of the archive, and it is a name at all.
bool is_safe_name(std::string_view name);
/// What macOS puts beside a file; nobody means it.
bool is_apple_double(std::string_view name);

}  // namespace qp::bulk
