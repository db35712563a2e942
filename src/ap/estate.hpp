#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ap/actor.hpp"
#include "ap/services.hpp"
#include "base/json.hpp"
#include "jsonld/document.hpp"
#include "store/store.hpp"

/// What somebody brings along from another server: an actor, its collections, its files. The
/// operator vouches for the ids of that actor; what else the archive says are claims (ingest.hpp).
namespace qp::ap {

/// An archive's actor, and whose its things become here.
struct Estate {
  std::string former;          ///< the actor's id in the archive
  std::string actor;           ///< and here: the same, or that of a local actor
  std::string base;            ///< where new ids and files are: a domain's URL
  std::string user;            ///< whose files they are
  std::string keeper;          ///< the actor whose import they are known by
  std::optional<Actor> local;  ///< the actor, where it lives here
  std::string outbox, liked, followers, following, bookmarks, featured, blocked, inbox, streams;
  std::string pending_followers, pending_following;
  std::string former_followers, former_following;
  bool is_rehomed() const { return former != actor; }
};

/// `document` is the archive's actor; `rehome_to` a local actor, or empty: the ids stay. BadInput
/// where the document is no actor, NotFound where there is no such local one.
Result<Estate> open_estate(const store::Txn& txn, json::Value document, std::string_view rehome_to);

/// Of lists that somebody brings for the local actor `actor` and nothing else. NotFound where there
/// is no such actor.
Result<Estate> open_lists(const store::Txn& txn, std::string_view actor);

/// Writes the actor and founds its collections, where they are not here yet. Where the archive is
/// re-homed, the local actor says that it is known by the former id as well.
Result<void> found_estate(store::WriteTxn& txn, const Estate& estate, std::string_view document,
                          const Services& services);

/// Keeps a file of the archive, so that what names it can be shown; the second time nothing is
/// done. TooLarge, BadInput: it is not kept.
Result<void> import_file(store::WriteTxn& txn, const Estate& estate, std::string_view name,
                         std::string_view bytes);

/// Gives new ids to the actor's own things in `document`, where the archive is re-homed.
Result<void> rename_ids(store::WriteTxn& txn, const Estate& estate, json::Value document);

/// The document as it is written here: new ids in the place of former ones, addresses of files that
/// came along, nothing relative to the archive.
Result<json::Value> adapted(const store::Txn& txn, const Estate& estate, json::Value document,
                            json::Arena& arena);

/// Writes a document (adapted) of the archive, found in its collection `collection`, and lists it
/// there. A Tombstone's `to` says who may know of it, and is not kept; what the actor has here is
/// deleted by it. Returns the document's id.
Result<TermId> import_item(store::WriteTxn& txn, const Estate& estate, std::string_view collection,
                           const jsonld::StoredForm& form, std::string_view bytes,
                           const Services& services);
/// The actors that have an outbox here: those that live here, and those of archives.
Result<std::vector<std::string>> owners_of_outboxes(const store::Txn& txn);
/// The collections that `actor` made, or that an import made of lists.
Result<std::vector<std::string>> collections_made_by(const store::Txn& txn, std::string_view actor);

/// What goes by the id `former` here since an archive was re-homed; empty: nothing does.
Result<std::string> current_id(const store::Txn& txn, std::string_view former);

/// The actor that is known here by `@name@host`; else what that is as an IRI.
Result<std::string> actor_at(const store::Txn& txn, const std::string& address);

/// What is only named in a collection: one of those that every actor has (by its name), or one that
/// the actor made (by its IRI), which is founded where it is not here.
struct Named {
  std::string_view collection, member;
  const std::vector<std::string>* readers = nullptr;  ///< nullptr: as is the rule there
  std::string_view list = {};  ///< instead of a collection: one of the actor's, by the name it gave
};
/// Forbidden, where `iri` is neither the actor, nor one of its things, nor a list of what others
/// did to these.
Result<void> check_own(const store::Txn& txn, const Estate& estate, const std::string& iri);

/// Lists it.
Result<void> import_member(store::WriteTxn& txn, const Estate& estate, const Named& named,
                           const Services& services);

}  // namespace qp::ap
