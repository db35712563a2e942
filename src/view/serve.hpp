#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "jsonld/jsonld.hpp"
#include "store/store.hpp"
#include "view/reader.hpp"

/// Resources as JSON, for one reader. Reading through here is the only road to what is stored.
namespace qp::view {

struct Served {
  int status = 200;                                        ///< 410 for a Tombstone
  std::string etag;                                        ///< strong, with quotes
  std::string body;                                        ///< JSON-LD, compacted
  store::AudienceId audience = store::AudienceId::Nobody;  ///< of the resource
  /// Whoever may read the resource gets these very bytes.
  bool same_for_all = false;
  bool hides_recipients = false;  ///< but for its author: there are bto or bcc
  std::vector<TermId> embedded;   ///< graphs shown inside: when one changes, so do these bytes

  bool is_public() const { return same_for_all && audience == store::AudienceId::Public; }
};

/// The numbers under which finished bytes are kept (store::Txn::rendered).
inline constexpr std::uint8_t kSharedView = 0;     ///< what everybody gets who is in its audience
inline constexpr std::uint8_t kAuthorView = 1;     ///< what its author gets, where that is more
inline constexpr std::uint8_t kAnonymousView = 2;  ///< what everybody may read who is nobody else

struct Contexts {
  jsonld::ContextCache& cache;
  jsonld::Loader loader;
};

/// The resource `iri` (actor, object, activity; a fragment is cut off) as this reader may see it.
/// NotFound: not there, or not for this reader.
Result<Served> serve(const store::Txn& txn, std::string_view iri, const Reader& reader,
                     const Contexts& contexts);

/// The same as those see it to whom it is addressed, and nobody in particular.
Result<Served> serve_audience(const store::Txn& txn, std::string_view iri,
                              const Contexts& contexts);
/// Finished bytes of the resource that are right for this reader, where there are some. Borrowed
/// from the transaction.
Result<std::optional<store::RenderedView>> find_rendered(const store::Txn& txn,
                                                         std::string_view iri, const Sight& sight);

/// A collection kept as a sequence: the collection itself, or with `page` one of its pages.
/// `page` is "first", "last", or a cursor: `before:<key>` or `after:<key>`.
struct Page {
  std::string at;
  std::size_t limit = limits::kPageItemsDefault;
};
enum class Items {
  OnPages,
  Inside,     ///< where they fit on one page, and then on no page: some peers follow no links
  FirstPage,  ///< the first page is embedded
};
/// Whose readers may read a collection that has no graph of its own.
enum class Belongs { ToResource, ToServer };  ///< ToServer: everybody may
Result<Served> serve_collection(const store::Txn& txn, std::string_view iri,
                                const std::optional<Page>& page, const Reader& reader,
                                const Contexts& contexts, Items items = Items::OnPages,
                                Belongs belongs = Belongs::ToResource);

}  // namespace qp::view
