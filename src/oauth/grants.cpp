#include "oauth/grants.hpp"

#include <algorithm>
#include <array>

#include "base/log.hpp"
#include "oauth/accounts.hpp"
#include "oauth/authenticate.hpp"
#include "oauth/codes.hpp"
#include "oauth/json_object.hpp"
#include "oauth/sign_in.hpp"

namespace qp::oauth {

namespace {

struct Call {
  const Service& service;
  const FormRequest& request;
  const Client& client;
  Millis now;

  std::optional<std::string_view> given(std::string_view name) const {
    return parameter(request.form, name);
  }
};

/// Whom the token is for, or, where it is for all of the user's, the oldest one; "" for none.
Result<std::string> actor_of(store::Store& store, const IssuedTokens& issued) {
  if (!issued.actor.empty() || issued.user.empty()) return issued.actor;
  const auto txn = QP_TRY(store.read());
  const auto actors = QP_TRY(actors_of(*txn, issued.user));
  return actors.empty() ? std::string() : actors.front().actor;
}

Answer token_answer(const Call& call, const IssuedTokens& issued) {
  const auto actor = actor_of(call.service.store, issued);
  if (!actor) return trouble_answer(actor.error());
  ObjectWriter body;
  body.text("access_token", issued.access_token)
      .text("token_type", "Bearer")
      .number("expires_in", issued.expires_in.count())
      .text("scope", issued.scopes.text());
  if (!issued.refresh_token.empty()) body.text("refresh_token", issued.refresh_token);
  if (!issued.actor.empty()) body.text("actor", issued.actor);
  if (!actor->empty()) body.text("activitypub_actor_id", *actor);
  return json_answer(200, body.finish());
}

Answer refusal_answer(Refusal refusal) {
  switch (refusal) {
    case Refusal::Unknown:
      return error_answer("invalid_grant", "unknown, over or revoked");
    case Refusal::OtherClient:
      return error_answer("invalid_grant", "given to another client");
    case Refusal::Reused:
      return error_answer("invalid_grant", "used before: what it gave has been revoked");
    case Refusal::OtherRedirect:
      return error_answer("invalid_grant", "another redirect_uri");
    case Refusal::WrongVerifier:
      return error_answer("invalid_grant", "code_verifier is wrong");
    case Refusal::WiderScope:
      return error_answer("invalid_scope", "more than was granted");
  }
  return error_answer("invalid_grant", "");
}

/// For an Error of `issue`: a user that vanished or was disabled meanwhile is the request's fault.
Answer issue_error_answer(const Error& error) {
  if (error.code == Code::NotFound || error.code == Code::Forbidden) {
    return error_answer("invalid_grant", "the user may not sign in");
  }
  return trouble_answer(error);
}

/// `verified`: whose password was looked at just before.
Answer commit_new(const Call& call, const TokenRequest& wanted, const User* verified = nullptr) {
  IssuedTokens issued;
  const auto written = call.service.store.write([&](store::WriteTxn& txn) -> Result<void> {
    if (verified) QP_TRY(check_still_holds(txn, *verified));
    issued = QP_TRY(issue(txn, wanted, call.now));
    return {};
  });
  return written ? token_answer(call, issued) : issue_error_answer(written.error());
}

/// `redeem`: Result<Redeemed>(WriteTxn&).
template <class Redeem>
Answer commit_redeemed(const Call& call, Redeem redeem) {
  Redeemed outcome = Refusal::Unknown;
  const auto written = call.service.store.write([&](store::WriteTxn& txn) -> Result<void> {
    outcome = QP_TRY(redeem(txn));
    return {};
  });
  if (!written) return issue_error_answer(written.error());
  if (const auto* issued = std::get_if<IssuedTokens>(&outcome)) return token_answer(call, *issued);
  const Refusal refusal = std::get<Refusal>(outcome);
  if (refusal == Refusal::Reused) {
    log::warning("oauth.reuse", {log::field("client", call.client.id)});
  }
  return refusal_answer(refusal);
}

/// What the request asks for, or all that the client may have; nullopt: unknown, or too much.
std::optional<Scopes> wanted_scopes(const Call& call) {
  const auto text = call.given("scope");
  if (!text) return call.client.scopes;
  const auto scopes = Scopes::parse(*text);
  if (!scopes || scopes->empty() || !scopes->within(call.client.scopes)) return std::nullopt;
  return *scopes;
}

Answer scope_error() { return error_answer("invalid_scope", "unknown, or not for this client"); }

bool is_open(PasswordGrant policy, const FormRequest& request) {
  switch (policy) {
    case PasswordGrant::Off:
      return false;
    case PasswordGrant::Loopback:
      return request.loopback;
    case PasswordGrant::On:
      return true;
  }
  return false;
}

Answer too_many_answer(std::chrono::seconds wait) {
  Answer answer = json_answer(429, ObjectWriter()
                                       .text("error", "slow_down")
                                       .text("error_description", "too many failed sign-ins")
                                       .finish());
  answer.headers.emplace_back("Retry-After", std::to_string(wait.count()));
  return answer;
}

// RFC 6749 4.3
Answer by_password(const Call& call) {
  if (!is_open(call.service.settings.password_grant, call.request)) {
    return error_answer("unsupported_grant_type", "the password grant is not open to this address");
  }
  const auto name = call.given("username");
  const auto password = call.given("password");
  if (!name || !password) return error_answer("invalid_request", "username or password is missing");
  const auto scopes = wanted_scopes(call);
  if (!scopes) return scope_error();

  const auto outcome = sign_in(call.service, *name, *password, call.request.peer, call.now);
  if (!outcome) return trouble_answer(outcome.error());
  if (outcome->wait) return too_many_answer(*outcome->wait);
  if (!outcome->user) return error_answer("invalid_grant", "unknown user, or another password");
  log::warning("oauth.password_grant", {log::field("client", call.client.id)});
  return commit_new(
      call, {outcome->user->name, call.client.id, *scopes, "", call.service.settings.access_time},
      &*outcome->user);
}

// RFC 6749 4.1.3, RFC 7636 4.5
Answer by_code(const Call& call) {
  const auto code = call.given("code");
  const auto verifier = call.given("code_verifier");
  if (!code || !verifier) {
    return error_answer("invalid_request", "code or code_verifier is missing");
  }
  if (!is_code_verifier(*verifier)) {
    return error_answer("invalid_request", "a code_verifier has 43 to 128 characters");
  }
  return commit_redeemed(call, [&](store::WriteTxn& txn) {
    return redeem_code(txn,
                       {*code, call.client.id, call.given("redirect_uri"), *verifier,
                        call.service.settings.access_time},
                       call.now);
  });
}

// RFC 6749 6
Answer by_refresh_token(const Call& call) {
  const auto token = call.given("refresh_token");
  if (!token) return error_answer("invalid_request", "refresh_token is missing");
  std::optional<Scopes> scopes;
  if (call.given("scope")) {
    scopes = wanted_scopes(call);
    if (!scopes) return scope_error();
  }
  return commit_redeemed(call, [&](store::WriteTxn& txn) {
    return refresh(txn, {*token, call.client.id, scopes, call.service.settings.access_time},
                   call.now);
  });
}

// RFC 6749 4.4
Answer by_client_credentials(const Call& call) {
  const auto scopes = wanted_scopes(call);
  if (!scopes) return scope_error();
  return commit_new(call, {call.client.user, call.client.id, *scopes, "",
                           call.service.settings.access_time, Refreshable::No});
}

struct Row {
  std::string_view name;
  Answer (*answer)(const Call&);
};
constexpr std::array<Row, 4> kGrants{{{grant::kPassword, by_password},
                                      {grant::kCode, by_code},
                                      {grant::kRefreshToken, by_refresh_token},
                                      {grant::kClientCredentials, by_client_credentials}}};

std::variant<Client, Answer> asking_client(const Service& service, const FormRequest& request) {
  const auto txn = service.store.read();
  if (!txn) return trouble_answer(txn.error());
  return authenticate_client(**txn, request);
}

}  // namespace

Answer answer_token(const Service& service, const FormRequest& request, Millis now) {
  const auto asking = asking_client(service, request);
  if (const auto* refused = std::get_if<Answer>(&asking)) return *refused;
  const Client& client = std::get<Client>(asking);

  const auto type = parameter(request.form, "grant_type");
  if (!type) return error_answer("invalid_request", "grant_type is missing");
  const auto row = std::ranges::find(kGrants, *type, &Row::name);
  if (row == kGrants.end()) return error_answer("unsupported_grant_type", "unknown grant_type");
  if (row->name != grant::kRefreshToken && !client.may_use(row->name)) {
    return error_answer("unauthorized_client", "the client was not made for this grant");
  }
  return row->answer({service, request, client, now});
}

}  // namespace qp::oauth
