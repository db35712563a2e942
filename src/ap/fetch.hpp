#pragma once

#include <string>
#include <string_view>

#include "ap/services.hpp"
#include "jsonld/document.hpp"

namespace qp::ap {

/// A document fetched from another server, read in storage mode. The arena is the caller's.
struct Fetched {
  std::string url;  ///< that answered
  jsonld::StoredForm form;
};

/// GET with the media types of ActivityPub 3.2, through the guarded client; the answer's type must
/// be one of them (security.md 1.1). Gone for 410, NotFound for 404.
Result<Fetched> fetch_document(const std::string& url, const Services& services,
                               json::Arena& arena);

/// The node that `form` describes under `iri`; values of `property` there, by their quads.
std::vector<std::string> values_in(const jsonld::StoredForm& form, std::string_view subject,
                                   std::string_view property);

}  // namespace qp::ap
