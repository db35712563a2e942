#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "jsonld/jsonld.hpp"
#include "store/store.hpp"

/// Resources as JSON, for one reader. Reading through here is the only road to what is stored.
namespace qp::view {

/// Who asks. An empty `actor` is the anonymous reader.
struct Reader {
  std::string actor;  ///< IRI of a local actor (by token) or a remote one (by signature)
};

struct Served {
  int status = 200;        ///< 410 for a Tombstone
  std::string etag;        ///< strong, with quotes
  std::string body;        ///< JSON-LD, compacted
  bool is_public = false;  ///< every reader gets these very bytes
};

struct Contexts {
  jsonld::ContextCache& cache;
  jsonld::Loader loader;
};

/// The resource `iri` (actor, object, activity; a fragment is cut off) as this reader may see it.
/// NotFound: not there, or not for this reader.
Result<Served> serve(const store::Txn& txn, std::string_view iri, const Reader& reader,
                     const Contexts& contexts);

/// A collection kept as a sequence: the collection itself, or with `page` one of its pages.
/// `page` is "first", "last", or a cursor: `before:<key>` or `after:<key>`.
struct Page {
  std::string at;
  std::size_t limit = limits::kPageItemsDefault;
};
Result<Served> serve_collection(const store::Txn& txn, std::string_view iri,
                                const std::optional<Page>& page, const Reader& reader,
                                const Contexts& contexts);

/// Whose audience sets this reader is in.
Result<store::Visible> visible_to(const store::Txn& txn, const Reader& reader);

}  // namespace qp::view
