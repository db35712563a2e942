#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "oauth/clients.hpp"
#include "oauth/codes.hpp"
#include "oauth/grants.hpp"
#include "oauth/users.hpp"
#include "tests/store/memory_store.hpp"

namespace qp::oauth::test {

inline constexpr Millis kNow{1'795'000'000'000};
inline constexpr std::string_view kPassword = "correct horse";

/// A hash costs 50 ms: one for all tests.
inline const std::string& password_hash() {
  static const std::string hash = *hash_password(kPassword);
  return hash;
}

/// A server with the user alice and a confidential client for every grant.
struct Fixture {
  store::memory::Disk disk;
  store::memory::MemoryStore store{disk};
  RateLimiter sign_ins{kSignInRate};
  RateLimiter account_sign_ins{kAccountRate};
  PasswordSlots passwords{1, 0};
  Settings settings;
  Millis now = kNow;
  AddedClient client;

  Fixture() {
    write([&](store::WriteTxn& txn) {
      return add_user(txn, "alice", password_hash(), Role::Member, now);
    });
    client = make_client({"Test Client",
                          ClientType::Confidential,
                          {"password", "authorization_code", "client_credentials"},
                          {"https://app.example/back"},
                          Scopes::all(),
                          "alice"});
  }

  /// In a key or a value of any table.
  bool holds_anywhere(std::string_view secret) const {
    return std::any_of(disk->tables.begin(), disk->tables.end(), [&](const auto& row) {
      return row.first.second.find(secret) != std::string::npos ||
             row.second.find(secret) != std::string::npos;
    });
  }

  Service service() { return {store, sign_ins, account_sign_ins, passwords, settings}; }
  template <class Work>
  void write(Work work) {
    const auto written = store.write([&](store::WriteTxn& txn) -> Result<void> {
      auto done = work(txn);
      if (!done) return done.error();
      return {};
    });
    REQUIRE_MESSAGE(written, (written ? "" : written.error().detail));
  }
  AddedClient make_client(const NewClient& wanted) {
    AddedClient added;
    write([&](store::WriteTxn& txn) -> Result<void> {
      added = QP_TRY(add_client(txn, wanted, now));
      return {};
    });
    return added;
  }
  std::string make_code(const std::string& verifier, const std::string& actor = "") {
    std::string code;
    write([&](store::WriteTxn& txn) -> Result<void> {
      code = QP_TRY(issue_code(txn,
                               {"alice", client.client.id, "https://app.example/back",
                                code_challenge_of(verifier), Scopes::all(), actor},
                               now));
      return {};
    });
    return code;
  }

  /// `form` with the client's id and secret, from this machine.
  FormRequest as_client(text::Form form) const {
    form.emplace_back("client_id", client.client.id);
    form.emplace_back("client_secret", client.secret);
    return {std::move(form), std::nullopt, "127.0.0.1", true};
  }
  Answer token(text::Form form) { return answer_token(service(), as_client(std::move(form)), now); }
  Answer sign_in(std::string_view user = "alice", std::string_view password = kPassword) {
    return token({{"grant_type", "password"},
                  {"username", std::string(user)},
                  {"password", std::string(password)}});
  }
  Answer refresh_with(const std::string& token_text) {
    return token({{"grant_type", "refresh_token"}, {"refresh_token", token_text}});
  }
  bool accepts(const std::string& access_token) {
    return find_token(**store.read(), access_token, now).has_value();
  }
};

inline nlohmann::json json_of(const Answer& answer) { return nlohmann::json::parse(answer.body); }
inline std::string error_of(const Answer& answer) {
  return std::to_string(answer.status) + ' ' + json_of(answer).value("error", "");
}
inline std::string text_of(const Answer& answer, const std::string& key) {
  return json_of(answer).value(key, "");
}
inline std::string field_of(const Answer& answer, std::string_view name) {
  for (const auto& [key, value] : answer.headers) {
    if (key == name) return value;
  }
  return {};
}

}  // namespace qp::oauth::test
