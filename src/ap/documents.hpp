#pragma once

#include <functional>
#include <optional>
#include <string>

#include "ap/services.hpp"
#include "base/rate_limiter.hpp"
#include "base/result.hpp"
#include "net/lookups.hpp"

namespace qp::ap {

/// What other servers say of their own things, asked for when something that came cannot be judged
/// without it: whom a Move leads to, or an activity that somebody else brought. Fetching happens on
/// threads of its own; whoever needs a document parks until `on_ready` is called with its key. No
/// host is asked for more than some fifty an hour.
class Documents {
 public:
  Documents(Services& services, std::function<void(const std::string& key)> on_ready);

  static std::string key_of(const std::string& iri, const std::string& since = "") {
    return "document " + iri + (since.empty() ? "" : " " + since);
  }
  /// The text of the document whose id is `iri`, as it was served from there some seconds ago at
  /// most, but not before this was asked first with that `since` (the id of what tells of a
  /// change). nullopt: it is being fetched; park on key_of. Unavailable: too much is. Never blocks.
  std::optional<Result<std::string>> take(const std::string& iri, const std::string& since = "");
  void stop() { fetched_.stop(); }

 private:
  Result<std::string> fetch(const std::string& key);

  Services& services_;
  RateLimiter by_host_;
  net::Lookups<Result<std::string>> fetched_;  // last: its threads use all the others
};

}  // namespace qp::ap
