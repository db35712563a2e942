#include "oauth/tokens.hpp"

#include "fixture.hpp"
#include "oauth/tables.hpp"

using namespace qp;
using namespace qp::oauth;
using namespace qp::oauth::test;
using namespace std::chrono_literals;

namespace {

IssuedTokens issue_for(Fixture& server, const TokenRequest& request) {
  IssuedTokens issued;
  server.write([&](store::WriteTxn& txn) -> Result<void> {
    issued = QP_TRY(issue(txn, request, server.now));
    return {};
  });
  return issued;
}

std::size_t records(Fixture& server, store::Table table) {
  std::size_t count = 0;
  for (const auto& entry : server.disk->tables) count += entry.first.first == table ? 1 : 0;
  return count;
}

}  // namespace

TEST_CASE("a token says who may do what, until it is over") {
  Fixture server;
  const auto issued = issue_for(
      server, {"Alice", "c", Scope::Read, "https://a.example/actors/1", 60s, Refreshable::No});
  CHECK(issued.refresh_token.empty());
  const auto grant = find_token(**server.store.read(), issued.access_token, kNow + 59s);
  REQUIRE(grant);
  CHECK(grant->user == "alice");
  CHECK(grant->client == "c");
  CHECK(grant->scopes == Scopes(Scope::Read));
  CHECK(grant->actor == "https://a.example/actors/1");
  CHECK(grant->expires == kNow + 60s);
  const auto late = find_token(**server.store.read(), issued.access_token, kNow + 60s);
  CHECK(late.error().code == Code::Unauthenticated);
}

TEST_CASE("neither tokens nor codes nor passwords are in the store") {
  Fixture server;
  const auto issued = issue_for(server, {"alice", "c"});
  const std::string code = server.make_code("v");
  CHECK(!server.holds_anywhere(issued.access_token));
  CHECK(!server.holds_anywhere(issued.refresh_token));
  CHECK(!server.holds_anywhere(code));
  CHECK(!server.holds_anywhere(kPassword));
}

TEST_CASE("a refresh token is no access token, nor the other way round") {
  Fixture server;
  const auto issued = issue_for(server, {"alice", "c"});
  CHECK(!server.accepts(issued.refresh_token));
  CHECK(!find_refresh_token(**server.store.read(), issued.access_token, kNow));
  CHECK(!server.accepts(""));
}

TEST_CASE("a token for an unknown or disabled user is not issued") {
  Fixture server;
  server.write([](store::WriteTxn& txn) { return disable_user(txn, "alice"); });
  const auto issues = [&](const std::string& user) {
    return server.store.write([&](store::WriteTxn& txn) -> Result<void> {
      QP_TRY(issue(txn, {user, "c"}, kNow));
      return {};
    });
  };
  CHECK(issues("alice").error().code == Code::Forbidden);
  CHECK(issues("nobody").error().code == Code::NotFound);
  CHECK(records(server, kTokens) == 0);
}

TEST_CASE("either token of a family ends the whole family") {
  for (const bool by_refresh : {false, true}) {
    Fixture server;
    const auto issued = issue_for(server, {"alice", "c"});
    const auto other = issue_for(server, {"alice", "c"});
    server.write([&](store::WriteTxn& txn) {
      return revoke(txn, by_refresh ? issued.refresh_token : issued.access_token);
    });
    CHECK(!server.accepts(issued.access_token));
    CHECK(!find_refresh_token(**server.store.read(), issued.refresh_token, kNow));
    CHECK(server.accepts(other.access_token));
  }
}

TEST_CASE("all sign-ins of one user are ended, and nobody else's") {
  Fixture server;
  server.write([](store::WriteTxn& txn) {
    return add_user(txn, "alice2", password_hash(), Role::Member, kNow);
  });
  const auto first = issue_for(server, {"alice", "c"}), second = issue_for(server, {"alice", "d"});
  const auto other = issue_for(server, {"alice2", "c"});
  server.write([](store::WriteTxn& txn) { return revoke_all(txn, "ALICE"); });
  CHECK(!server.accepts(first.access_token));
  CHECK(!server.accepts(second.access_token));
  CHECK(server.accepts(other.access_token));
}

TEST_CASE("sweeping takes out what is over and leaves what holds") {
  Fixture server;
  issue_for(server, {"alice", "c", Scopes::all(), "", 60s, Refreshable::No});
  const auto kept = issue_for(server, {"alice", "c"});
  const auto revoked = issue_for(server, {"alice", "c"});
  server.make_code("v");
  server.write([&](store::WriteTxn& txn) { return revoke(txn, revoked.access_token); });
  server.now += 61s;
  server.write([&](store::WriteTxn& txn) { return sweep(txn, server.now); });
  CHECK(records(server, kTokens) == 1);
  CHECK(records(server, kRefresh) == 1);
  CHECK(records(server, kFamilies) == 1);
  CHECK(records(server, kCodes) == 0);
  CHECK(server.accepts(kept.access_token));
}

TEST_CASE("sweeping goes on where its limit stopped it") {
  Fixture server;
  for (int i = 0; i < 5; ++i) {
    issue_for(server, {"alice", "c", Scopes::all(), "", 60s, Refreshable::No});
  }
  server.now += 61s;
  server.write([&](store::WriteTxn& txn) { return sweep(txn, server.now, 7); });
  CHECK(records(server, kFamilies) + records(server, kTokens) == 3);
  server.write([&](store::WriteTxn& txn) { return sweep(txn, server.now, 7); });
  CHECK(records(server, kFamilies) + records(server, kTokens) == 0);
}
