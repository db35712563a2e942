#pragma once

#include <cstddef>
#include <string>

#include "base/time.hpp"

namespace qp::random {

/// `count` bytes from the operating system's generator (libsodium).
std::string bytes(std::size_t count);
/// A secret of `count` random bytes as url-safe base64.
std::string token(std::size_t count = 32);
/// UUIDv7 (RFC 9562 5.7): sorts by `now`; in one process later ones sort after earlier ones.
/// Any thread.
std::string uuid_v7(Millis now);
/// Not random at all: the same for the same `hash` (16 bytes at least). UUIDv8 (RFC 9562 5.8), or
/// in the form of version 7, with that time.
std::string named_uuid(std::string_view hash);
std::string named_uuid_v7(Millis time, std::string_view hash);

}  // namespace qp::random
