#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

/// LMDB 0.9's file as it lies on disk, as far as it matters here; read with pread, not through
/// LMDB. Numbers are native.
namespace qp::store::pages {

inline constexpr std::size_t kHeader = 16;
inline constexpr std::uint64_t kNoRoot = UINT64_MAX;
inline constexpr std::uint64_t kFirst = 2;  ///< page behind the two meta pages

struct DbRecord {
  std::uint32_t page_size;  ///< in the record of the free list; padding elsewhere
  std::uint16_t flags, depth;
  std::uint64_t branch_pages, leaf_pages, overflow_pages, entries, root;
};
struct Meta {
  std::uint32_t magic, version;
  std::uint64_t address, map_size;
  DbRecord free_list, main;
  std::uint64_t last_page, transaction;
};
struct Header {
  std::uint64_t number;
  std::uint16_t padding, flags;
  std::uint16_t lower, upper;  ///< of an overflow page: together how many pages it is
};
struct NodeHeader {
  std::uint16_t low, high, flags, key_size;
};
inline constexpr std::uint16_t kBranch = 1, kLeaf = 2, kOverflow = 4;
inline constexpr std::uint16_t kBigData = 1, kSubDatabase = 2;  ///< of a leaf's node

class File {
 public:
  explicit File(const std::filesystem::path& path);
  ~File();
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  bool is_open() const { return fd_ >= 0; }
  std::uint64_t size() const;
  std::optional<std::string> read(std::uint64_t offset, std::size_t size) const;

 private:
  int fd_;
};

template <class T>
std::optional<T> at(std::string_view bytes, std::size_t offset) {
  if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

/// The newer of the two meta pages; or the one of a transaction. nullopt: it is damaged or not
/// there.
std::optional<Meta> newest_meta(const File& file);
std::optional<Meta> meta_of(const File& file, std::uint64_t transaction);

}  // namespace qp::store::pages
