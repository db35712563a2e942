#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "store/store.hpp"

/// People who sign in. What they act as are actors (accounts.hpp).
namespace qp::oauth {

enum class Role : std::uint8_t { Member, Admin };

struct User {
  std::string name;           ///< lower case
  std::string password_hash;  ///< argon2id, in libsodium's text form
  Role role = Role::Member;
  bool disabled = false;
  Millis created{0};
  /// Counts what ends every sign-in of the user: a new password, being disabled. A token holds
  /// only while this is what it was when the token was granted.
  std::uint64_t epoch = 0;
};

/// The form in which names are kept and compared: lower case. BadInput unless it is 1 to 64 of
/// a-z 0-9 . _ - + @, beginning with a letter, a digit or `_`.
Result<std::string> user_name(std::string_view name);

/// Takes some 50 ms and 64 MiB on purpose: call it outside of Store::write. BadInput for an empty
/// password and one over 1024 bytes.
Result<std::string> hash_password(std::string_view password);
/// Whether `password` opens `user`. An unknown or disabled user costs the same work as a known
/// one and is never opened. As slow as hash_password.
bool check_password(const std::optional<User>& user, std::string_view password);

/// Conflict where the name is taken.
Result<void> add_user(store::WriteTxn& txn, std::string_view name, std::string password_hash,
                      Role role, Millis now);
/// Ends all sign-ins of the user. NotFound.
Result<void> set_password(store::WriteTxn& txn, std::string_view name, std::string password_hash);
/// Ends all sign-ins of the user, for good. NotFound; a user that is disabled stays so.
Result<void> disable_user(store::WriteTxn& txn, std::string_view name);

/// nullopt also for what can be no name.
Result<std::optional<User>> find_user(const store::Txn& txn, std::string_view name);
/// By name.
Result<std::vector<User>> list_users(const store::Txn& txn);
/// Without reading what is kept of each.
Result<std::size_t> count_users(const store::Txn& txn);

/// Forbidden where `verified`, read before, was disabled or got another password since; NotFound
/// where the user is gone. For a write that follows check_password.
Result<void> check_still_holds(const store::Txn& txn, const User& verified);

}  // namespace qp::oauth
