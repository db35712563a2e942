#pragma once

#include <optional>
#include <string_view>

#include "base/rate_limiter.hpp"
#include "base/result.hpp"
#include "net/message.hpp"

/// Errors as HTTP: the only place that knows which Code is which status.
namespace qp::web {

int status_of(Code code);

/// A problem body (RFC 9457, `application/problem+json`) with the members type, title, status,
/// detail, and `error`, which says the same as `detail` under the name that the tutorial's clients
/// read. What the operator only may know (`Error::detail`, and every word about our own faults)
/// is left out. 401 carries `WWW-Authenticate: Bearer`, 503 and 429 `Retry-After`.
net::Response problem(const Error& error);

/// The same as a page for people.
net::Response problem_page(const Error& error);

/// As the first for a status that no Code stands for (405, 421).
net::Response problem(int status, std::string_view title, std::string_view detail);

/// Sets RateLimit-Policy and RateLimit (draft-ietf-httpapi-ratelimit-headers) to what `key` has
/// left of the policy `name`.
void tell_budget(net::Response& response, std::string_view name, RateLimiter& limiter,
                 std::string_view key, Millis now);
/// 429 with Retry-After, where `key` has nothing left; nullopt: go ahead, it is counted.
std::optional<net::Response> refuse_over(RateLimiter& limiter, std::string_view name,
                                         std::string_view key, Millis now);

/// The error body of OAuth endpoints (RFC 6749 5.2), never stored by a cache.
net::Response oauth_problem(int status, std::string_view error, std::string_view description);

/// RFC 6750 3: the value of WWW-Authenticate. `error` empty: no credentials were sent.
std::string bearer_challenge(std::string_view error, std::string_view scope = {});

}  // namespace qp::web
