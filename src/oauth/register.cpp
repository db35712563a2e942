#include "oauth/register.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "oauth/clients.hpp"
#include "oauth/json_object.hpp"
#include "oauth/redirect.hpp"

namespace qp::oauth {

namespace {

/// A list of strings; empty where it is absent.
Result<std::vector<std::string>> strings(json::Value object, std::string_view key) {
  std::vector<std::string> out;
  const json::Value value = object.get(key);
  if (!value.is_null() && !value.is_array()) return bad_input("a list of strings is expected");
  for (const json::Value& item : value.items()) {
    if (!item.is_string()) return bad_input("a list of strings is expected");
    out.emplace_back(item.text());
  }
  return out;
}

/// "" where it is absent.
Result<std::string> string(json::Value object, std::string_view key) {
  const json::Value value = object.get(key);
  if (!value.is_null() && !value.is_string()) return bad_input("a string is expected");
  return std::string(value.text());
}

// RFC 7591 2
Result<NewClient> read_metadata(json::Value metadata, std::string_view user) {
  NewClient client;
  client.user = user;
  client.name = QP_TRY(string(metadata, "client_name"));
  client.redirect_uris = QP_TRY(strings(metadata, "redirect_uris"));
  const auto method = QP_TRY(string(metadata, "token_endpoint_auth_method"));
  if (method == "none") {
    client.type = ClientType::Public;
  } else if (!method.empty() && method != "client_secret_basic" && method != "client_secret_post") {
    return bad_input("unknown token_endpoint_auth_method");
  }
  for (const auto& grant : QP_TRY(strings(metadata, "grant_types"))) {
    if (grant != grant::kCode && grant != grant::kRefreshToken) {
      return bad_input("grant_types may be authorization_code and refresh_token");
    }
  }
  client.grants = {std::string(grant::kCode), std::string(grant::kRefreshToken)};
  for (const auto& type : QP_TRY(strings(metadata, "response_types"))) {
    if (type != "code") return bad_input("response_types may be code");
  }
  const auto scope = QP_TRY(string(metadata, "scope"));
  if (!scope.empty()) client.scopes = QP_TRY(Scopes::parse(scope));
  return client;
}

// RFC 7591 3.2.1
Answer registered_answer(const AddedClient& added, std::string_view auth_method) {
  const Client& client = added.client;
  ObjectWriter body;
  body.text("client_id", client.id)
      .number("client_id_issued_at",
              std::chrono::duration_cast<std::chrono::seconds>(client.created).count());
  if (!added.secret.empty()) {
    body.text("client_secret", added.secret).number("client_secret_expires_at", 0);
  }
  return json_answer(201, body.text("client_name", client.name)
                              .texts("redirect_uris", client.redirect_uris)
                              .texts("grant_types", client.grants)
                              .texts("response_types", std::vector<std::string>{"code"})
                              .text("token_endpoint_auth_method", auth_method)
                              .text("scope", client.scopes.text())
                              .finish());
}

Answer bearer_error(int status, std::string_view error) {
  Answer answer = json_answer(status, ObjectWriter().text("error", error).finish());
  answer.headers.emplace_back("WWW-Authenticate",
                              "Bearer realm=\"oauth\", error=\"" + std::string(error) + '"');
  return answer;
}

/// Who registers: a user's name, "" where anybody may, or the refusal.
std::variant<std::string, Answer> registering_user(const Service& service,
                                                   std::optional<std::string_view> bearer,
                                                   Millis now) {
  switch (service.settings.registration) {
    case Registration::Disabled:
      return json_answer(403, ObjectWriter().text("error", "access_denied").finish());
    case Registration::Open:
      return std::string();
    case Registration::Authenticated:
      break;
  }
  const auto txn = service.store.read();
  if (!txn) return trouble_answer(txn.error());
  const auto grant = find_token(**txn, bearer.value_or(""), now);
  if (!grant && grant.error().code != Code::Unauthenticated) return trouble_answer(grant.error());
  if (!grant || grant->user.empty()) return bearer_error(401, "invalid_token");
  if (!grant->scopes.has(Scope::Write)) return bearer_error(403, "insufficient_scope");
  return grant->user;
}

bool all_redirects_hold(const NewClient& client) {
  return !client.redirect_uris.empty() &&
         std::ranges::all_of(client.redirect_uris, [](const std::string& uri) {
           return check_redirect_uri(uri).has_value();
         });
}

}  // namespace

Answer answer_registration(const Service& service, std::string_view body,
                           std::optional<std::string_view> bearer, Millis now) {
  const auto user = registering_user(service, bearer, now);
  if (const auto* refused = std::get_if<Answer>(&user)) return *refused;

  json::Arena arena;
  const auto metadata = json::parse(body, arena);
  if (!metadata || !metadata->is_object()) {
    return error_answer("invalid_client_metadata", "the body is not a JSON object");
  }
  const auto wanted = read_metadata(*metadata, std::get<std::string>(user));
  if (!wanted) return error_answer("invalid_client_metadata", wanted.error().message);
  if (!all_redirects_hold(*wanted)) {
    return error_answer("invalid_redirect_uri", "redirect_uris are missing or not allowed");
  }
  AddedClient added;
  const auto written = service.store.write([&](store::WriteTxn& txn) -> Result<void> {
    added = QP_TRY(add_client(txn, *wanted, now));
    return {};
  });
  if (!written && written.error().code == Code::BadInput) {
    return error_answer("invalid_client_metadata", written.error().message);
  }
  if (!written) return trouble_answer(written.error());
  const std::string_view asked = metadata->get("token_endpoint_auth_method").text();
  return registered_answer(added, asked.empty() ? "client_secret_basic" : asked);
}

}  // namespace qp::oauth
