#pragma once

#include "web/context.hpp"

/// The pages behind /o/authorize/: who asks, for what, and as which actor (RFC 6749 4.1.1).
namespace qp::web {

/// Asks for consent, after signing in where that is needed. A client that is known by a document is
/// looked up only for somebody who signed in.
Result<net::Response> get_authorize(Context& context, const Exchange& exchange);
/// What the consent form sends: the browser goes back to the client with a code, or a refusal.
Result<net::Response> post_authorize(Context& context, const Exchange& exchange);

}  // namespace qp::web
