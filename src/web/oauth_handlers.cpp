#include "web/oauth_handlers.hpp"

#include "oauth/grants.hpp"
#include "oauth/introspect.hpp"
#include "oauth/metadata.hpp"
#include "oauth/register.hpp"
#include "web/auth.hpp"
#include "web/browser.hpp"
#include "web/local_client.hpp"
#include "web/problem.hpp"
#include "web/reply.hpp"

namespace qp::web {

namespace {

net::Response to_response(oauth::Answer answer) {
  net::Response response;
  response.status = answer.status;
  if (!answer.body.empty())
    response = reply(answer.status, std::move(answer.body), "application/json");
  for (auto& [name, value] : answer.headers) response.headers.set(name, std::move(value));
  if (!response.headers.get("Cache-Control")) response.headers.set("Cache-Control", "no-store");
  return response;
}

/// Posts the form of `exchange` to an endpoint; a body that is no form is its invalid_request.
template <class Endpoint>
net::Response post_form(const Context& context, const Exchange& exchange, Endpoint endpoint) {
  const net::Request& request = exchange.request;
  Result<text::Form> form = read_form(request);
  if (!form) {
    return oauth_problem(status_of(form.error().code), "invalid_request", form.error().message);
  }
  oauth::FormRequest posted;
  posted.form = std::move(*form);
  if (const auto field = request.headers.get("Authorization")) posted.authorization = *field;
  posted.peer = counted_peer(context, request);
  posted.loopback = request.loopback;
  return to_response(endpoint(posted));
}

}  // namespace

Result<net::Response> post_token(Context& context, const Exchange& exchange) {
  return post_form(context, exchange, [&](const oauth::FormRequest& form) {
    const std::string id(oauth::parameter(form.form, "client_id").value_or(""));
    if (is_local_client(context, id)) {
      const auto looked = end_if_no_client(context, id);
      if (!looked) return oauth::trouble_answer(looked.error());
    }
    return oauth::answer_token(context.oauth, form, context.clock());
  });
}

Result<net::Response> post_register(Context& context, const Exchange& exchange) {
  const net::Request& request = exchange.request;
  if (request.body.size() > limits::kFormBytes) {
    return oauth_problem(413, "invalid_client_metadata", "The body is too large");
  }
  const std::string peer = counted_peer(context, request);
  const bool is_open = context.oauth.settings.registration == oauth::Registration::Open;
  if (is_open && !peer.empty()) {
    if (const auto wait = context.oauth.sign_ins.take("register " + peer, context.clock())) {
      net::Response response = oauth_problem(429, "slow_down", "Too many registrations");
      response.headers.set("Retry-After", std::to_string(wait->count()));
      return response;
    }
  }
  return to_response(oauth::answer_registration(context.oauth, request.body, bearer_token(request),
                                                context.clock()));
}

Result<net::Response> post_revoke(Context& context, const Exchange& exchange) {
  return post_form(context, exchange, [&](const oauth::FormRequest& form) {
    return oauth::answer_revocation(context.store, form);
  });
}

Result<net::Response> post_introspect(Context& context, const Exchange& exchange) {
  return post_form(context, exchange, [&](const oauth::FormRequest& form) {
    return oauth::answer_introspection(context.store, form, exchange.domain.url, context.clock());
  });
}

Result<net::Response> get_oauth_metadata(Context& context, const Exchange& exchange) {
  net::Response response = reply(
      200, oauth::server_metadata(exchange.domain.url, context.oauth.settings), "application/json");
  response.headers.set("Cache-Control", "public, max-age=300");
  return response;
}

Result<net::Response> get_resource_metadata(Context&, const Exchange& exchange) {
  net::Response response =
      reply(200, oauth::resource_metadata(exchange.domain.url), "application/json");
  response.headers.set("Cache-Control", "public, max-age=300");
  return response;
}

}  // namespace qp::web
