#include "oauth/grants.hpp"

#include "fixture.hpp"

using namespace qp;
using namespace qp::oauth;
using namespace qp::oauth::test;
using namespace std::chrono_literals;

namespace {

const std::string kVerifier(50, 'v');

text::Form code_form(const std::string& code, const std::string& verifier = kVerifier) {
  return {{"grant_type", "authorization_code"},
          {"code", code},
          {"code_verifier", verifier},
          {"redirect_uri", "https://app.example/back"}};
}

/// A store in which another's write comes just before the next one.
class Overtaken final : public store::Store {
 public:
  Overtaken(store::Store& store, Write first) : store_(store), first_(std::move(first)) {}
  Result<std::unique_ptr<store::Txn>> read() override { return store_.read(); }
  Result<void> write(Write work) override {
    if (first_) QP_TRY(store_.write(std::exchange(first_, {})));
    return store_.write(std::move(work));
  }
  Result<store::Statistics> statistics() override { return store_.statistics(); }
  Result<store::Verification> verify() override { return store_.verify(); }
  Result<void> backup(const std::filesystem::path& to) override { return store_.backup(to); }
  Result<store::SweepReport> sweep() override { return store_.sweep(); }
  Result<void> compact() override { return store_.compact(); }

 private:
  store::Store& store_;
  Write first_;
};

}  // namespace

TEST_CASE("a password that is changed while the old one is looked at gives no token") {
  Fixture server;
  Overtaken store(server.store,
                  [](store::WriteTxn& txn) { return set_password(txn, "alice", password_hash()); });
  const Service service{store, server.sign_ins, server.account_sign_ins, server.passwords,
                        server.settings};
  const FormRequest request = server.as_client(
      {{"grant_type", "password"}, {"username", "alice"}, {"password", std::string(kPassword)}});
  CHECK(error_of(answer_token(service, request, kNow)) == "400 invalid_grant");
  CHECK(error_of(answer_token(service, request, kNow)) == "200 ");
}

TEST_CASE("the tutorial's request for a token is answered as it shows") {
  Fixture server;
  const Answer answer = server.sign_in();
  CHECK(answer.status == 200);
  const auto body = json_of(answer);
  CHECK(body["expires_in"] == 36000);
  CHECK(body["token_type"] == "Bearer");
  CHECK(body["scope"] == "read write follow");
  CHECK(!body["refresh_token"].get<std::string>().empty());
  CHECK(!body.contains("actor"));
  CHECK(field_of(answer, "Cache-Control") == "no-store");
  CHECK(field_of(answer, "Content-Type") == "application/json");
  CHECK(server.accepts(body["access_token"]));
}

TEST_CASE("a wrong password and an unknown user are told the same") {
  Fixture server;
  const Answer wrong = server.sign_in("alice", "wrong");
  const Answer unknown = server.sign_in("nobody", "wrong");
  CHECK(error_of(wrong) == "400 invalid_grant");
  CHECK(wrong.body == unknown.body);
  CHECK(wrong.headers == unknown.headers);
}

TEST_CASE("a disabled user gets no token") {
  Fixture server;
  server.write([](store::WriteTxn& txn) { return disable_user(txn, "alice"); });
  CHECK(error_of(server.sign_in()) == "400 invalid_grant");
}

TEST_CASE("a client that does not prove itself is refused") {
  Fixture server;
  const std::string id = server.client.client.id;
  const auto asks = [&](text::Form form, std::optional<std::string> authorization = {}) {
    form.emplace_back("grant_type", "client_credentials");
    return answer_token(server.service(), {std::move(form), std::move(authorization), "", true},
                        kNow);
  };
  CHECK(error_of(asks({{"client_id", id}, {"client_secret", "wrong"}})) == "401 invalid_client");
  CHECK(error_of(asks({{"client_id", id}})) == "401 invalid_client");
  CHECK(error_of(asks({{"client_id", "nobody"}, {"client_secret", "x"}})) == "401 invalid_client");
  CHECK(error_of(asks({})) == "401 invalid_client");
  for (const char* field : {"Basic !!!", "Basic", "Bearer x", "Basic bm9jb2xvbg==", ""}) {
    const Answer answer = asks({}, field);
    CHECK(error_of(answer) == "401 invalid_client");
    CHECK(field_of(answer, "WWW-Authenticate") == "Basic realm=\"oauth\"");
  }
}

TEST_CASE("a client proves itself by HTTP Basic, but not in two ways at once") {
  Fixture server;
  const std::string basic =
      "basic " + text::base64(server.client.client.id + ":" + server.client.secret);
  const auto asks = [&](text::Form form) {
    form.emplace_back("grant_type", "client_credentials");
    return answer_token(server.service(), {std::move(form), basic, "", false}, kNow);
  };
  CHECK(asks({}).status == 200);
  CHECK(asks({{"client_id", server.client.client.id}}).status == 200);
  CHECK(error_of(asks({{"client_secret", server.client.secret}})) == "400 invalid_request");
  CHECK(error_of(asks({{"client_id", "other"}})) == "400 invalid_request");
}

TEST_CASE("a request that is not one is refused by its right name") {
  Fixture server;
  CHECK(error_of(server.token({})) == "400 invalid_request");
  CHECK(error_of(server.token({{"grant_type", ""}})) == "400 invalid_request");
  CHECK(error_of(server.token({{"grant_type", "implicit"}})) == "400 unsupported_grant_type");
  CHECK(error_of(server.token({{"grant_type", "password"}, {"username", "alice"}})) ==
        "400 invalid_request");
  CHECK(error_of(server.token({{"grant_type", "password"}, {"grant_type", "password"}})) ==
        "400 invalid_request");
  CHECK(error_of(server.token({{"grant_type", "authorization_code"}, {"code", "x"}})) ==
        "400 invalid_request");
  CHECK(error_of(server.token({{"grant_type", "refresh_token"}})) == "400 invalid_request");
}

TEST_CASE("a client uses only the grants that it was made for") {
  Fixture server;
  server.client = server.make_client({"App", ClientType::Confidential, {"authorization_code"}});
  CHECK(error_of(server.sign_in()) == "400 unauthorized_client");
}

TEST_CASE("the password grant follows its policy") {
  Fixture server;
  const auto status = [&](PasswordGrant policy, bool loopback) {
    server.settings.password_grant = policy;
    FormRequest request = server.as_client(
        {{"grant_type", "password"}, {"username", "alice"}, {"password", std::string(kPassword)}});
    request.loopback = loopback;
    return error_of(answer_token(server.service(), request, kNow));
  };
  CHECK(status(PasswordGrant::Off, true) == "400 unsupported_grant_type");
  CHECK(status(PasswordGrant::Loopback, true) == "200 ");
  CHECK(status(PasswordGrant::Loopback, false) == "400 unsupported_grant_type");
  CHECK(status(PasswordGrant::On, false) == "200 ");
}

TEST_CASE("ten wrong passwords in a row are enough for a while, even for the right one") {
  Fixture server;
  for (int i = 0; i < 10; ++i) server.sign_in("alice", "wrong");
  const Answer answer = server.sign_in("ALICE");
  CHECK(answer.status == 429);
  CHECK(field_of(answer, "Retry-After") == "6");
  CHECK(server.sign_in("bob", "wrong").status == 400);
  server.now += 6s;
  CHECK(server.sign_in().status == 200);
}

TEST_CASE("a password is not checked while too many others are, and that counts for nothing") {
  Fixture server;
  REQUIRE(server.passwords.enter());
  for (int i = 0; i < 12; ++i) {
    const Answer answer = server.sign_in("alice", "wrong");
    CHECK(error_of(answer) == "503 temporarily_unavailable");
    CHECK_FALSE(field_of(answer, "Retry-After").empty());
  }
  server.passwords.leave();
  CHECK(server.sign_in().status == 200);
}

TEST_CASE("right passwords are not counted, nor anything of an exempt peer") {
  Fixture server;
  for (int i = 0; i < 12; ++i) CHECK(server.sign_in().status == 200);
  FormRequest exempt =
      server.as_client({{"grant_type", "password"}, {"username", "alice"}, {"password", "wrong"}});
  exempt.peer = "";
  for (int i = 0; i < 12; ++i) {
    CHECK(answer_token(server.service(), exempt, kNow).status == 400);
  }
}

TEST_CASE("a token has the scopes that were asked for, if the client may have them") {
  Fixture server;
  const auto scope = [&](const std::string& asked) {
    const Answer answer = server.token({{"grant_type", "client_credentials"}, {"scope", asked}});
    return answer.status == 200 ? text_of(answer, "scope") : error_of(answer);
  };
  CHECK(scope("read") == "read");
  CHECK(scope("") == "read write follow");
  CHECK(scope("read admin") == "400 invalid_scope");
  CHECK(scope(" ") == "400 invalid_scope");
  server.client = server.make_client(
      {"Reader", ClientType::Confidential, {"client_credentials"}, {}, Scope::Read});
  CHECK(scope("") == "read");
  CHECK(scope("read write") == "400 invalid_scope");
}

TEST_CASE("a client's own token has no refresh token and acts for who made the client") {
  Fixture server;
  const Answer answer = server.token({{"grant_type", "client_credentials"}});
  CHECK(!json_of(answer).contains("refresh_token"));
  const auto grant = find_token(**server.store.read(), text_of(answer, "access_token"), server.now);
  REQUIRE(grant);
  CHECK(grant->user == "alice");
}

TEST_CASE("a code gives tokens for the actor that the user chose") {
  Fixture server;
  const std::string actor = "https://a.example/actors/1";
  const auto body = json_of(server.token(code_form(server.make_code(kVerifier, actor))));
  CHECK(body["actor"] == actor);
  CHECK(body["activitypub_actor_id"] == actor);
  const auto grant =
      find_token(**server.store.read(), body["access_token"].get<std::string>(), server.now);
  REQUIRE(grant);
  CHECK(grant->actor == actor);
  CHECK(grant->client == server.client.client.id);
}

TEST_CASE("a code that is used twice ends what it gave") {
  Fixture server;
  const std::string code = server.make_code(kVerifier);
  const auto first = json_of(server.token(code_form(code)));
  REQUIRE(server.accepts(first["access_token"]));
  // Long after its 60 seconds too.
  server.now += 2h;
  CHECK(error_of(server.token(code_form(code))) == "400 invalid_grant");
  CHECK(!server.accepts(first["access_token"]));
  CHECK(error_of(server.refresh_with(first["refresh_token"])) == "400 invalid_grant");
}

TEST_CASE("a code needs the verifier, the redirect URI and the client that it was made with") {
  Fixture server;
  const std::string code = server.make_code(kVerifier);
  CHECK(error_of(server.token(code_form(code, std::string(50, 'w')))) == "400 invalid_grant");
  CHECK(error_of(server.token(code_form(code, "short"))) == "400 invalid_request");
  CHECK(error_of(server.token(code_form(code, code_challenge_of(kVerifier)))) ==
        "400 invalid_grant");
  auto elsewhere = code_form(code);
  elsewhere.back().second = "https://app.example/back2";
  CHECK(error_of(server.token(elsewhere)) == "400 invalid_grant");

  const AddedClient mine = server.client;
  server.client = server.make_client({"Other"});
  CHECK(error_of(server.token(code_form(code))) == "400 invalid_grant");
  // Nothing of this has used the code up.
  server.client = mine;
  CHECK(server.token(code_form(code)).status == 200);
}

TEST_CASE("a code is good for a minute") {
  Fixture server;
  const std::string code = server.make_code(kVerifier);
  server.now += 60s;
  CHECK(error_of(server.token(code_form(code))) == "400 invalid_grant");
  CHECK(error_of(server.token(code_form("qpc_unknown"))) == "400 invalid_grant");
}

TEST_CASE("refreshing gives new tokens of the same grant") {
  Fixture server;
  const auto first =
      json_of(server.token(code_form(server.make_code(kVerifier, "https://a.example/actors/1"))));
  server.now += 11h;
  CHECK(!server.accepts(first["access_token"]));
  const auto second = json_of(server.refresh_with(first["refresh_token"]));
  CHECK(server.accepts(second["access_token"]));
  CHECK(second["refresh_token"] != first["refresh_token"]);
  CHECK(second["scope"] == "read write follow");
  CHECK(second["actor"] == "https://a.example/actors/1");
}

TEST_CASE("a refresh token that is used twice ends its family") {
  Fixture server;
  const auto first = json_of(server.sign_in());
  const auto second = json_of(server.refresh_with(first["refresh_token"]));
  REQUIRE(server.accepts(second["access_token"]));
  CHECK(error_of(server.refresh_with(first["refresh_token"])) == "400 invalid_grant");
  CHECK(!server.accepts(first["access_token"]));
  CHECK(!server.accepts(second["access_token"]));
  CHECK(error_of(server.refresh_with(second["refresh_token"])) == "400 invalid_grant");
}

TEST_CASE("a refresh token works for its client only, and not for ever") {
  Fixture server;
  const auto first = json_of(server.sign_in());
  const AddedClient mine = server.client;
  server.client = server.make_client({"Other"});
  CHECK(error_of(server.refresh_with(first["refresh_token"])) == "400 invalid_grant");
  server.client = mine;
  CHECK(server.accepts(first["access_token"]));
  server.now += limits::kRefreshTime;
  CHECK(error_of(server.refresh_with(first["refresh_token"])) == "400 invalid_grant");
}

TEST_CASE("refreshing may narrow the scopes of an access token, never widen them") {
  Fixture server;
  auto form = [](const nlohmann::json& from, const std::string& scope) {
    return text::Form{{"grant_type", "refresh_token"},
                      {"refresh_token", from["refresh_token"].get<std::string>()},
                      {"scope", scope}};
  };
  const auto first = json_of(server.token({{"grant_type", "password"},
                                           {"username", "alice"},
                                           {"password", std::string(kPassword)},
                                           {"scope", "read write"}}));
  CHECK(error_of(server.token(form(first, "read follow"))) == "400 invalid_scope");
  const auto second = json_of(server.token(form(first, "read")));
  CHECK(second["scope"] == "read");
  CHECK(json_of(server.refresh_with(second["refresh_token"]))["scope"] == "read write");
}
