#include "store/bytes.hpp"

#include <xxhash.h>

namespace qp::store {

static constexpr std::size_t kChecksumBytes = 8;

std::uint64_t row_hash(std::string_view key, std::string_view value) {
  return XXH3_64bits_withSeed(value.data(), value.size(), XXH3_64bits(key.data(), key.size()));
}

void append_checksum(std::string_view key, std::string& value) {
  append_number(value, row_hash(key, value), kChecksumBytes);
}

std::optional<std::string_view> without_checksum(std::string_view sealed) {
  if (sealed.size() < kChecksumBytes) return std::nullopt;
  return sealed.substr(0, sealed.size() - kChecksumBytes);
}

bool checksum_holds(std::string_view key, std::string_view sealed) {
  const auto value = without_checksum(sealed);
  if (!value) return false;
  return ByteReader(sealed.substr(value->size())).number(kChecksumBytes) == row_hash(key, *value);
}

std::string hash_key(std::string_view bytes) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes.data(), bytes.size()));
  return std::string(reinterpret_cast<const char*>(canonical.digest), sizeof canonical.digest);
}

}  // namespace qp::store
