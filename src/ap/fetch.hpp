#pragma once

#include <string>
#include <string_view>

#include "ap/addressing.hpp"
#include "ap/services.hpp"
#include "jsonld/document.hpp"

namespace qp::ap {

/// A document fetched from another server, read in storage mode. The arena is the caller's.
struct Fetched {
  std::string url;   ///< that answered
  std::string body;  ///< as it came
  jsonld::StoredForm form;
};

/// The media types of ActivityPub 3.2, as an Accept field asks for them.
inline constexpr const char* kActivityTypes =
    "application/activity+json, application/ld+json; "
    "profile=\"https://www.w3.org/ns/activitystreams\"";
/// One of them, with whatever parameters.
bool is_activity_type(std::string_view media_type);

enum class Freshness {
  Cached,  ///< a response that may be reused (RFC 9111) will do
  Fresh,
  Own,  ///< fresh, and kept for nobody: it depends on who asks
};

/// GET with the media types of ActivityPub 3.2, through the guarded client; the answer's type must
/// be one of them (security.md 1.1). Signed by the server's own actor (FEP-2677), in the form that
/// the host takes. Gone for 410, NotFound for 404.
Result<Fetched> fetch_document(const std::string& url, const Services& services, json::Arena& arena,
                               Freshness freshness = Freshness::Cached);
/// The resource `iri` as its own server describes it: what answers has that id, or names another
/// one of its origin that does (FEP-fe34). Unauthenticated where neither holds.
Result<Fetched> fetch_resource(const std::string& iri, const Services& services, json::Arena& arena,
                               Freshness freshness = Freshness::Cached);

/// What was there is gone, though it is not answered with 410.
bool is_tombstone(const Fetched& fetched);

/// The node that `form` describes under `iri`; values of `property` there, by their quads.
std::vector<std::string> values_in(const jsonld::StoredForm& form, std::string_view subject,
                                   std::string_view property);

}  // namespace qp::ap
