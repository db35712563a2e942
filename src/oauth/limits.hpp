#pragma once

#include "base/limits.hpp"

/// Those of OAuth; beside base/limits.hpp, which everything includes.
namespace qp::limits {

// Accounts and clients.
inline constexpr std::size_t kUserNameBytes = 64;
inline constexpr std::size_t kPasswordBytes = 1024;  // hashing takes time by length
inline constexpr std::size_t kPasswordsAtOnce = 4;   // and takes memory: 64 MiB each
inline constexpr std::size_t kPasswordsWaiting = 12;
inline constexpr auto kPasswordWait = 5s;
inline constexpr std::size_t kClientNameBytes = 200;
inline constexpr std::size_t kClientIdBytes = 480;  // it is a key of the store
inline constexpr std::size_t kRedirectUris = 16;    // of one client
inline constexpr std::size_t kRedirectUriBytes = 2048;

// How long what was given out holds.
inline constexpr auto kAccessTime = 36'000s;
inline constexpr auto kRefreshTime = std::chrono::seconds(30 * 24h);  // from the last rotation
inline constexpr auto kCodeTime = 60s;
inline constexpr auto kSessionTime = 7 * 24h;

/// Failed sign-ins in kAccountPeriod for a user from wherever, or for an address with whatever
/// names; kSignInPerMinute is of both together.
inline constexpr std::uint32_t kSignInPerAccount = 100;
inline constexpr auto kAccountPeriod = 10min;

}  // namespace qp::limits
