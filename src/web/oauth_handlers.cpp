#include "web/oauth_handlers.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "oauth/authorize.hpp"
#include "oauth/grants.hpp"
#include "oauth/introspect.hpp"
#include "oauth/metadata.hpp"
#include "oauth/register.hpp"
#include "oauth/users.hpp"
#include "web/auth.hpp"
#include "web/html.hpp"
#include "web/negotiate.hpp"
#include "web/problem.hpp"
#include "web/reply.hpp"

namespace qp::web {

namespace {

/// A form field that says "no" to the client.
constexpr std::string_view kDeny = "deny";

net::Response to_response(oauth::Answer answer) {
  net::Response response;
  response.status = answer.status;
  if (!answer.body.empty())
    response = reply(answer.status, std::move(answer.body), "application/json");
  for (auto& [name, value] : answer.headers) response.headers.set(name, std::move(value));
  if (!response.headers.get("Cache-Control")) response.headers.set("Cache-Control", "no-store");
  return response;
}

Result<text::Form> read_form(const net::Request& request) {
  if (!is_form_type(request.headers.get("Content-Type").value_or(""))) {
    return bad_input("The body is to be application/x-www-form-urlencoded");
  }
  if (request.body.size() > limits::kFormBytes)
    return error(Code::TooLarge, "The form is too large");
  return text::parse_form(request.body);
}

/// Empty for those whom limits per address do not count.
std::string counted_peer(const Context& context, const net::Request& request) {
  const std::vector<std::string>& exempt = context.config.allow_private;
  const bool is_exempt = std::find(exempt.begin(), exempt.end(), request.peer) != exempt.end();
  return is_exempt ? std::string() : request.peer;
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

/// The request's parameters go through the form unchanged and are checked again when it returns.
net::Response sign_in_page(const oauth::Authorization& request, const text::Form& query,
                           std::string_view complaint) {
  std::string body = "<h1>" + escape_html(request.client.name) + "</h1>";
  if (!complaint.empty()) body += "<p><strong>" + escape_html(complaint) + "</strong></p>";
  body += "<p>asks to act for you with these permissions: <strong>" +
          escape_html(request.scopes.text()) + "</strong>. It will be sent to <code>" +
          escape_html(request.redirect_uri) + "</code></p><form method=\"post\">";
  for (const auto& [name, value] : query) {
    if (name != "username" && name != "password" && name != "decision") {
      body += hidden_field(name, value);
    }
  }
  body +=
      "<p><label>Name <input name=\"username\" autocomplete=\"username\" required></label></p>"
      "<p><label>Password <input name=\"password\" type=\"password\""
      " autocomplete=\"current-password\" required></label></p>"
      "<p><button name=\"decision\" value=\"allow\">Allow</button> "
      "<button name=\"decision\" value=\"deny\" formnovalidate>Deny</button></p></form>";
  net::Response response = html_reply(complaint.empty() ? 200 : 401, "Sign in", body);
  response.headers.set("Cache-Control", "no-store");
  return response;
}

net::Response refusal_page(const oauth::AuthorizationRefusal& refusal) {
  if (!refusal.location.empty()) return redirect(303, refusal.location);
  net::Response response = html_reply(
      400, "This request does not hold",
      "<h1>This request does not hold</h1><p>" + escape_html(refusal.description) + "</p>");
  response.headers.set("Cache-Control", "no-store");
  return response;
}

/// A browser says where a form was: ours comes from our own page (CSRF).
bool is_foreign_form(const Exchange& exchange) {
  const std::optional<std::string_view> origin = exchange.request.headers.get("Origin");
  return origin && *origin != "null" && *origin != exchange.domain.url;
}

struct SignIn {
  std::optional<oauth::User> user;  ///< none: refused
  std::string complaint;
};

Result<SignIn> sign_in(Context& context, const Exchange& exchange, const text::Form& form) {
  const std::string_view name = text::find(form, "username").value_or("");
  const std::string_view password = text::find(form, "password").value_or("");
  RateLimiter& limiter = context.oauth.sign_ins;
  const std::string peer = counted_peer(context, exchange.request);
  const std::string key = oauth::sign_in_key(peer, name);
  if (!peer.empty() && limiter.take(key, context.clock())) {
    return SignIn{std::nullopt, "Too many attempts; try again in a minute"};
  }
  std::optional<oauth::User> user;
  {
    const std::unique_ptr<store::Txn> txn = QP_TRY(context.store.read());
    user = QP_TRY(oauth::find_user(*txn, name));
  }
  if (!oauth::check_password(user, password)) {
    log::warning("sign_in_refused", {log::field("peer", exchange.request.peer)});
    return SignIn{std::nullopt, "Name or password do not hold"};
  }
  if (!peer.empty()) limiter.give_back(key);
  return SignIn{std::move(user), {}};
}

Result<net::Response> grant_code(Context& context, const Exchange& exchange,
                                 const oauth::Authorization& request, const oauth::User& user) {
  oauth::CodeRequest wanted;
  wanted.user = user.name;
  wanted.client = request.client.id;
  wanted.redirect_uri = request.redirect_uri;
  wanted.code_challenge = request.code_challenge;
  wanted.scopes = request.scopes;
  const Millis now = context.clock();
  std::string code;
  QP_TRY(context.store.write([&](store::WriteTxn& txn) -> Result<void> {
    Result<std::string> issued = oauth::issue_code(txn, wanted, now);
    if (!issued) return issued.error();
    code = std::move(*issued);
    return {};
  }));
  return redirect(303, oauth::consent_location(request, code, exchange.domain.url));
}

}  // namespace

Result<net::Response> post_token(Context& context, const Exchange& exchange) {
  return post_form(context, exchange, [&](const oauth::FormRequest& form) {
    return oauth::answer_token(context.oauth, form, context.clock());
  });
}

Result<net::Response> post_register(Context& context, const Exchange& exchange) {
  const net::Request& request = exchange.request;
  if (request.body.size() > limits::kFormBytes) {
    return oauth_problem(413, "invalid_client_metadata", "The body is too large");
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

Result<net::Response> get_authorize(Context& context, const Exchange& exchange) {
  const text::Form query = QP_TRY(text::parse_form(exchange.request.query));
  const std::unique_ptr<store::Txn> txn = QP_TRY(context.store.read());
  const auto checked = QP_TRY(oauth::check_authorization(*txn, query, exchange.domain.url));
  const auto* refusal = std::get_if<oauth::AuthorizationRefusal>(&checked);
  if (refusal) return refusal_page(*refusal);
  return sign_in_page(std::get<oauth::Authorization>(checked), query, {});
}

Result<net::Response> post_authorize(Context& context, const Exchange& exchange) {
  if (is_foreign_form(exchange)) {
    return error(Code::Forbidden, "The form was sent from another site");
  }
  const text::Form form = QP_TRY(read_form(exchange.request));
  std::variant<oauth::Authorization, oauth::AuthorizationRefusal> checked;
  {
    const std::unique_ptr<store::Txn> txn = QP_TRY(context.store.read());
    checked = QP_TRY(oauth::check_authorization(*txn, form, exchange.domain.url));
  }
  const auto* refusal = std::get_if<oauth::AuthorizationRefusal>(&checked);
  if (refusal) return refusal_page(*refusal);
  const auto& request = std::get<oauth::Authorization>(checked);
  if (text::find(form, "decision") == kDeny) {
    return redirect(303, oauth::denial_location(request, exchange.domain.url));
  }
  const SignIn signed_in = QP_TRY(sign_in(context, exchange, form));
  if (!signed_in.user) return sign_in_page(request, form, signed_in.complaint);
  return grant_code(context, exchange, request, *signed_in.user);
}

}  // namespace qp::web
