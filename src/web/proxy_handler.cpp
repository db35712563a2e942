#include "web/proxy_handler.hpp"

#include <algorithm>

#include "ap/activity.hpp"
#include "ap/admit.hpp"
#include "web/auth.hpp"
#include "web/negotiate.hpp"
#include "web/object_handler.hpp"
#include "web/problem.hpp"
#include "web/reply.hpp"

namespace qp::web {

namespace {

net::Response answer(std::string body) {
  net::Response response = reply(200, std::move(body), content_type(Representation::ActivityJson));
  response.headers.set("Vary", std::string(kVary));
  response.headers.set("Cache-Control", "private, no-store");
  return response;
}

/// ActivityPub 4.1: what a person typed without a scheme gets one, where that makes it an address.
std::string with_scheme(std::string_view typed, Domains& domains) {
  typed = text::trim(typed);
  const std::string_view host = typed.substr(0, typed.find_first_of("/?#"));
  const std::string_view name = host.substr(0, host.find(':'));
  const bool is_host = host.find_first_of("@ ") == std::string_view::npos &&
                       (name == "localhost" || name.find('.') != std::string_view::npos);
  if (!is_host || typed.find("://") != std::string_view::npos) return std::string(typed);
  const ap::Domain* here = domains.find(host);
  const std::string base = here ? here->url : "https://" + std::string(host);
  return base + std::string(typed.substr(host.size()));
}

Result<std::string> wanted_id(const net::Request& request, Domains& domains) {
  if (!is_form_type(request.headers.get("Content-Type").value_or(""))) {
    return error(Code::UnsupportedType, "The body is to be application/x-www-form-urlencoded");
  }
  const text::Form form = QP_TRY(text::parse_form(request.body));
  if (std::ranges::count(form, "id", [](const auto& one) { return one.first; }) > 1) {
    return bad_input("The form has two \"id\"");
  }
  std::string id = with_scheme(text::find(form, "id").value_or(""), domains);
  if (id.empty()) return bad_input("The form has no \"id\"");
  if (id.size() > limits::kIriBytes || ap::origin_of(id).empty()) {
    return bad_input("\"id\" is not the address of a resource");
  }
  return id;
}

}  // namespace

Result<net::Response> post_proxy(Context& context, const Exchange& exchange) {
  const net::Request& request = exchange.request;
  const std::unique_ptr<store::Txn> txn = QP_TRY(context.store.read());
  const Caller caller = QP_TRY(
      require_caller(*txn, request, context.clock(), "Authentication required for the proxy"));
  if (auto refused = refuse_without(oauth::Scope::ReadAny, caller)) return std::move(*refused);
  const std::string id = QP_TRY(wanted_id(request, context.domains));
  const std::string url = id.substr(0, id.find('#'));
  const std::string host = ap::host_of(url);
  if (context.domains.find(host)) {
    return serve_here(context, exchange, *txn, url);
  }
  if (QP_TRY(ap::is_blocked(*txn, host))) {
    return error(Code::Forbidden, "That domain is blocked here");
  }
  const std::vector<ap::Actor> actors = QP_TRY(actors_of(*txn, caller));
  if (actors.empty()) return error(Code::Forbidden, "You have no actor to ask as");
  const std::string& actor = actors.front().iri;
  if (exchange.attempt == 0) {  // a parked request was counted when it came
    auto refused = refuse_over(context.limiters.proxy, "proxy", caller.user, context.clock());
    if (refused) return std::move(*refused);
  }
  std::optional<Result<std::string>> found = context.proxy.take(url, actor);
  if (!found && exchange.attempt > 0) {
    return error(Code::Unavailable, "The other server takes too long; try again");
  }
  if (!found) {
    net::Response parked;
    parked.wait_for = ap::Proxy::key_of(url, actor);
    return parked;
  }
  net::Response response = answer(QP_TRY(std::move(*found)));
  tell_budget(response, "proxy", context.limiters.proxy, caller.user, context.clock());
  return response;
}

}  // namespace qp::web
