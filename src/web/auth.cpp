#include "web/auth.hpp"

#include "ap/admit.hpp"
#include "ap/signer.hpp"
#include "oauth/tokens.hpp"
#include "sig/verify.hpp"
#include "web/browser.hpp"
#include "web/problem.hpp"

namespace qp::web {

namespace {

/// RFC 6750 2.3, which RFC 9700 4.3.2 forbids.
bool has_query_token(const net::Request& request) {
  if (request.query.find("access_token") == std::string::npos) return false;
  const auto form = text::parse_form(request.query);
  return form && text::find(*form, "access_token").has_value();
}

bool has_authorization(const net::Request& request) {
  return request.headers.get("Authorization").has_value();
}

Result<Identified> find_signed_reader(Context& context, const Exchange& exchange,
                                      const store::Txn& txn) {
  Identified found;
  const auto options = ap::verify_options(exchange.domain, context.clock());
  ap::SignerCheck check =
      ap::check_signer(exchange.request, options, context.signers, exchange.attempt);
  if (check.wait_for) {
    // A stranger has us fetch something: that is counted as what it posts is.
    const std::string peer = sending_peer(context, exchange.request);
    if (exchange.attempt == 0 && !peer.empty() &&
        context.limiters.inbox.take(peer, context.clock())) {
      return error(Code::TooMany, "Too many requests with keys that are not known here");
    }
    found.wait_for = std::move(check.wait_for);
    return found;
  }
  const ap::Sender signer = QP_TRY(std::move(check.sender));
  if (!QP_TRY(ap::is_blocked(txn, ap::host_of(signer.actor)))) found.reader = {signer.actor};
  return found;
}

}  // namespace

bool has_credentials(const net::Request& request) {
  return has_authorization(request) || sig::is_signed(request);
}

std::optional<std::string_view> bearer_token(const net::Request& request) {
  const std::string_view field = request.headers.get("Authorization").value_or("");
  // RFC 6750 2.1; the scheme's name is read without regard to case.
  const auto [scheme, rest] = text::split_once(text::trim(field), ' ');
  if (!rest || !text::equals_ignoring_case(scheme, "Bearer")) return std::nullopt;
  return text::trim(*rest);
}

Result<std::optional<Caller>> find_caller(const store::Txn& txn, const net::Request& request,
                                          Millis now) {
  if (has_query_token(request)) {
    return bad_input("A token belongs into the Authorization field, not into the address");
  }
  if (!has_authorization(request)) return std::optional<Caller>();
  const std::optional<std::string_view> token = bearer_token(request);
  if (!token) return error(Code::Unauthenticated, "Authorization is not a bearer token");
  oauth::Grant grant = QP_TRY(oauth::find_token(txn, *token, now));
  if (grant.user.empty()) {
    return error(Code::Unauthenticated, "This token stands for no user");
  }
  return std::optional(
      Caller{std::move(grant.user), std::move(grant.actor), std::move(grant.client), grant.scopes});
}

Result<Caller> require_caller(const store::Txn& txn, const net::Request& request, Millis now,
                              std::string_view message) {
  Result<std::optional<Caller>> caller = find_caller(txn, request, now);
  if (!caller) return caller.error();
  if (!*caller) {
    return Error{Code::Unauthenticated, "no Authorization field", std::string(message)};
  }
  return std::move(**caller);
}

Result<Identified> find_reader(Context& context, const Exchange& exchange, const store::Txn& txn) {
  const net::Request& request = exchange.request;
  if (!has_authorization(request) && sig::is_signed(request)) {
    return find_signed_reader(context, exchange, txn);
  }
  Identified found;
  found.caller = QP_TRY(find_caller(txn, request, context.clock()));
  if (!found.caller) return found;
  std::vector<std::string> actors;
  for (const ap::Actor& actor : QP_TRY(actors_of(txn, *found.caller))) actors.push_back(actor.iri);
  found.reader = view::Reader(std::move(actors));
  return found;
}

std::optional<net::Response> refuse_without(oauth::Scope scope, const Caller& caller) {
  if (caller.scopes.has(scope)) return std::nullopt;
  return lacks_scope(scope);
}

net::Response lacks_scope(oauth::Scope scope) {
  const std::string wanted = oauth::scope_name(scope);
  net::Response response = problem(error(Code::Forbidden, "The token lacks the scope " + wanted));
  response.headers.set("WWW-Authenticate", bearer_challenge("insufficient_scope", wanted));
  return response;
}

bool may_act_as(const Caller& caller, const ap::Actor& actor) {
  return caller.user == actor.user && (caller.actor.empty() || caller.actor == actor.iri);
}

Result<std::vector<ap::Actor>> actors_of(const store::Txn& txn, const Caller& caller) {
  std::vector<ap::Actor> actors = QP_TRY(ap::actors_of(txn, caller.user));
  std::erase_if(actors, [&](const ap::Actor& actor) { return !may_act_as(caller, actor); });
  return actors;
}

}  // namespace qp::web
