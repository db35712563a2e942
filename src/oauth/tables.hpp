#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "store/store.hpp"

/// The key-value tables of this layer (numbers 1-19). Values are JSON objects whose member "v" is
/// the version of their shape; what is secret is in them only as a hash.
namespace qp::oauth {

inline constexpr store::Table kUsers{1};       ///< user name -> User
inline constexpr store::Table kClients{2};     ///< client id -> Client
inline constexpr store::Table kTokens{3};      ///< hash of an access token -> its record
inline constexpr store::Table kRefresh{4};     ///< hash of a refresh token -> its record
inline constexpr store::Table kCodes{5};       ///< hash of an authorization code -> its record
inline constexpr store::Table kUserActors{6};  ///< user/number -> an actor of that user
inline constexpr store::Table kFamilies{7};    ///< user/uuid -> what one sign-in granted
inline constexpr store::Table kActorUsers{8};  ///< hash of an actor's IRI -> its user
inline constexpr store::Table kCounters{9};    ///< name -> the last number given out
inline constexpr store::Table kSessions{10};   ///< hash of a session's secret -> its record

/// All records of `table` whose key begins with `prefix`, in the order of their keys, each read by
/// `decode`: Result<T>(std::string_view).
template <class Decode>
auto read_all(const store::Txn& txn, store::Table table, std::string_view prefix, Decode decode)
    -> Result<std::vector<typename decltype(decode(prefix))::value_type>> {
  std::vector<typename decltype(decode(prefix))::value_type> all;
  Result<void> outcome;
  QP_TRY(txn.each(table, prefix, [&](std::string_view, std::string_view value) {
    auto decoded = decode(value);
    if (!decoded) {
      outcome = std::move(decoded).error();
      return false;
    }
    all.push_back(*std::move(decoded));
    return true;
  }));
  QP_TRY(std::move(outcome));
  return all;
}

}  // namespace qp::oauth
