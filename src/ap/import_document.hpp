#pragma once

#include "ap/ingest.hpp"
#include "ap/services.hpp"

namespace qp::ap {

/// Writes a document that the operator brings in and vouches for: it is the source of its root
/// (named by the document where it has no id), and of the object that it creates or updates as far
/// as `admitted_object` lets it. Its addressing says who may read it; an actor may be read by all.
/// Nothing is delivered. Returns the document's id.
Result<TermId> import_document(store::WriteTxn& txn, const jsonld::StoredForm& form,
                               std::string_view bytes, const Provenance& provenance,
                               const Services& services);

}  // namespace qp::ap
