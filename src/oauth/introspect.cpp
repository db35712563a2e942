#include "oauth/introspect.hpp"

#include <chrono>

#include "oauth/authenticate.hpp"
#include "oauth/json_object.hpp"
#include "oauth/tokens.hpp"

namespace qp::oauth {

namespace {

std::int64_t seconds(Millis time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time).count();
}

// RFC 7662 2.2
Answer active_answer(const Grant& grant, bool is_access, std::string_view issuer) {
  ObjectWriter body;
  body.flag("active", true).text("scope", grant.scopes.text()).text("client_id", grant.client);
  if (!grant.user.empty()) body.text("username", grant.user);
  if (is_access) body.text("token_type", "Bearer");
  body.number("exp", seconds(grant.expires)).number("iat", seconds(grant.issued));
  if (!grant.actor.empty()) body.text("sub", grant.actor);
  return json_answer(200, body.text("iss", issuer).finish());
}

}  // namespace

Answer answer_introspection(store::Store& store, const FormRequest& request,
                            std::string_view issuer, Millis now) {
  const auto txn = store.read();
  if (!txn) return trouble_answer(txn.error());
  const auto asking = authenticate_client(**txn, request);
  if (const auto* refused = std::get_if<Answer>(&asking)) return *refused;
  const Client& client = std::get<Client>(asking);
  if (client.type != ClientType::Confidential) {
    return error_answer("invalid_client", "introspection is for confidential clients");
  }
  const auto token = parameter(request.form, "token");
  if (!token) return error_answer("invalid_request", "token is missing");

  auto grant = find_token(**txn, *token, now);
  const bool is_access = grant.has_value();
  if (!grant) grant = find_refresh_token(**txn, *token, now);
  if (!grant && grant.error().code != Code::Unauthenticated) return trouble_answer(grant.error());
  if (!grant || grant->client != client.id) {
    return json_answer(200, ObjectWriter().flag("active", false).finish());
  }
  return active_answer(*grant, is_access, issuer);
}

Answer answer_revocation(store::Store& store, const FormRequest& request) {
  Answer answer;
  const auto written = store.write([&](store::WriteTxn& txn) -> Result<void> {
    answer = json_answer(200, "{}");
    const auto asking = authenticate_client(txn, request);
    if (const auto* refused = std::get_if<Answer>(&asking)) {
      answer = *refused;
      return {};
    }
    const auto token = parameter(request.form, "token");
    if (!token) {
      answer = error_answer("invalid_request", "token is missing");
      return {};
    }
    const auto owner = QP_TRY(client_of(txn, *token));
    if (!owner) return {};  // RFC 7009 2.2: an invalid token is no error
    if (*owner != std::get<Client>(asking).id) {
      answer = error_answer("unauthorized_client", "given to another client");
      return {};
    }
    QP_TRY(revoke(txn, *token));
    return {};
  });
  return written ? answer : trouble_answer(written.error());
}

}  // namespace qp::oauth
