#include "oauth/sessions.hpp"

#include <doctest/doctest.h>

#include "fixture.hpp"
#include "oauth/client_document.hpp"
#include "oauth/sign_in.hpp"

using namespace qp;
using namespace qp::oauth;
using namespace qp::oauth::test;

namespace {

std::string begin(Fixture& server) {
  std::string secret;
  server.write([&](store::WriteTxn& txn) -> Result<void> {
    const auto alice = QP_TRY(find_user(txn, "alice"));
    secret = QP_TRY(start_session(txn, *alice, server.now));
    return {};
  });
  return secret;
}

bool holds(Fixture& server, const std::string& secret, Millis later = Millis(0)) {
  const auto user = find_session(**server.store.read(), secret, server.now + later);
  REQUIRE(user);
  return user->has_value();
}

}  // namespace

TEST_CASE("a session holds for its time, and is swept after it") {
  Fixture server;
  const std::string secret = begin(server);
  CHECK(holds(server, secret));
  CHECK_FALSE(holds(server, secret + "x"));
  CHECK_FALSE(holds(server, ""));
  CHECK(holds(server, secret, limits::kSessionTime - std::chrono::seconds(1)));
  CHECK_FALSE(holds(server, secret, limits::kSessionTime));
  std::size_t swept = 0;
  server.write([&](store::WriteTxn& txn) -> Result<void> {
    swept = QP_TRY(sweep(txn, server.now + limits::kSessionTime));
    return {};
  });
  CHECK(swept == 1);
}

TEST_CASE("a session ends by itself, with all others, with the password, and with the user") {
  Fixture server;
  const std::string a = begin(server), b = begin(server), c = begin(server);
  server.write([&](store::WriteTxn& txn) { return end_session(txn, a); });
  CHECK_FALSE(holds(server, a));
  CHECK(holds(server, b));
  server.write([&](store::WriteTxn& txn) { return end_sessions(txn, "Alice"); });
  CHECK_FALSE(holds(server, b));
  CHECK_FALSE(holds(server, c));
  const std::string d = begin(server);
  server.write([&](store::WriteTxn& txn) { return set_password(txn, "alice", password_hash()); });
  CHECK_FALSE(holds(server, d));
  const std::string e = begin(server);
  server.write([&](store::WriteTxn& txn) { return disable_user(txn, "alice"); });
  CHECK_FALSE(holds(server, e));
}

TEST_CASE("a new password ends a sign-in that is under way with the old one") {
  Fixture server;
  const auto alice = sign_in(server.service(), "alice", kPassword, "", server.now);
  REQUIRE(alice);
  server.write([&](store::WriteTxn& txn) { return set_password(txn, "alice", password_hash()); });
  const auto begun = server.store.write([&](store::WriteTxn& txn) -> Result<void> {
    QP_TRY(start_session(txn, *alice->user, server.now));
    return {};
  });
  REQUIRE_FALSE(begun);
  CHECK(begun.error().code == Code::Forbidden);
}

TEST_CASE("a form's token gives its secret not away, and is another for another secret") {
  const std::string secret = new_visitor();
  CHECK(form_token(secret).find(secret) == std::string::npos);
  CHECK(form_token(secret) == form_token(secret));
  CHECK(form_token(secret) != form_token(new_visitor()));
}

TEST_CASE("failures from everywhere together lock a name for a while; success counts nothing") {
  Fixture server;
  for (int i = 0; i < 3; ++i) {
    const auto good = sign_in(server.service(), "alice", kPassword, "192.0.2.1", server.now);
    REQUIRE(good);
    CHECK(good->user.has_value());
  }
  // What 100 failures do, without the time that 100 hashes take.
  for (int i = 0; i < 100; ++i)
    CHECK_FALSE(server.account_sign_ins.take(account_key("alice"), server.now));
  const auto locked = sign_in(server.service(), "ALICE", kPassword, "192.0.2.200", server.now);
  REQUIRE(locked);
  CHECK_FALSE(locked->user.has_value());
  CHECK(locked->wait.has_value());
  const auto exempt = sign_in(server.service(), "alice", kPassword, "", server.now);
  REQUIRE(exempt);
  CHECK(exempt->wait.has_value());
  const auto later =
      sign_in(server.service(), "alice", kPassword, "192.0.2.1", server.now + Millis(600'000));
  REQUIRE(later);
  CHECK(later->user.has_value());
}

TEST_CASE("failures of an address with ever new names lock the address") {
  Fixture server;
  for (int i = 0; i < 100; ++i) {
    CHECK_FALSE(server.account_sign_ins.take(address_key("192.0.2.1"), server.now));
  }
  const auto locked = sign_in(server.service(), "alice", kPassword, "192.0.2.1", server.now);
  REQUIRE(locked);
  CHECK(locked->wait.has_value());
  const auto other = sign_in(server.service(), "alice", kPassword, "192.0.2.2", server.now);
  REQUIRE(other);
  CHECK(other->user.has_value());
}

TEST_CASE("an id is the address of a document only where nothing about it is doubtful") {
  for (const char* id :
       {"https://a.example/c.json", "https://a.example:8443/x/y?z=1", "http://127.0.0.1:9/c"}) {
    CHECK_MESSAGE(names_document(id), id);
  }
  for (const char* id :
       {"", "x", "https://a.example", "https://a.example/", "https:///c", "https://u@a.example/c",
        "https://a.example/c#f", "https://a.example/../c", "https://a.example/%2e%2E/c",
        "https://a.example/./c", "ftp://a.example/c", "HTTPS://a.example/c", "https://a.example?/c",
        "https://a.example/c d", "https://a.example/%", "javascript://a.example/c"}) {
    CHECK_FALSE_MESSAGE(names_document(id), id);
  }
  CHECK_FALSE(names_document("https://a.example/" + std::string(limits::kClientIdBytes, 'x')));
}

TEST_CASE("removing a client ends what it was given") {
  Fixture server;
  const std::string token = text_of(server.sign_in(), "access_token");
  CHECK(server.accepts(token));
  server.write([&](store::WriteTxn& txn) { return remove_client(txn, server.client.client.id); });
  CHECK_FALSE(server.accepts(token));
}
