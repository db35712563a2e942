#include "web/problem.hpp"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "web/html.hpp"
#include "web/reply.hpp"

namespace qp::web {

namespace {

struct Mapping {
  int status;
  std::string_view title;
  bool ours = false;  ///< our own fault: nothing of the Error is told
};

Mapping mapping_of(Code code) {
  switch (code) {
    case Code::BadInput:
      return {400, "Bad request"};
    case Code::TooLarge:
      return {413, "Content too large"};
    case Code::Unauthenticated:
      return {401, "Authentication required"};
    case Code::Forbidden:
      return {403, "Forbidden"};
    case Code::NotFound:
      return {404, "Not found"};
    case Code::Gone:
      return {410, "Gone"};
    case Code::Conflict:
      return {409, "Conflict"};
    case Code::UnsupportedType:
      return {415, "Unsupported media type"};
    case Code::NotAcceptable:
      return {406, "Not acceptable"};
    case Code::TooMany:
      return {429, "Too many requests"};
    case Code::Unavailable:
      return {503, "Service unavailable"};
    case Code::Network:
      return {502, "Bad gateway"};
    case Code::Storage:
      return {503, "Storage unavailable", true};
    case Code::Internal:
      return {500, "Internal server error", true};
  }
  return {500, "Internal server error", true};
}

/// What a status owes the client beside its body.
net::Response with_advice(net::Response response) {
  response.headers.set("Cache-Control", "no-store");
  if (response.status == 401) response.headers.set("WWW-Authenticate", bearer_challenge({}));
  if (response.status == 503) response.headers.set("Retry-After", "5");
  if (response.status == 429) response.headers.set("Retry-After", "60");
  return response;
}

}  // namespace

int status_of(Code code) { return mapping_of(code).status; }

net::Response problem_page(const Error& error) {
  const Mapping mapping = mapping_of(error.code);
  const std::string title = escape_html(mapping.title);
  std::string body = "<h1>" + title + "</h1>";
  if (!mapping.ours && !error.message.empty()) body += "<p>" + escape_html(error.message) + "</p>";
  return with_advice(html_reply(mapping.status, mapping.title, body));
}

net::Response problem(const Error& error) {
  const Mapping mapping = mapping_of(error.code);
  const bool can_tell = !mapping.ours && !error.message.empty();
  return with_advice(
      problem(mapping.status, mapping.title, can_tell ? error.message : mapping.title));
}

net::Response problem(int status, std::string_view title, std::string_view detail) {
  const nlohmann::ordered_json body = {{"type", "about:blank"},
                                       {"title", title},
                                       {"status", status},
                                       {"detail", detail},
                                       {"error", detail}};
  net::Response response = json_reply(status, body, "application/problem+json");
  response.headers.set("Cache-Control", "no-store");
  return response;
}

void tell_budget(net::Response& response, std::string_view name, RateLimiter& limiter,
                 std::string_view key, Millis now) {
  const RateLimiter::Budget budget = limiter.budget(key, now);
  response.headers.set("RateLimit-Policy",
                       fmt::format("\"{}\";q={};w={}", name, budget.count, budget.period.count()));
  response.headers.set("RateLimit",
                       fmt::format("\"{}\";r={};t={}", name, budget.left, budget.full.count()));
}

std::optional<net::Response> refuse_over(RateLimiter& limiter, std::string_view name,
                                         std::string_view key, Millis now) {
  const auto wait = limiter.take(key, now);
  if (!wait) return std::nullopt;
  net::Response response = problem(error(
      Code::TooMany, fmt::format("Too many requests: try again in {} seconds", wait->count())));
  response.headers.set("Retry-After", std::to_string(wait->count()));
  tell_budget(response, name, limiter, key, now);
  return response;
}

net::Response oauth_problem(int status, std::string_view error, std::string_view description) {
  nlohmann::ordered_json body = {{"error", error}};
  if (!description.empty()) body["error_description"] = description;
  net::Response response = json_reply(status, body);
  response.headers.set("Cache-Control", "no-store");
  response.headers.set("Pragma", "no-cache");
  return response;
}

std::string bearer_challenge(std::string_view error, std::string_view scope) {
  std::string challenge = R"(Bearer realm="api")";
  if (!error.empty()) challenge.append(R"(, error=")").append(error).append("\"");
  if (!scope.empty()) challenge.append(R"(, scope=")").append(scope).append("\"");
  return challenge;
}

}  // namespace qp::web
