#include "web/byte_range.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>

#include "base/text.hpp"

namespace qp::web {

namespace {

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Of digits; more than can be counted is the most that can.
std::uint64_t number(std::string_view digits) {
  return text::to_uint(digits).value_or(std::numeric_limits<std::uint64_t>::max());
}

/// `first-last`, `first-` or `-suffix`; nullopt: none of them.
std::optional<ByteRange> read_range(std::string_view spec, std::size_t size) {
  constexpr ByteRange kNone{416, 0, 0};
  const auto [from, to] = text::split_once(text::trim(spec), '-');
  if (!to || (!from.empty() && !is_number(from)) || (!to->empty() && !is_number(*to))) {
    return std::nullopt;
  }
  if (from.empty()) {
    if (to->empty()) return std::nullopt;
    const auto suffix = static_cast<std::size_t>(std::min<std::uint64_t>(number(*to), size));
    return suffix == 0 ? kNone : ByteRange{206, size - suffix, suffix};
  }
  const std::uint64_t first = number(from);
  if (!to->empty() && number(*to) < first) return std::nullopt;
  if (first >= size) return kNone;
  const std::uint64_t last =
      to->empty() ? size - 1 : std::min<std::uint64_t>(number(*to), size - 1);
  return ByteRange{206, static_cast<std::size_t>(first),
                   static_cast<std::size_t>(last - first + 1)};
}

}  // namespace

ByteRange requested_range(const net::Request& request, std::string_view etag, std::size_t size) {
  const ByteRange all{200, 0, size};
  const auto field = request.headers.get("Range");
  if (!field || request.method != "GET" || request.headers.count("Range") != 1) return all;
  const auto condition = request.headers.get("If-Range");
  if (condition && text::trim(*condition) != etag) return all;
  const auto [unit, ranges] = text::split_once(text::trim(*field), '=');
  if (!ranges || !text::equals_ignoring_case(unit, "bytes")) return all;
  return read_range(*ranges, size).value_or(all);
}

std::string content_range(const ByteRange& range, std::size_t size) {
  if (range.status == 416) return fmt::format("bytes */{}", size);
  return fmt::format("bytes {}-{}/{}", range.first, range.first + range.size - 1, size);
}

}  // namespace qp::web
