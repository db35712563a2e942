#pragma once

#include "web/context.hpp"

/// The endpoints of `oauth` over HTTP, and the page where a user signs in and consents.
namespace qp::web {

Result<net::Response> post_token(Context& context, const Exchange& exchange);
Result<net::Response> post_register(Context& context, const Exchange& exchange);
Result<net::Response> post_revoke(Context& context, const Exchange& exchange);
Result<net::Response> post_introspect(Context& context, const Exchange& exchange);
Result<net::Response> get_oauth_metadata(Context& context, const Exchange& exchange);

/// The page: one form with name, password and consent, so there is no session that another site
/// could ride on.
Result<net::Response> get_authorize(Context& context, const Exchange& exchange);
/// What that form sends: the browser goes back to the client with a code, or a refusal.
Result<net::Response> post_authorize(Context& context, const Exchange& exchange);

}  // namespace qp::web
