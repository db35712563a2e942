#pragma once

#include "web/context.hpp"

/// `/api/actors`: the actors of the signed-in user.
namespace qp::web {

/// 200 with an array of the user's own actors, oldest first.
Result<net::Response> list_actors(Context& context, const Exchange& exchange);

/// 201 with the new actor. Body: JSON with `preferred_username`, and optionally `display_name`
/// and `type`.
Result<net::Response> create_actor(Context& context, const Exchange& exchange);

}  // namespace qp::web
