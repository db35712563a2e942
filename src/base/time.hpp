#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace qp {

/// Wall-clock time in milliseconds since 1970, UTC.
using Millis = std::chrono::milliseconds;
/// Where the time comes from; a test gives its own.
using Clock = std::function<Millis()>;
Millis system_now();

namespace time {

/// RFC 3339 in UTC: `2026-11-24T00:26:01Z`, with milliseconds only where there are some.
std::string rfc3339(Millis time);
std::optional<Millis> from_rfc3339(std::string_view text);
/// IMF-fixdate of RFC 9110 5.6.7.
std::string http_date(Millis time);
/// Any of its three forms; the name of the day is not looked at.
std::optional<Millis> from_http_date(std::string_view text);

}  // namespace time
}  // namespace qp
