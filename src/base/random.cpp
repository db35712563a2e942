#include "base/random.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <mutex>

#include "base/text.hpp"

namespace qp::random {

std::string bytes(std::size_t count) {
  std::string out(count, '\0');
  randombytes_buf(out.data(), out.size());
  return out;
}

std::string token(std::size_t count) { return text::base64_url(bytes(count)); }

/// 16 bytes as a UUID of that version (RFC 9562 4).
static std::string spelt(std::string raw, unsigned version) {
  raw[6] = static_cast<char>((static_cast<unsigned char>(raw[6]) & 0x0F) | version << 4);
  raw[8] = static_cast<char>((static_cast<unsigned char>(raw[8]) & 0x3F) | 0x80);
  const std::string digits = text::hex(raw);
  return digits.substr(0, 8) + '-' + digits.substr(8, 4) + '-' + digits.substr(12, 4) + '-' +
         digits.substr(16, 4) + '-' + digits.substr(20);
}

std::string uuid_v7(Millis now) {
  static std::mutex mutex;
  static std::uint64_t last = 0;
  // 48 bits of time, then a 12-bit counter: RFC 9562 6.2, method 1.
  std::uint64_t stamp = static_cast<std::uint64_t>(now.count()) << 12;
  {
    const std::lock_guard lock(mutex);
    stamp = stamp > last ? stamp : last + 1;
    last = stamp;
  }
  std::string raw(8, '\0');
  const std::uint64_t high = (stamp >> 12) << 16 | 0x7000 | (stamp & 0xFFF);
  for (std::size_t i = 0; i < 8; ++i) raw[i] = static_cast<char>(high >> (56 - 8 * i) & 255);
  return spelt(raw + bytes(8), 7);
}

std::string named_uuid(std::string_view hash) { return spelt(std::string(hash.substr(0, 16)), 8); }

std::string named_uuid_v7(Millis time, std::string_view hash) {
  std::string raw(hash.substr(0, 16));
  const auto stamp = static_cast<std::uint64_t>(std::max<std::int64_t>(time.count(), 0));
  for (std::size_t i = 0; i < 6; ++i) raw[i] = static_cast<char>(stamp >> (40 - 8 * i) & 255);
  return spelt(std::move(raw), 7);
}

}  // namespace qp::random
