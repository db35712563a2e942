#include "oauth/clients.hpp"

#include "fixture.hpp"
#include "oauth/redirect.hpp"
#include "oauth/scopes.hpp"

using namespace qp;
using namespace qp::oauth;
using namespace qp::oauth::test;

TEST_CASE("scopes are read in any order and written in ours") {
  CHECK(Scopes::parse("follow  read write")->text() == "read write follow");
  CHECK(Scopes::all().text() == "read write follow");
  CHECK(Scopes::parse("")->empty());
  CHECK(!Scopes::parse("read admin"));
  CHECK(!Scopes::parse("READ"));
}

TEST_CASE("a set of scopes lies within another or not") {
  CHECK(Scopes(Scope::Read).within(Scopes::all()));
  CHECK(!Scopes::all().within(Scope::Read));
  CHECK(Scopes().within(Scope::Read));
  CHECK((Scopes(Scope::Read) | Scope::Follow).has(Scope::Follow));
  CHECK(!Scopes(Scope::Read).has(Scope::Write));
}

TEST_CASE("a client's secret is kept as a hash only, and opens only that client") {
  Fixture server;
  CHECK(!server.holds_anywhere(server.client.secret));
  const auto found = *find_client(**server.store.read(), server.client.client.id);
  CHECK(authenticates(found, server.client.secret));
  CHECK(!authenticates(found, "qps_wrong"));
  CHECK(!authenticates(found, ""));
  CHECK(!authenticates(found, std::nullopt));
  CHECK(!authenticates(found, found->secret_hash));
  CHECK(!authenticates(std::nullopt, server.client.secret));
}

TEST_CASE("a public client has no secret, and what it sends as one is ignored") {
  Fixture server;
  const auto added = server.make_client({"App", ClientType::Public});
  CHECK(added.secret.empty());
  CHECK(authenticates(added.client, std::nullopt));
  CHECK(authenticates(added.client, "anything"));
}

TEST_CASE("a client comes back as it was made") {
  Fixture server;
  const auto clients = *list_clients(**server.store.read());
  REQUIRE(clients.size() == 1);
  CHECK(clients[0].name == "Test Client");
  CHECK(clients[0].user == "alice");
  CHECK(clients[0].may_use("password"));
  CHECK(!clients[0].may_use("implicit"));
  CHECK(clients[0].redirect_uris == std::vector<std::string>{"https://app.example/back"});
}

TEST_CASE("a client that could do harm is not made") {
  Fixture server;
  const auto refuses = [&](const NewClient& wanted) {
    return !server.store.write([&](store::WriteTxn& txn) -> Result<void> {
      QP_TRY(add_client(txn, wanted, kNow));
      return {};
    });
  };
  CHECK(refuses({"x", ClientType::Public, {"client_credentials"}}));
  CHECK(refuses({"x", ClientType::Public, {"implicit"}}));
  CHECK(refuses({std::string(201, 'x')}));
  CHECK(refuses({"x", ClientType::Public, {}, {"javascript:alert(1)"}}));
  CHECK(refuses({"x", ClientType::Public, {}, {}, Scopes::all(), "nobody"}));
}

TEST_CASE("redirect URIs that may be registered") {
  for (const char* uri :
       {"https://app.example/back", "https://app.example", "http://127.0.0.1/cb",
        "http://[::1]:8080/cb", "http://localhost:3000/cb", "com.example.app:/oauth"}) {
    CHECK_MESSAGE(check_redirect_uri(uri), uri);
  }
  for (const char* uri :
       {"", "/back", "http://app.example/back", "https:", "https:///back",
        "https://app.example/#frag", "https://app.example@evil.example/", "javascript:alert(1)",
        "data:text/html,x", "https://app.example/a b", "https://app.example/\n",
        "http://localhost.evil.example/", "http://127.0.0.1.evil.example/",
        "http://127.0.0.1@evil.example/", "https://\xc3\xa4.example/", "HTTPS://app.example"}) {
    CHECK_MESSAGE(!check_redirect_uri(uri), uri);
  }
}

TEST_CASE("redirect URIs match as text, and on loopback with any port") {
  CHECK(redirect_matches("https://a.example/cb", "https://a.example/cb"));
  CHECK(!redirect_matches("https://a.example/cb", "https://a.example/cb/"));
  CHECK(!redirect_matches("https://a.example/cb", "https://a.example/cb?x=1"));
  CHECK(!redirect_matches("https://a.example/cb", "https://a.example:444/cb"));
  CHECK(redirect_matches("http://127.0.0.1/cb", "http://127.0.0.1:49152/cb"));
  CHECK(redirect_matches("http://[::1]:1/cb", "http://[::1]:2/cb"));
  CHECK(!redirect_matches("http://127.0.0.1/cb", "http://127.0.0.1:49152/other"));
  CHECK(!redirect_matches("http://127.0.0.1/cb", "http://127.0.0.1:99999/cb"));
  CHECK(!redirect_matches("http://127.0.0.1/cb", "http://127.0.0.1:@evil.example/cb"));
  CHECK(!redirect_matches("http://127.0.0.1/cb", "http://[::1]/cb"));
  CHECK(!redirect_matches("http://localhost/cb", "http://localhost:1/cb"));
}
