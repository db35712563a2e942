#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/rate_limiter.hpp"
#include "base/text.hpp"
#include "oauth/limits.hpp"
#include "oauth/password_slots.hpp"
#include "oauth/tokens.hpp"
#include "store/store.hpp"

namespace qp::oauth {

/// Who may use the password grant. OAuth 2.1 has removed it; the tutorial needs it.
enum class PasswordGrant : std::uint8_t { Off, Loopback, On };

/// Who may register clients by POST /o/register/ (RFC 7591).
enum class Registration : std::uint8_t { Disabled, Authenticated, Open };

struct Settings {
  PasswordGrant password_grant = PasswordGrant::Loopback;
  Registration registration = Registration::Authenticated;
  std::chrono::seconds access_time = limits::kAccessTime;
};

/// Ten failed sign-ins a minute for an address and user; as many registrations for an address.
inline constexpr RateLimiter::Rate kSignInRate{limits::kSignInPerMinute, std::chrono::minutes(1)};

/// And a hundred in ten minutes for a user from wherever, or for an address with whatever names.
inline constexpr RateLimiter::Rate kAccountRate{limits::kSignInPerAccount, limits::kAccountPeriod};

/// What the endpoints work on. All of it outlives the calls.
struct Service {
  store::Store& store;
  RateLimiter& sign_ins;          ///< made with kSignInRate
  RateLimiter& account_sign_ins;  ///< made with kAccountRate
  PasswordSlots& passwords;
  Settings settings;
};

/// The keys by which `account_sign_ins` counts: a name has no blank in it.
inline std::string account_key(std::string_view user) { return text::lower(user); }
inline std::string address_key(std::string_view peer) { return ' ' + std::string(peer); }
/// The key by which `sign_ins` counts.
inline std::string sign_in_key(std::string_view peer, std::string_view user) {
  return text::lower(user) + ' ' + std::string(peer);
}

}  // namespace qp::oauth
