#include "oauth/users.hpp"

#include <sodium.h>

#include <algorithm>

#include "base/text.hpp"
#include "oauth/json_object.hpp"
#include "oauth/limits.hpp"
#include "oauth/tables.hpp"

namespace qp::oauth {

namespace {

constexpr std::int64_t kVersion = 1;

/// A hash with the parameters of hash_password that no password is known for: what the password
/// of an unknown user is compared with.
constexpr const char* kNobodysHash =
    "$argon2id$v=19$m=65536,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA"
    "$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

std::string encode(const User& user) {
  return ObjectWriter()
      .number("v", kVersion)
      .text("name", user.name)
      .text("password", user.password_hash)
      .flag("admin", user.role == Role::Admin)
      .flag("disabled", user.disabled)
      .number("created", user.created.count())
      .number("epoch", static_cast<std::int64_t>(user.epoch))
      .finish();
}

Result<User> decode(std::string_view text) {
  const RecordReader record = QP_TRY(RecordReader::open(text, kVersion));
  return User{record.text("name"),
              record.text("password"),
              record.flag("admin") ? Role::Admin : Role::Member,
              record.flag("disabled"),
              Millis(record.number("created")),
              static_cast<std::uint64_t>(record.number("epoch"))};
}

Result<User> existing_user(const store::Txn& txn, std::string_view name) {
  auto user = QP_TRY(find_user(txn, name));
  if (!user) return error(Code::NotFound, "there is no such user");
  return *std::move(user);
}

}  // namespace

Result<std::string> user_name(std::string_view name) {
  std::string folded = text::lower(name);
  const bool fits =
      !folded.empty() && folded.size() <= limits::kUserNameBytes &&
      (is_letter_or_digit(folded[0]) || folded[0] == '_') &&
      std::ranges::all_of(folded, [](char c) {
        return is_letter_or_digit(c) || std::string_view("._-+@").find(c) != std::string_view::npos;
      });
  if (!fits) return bad_input("a user name is 1 to 64 of a-z 0-9 . _ - + @");
  return folded;
}

Result<std::string> hash_password(std::string_view password) {
  if (password.empty()) return bad_input("the password is empty");
  if (password.size() > limits::kPasswordBytes) return bad_input("the password is over 1024 bytes");
  char hash[crypto_pwhash_STRBYTES];
  if (sodium_init() < 0 ||
      crypto_pwhash_str_alg(hash, password.data(), password.size(),
                            crypto_pwhash_OPSLIMIT_INTERACTIVE, crypto_pwhash_MEMLIMIT_INTERACTIVE,
                            crypto_pwhash_ALG_ARGON2ID13) != 0) {
    return Error{Code::Unavailable, "no memory to hash a password", {}};
  }
  return std::string(hash);
}

bool check_password(const std::optional<User>& user, std::string_view password) {
  if (sodium_init() < 0 || password.size() > limits::kPasswordBytes) return false;
  const char* hash = user ? user->password_hash.c_str() : kNobodysHash;
  const bool matches = crypto_pwhash_str_verify(hash, password.data(), password.size()) == 0;
  return matches && user && !user->disabled;
}

Result<void> add_user(store::WriteTxn& txn, std::string_view name, std::string password_hash,
                      Role role, Millis now) {
  const User user{QP_TRY(user_name(name)), std::move(password_hash), role, false, now, 0};
  if (QP_TRY(txn.get(kUsers, user.name))) return error(Code::Conflict, "that user exists already");
  return txn.put(kUsers, user.name, encode(user));
}

Result<void> set_password(store::WriteTxn& txn, std::string_view name, std::string password_hash) {
  User user = QP_TRY(existing_user(txn, name));
  user.password_hash = std::move(password_hash);
  ++user.epoch;
  return txn.put(kUsers, user.name, encode(user));
}

Result<void> disable_user(store::WriteTxn& txn, std::string_view name) {
  User user = QP_TRY(existing_user(txn, name));
  user.disabled = true;
  ++user.epoch;
  return txn.put(kUsers, user.name, encode(user));
}

Result<std::optional<User>> find_user(const store::Txn& txn, std::string_view name) {
  const auto folded = user_name(name);
  if (!folded) return std::optional<User>();
  const auto record = QP_TRY(txn.get(kUsers, *folded));
  if (!record) return std::optional<User>();
  return std::optional<User>(QP_TRY(decode(*record)));
}

Result<std::vector<User>> list_users(const store::Txn& txn) {
  return read_all(txn, kUsers, "", decode);
}

Result<std::size_t> count_users(const store::Txn& txn) {
  std::size_t count = 0;
  QP_TRY(txn.each(kUsers, "", [&](std::string_view, std::string_view) {
    ++count;
    return true;
  }));
  return count;
}

Result<void> check_still_holds(const store::Txn& txn, const User& verified) {
  const User now = QP_TRY(existing_user(txn, verified.name));
  if (now.disabled) return error(Code::Forbidden, "the user is disabled");
  if (now.epoch != verified.epoch) {
    return error(Code::Forbidden, "the password was changed meanwhile; sign in again");
  }
  return {};
}

}  // namespace qp::oauth
