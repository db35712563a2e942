#include "fixture.hpp"
#include "oauth/authorize.hpp"
#include "oauth/introspect.hpp"
#include "oauth/metadata.hpp"
#include "oauth/register.hpp"

using namespace qp;
using namespace qp::oauth;
using namespace qp::oauth::test;

namespace {

constexpr std::string_view kIssuer = "https://a.example";

Answer introspect(Fixture& server, const std::string& token) {
  return answer_introspection(server.store, server.as_client({{"token", token}}), kIssuer,
                              server.now);
}
Answer end(Fixture& server, const std::string& token) {
  return answer_revocation(server.store, server.as_client({{"token", token}}));
}

text::Form authorization(const Fixture& server) {
  return {{"response_type", "code"},
          {"client_id", server.client.client.id},
          {"redirect_uri", "https://app.example/back"},
          {"state", "a b&c"},
          {"code_challenge", code_challenge_of("v")},
          {"code_challenge_method", "S256"}};
}
text::Form with(text::Form form, std::string_view name, const std::string& value) {
  for (auto& [key, old] : form) {
    if (key == name) old = value;
  }
  return form;
}
auto check(Fixture& server, const text::Form& query) {
  const auto client = find_client(**server.store.read(), *text::find(query, "client_id"));
  return check_authorization(*client, query, kIssuer);
}
AuthorizationRefusal refusal(Fixture& server, const text::Form& query) {
  const auto outcome = check(server, query);
  const auto* refused = std::get_if<AuthorizationRefusal>(&outcome);
  REQUIRE(refused != nullptr);
  return *refused;
}

}  // namespace

TEST_CASE("introspection tells a client about its own tokens") {
  Fixture server;
  const auto tokens = json_of(server.sign_in());
  const auto about = json_of(introspect(server, tokens["access_token"]));
  CHECK(about["active"] == true);
  CHECK(about["username"] == "alice");
  CHECK(about["scope"] == "read write follow");
  CHECK(about["client_id"] == server.client.client.id);
  CHECK(about["exp"] == 1'795'000'000 + 36'000);
  CHECK(about["token_type"] == "Bearer");
  CHECK(about["iss"] == "https://a.example");
  const auto about_refresh = json_of(introspect(server, tokens["refresh_token"]));
  CHECK(about_refresh["active"] == true);
  CHECK(!about_refresh.contains("token_type"));
}

TEST_CASE("introspection tells nothing of other tokens, and nothing to strangers") {
  Fixture server;
  const std::string token = text_of(server.sign_in(), "access_token");
  CHECK(introspect(server, "qpa_unknown").body == R"({"active":false})");
  server.client = server.make_client({"Other"});
  CHECK(introspect(server, token).body == R"({"active":false})");
  server.client = server.make_client({"App", ClientType::Public});
  CHECK(error_of(introspect(server, token)) == "401 invalid_client");
  server.client.client.id = "nobody";
  CHECK(error_of(introspect(server, token)) == "401 invalid_client");
}

TEST_CASE("revocation ends a client's own family, and is quiet about unknown tokens") {
  Fixture server;
  const auto tokens = json_of(server.sign_in());
  const std::string access = tokens["access_token"];
  const AddedClient mine = server.client;
  server.client = server.make_client({"Other"});
  CHECK(error_of(end(server, access)) == "400 unauthorized_client");
  CHECK(server.accepts(access));
  server.client = mine;
  CHECK(end(server, "qpa_unknown").status == 200);
  CHECK(end(server, tokens["refresh_token"]).status == 200);
  CHECK(!server.accepts(access));
  CHECK(end(server, tokens["refresh_token"]).status == 200);
  server.client.secret = "wrong";
  CHECK(error_of(end(server, access)) == "401 invalid_client");
}

TEST_CASE("a client registers itself and can begin the code flow") {
  Fixture server;
  server.settings.registration = Registration::Open;
  const Answer answer =
      answer_registration(server.service(),
                          R"({"client_name":"App","redirect_uris":["http://127.0.0.1/cb"],
          "token_endpoint_auth_method":"none","scope":"read"})",
                          std::nullopt, kNow);
  CHECK(answer.status == 201);
  const auto body = json_of(answer);
  CHECK(!body.contains("client_secret"));
  CHECK(body["client_name"] == "App");
  CHECK(body["token_endpoint_auth_method"] == "none");
  CHECK(body["scope"] == "read");
  auto query = with(authorization(server), "client_id", body["client_id"].get<std::string>());
  query = with(query, "redirect_uri", "http://127.0.0.1:5000/cb");
  const auto outcome = check(server, query);
  CHECK(std::get<Authorization>(outcome).scopes == Scopes(Scope::Read));
}

TEST_CASE("a registered confidential client gets a secret that works") {
  Fixture server;
  server.settings.registration = Registration::Open;
  const auto body = json_of(answer_registration(
      server.service(), R"({"redirect_uris":["https://b.example/cb"]})", std::nullopt, kNow));
  CHECK(body["client_secret_expires_at"] == 0);
  CHECK(body["token_endpoint_auth_method"] == "client_secret_basic");
  const auto client = *find_client(**server.store.read(), body["client_id"].get<std::string>());
  CHECK(authenticates(client, body["client_secret"].get<std::string>()));
}

TEST_CASE("registration follows its policy") {
  Fixture server;
  const std::string_view body = R"({"redirect_uris":["https://b.example/cb"]})";
  const auto asks = [&](std::optional<std::string_view> bearer) {
    return answer_registration(server.service(), body, bearer, server.now);
  };
  CHECK(error_of(asks(std::nullopt)) == "401 invalid_token");
  const std::string reading = text_of(
      server.token({{"grant_type", "client_credentials"}, {"scope", "read"}}), "access_token");
  CHECK(error_of(asks(reading)) == "403 insufficient_scope");
  const std::string token = text_of(server.sign_in(), "access_token");
  const Answer registered = asks(token);
  CHECK(registered.status == 201);
  CHECK((*find_client(**server.store.read(), text_of(registered, "client_id")))->user == "alice");
  server.settings.registration = Registration::Disabled;
  CHECK(asks(token).status == 403);
}

TEST_CASE("registrations that make no sense, or ask for too much, are refused") {
  Fixture server;
  server.settings.registration = Registration::Open;
  const auto asks = [&](std::string_view body) {
    return error_of(answer_registration(server.service(), body, std::nullopt, kNow));
  };
  CHECK(asks("nonsense") == "400 invalid_client_metadata");
  CHECK(asks("[]") == "400 invalid_client_metadata");
  CHECK(asks("{}") == "400 invalid_redirect_uri");
  CHECK(asks(R"({"redirect_uris":["javascript:alert"]})") == "400 invalid_redirect_uri");
  CHECK(asks(R"({"redirect_uris":"https://b.example/"})") == "400 invalid_client_metadata");
  CHECK(asks(R"({"redirect_uris":[1]})") == "400 invalid_client_metadata");
  CHECK(asks(R"({"redirect_uris":["https://b.example/"],"grant_types":["password"]})") ==
        "400 invalid_client_metadata");
  CHECK(asks(R"({"redirect_uris":["https://b.example/"],"scope":"admin"})") ==
        "400 invalid_client_metadata");
  const std::string long_name =
      R"({"redirect_uris":["https://b.example/"],"client_name":")" + std::string(201, 'x') + "\"}";
  CHECK(asks(long_name) == "400 invalid_client_metadata");
}

TEST_CASE("the metadata names what there is") {
  Settings settings;
  const auto body = nlohmann::json::parse(server_metadata("https://a.example", settings));
  CHECK(body["issuer"] == "https://a.example");
  CHECK(body["token_endpoint"] == "https://a.example/o/token/");
  CHECK(body["code_challenge_methods_supported"] == nlohmann::json::array({"S256"}));
  CHECK(body["scopes_supported"] == nlohmann::json(Scopes::known_names()));
  CHECK(body.contains("registration_endpoint"));
  settings.registration = Registration::Disabled;
  CHECK(server_metadata("https://a.example", settings).find("/o/register/") == std::string::npos);
}

TEST_CASE("a good authorization request is understood, and its answers go to the client") {
  Fixture server;
  const auto outcome = check(server, authorization(server));
  const auto& request = std::get<Authorization>(outcome);
  CHECK(request.client.name == "Test Client");
  CHECK(request.scopes == Scopes::all());
  CHECK(consent_location(request, "qpc_x", kIssuer) ==
        "https://app.example/back?code=qpc_x&state=a%20b%26c&iss=https%3A%2F%2Fa.example");
  CHECK(denial_location(request, kIssuer) ==
        "https://app.example/"
        "back?error=access_denied&error_description=the%20user%20said%20no&state=a%20b%26c"
        "&iss=https%3A%2F%2Fa.example");
}

TEST_CASE("no browser is sent to a redirect URI that the client has not registered") {
  Fixture server;
  const auto query = authorization(server);
  CHECK(refusal(server, with(query, "redirect_uri", "https://evil.example/")).location.empty());
  CHECK(refusal(server, with(query, "redirect_uri", "https://app.example/back/")).location.empty());
  CHECK(refusal(server, with(query, "client_id", "nobody")).location.empty());
  auto twice = query;
  twice.emplace_back("redirect_uri", "https://evil.example/");
  CHECK(refusal(server, twice).location.empty());
}

TEST_CASE("an authorization request without PKCE, or for too much, goes back to the client") {
  Fixture server;
  const auto query = authorization(server);
  CHECK(refusal(server, with(query, "code_challenge", "")).error == "invalid_request");
  CHECK(refusal(server, with(query, "code_challenge", "short")).error == "invalid_request");
  CHECK(refusal(server, with(query, "code_challenge_method", "plain")).error == "invalid_request");
  CHECK(refusal(server, with(query, "response_type", "token")).error ==
        "unsupported_response_type");
  auto scoped = query;
  scoped.emplace_back("scope", "read admin");
  const auto refused = refusal(server, scoped);
  CHECK(refused.error == "invalid_scope");
  CHECK(refused.location.starts_with(
      "https://app.example/back?error=invalid_scope&error_description="));
}
