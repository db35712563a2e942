#pragma once

#include "web/context.hpp"

/// The endpoints of `oauth` over HTTP.
namespace qp::web {

Result<net::Response> post_token(Context& context, const Exchange& exchange);
Result<net::Response> post_register(Context& context, const Exchange& exchange);
Result<net::Response> post_revoke(Context& context, const Exchange& exchange);
Result<net::Response> post_introspect(Context& context, const Exchange& exchange);
Result<net::Response> get_oauth_metadata(Context& context, const Exchange& exchange);
Result<net::Response> get_resource_metadata(Context& context, const Exchange& exchange);

}  // namespace qp::web
