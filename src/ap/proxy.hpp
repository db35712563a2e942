#pragma once

#include <functional>
#include <optional>
#include <string>

#include "ap/services.hpp"
#include "base/result.hpp"
#include "net/lookups.hpp"

namespace qp::ap {

/// Documents of other servers, fetched in the name of a local actor (proxyUrl, ActivityPub 3): with
/// its signature, so that it gets what it may see there. Fetching happens on threads of its own;
/// who asks parks until `on_ready` is called with the key of what it asked for.
class Proxy {
 public:
  Proxy(Services& services, std::function<void(const std::string& key)> on_ready);
  ~Proxy();
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  /// Names a document for one reader.
  static std::string key_of(const std::string& url, const std::string& actor);
  /// The document as JSON; its id is of the origin that answered. An answer is kept for some
  /// seconds. nullopt: it is being fetched; park on key_of and come again. NotFound, Gone: so the
  /// other server says. Network: it cannot be had. Unavailable: too much is being fetched. Never
  /// blocks.
  std::optional<Result<std::string>> take(const std::string& url, const std::string& actor);
  void stop() { answers_.stop(); }

 private:
  net::Lookups<Result<std::string>> answers_;
};

}  // namespace qp::ap
