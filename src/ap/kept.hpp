#pragma once

#include <string>

#include "ap/actor.hpp"
#include "base/result.hpp"
#include "jsonld/document.hpp"
#include "store/store.hpp"

/// What the server keeps true of a resource, so that no Update changes it.
namespace qp::ap {

/// Things that ActivityStreams knows, and no activities.
bool is_plain_object(const std::vector<std::string>& types);

/// BadInput where the new `object`, in expanded form, says more of its reactions, its answers or
/// what is in it than the server has set.
Result<void> check_created(json::Value object);

/// BadInput where `form`, a new version of `iri`, would say something else than what is stored of
/// who owns it, where its reactions are listed, an actor's collections, name and keys. By what it
/// means: a client may write a member under a name of its own.
Result<void> check_kept(const store::Txn& txn, const std::string& iri,
                        const jsonld::StoredForm& form, const Actor& actor);

/// Whether it is one of those, of whatever resource.
bool is_kept(TermId property);

}  // namespace qp::ap
