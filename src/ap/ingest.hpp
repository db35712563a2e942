#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "jsonld/document.hpp"
#include "store/store.hpp"

/// A document's statements on their way into graphs: sources and claims (design.md, Data model).
namespace qp::ap {

/// A graph that the document may be the source of, and who may read it.
struct Owned {
  std::string iri;  ///< empty: the root, which has no id and is named by the document
  store::AudienceId audience = store::AudienceId::Nobody;
};

/// Where a document came from, for its record.
struct Provenance {
  std::string source_url;
  std::string attested_by;
  std::string attested_how;
  std::string via;
  std::int64_t received = 0;
  std::string document{};  ///< its IRI, for one that is known by what it says; empty: a new one
};

/// Writes the document: the statements about each owned resource (with its fragments and blank
/// nodes) become that resource's graph, all others the document's claims graph. What an owned
/// graph said before goes to the claims of the document that said it, so that this too can still be
/// rebuilt (view::rebuild). Returns the document's id.
Result<TermId> write_document(store::WriteTxn& txn, const jsonld::StoredForm& form,
                              std::string_view bytes, std::span<const Owned> owned,
                              const Provenance& provenance);

/// Puts what `form` says in the place of what the document said: the same document, read anew. It
/// stays the source of what it is the source of now.
Result<void> rewrite_document(store::WriteTxn& txn, store::DocumentRecord record,
                              const jsonld::StoredForm& form);

/// Makes a change by hand, which is about to come, the source of `graph`. What a document said
/// there goes to that document's claims; its context and its shapes stay with the graph. Nothing
/// happens to a graph that no document is the source of.
Result<void> note_edit(store::WriteTxn& txn, TermId graph, const Provenance& provenance);

/// The audience set of `members` (IRIs); everybody's where as:Public is among them. `except`: a
/// collection whose members are shut out of it (those that the author blocked), or empty.
Result<store::AudienceId> audience_of(store::WriteTxn& txn, std::span<const std::string> members,
                                      std::string_view except = {});

}  // namespace qp::ap
