#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "ap/activity.hpp"
#include "ap/actor.hpp"
#include "ap/addressing.hpp"
#include "ap/ingest.hpp"
#include "ap/services.hpp"

/// The one way by which an activity of a local actor enters the store: from a client, or made by
/// the server (an Accept).
namespace qp::ap {

/// An activity with all its ids, read and ready to be written. Immovable parts live in the arena.
struct Prepared {
  json::Arena arena;
  jsonld::StoredForm form;
  std::string bytes;
  Activity activity;
  std::string object;  ///< IRI of the object that the activity creates or replaces, or empty
  std::vector<std::string> members;  ///< of the collection that it creates, newest first
  std::vector<std::string> also;     ///< actors that it is sent to besides those that it names
};

/// Reads `document` (with ids) for writing; `object` as in Prepared.
Result<std::unique_ptr<Prepared>> prepare(std::string document, std::string object,
                                          const Services& services);

/// Writes it: graphs, document, outbox, effects, local inboxes, deliveries, rendered bytes.
/// On the writer thread, in the caller's commit. `how`: of the provenance ("token", "server").
Result<void> publish(store::WriteTxn& txn, const Actor& actor, const Prepared& prepared,
                     std::string_view how, const Services& services);

/// Appends the activity, which is in the store already, to the inbox of each of `recipients` that
/// has not blocked its actor.
Result<void> receive_locally(store::WriteTxn& txn, const Activity& activity,
                             std::span<const Actor> recipients);

/// Queues the activity for other servers. One of this server goes out as its author sees it, one of
/// others byte for byte as it came; `sender` signs the request.
Result<void> enqueue(store::WriteTxn& txn, const Actor& sender, const Activity& activity,
                     std::span<const Remote> remote, const Services& services);

/// Keeps what the activity changed, for `quadpub why`.
Result<void> note_caused(store::WriteTxn& txn, std::string_view activity,
                         std::span<const std::string> caused);

/// Renders a resource of this server, and what embeds it, for anonymous readers where all may see
/// it; else drops what was rendered.
Result<void> refresh_rendered(store::WriteTxn& txn, std::string_view iri, const Services& services);

/// Drops what was rendered of a resource and of what embeds it, until they are rendered again.
Result<void> drop_rendered(store::WriteTxn& txn, std::string_view iri);

/// Puts a Tombstone in place of the resource and erases what documents said of it, and their bytes.
Result<void> entomb(store::WriteTxn& txn, std::string_view iri, const Services& services);

}  // namespace qp::ap
