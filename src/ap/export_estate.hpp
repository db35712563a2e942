#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "ap/services.hpp"
#include "store/store.hpp"

/// The way back: what an actor has here, as an archive that `import` reads (estate.hpp).
namespace qp::ap {

/// Where files of an archive are written, one after the other.
class Shelf {
 public:
  virtual ~Shelf() = default;
  virtual Result<void> open(std::string_view name) = 0;
  virtual Result<void> write(std::string_view bytes) = 0;
  virtual Result<void> close() = 0;
  /// Something was read, whether or not it was written.
  virtual void note_read() = 0;
};

struct ExportTotals {
  std::size_t documents = 0, members = 0, files = 0;
};

/// The actor, its collections (outbox.json with the documents themselves, oldest first; in
/// `collections/` those that it made), what it deleted, what others did to its things (by name:
/// `listings.ndjson`), and the files that these name: all below
/// `folder`. Who may know of a member is beside it where that is not the rule; of a Tombstone, in
/// its `to`. Keys and passwords are in none of them. NotFound where nothing is here under `actor`.
Result<ExportTotals> export_estate(const store::Txn& txn, const std::string& actor,
                                   const std::string& folder, const Services& services,
                                   Shelf& shelf);

/// All that actors have here, each in a folder of its own, and every other document, with what is
/// in it taken at its word: `documents.ndjson`; what objects have been answered with, the votes in
/// polls, what came to the shared inbox, and who may know of what was deleted: `listings.ndjson`.
Result<ExportTotals> export_all(const store::Txn& txn, const Services& services, Shelf& shelf);

/// A Tombstone of what the actor made or did, as far as its outbox tells.
Result<bool> is_deleted_by(const store::Txn& txn, TermId graph, TermId actor);

}  // namespace qp::ap
