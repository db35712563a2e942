#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ap/collection.hpp"
#include "ap/services.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "sig/keypair.hpp"
#include "store/store.hpp"

/// Domains served here, the actors on them, and the collections that actors own.
namespace qp::ap {

struct Domain {
  std::string url;   ///< without a last slash: `http://localhost:8000`
  std::string host;  ///< `localhost:8000`
};

/// `url`: http or https, no path. Plain http only for loopback hosts unless `insecure`.
Result<Domain> parse_domain(std::string_view url, bool insecure = false);
/// False if it was there already.
Result<bool> add_domain(store::WriteTxn& txn, const Domain& domain);
Result<std::vector<Domain>> domains(const store::Txn& txn);

/// A local actor.
struct Actor {
  std::uint64_t number = 0;  ///< small, for `/api/actors`
  std::string iri, username, name, type;
  std::string user;    ///< the account that manages it
  std::string domain;  ///< host[:port] of its Domain
  std::string inbox, outbox, followers, following, liked;
  std::int64_t created = 0;     ///< ms since 1970
  bool manual_follows = false;  ///< Follows wait for an answer
  bool deleted = false;         ///< by itself; its name is not given out again
};

struct NewActor {
  std::string username;
  std::string name;  ///< empty: the username
  std::string type = "Person";
  std::string user;  ///< empty: the server itself (application.hpp)
  Domain domain;
};

/// Name rules and type: BadInput with a text for the client.
Result<void> check_new_actor(const NewActor& actor);
/// Writes actor document, collections and key in the caller's transaction. Conflict with the
/// message "Username already taken". `key` is made beforehand: it takes 170 ms.
Result<Actor> create_actor(store::WriteTxn& txn, const NewActor& actor, const sig::PrivateKey& key,
                           const sig::PrivateKey& ed25519, Millis now, const Services& services);

/// What `profile`, the actor's own node in expanded form, says of name and of how it is followed.
Result<void> take_over_profile(store::WriteTxn& txn, Actor actor, json::Value profile);

Result<void> mark_deleted(store::WriteTxn& txn, Actor actor);

/// Deleted ones are found too; they are neither named (find_actor_named) nor listed.
Result<std::optional<Actor>> find_actor(const store::Txn& txn, std::string_view iri);
Result<std::optional<Actor>> find_actor_named(const store::Txn& txn, std::string_view host,
                                              std::string_view username);
/// Whom somebody at a terminal means by `text`: an IRI as it is; `name`, `@name`, `name@host`: the
/// local actor of that name, else the only one of the user of that name. NotFound: nobody;
/// BadInput: several.
Result<std::string> actor_called(const store::Txn& txn, std::string_view text);
Result<std::vector<Actor>> actors_of(const store::Txn& txn, std::string_view user);
Result<std::vector<Actor>> all_actors(const store::Txn& txn);
/// By address: in a domain, oldest first. Ends early when `each` returns false.
Result<void> each_actor(const store::Txn& txn, const std::function<bool(const Actor&)>& each);

/// 1, 2, 3 and so on, by counter; never one again.
Result<std::uint64_t> next_number(store::WriteTxn& txn, std::string_view counter);

/// The key that the actor signs with.
Result<sig::PrivateKey> private_key(const store::Txn& txn, std::string_view actor_iri);

}  // namespace qp::ap
