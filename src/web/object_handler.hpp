#pragma once

#include "web/context.hpp"

/// Reading resources: GET and HEAD of actors, objects, activities and collections.
namespace qp::web {

/// The same 404 for what is not there and for what this reader may not know of; 410 for what was
/// deleted; an inbox is for its owner (401, 403).
Result<net::Response> get_resource(Context& context, const Exchange& exchange);

/// Every other address: a resource that was brought along has the id that it had; what goes by
/// another one now is redirected there.
Result<net::Response> get_elsewhere(Context& context, const Exchange& exchange);

/// The resource at `url` (an id, or the page of a collection: what is behind the `?` counts) of a
/// domain of this server, for who asks, as application/activity+json. Parked, like get_resource,
/// where the key of the one who asks has to be fetched.
Result<net::Response> serve_here(Context& context, const Exchange& exchange, const store::Txn& txn,
                                 std::string_view url);

/// `/keys/<id>`: where the key of `/actors/<id>` is.
Result<net::Response> get_key(Context& context, const Exchange& exchange);

/// The IRI that a request's target stands for on a domain: no query, encoded as it came.
std::string requested_iri(const ap::Domain& domain, std::string_view target);

/// The page that the query asks for: `page` (true, first, last, before:KEY, after:KEY) and
/// `limit`. nullopt: the collection itself.
Result<std::optional<view::Page>> requested_page(std::string_view query);

}  // namespace qp::web
