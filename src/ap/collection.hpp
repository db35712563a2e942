#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "store/store.hpp"
#include "vocab/terms.hpp"

/// Collections of this server: what they are to their owner, and who is in them.
namespace qp::ap {

/// What a collection is to its owner. Their names are in stores: append only.
enum class Role {
  Inbox,
  Outbox,
  Followers,
  Following,
  Liked,
  Likes,
  Shares,
  Replies,
  Other,  ///< made with Create(Collection)
  Dislikes,
  Blocked,           ///< FEP-c648
  PendingFollowers,  ///< FEP-4ccd; Follow activities, like the next
  PendingFollowing,
  Featured,
  Streams,      ///< the collections that the actor made
  SharedInbox,  ///< of a domain; nobody owns it
  Bookmarks,
};

struct CollectionRecord {
  std::string owner;  ///< actor IRI; of likes, shares and replies the object's author
  std::string of;     ///< the object that likes, shares and replies belong to; else empty
  Role role = Role::Other;
  std::int64_t created = 0;
};

/// The address of a collection that follows from what it belongs to, and that has neither a record
/// nor a graph: likes, shares, replies and dislikes of an object; blocked, pending requests,
/// featured and streams of an actor. Who may read that resource may read it, but for what only its
/// owner may (is_for_owner_only).
std::string collection_of(std::string_view resource, Role role);

/// Where other servers deliver what is for many here: `<domain>/inbox`. What is public of that is
/// readable by all (ActivityPub 4.1).
std::string shared_inbox_of(std::string_view domain_url);

/// Nobody but the owner learns that it is there.
bool is_for_owner_only(Role role);

/// By its type.
bool is_collection(json::Value expanded_node);

/// Its owner puts things in and takes them out; the others are kept by the server.
bool is_curated(Role role);

/// Of a collection with a record, or with an address as above under a resource that is here.
Result<std::optional<CollectionRecord>> find_collection(const store::Txn& txn,
                                                        std::string_view iri);
Result<void> put_collection(store::WriteTxn& txn, std::string_view iri,
                            const CollectionRecord& record);

/// True if it was not in it already.
Result<bool> add_member(store::WriteTxn& txn, std::string_view collection, std::string_view member,
                        store::AudienceId audience);
/// True if it was in it.
Result<bool> remove_member(store::WriteTxn& txn, std::string_view collection,
                           std::string_view member);
Result<bool> is_member(const store::Txn& txn, std::string_view collection, std::string_view member);

/// Members, newest first, whoever may see them; ends with the first error of `each`.
Result<void> each_member(const store::Txn& txn, std::string_view collection,
                         const std::function<Result<void>(const std::string& member)>& each);

/// The collections that `member` is in.
Result<std::vector<std::string>> collections_with(const store::Txn& txn, std::string_view member);

/// True if `iri` is of a domain that is served here.
Result<bool> is_local(const store::Txn& txn, std::string_view iri);

/// Values of `property` of the resource, as its own graph has them: IRIs and texts.
Result<std::vector<std::string>> values_of(const store::Txn& txn, std::string_view resource,
                                           const Word& property);
/// Resources whose own graphs say that `property` of them is `object`.
Result<std::vector<TermId>> resources_with(const store::Txn& txn, TermId property, TermId object);
/// Whom the resource belongs to: its attributedTo, the actor of an activity, an actor itself.
Result<std::vector<std::string>> owners_of(const store::Txn& txn, std::string_view resource);

/// True if local actor `owner` has blocked `actor`.
Result<bool> has_blocked(const store::Txn& txn, std::string_view owner, std::string_view actor);

}  // namespace qp::ap
