#include "web/routes.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <string>

#include "base/log.hpp"
#include "base/text.hpp"
#include "web/account_handler.hpp"
#include "web/actors_handler.hpp"
#include "web/admin.hpp"
#include "web/auth.hpp"
#include "web/authorize_handler.hpp"
#include "web/health.hpp"
#include "web/home.hpp"
#include "web/html.hpp"
#include "web/inbox_handler.hpp"
#include "web/media_handler.hpp"
#include "web/negotiate.hpp"
#include "web/nodeinfo.hpp"
#include "web/oauth_handlers.hpp"
#include "web/object_handler.hpp"
#include "web/problem.hpp"
#include "web/proxy_handler.hpp"
#include "web/sparql_handler.hpp"
#include "web/webfinger.hpp"

namespace qp::web {

namespace {

enum class Match { Exact, OptionalSlash, Prefix };

/// Who may read the answer in a browser (Fetch, CORS protocol).
enum class Cors {
  Echo,  ///< the origin that asks
  Any,   ///< everyone: what does not depend on who asks
  None,  ///< nobody: pages with forms
};

struct Route {
  std::string_view path;
  Handle get;   ///< GET and HEAD; nullptr: not allowed
  Handle post;  ///< nullptr: not allowed
  Match match;
  Cors cors = Cors::Echo;
};

constexpr Route kRoutes[] = {
    {"/actors/", get_resource, nullptr, Match::Prefix},
    {"/objects/", get_resource, nullptr, Match::Prefix},
    {"/activities/", get_resource, nullptr, Match::Prefix},
    {"/collections/", get_resource, post_collection, Match::Prefix},
    {"/keys/", get_key, nullptr, Match::Prefix},
    {"/inbox", get_resource, post_shared_inbox, Match::OptionalSlash},
    {"/proxy", nullptr, post_proxy, Match::OptionalSlash},
    {"/media", nullptr, post_media, Match::OptionalSlash},
    {"/media/", get_media, nullptr, Match::Prefix, Cors::Any},
    {"/", get_home, nullptr, Match::Exact, Cors::Any},
    {"/api/actors", list_actors, create_actor, Match::OptionalSlash},
    {"/o/token", nullptr, post_token, Match::OptionalSlash},
    {"/o/authorize", get_authorize, post_authorize, Match::OptionalSlash, Cors::None},
    {"/o/sign_in", get_sign_in, post_sign_in, Match::OptionalSlash, Cors::None},
    {"/o/sign_out", nullptr, post_sign_out, Match::OptionalSlash, Cors::None},
    {"/o/account", get_account, post_account, Match::OptionalSlash, Cors::None},
    {"/admin", get_admin, post_admin, Match::OptionalSlash, Cors::None},
    {"/admin/", get_admin, post_admin, Match::Prefix, Cors::None},
    {"/o/register", nullptr, post_register, Match::OptionalSlash},
    {"/o/revoke_token", nullptr, post_revoke, Match::OptionalSlash},
    {"/o/introspect", nullptr, post_introspect, Match::OptionalSlash},
    {"/sparql", get_sparql, post_sparql, Match::OptionalSlash},
    {"/.well-known/webfinger", get_webfinger, nullptr, Match::Exact, Cors::Any},
    {"/.well-known/nodeinfo", get_nodeinfo_links, nullptr, Match::Exact, Cors::Any},
    {"/nodeinfo/2.0", get_nodeinfo_20, nullptr, Match::Exact, Cors::Any},
    {"/nodeinfo/2.1", get_nodeinfo_21, nullptr, Match::Exact, Cors::Any},
    {"/.well-known/host-meta", get_host_meta, nullptr, Match::Exact, Cors::Any},
    {"/.well-known/host-meta.json", get_host_meta_json, nullptr, Match::Exact, Cors::Any},
    {"/.well-known/oauth-authorization-server", get_oauth_metadata, nullptr, Match::Exact,
     Cors::Any},
    {"/.well-known/oauth-protected-resource", get_resource_metadata, nullptr, Match::Exact,
     Cors::Any},
};

/// What says how the process is; these answer under any Host, so that probes need not know one.
constexpr Route kHealthRoutes[] = {
    {"/healthz", get_health, nullptr, Match::Exact, Cors::None},
    {"/readyz", get_readiness, nullptr, Match::Exact, Cors::None},
    {"/metrics", get_metrics, nullptr, Match::Exact, Cors::None},
};

/// What came from other servers keeps its address, whatever that looks like.
constexpr Route kElsewhere = {"/", get_elsewhere, nullptr, Match::Prefix};

/// `OPTIONS *` (RFC 9110 9.3.7).
constexpr Route kServer = {"*", nullptr, nullptr, Match::Exact, Cors::None};

bool matches(const Route& route, std::string_view path) {
  if (!path.starts_with(route.path)) return false;
  const std::string_view rest = path.substr(route.path.size());
  switch (route.match) {
    case Match::Exact:
      return rest.empty();
    case Match::OptionalSlash:
      return rest.empty() || rest == "/";
    case Match::Prefix:
      return !rest.empty();
  }
  return false;
}

template <std::size_t N>
const Route* find_route(const Route (&routes)[N], std::string_view path) {
  for (const Route& route : routes) {
    if (matches(route, path)) return &route;
  }
  return nullptr;
}

const Route* find_route(std::string_view path) {
  if (const Route* route = find_route(kRoutes, path)) return route;
  return find_route(kHealthRoutes, path);
}

bool is_read(const net::Request& request) {
  return request.method == "GET" || request.method == "HEAD";
}

std::string allowed_methods(const Route& route) {
  std::string allowed = route.get ? "GET, HEAD, " : "";
  if (route.post) allowed += "POST, ";
  return allowed + "OPTIONS";
}

void add_cors(const Route& route, const net::Request& request, net::Response& response) {
  const std::optional<std::string_view> origin = request.headers.get("Origin");
  if (route.cors == Cors::None || (route.cors == Cors::Echo && !origin)) return;
  response.headers.set("Access-Control-Allow-Origin",
                       route.cors == Cors::Any ? "*" : std::string(*origin));
  response.headers.set("Access-Control-Expose-Headers",
                       "Location, ETag, Link, Accept-Ranges, Content-Range, RateLimit, "
                       "RateLimit-Policy, Retry-After, WWW-Authenticate, X-Request-Id");
}

net::Response preflight(const Route& route) {
  net::Response response;
  response.status = 204;
  response.headers.set("Allow", allowed_methods(route));
  if (route.cors == Cors::None) return response;
  response.headers.set("Access-Control-Allow-Methods", allowed_methods(route));
  response.headers.set("Access-Control-Allow-Headers",
                       "Accept, Authorization, Content-Type, If-None-Match, If-Range, Range");
  response.headers.set("Access-Control-Max-Age", "86400");
  return response;
}

net::Response method_not_allowed(const Route& route, std::string_view method) {
  net::Response response =
      problem(405, "Method not allowed", std::string(method) + " is not allowed here");
  response.headers.set("Allow", allowed_methods(route));
  return response;
}

/// Somebody reads it in a browser, on a page with forms.
bool is_for_people(const Route& route, const net::Request& request) {
  return route.cors == Cors::None &&
         request.headers.joined("Accept").find("text/html") != std::string::npos;
}

/// Errors as a response, and what is wrong on our side to the log.
net::Response to_response(Result<net::Response> result, const Route& route,
                          const net::Request& request) {
  if (result) return std::move(*result);
  const Error& error = result.error();
  // Strangers choose whom this server asks: that others do not answer is no trouble of its own.
  const bool is_trouble = error.code == Code::Internal || error.code == Code::Storage;
  if (is_trouble) {
    log::error("request_failed", {log::field("detail", error.detail)});
  } else if (status_of(error.code) >= 500) {
    log::info("request_failed", {log::field("detail", error.detail)});
  } else {
    log::debug("request_refused", {log::field("detail", error.detail)});
  }
  if (is_for_people(route, request)) return problem_page(error);
  net::Response response = problem(error);
  if (is_read(request) && negotiate(request.headers.joined("Accept")) == Representation::Html) {
    response = problem_page(error);
  }
  if (response.status == 401 && has_credentials(request)) {
    response.headers.set("WWW-Authenticate", bearer_challenge("invalid_token"));
  }
  return response;
}

void log_request(const net::Request& request, const net::Response& response,
                 std::chrono::steady_clock::time_point begin) {
  // The path only: a query may hold what is secret. Reads are many, so they are for debugging.
  const bool is_quiet = is_read(request) && response.status < 500;
  const log::Level level = is_quiet ? log::Level::Debug : log::Level::Info;
  if (!log::is_enabled(level)) return;
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - begin);
  log::write(level, "request",
             {log::field("method", request.method), log::field("path", request.path),
              log::field("status", response.status), log::field("peer", request.peer),
              log::field("micros", took.count())});
}

}  // namespace

net::Where Routes::where(const net::Request& request) const {
  if (!is_read(request)) return net::Where::Pool;
  if (request.path == "/healthz") return net::Where::Inline;
  const Route* route = find_route(kRoutes, request.path);
  if (!route || route->get != get_resource) return net::Where::Pool;
  const bool is_lookup = !has_credentials(request) && request.query.empty();
  return is_lookup ? net::Where::Inline : net::Where::Brief;
}

bool reuse_key(const net::Request& request, std::string& key) {
  constexpr std::string_view kDecisive[] = {"Host", "Accept", "If-None-Match", "Origin"};
  constexpr std::string_view kCredentials[] = {"Authorization", "Signature", "Signature-Input"};
  if (!is_read(request) || !request.body.empty()) return false;
  key.append(request.method).append(" ").append(request.target);
  for (const auto& [name, value] : request.headers.lines()) {
    const auto is_name = [&name = name](std::string_view other) {
      return text::equals_ignoring_case(name, other);
    };
    if (std::ranges::any_of(kCredentials, is_name)) return false;
    const auto* const decisive = std::ranges::find_if(kDecisive, is_name);
    if (decisive != std::end(kDecisive)) {
      key.append("\n").append(*decisive).append(":").append(value);
    }
  }
  return true;
}

std::size_t body_limit(const net::Request& head) {
  const bool is_upload = head.path == "/media" || head.path == "/media/";
  if (is_upload && head.headers.get("Authorization")) {
    return limits::kMediaBytes + limits::kBodyBytes;  // the file, and the parts beside it
  }
  const bool is_form = head.path.starts_with("/o/") || head.path.starts_with("/admin");
  const bool is_small = is_form || is_upload || !find_route(head.path);
  return is_small ? limits::kFormBytes : limits::kBodyBytes;
}

/// RFC 9110 15.5.16: what is compressed is not taken, so that a body's limit is what it says.
static std::optional<net::Response> refuse_coding(const net::Request& request) {
  const std::string coding(text::trim(request.headers.joined("Content-Encoding")));
  if (coding.empty() || text::equals_ignoring_case(coding, "identity")) return std::nullopt;
  net::Response response =
      problem(error(Code::UnsupportedType, "The body is to come without a Content-Encoding"));
  response.headers.set("Accept-Encoding", "identity");
  return response;
}

static net::Response answer(Context& context, const Route* route, const net::Request& request,
                            int attempt) {
  const ap::Domain* domain = context.domains.find(request.headers.get("Host").value_or(""));
  if (!domain && !find_route(kHealthRoutes, request.path)) {
    return problem(421, "Misdirected request", "This server does not answer for that host");
  }
  if (!route) return problem(error(Code::NotFound, "There is nothing at this address"));
  if (request.method == "OPTIONS") return preflight(*route);
  const Handle act =
      is_read(request) ? route->get : (request.method == "POST" ? route->post : nullptr);
  if (!act) return method_not_allowed(*route, request.method);
  if (request.method == "POST") {
    if (auto refused = refuse_coding(request)) return std::move(*refused);
  }
  const ap::Domain none;
  const Exchange exchange{request, domain ? *domain : none, attempt};
  return to_response(act(context, exchange), *route, request);
}

void Routes::handle(const net::Request& request, net::Response& response, int attempt) {
  const auto begin = std::chrono::steady_clock::now();
  const Route* route = find_route(request.path);
  if (route && route->get == get_sparql && !sparql_) route = nullptr;
  const bool is_asked = is_read(request) || request.method == "OPTIONS";
  if (!route && is_asked) route = request.target == "*" ? &kServer : &kElsewhere;
  response = answer(context_, route, request, attempt);
  if (response.wait_for || response.for_worker) return;
  if (route) add_cors(*route, request, response);
  if (!response.headers.get("Vary")) response.headers.set("Vary", "Origin");
  if (log::is_enabled(log::Level::Debug)) response.generation = 0;  // each one is to be logged
  log_request(request, response, begin);
}

}  // namespace qp::web
