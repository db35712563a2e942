#pragma once

#include "web/context.hpp"

/// /sparql: queries by the SPARQL 1.1 Protocol (section 2.1), for a signed-in local actor, over
/// exactly the graphs that this actor may see. Only where the configuration says so.
namespace qp::web {

/// `?query=` and the graphs of the dataset.
Result<net::Response> get_sparql(Context& context, const Exchange& exchange);
/// A form of the same, or a body that is the query (`application/sparql-query`); or an update
/// (section 2.2), in either form, for a token with the scope of its own: of what the actor wrote.
Result<net::Response> post_sparql(Context& context, const Exchange& exchange);

}  // namespace qp::web
