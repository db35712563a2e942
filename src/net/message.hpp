#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.hpp"

/// HTTP messages (RFC 9110) as the rest of the server sees them.
namespace qp::net {

/// Fields in the order of their lines; names are compared without case. All text lies in one
/// string, so that a head costs two allocations; views into it are good until the next change.
class Headers {
 public:
  using Line = std::pair<std::string_view, std::string_view>;  ///< name and value

  /// Room for `count` lines of together `bytes`.
  void reserve(std::size_t count, std::size_t bytes) {
    places_.reserve(count);
    text_.reserve(bytes);
  }
  /// Neither is a view into these headers.
  void add(std::string_view name, std::string_view value) {
    places_.push_back({text_.size(), name.size(), value.size()});
    text_.append(name).append(value);
  }
  void remove(std::string_view name) {
    std::erase_if(places_, [&](const Place& place) {
      return text::equals_ignoring_case(line(place).first, name);
    });
  }
  void set(std::string_view name, std::string_view value) {
    remove(name);
    add(name, value);
  }
  /// The first line's value; nullopt where there is none.
  std::optional<std::string_view> get(std::string_view name) const {
    for (const Place& place : places_) {
      if (text::equals_ignoring_case(line(place).first, name)) return line(place).second;
    }
    return std::nullopt;
  }
  std::size_t count(std::string_view name) const {
    return static_cast<std::size_t>(std::ranges::count_if(places_, [&](const Place& place) {
      return text::equals_ignoring_case(line(place).first, name);
    }));
  }
  /// All lines of that name, joined by ", " (RFC 9110 5.3).
  std::string joined(std::string_view name) const {
    std::string all;
    bool first = true;
    for (const auto& [key, value] : lines()) {
      if (!text::equals_ignoring_case(key, name)) continue;
      if (!first) all += ", ";
      first = false;
      all += value;
    }
    return all;
  }

  /// Every Line, in their order.
  class Lines {
   public:
    class Iterator {
     public:
      Iterator(const Headers& headers, std::size_t at) : headers_(headers), at_(at) {}
      Line operator*() const { return headers_.line(headers_.places_[at_]); }
      Iterator& operator++() {
        ++at_;
        return *this;
      }
      bool operator!=(const Iterator& other) const { return at_ != other.at_; }

     private:
      const Headers& headers_;
      std::size_t at_;
    };
    explicit Lines(const Headers& headers) : headers_(headers) {}
    Iterator begin() const { return {headers_, 0}; }
    Iterator end() const { return {headers_, headers_.places_.size()}; }
    Line operator[](std::size_t at) const { return *Iterator(headers_, at); }

   private:
    const Headers& headers_;
  };
  Lines lines() const { return Lines(*this); }

 private:
  struct Place {
    std::size_t at, name, value;  // where the name begins; their sizes
  };
  Line line(const Place& place) const {
    const std::string_view text = text_;
    return {text.substr(place.at, place.name), text.substr(place.at + place.name, place.value)};
  }

  std::string text_;
  std::vector<Place> places_;
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
  bool on_loop = false;   ///< handled on a loop, where others wait: a lookup, no more
  std::string id;         ///< for the log, and sent back as X-Request-Id
};

struct Response {
  int status = 200;
  Headers headers;
  std::string body;

  /// Set by a handler on a loop whose answer holds for all requests with the same key, as long as
  /// no generation is newer than this one (net::Reuse). 0: for this request only.
  std::uint64_t generation = 0;

  /// Set by a handler that needs something from the network first: the request is parked and
  /// handled anew when `resume` of that key is called or the time is over; not once its handler
  /// was told by `attempt` that it has waited enough. What else is in the response is dropped.
  std::optional<std::string> wait_for;
  /// Set by a handler on a loop that has found more to do than a lookup: it is called again on a
  /// worker. What else is in the response is dropped.
  bool for_worker = false;
};

}  // namespace qp::net
