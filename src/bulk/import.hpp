#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bulk/dump_reader.hpp"
#include "bulk/record_file.hpp"
#include "jsonld/document.hpp"
#include "store/bulk_load.hpp"
#include "store/store.hpp"

/// Documents from a reader into the store, many in one commit.
namespace qp::bulk {

/// What the layer above decides: this one does not know who may say what.
struct Writer {
  /// Writes a document and returns its id; what is wrong with it (BadInput, TooLarge, Forbidden,
  /// Gone) is found before anything is written. On the writer thread; may be called again for the
  /// same document.
  std::function<Result<TermId>(store::WriteTxn& txn, const Record& record,
                               const jsonld::StoredForm& form)>
      document;
  /// The same for a Member or a File.
  std::function<Result<void>(store::WriteTxn& txn, const Record& record)> other{};
  /// Changes a document before it is read; `txn` is of this moment. Empty: nothing.
  std::function<Result<json::Value>(const store::Txn& txn, json::Value document,
                                    json::Arena& arena)>
      adapt{};
  /// In the commit of a batch: so many records, of all that the reader gave, are done.
  std::function<Result<void>(store::WriteTxn& txn, std::size_t records)> note{};
};

struct Imported {
  std::string document;             ///< its IRI
  std::string root;                 ///< that of what it describes
  std::vector<std::string> graphs;  ///< those that it became the source of
  std::string claims;               ///< the graph of what else it says; empty: none
  std::vector<std::string> repairs;
  std::size_t bytes = 0, fidelity_bytes = 0;
};
struct Outcome {
  const Record& record;
  Result<Imported> imported;  ///< empty for what is no document
};

struct Totals {
  std::size_t imported = 0, refused = 0;  ///< documents
  std::size_t members = 0, files = 0;
  std::size_t bytes = 0, fidelity_bytes = 0;

  void add(const Totals& other);
};

/// BadInput for what servers write down of accounts for themselves: private keys and password
/// hashes are never quads.
Result<void> check_for_secrets(json::Value document);

/// Whether `report` is told of every record, or of those only that are refused.
enum class Tell { Everything, Trouble };

/// Where an import begins.
struct Start {
  std::size_t skip = 0;  ///< records that the reader gives first, and that are done
  std::size_t done = 0;  ///< those that it gave before
};

/// Reads to the end. `report` gets outcomes in order, after they are on disk. What cannot be mapped
/// to quads is kept as JSON (jsonld::Sender::Operator); of keys that are repeated in one object the
/// last counts. Fails only when the store does.
Result<Totals> import(DumpReader& reader, store::Store& store,
                      const jsonld::ContextSource& contexts, const Writer& writer, Tell tell,
                      const std::function<void(const Outcome&)>& report, const Start& start = {});

/// How far a bulk load came.
struct BulkPart {
  Totals totals;
  std::size_t done = 0;  ///< records
  bool is_end = false;   ///< of what the reader gives
  /// What needs the store as it is then (a second document about the same thing): to be imported
  /// into it, in this order, when the load is finished.
  std::unique_ptr<RecordFile> later;
};

/// Where a part ends: BulkLoad::memory_used, and records that this part has taken.
struct PartLimits {
  std::size_t memory_bytes = SIZE_MAX, records = SIZE_MAX;
};

/// The same, into a load, until `limits` are reached. Nothing is on disk when `report` is called:
/// that is so when the load is finished. `writer.note` is given what is done but for what waits.
Result<BulkPart> import_in_bulk(DumpReader& reader, store::BulkLoad& load,
                                const jsonld::ContextSource& contexts, const Writer& writer,
                                Tell tell, const std::function<void(const Outcome&)>& report,
                                const Start& start, const PartLimits& limits);

}  // namespace qp::bulk
