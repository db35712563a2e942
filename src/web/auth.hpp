#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ap/actor.hpp"
#include "base/result.hpp"
#include "net/message.hpp"
#include "oauth/scopes.hpp"
#include "store/store.hpp"
#include "web/context.hpp"

/// Who asks: by bearer token (RFC 6750; a token in a query is refused: queries are written to
/// logs), or by HTTP signature.
namespace qp::web {

struct Caller {
  std::string user;
  std::string actor;   ///< the one that the token is bound to, or empty: all of the user's
  std::string client;  ///< id of the client that the token was given to, or empty
  oauth::Scopes scopes;
};

/// True if the request tries to say who it comes from, rightly or not.
bool has_credentials(const net::Request& request);
/// The token of an `Authorization: Bearer` field; a view into the request.
std::optional<std::string_view> bearer_token(const net::Request& request);

/// nullopt for a request without an Authorization field; Unauthenticated for one that does not
/// hold, BadInput for a token in the query.
Result<std::optional<Caller>> find_caller(const store::Txn& txn, const net::Request& request,
                                          Millis now);
/// The same where somebody is required; `message` is told to who is not signed in.
Result<Caller> require_caller(const store::Txn& txn, const net::Request& request, Millis now,
                              std::string_view message);

/// As whom a request reads.
struct Identified {
  view::Reader reader;           ///< the token's actors, the signature's, or nobody
  std::optional<Caller> caller;  ///< by token
  /// The same where reading needs `scope`: nobody where the token lacks it.
  view::Reader with(oauth::Scope scope) const {
    return caller && !caller->scopes.has(scope) ? view::Reader() : reader;
  }
  /// The key of the signature is being fetched: park on it. Nothing else holds then.
  std::optional<std::string> wait_for;
};
/// Unauthenticated where a token or a signature does not hold. A signature from a blocked domain
/// reads what everybody may.
Result<Identified> find_reader(Context& context, const Exchange& exchange, const store::Txn& txn);

/// The answer to a caller whose token lacks `scope` (RFC 6750 3.1), nullopt for one that has it.
std::optional<net::Response> refuse_without(oauth::Scope scope, const Caller& caller);
/// That answer.
net::Response lacks_scope(oauth::Scope scope);

/// True if the caller may act as this actor.
bool may_act_as(const Caller& caller, const ap::Actor& actor);
/// The actors that the caller may act as, oldest first.
Result<std::vector<ap::Actor>> actors_of(const store::Txn& txn, const Caller& caller);

}  // namespace qp::web
