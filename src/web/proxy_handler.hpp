#pragma once

#include "web/context.hpp"

namespace qp::web {

/// proxyUrl (ActivityPub 3): POST of a form with `id`, answered with that object as the token's
/// actor may see it: from here where it is ours, else from the server that it is on.
Result<net::Response> post_proxy(Context& context, const Exchange& exchange);

}  // namespace qp::web
