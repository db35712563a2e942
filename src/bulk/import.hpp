#pragma once

#include <functional>
#include <string>
#include <vector>

#include "bulk/dump_reader.hpp"
#include "jsonld/document.hpp"
#include "store/store.hpp"

/// Documents from a reader into the store, many in one commit.
namespace qp::bulk {

/// Writes a document and returns its id. On the writer thread; may be called again for the same
/// document. Given by the caller: this layer does not know who may say what.
using Write = std::function<Result<TermId>(store::WriteTxn& txn, const jsonld::StoredForm& form,
                                           std::string_view bytes)>;

struct Imported {
  std::string document;             ///< its IRI
  std::string root;                 ///< that of what it describes
  std::vector<std::string> graphs;  ///< those that it became the source of
  std::string claims;               ///< the graph of what else it says; empty: none
  std::vector<std::string> repairs;
  std::size_t bytes = 0, fidelity_bytes = 0;
};
struct Outcome {
  std::string position;
  Result<Imported> imported;
};

struct Totals {
  std::size_t imported = 0, refused = 0;
  std::size_t bytes = 0, fidelity_bytes = 0;
};

/// Reads to the end. `report` gets every record's outcome in order, after it is on disk. What
/// cannot be mapped to quads is kept as JSON (jsonld::Sender::Operator); of keys that are repeated
/// in one object the last counts. Fails only when the store does.
Result<Totals> import(DumpReader& reader, store::Store& store,
                      const jsonld::ContextSource& contexts, const Write& write,
                      const std::function<void(const Outcome&)>& report);

}  // namespace qp::bulk
