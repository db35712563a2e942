#pragma once

#include "ap/collection.hpp"
#include "ap/ingest.hpp"
#include "ap/services.hpp"

namespace qp::ap {

/// Writes a document that the operator brings in and vouches for: it is the source of its root
/// (named by the document where it has no id), and of the object that it creates or updates as far
/// as `admitted_object` lets it. Its addressing says who may read it; an actor may be read by all.
/// Nothing is delivered. What lives here, or came in
/// another way, is left as it is: of that the document is a claim. Gone: it was deleted here.
/// Returns the document's id; one that says the same and came before is left as it is.
Result<TermId> import_document(store::WriteTxn& txn, const jsonld::StoredForm& form,
                               std::string_view bytes, const Services& services);

/// What is here under `iri` came by an import too, or there is nothing.
Result<bool> may_replace(const store::Txn& txn, std::string_view iri);

/// A collection that is of an object or of the server, and of no actor.
bool is_listing_here(Role role);
/// Lists `member` there, for `readers` (nullptr: all), where the object came by an import; what an
/// object of this server has been answered with is left as it is. NotFound: there is no such
/// object.
Result<void> import_listed(store::WriteTxn& txn, const std::string& collection,
                           const std::string& member, const std::vector<std::string>* readers);

/// What an archive says besides its documents, in a JSON text: the votes in a Question
/// (ballots.hpp), or for whom (`to`) a Tombstone that came by an import is. BadInput, NotFound: it
/// is neither, or of nothing that is here.
Result<void> import_addition(store::WriteTxn& txn, std::string_view text);

/// The IRI of a document by what it says, however it is spelt: who imports it twice has one.
std::string document_name(json::Value document);

/// Of a Tombstone that names no readers: those of the Create, where that is here, may know of it.
Result<store::AudienceId> audience_of_tombstone(store::WriteTxn& txn, const std::string& iri);

/// Who may read what `expanded_node` says: whom it is addressed to, and its authors; all, where it
/// is an actor.
std::vector<std::string> readers_of(json::Value expanded_node);

}  // namespace qp::ap
