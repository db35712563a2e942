#include "oauth/users.hpp"

#include <chrono>

#include "fixture.hpp"
#include "oauth/accounts.hpp"
#include "oauth/tables.hpp"
#include "oauth/tokens.hpp"

using namespace qp;
using namespace qp::oauth;
using namespace qp::oauth::test;

TEST_CASE("a user's name is taken once, whatever its case") {
  Fixture server;
  const auto again = server.store.write([&](store::WriteTxn& txn) {
    return add_user(txn, "ALICE", password_hash(), Role::Member, kNow);
  });
  REQUIRE(!again);
  CHECK(again.error().code == Code::Conflict);
  CHECK((*find_user(**server.store.read(), "Alice"))->name == "alice");
}

TEST_CASE("a name that is no user name is refused, and finds nobody") {
  Fixture server;
  for (const std::string& name :
       {std::string(), std::string("a/b"), std::string("-a"), std::string("a b"),
        std::string("\xc3\xa4"), std::string(65, 'a')}) {
    CHECK(!user_name(name));
    CHECK(!*find_user(**server.store.read(), name));
  }
  CHECK(*user_name("Bob.Smith+x@example.org") == "bob.smith+x@example.org");
}

TEST_CASE("a password opens its user and nobody else") {
  Fixture server;
  const auto alice = *find_user(**server.store.read(), "alice");
  CHECK(check_password(alice, kPassword));
  CHECK(!check_password(alice, "correct horsf"));
  CHECK(!check_password(alice, ""));
  CHECK(!check_password(std::nullopt, kPassword));
  CHECK(!check_password(std::nullopt, ""));
}

TEST_CASE("an unknown user costs as much as a wrong password") {
  Fixture server;
  const auto alice = *find_user(**server.store.read(), "alice");
  const auto time_of = [](const std::optional<User>& user) {
    auto best = std::chrono::steady_clock::duration::max();
    for (int i = 0; i < 3; ++i) {
      const auto start = std::chrono::steady_clock::now();
      (void)check_password(user, "wrong");
      best = std::min(best, std::chrono::steady_clock::now() - start);
    }
    return std::chrono::duration<double>(best).count();
  };
  const double known = time_of(alice), unknown = time_of(std::nullopt);
  CHECK(unknown > known / 3);
  CHECK(unknown < known * 3);
  // The parameters of hash_password, which those of an unknown user must equal.
  CHECK(password_hash().starts_with("$argon2id$v=19$m=65536,t=2,p=1$"));
}

TEST_CASE("an empty password and a huge one are refused") {
  CHECK(!hash_password(""));
  CHECK(!hash_password(std::string(1025, 'x')));
}

TEST_CASE("a disabled user is not opened by the right password") {
  Fixture server;
  server.write([](store::WriteTxn& txn) { return disable_user(txn, "alice"); });
  CHECK(!check_password(*find_user(**server.store.read(), "alice"), kPassword));
}

TEST_CASE("a new password and being disabled end every sign-in of the user") {
  for (const bool disable : {false, true}) {
    Fixture server;
    const std::string token = text_of(server.sign_in(), "access_token");
    const std::string refresh_token = text_of(server.sign_in(), "refresh_token");
    REQUIRE(server.accepts(token));
    server.write([&](store::WriteTxn& txn) {
      return disable ? disable_user(txn, "alice") : set_password(txn, "alice", password_hash());
    });
    CHECK(!server.accepts(token));
    CHECK(error_of(server.refresh_with(refresh_token)) == "400 invalid_grant");
    CHECK((server.sign_in().status == 200) == !disable);
  }
}

TEST_CASE("users are listed by name") {
  Fixture server;
  server.write([](store::WriteTxn& txn) {
    return add_user(txn, "aaron", password_hash(), Role::Admin, kNow);
  });
  const auto users = *list_users(**server.store.read());
  REQUIRE(users.size() == 2);
  CHECK(*count_users(**server.store.read()) == 2);
  CHECK(users[0].name == "aaron");
  CHECK(users[0].role == Role::Admin);
  CHECK(users[1].name == "alice");
  CHECK(users[1].created == kNow);
}

TEST_CASE("a record that is not ours to read is an error, not a user") {
  Fixture server;
  const auto put = [&](std::string_view record) {
    server.write([&](store::WriteTxn& txn) { return txn.put(kUsers, "alice", record); });
  };
  put(R"({"v":2,"name":"alice"})");
  CHECK(find_user(**server.store.read(), "alice").error().code == Code::Storage);
  put("nonsense");
  CHECK(list_users(**server.store.read()).error().code == Code::Storage);
}

TEST_CASE("one user has several actors, an actor has one user") {
  Fixture server;
  server.write([](store::WriteTxn& txn) {
    return add_user(txn, "bob", password_hash(), Role::Member, kNow);
  });
  const std::string cats = "https://a.example/actors/1", dogs = "https://a.example/actors/2";
  server.write([&](store::WriteTxn& txn) { return add_actor(txn, "alice", cats, kNow); });
  server.write([&](store::WriteTxn& txn) { return add_actor(txn, "alice", dogs, kNow); });
  const auto taken = server.store.write([&](store::WriteTxn& txn) -> Result<void> {
    QP_TRY(add_actor(txn, "bob", cats, kNow));
    return {};
  });
  CHECK(taken.error().code == Code::Conflict);

  const auto txn = *server.store.read();
  const auto actors = *actors_of(*txn, "Alice");
  REQUIRE(actors.size() == 2);
  CHECK(actors[0].actor == cats);
  CHECK(actors[0].number == 1);
  CHECK(actors[1].actor == dogs);
  CHECK(actors[1].number == 2);
  CHECK((*find_actor(*txn, dogs))->user == "alice");
  CHECK(!*find_actor(*txn, "https://elsewhere.example/actors/1"));
  CHECK(actors_of(*txn, "bob")->empty());
}
