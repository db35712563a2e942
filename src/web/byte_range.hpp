#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "net/message.hpp"

namespace qp::web {

/// The part of a representation that is answered, and with which status.
struct ByteRange {
  int status = 200;  ///< 206 for a part of it, 416 where there is no such part
  std::size_t first = 0, size = 0;
};

/// What a request's `Range` and `If-Range` ask of `size` bytes (RFC 9110 14.2, 13.1.5). All of them
/// where it is no GET, where the field is not understood, and where it names more than one range.
ByteRange requested_range(const net::Request& request, std::string_view etag, std::size_t size);

/// The value of Content-Range, of a 206 or 416 for `size` bytes (RFC 9110 14.4).
std::string content_range(const ByteRange& range, std::size_t size);

}  // namespace qp::web
