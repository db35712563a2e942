#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.hpp"

/// HTTP messages (RFC 9110) as the rest of the server sees them.
namespace qp::net {

/// Fields in the order of their lines; names are compared without case.
class Headers {
 public:
  void add(std::string name, std::string value) {
    lines_.emplace_back(std::move(name), std::move(value));
  }
  void remove(std::string_view name) {
    std::erase_if(lines_,
                  [&](const auto& line) { return text::equals_ignoring_case(line.first, name); });
  }
  void set(std::string_view name, std::string value) {
    remove(name);
    lines_.emplace_back(std::string(name), std::move(value));
  }
  /// The first line's value; nullopt where there is none.
  std::optional<std::string_view> get(std::string_view name) const {
    for (const auto& [key, value] : lines_) {
      if (text::equals_ignoring_case(key, name)) return value;
    }
    return std::nullopt;
  }
  std::size_t count(std::string_view name) const {
    std::size_t found = 0;
    for (const auto& line : lines_) found += text::equals_ignoring_case(line.first, name) ? 1 : 0;
    return found;
  }
  /// All lines of that name, joined by ", " (RFC 9110 5.3).
  std::string joined(std::string_view name) const {
    std::string all;
    bool first = true;
    for (const auto& [key, value] : lines_) {
      if (!text::equals_ignoring_case(key, name)) continue;
      if (!first) all += ", ";
      first = false;
      all += value;
    }
    return all;
  }
  const std::vector<std::pair<std::string, std::string>>& lines() const { return lines_; }

 private:
  std::vector<std::pair<std::string, std::string>> lines_;
};

struct Request {
  std::string method;
  std::string target;  ///< as on the request line, made origin-form: path and query, still encoded
  std::string path;    ///< of the target, percent-decoded
  std::string query;   ///< of the target, without '?', still encoded
  Headers headers;
  std::string body;
  std::string peer;       ///< the client's address, seen through trusted proxies
  bool loopback = false;  ///< that address is of this machine
  std::string id;         ///< for the log, and sent back as X-Request-Id
};

struct Response {
  int status = 200;
  Headers headers;
  std::string body;

  /// Set by a handler that needs something from the network first: the request is parked and
  /// handled anew when `resume` of that key is called or the time is over (its
  /// handler is told by `attempt`). What else is in the response is dropped.
  std::optional<std::string> wait_for;
};

}  // namespace qp::net
