#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "vocab/term_id.hpp"

/// How numbers, ids and texts are laid out in keys and values. Integers are big-endian, so that
/// keys sort by value; store/FORMAT.md has the whole picture.
namespace qp::store {

inline constexpr std::uint64_t kPayloadMask = (std::uint64_t{1} << 60) - 1;

/// Appends the low `bytes` bytes of `value`, the most significant first.
inline void append_number(std::string& out, std::uint64_t value, int bytes) {
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(value >> shift));
  }
}

/// Writes at most nine bytes and returns how many: class and payload length in one byte, then the
/// payload without leading zero bytes. Encoded ids sort like the ids.
inline std::size_t write_id(char* out, TermId id) {
  const std::uint64_t payload = number(id) & kPayloadMask;
  std::size_t length = 0;
  while (length < 8 && (payload >> (length * 8)) != 0) ++length;
  out[0] = static_cast<char>((number(id) >> 60) << 4 | length);
  for (std::size_t i = 0; i < length; ++i) {
    out[1 + i] = static_cast<char>(payload >> ((length - 1 - i) * 8));
  }
  return 1 + length;
}

inline void append_id(std::string& out, TermId id) {
  char buffer[9];
  out.append(buffer, write_id(buffer, id));
}

/// The key that is just this id.
inline std::string id_key(TermId id) {
  std::string key;
  append_id(key, id);
  return key;
}

inline std::string number_key(std::uint64_t value, int bytes) {
  std::string key;
  append_number(key, value, bytes);
  return key;
}

/// A text behind its 32-bit length.
inline void append_text(std::string& out, std::string_view text) {
  append_number(out, text.size(), 4);
  out.append(text);
}

/// Takes a key or value apart from the left. After a read past the end, or of a malformed id,
/// `good()` is false and every further read gives zero or empty.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : left_(bytes) {}

  std::uint64_t number(std::size_t bytes) {
    std::uint64_t value = 0;
    for (const char c : take(bytes)) value = value << 8 | static_cast<unsigned char>(c);
    return value;
  }
  TermId id() {
    const std::uint64_t head = number(1);
    if ((head & 15) > 8) good_ = false;
    const std::size_t length = good_ ? head & 15 : 0;
    // Each id has one spelling: no zeros before it.
    if (length != 0 && left_.starts_with('\0')) good_ = false;
    const std::uint64_t payload = number(length);
    if (payload > kPayloadMask) good_ = false;
    return good_ ? static_cast<TermId>((head >> 4) << 60 | payload) : TermId::None;
  }
  std::string_view text() { return take(number(4)); }
  std::string_view take(std::size_t bytes) {
    if (!good_ || bytes > left_.size()) {
      good_ = false;
      return {};
    }
    const std::string_view taken = left_.substr(0, bytes);
    left_.remove_prefix(bytes);
    return taken;
  }
  std::string_view rest() const { return good_ ? left_ : std::string_view(); }
  bool good() const { return good_; }
  /// Good, and nothing left over.
  bool complete() const { return good_ && left_.empty(); }

 private:
  std::string_view left_;
  bool good_ = true;
};

/// A 64-bit hash of a row.
std::uint64_t row_hash(std::string_view key, std::string_view value);
/// Seals a value with a 64-bit checksum over key and value, its last eight bytes.
void append_checksum(std::string_view key, std::string& value);
/// The value without its checksum, which is not looked at (a read); nullopt: too short for one.
std::optional<std::string_view> without_checksum(std::string_view sealed);
bool checksum_holds(std::string_view key, std::string_view sealed);

/// A 128-bit hash as sixteen key bytes.
std::string hash_key(std::string_view bytes);

}  // namespace qp::store
