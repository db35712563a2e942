#pragma once

#include "ap/actor.hpp"
#include "web/context.hpp"

namespace qp::web {

/// C2S (ActivityPub 6): 201 with Location and the activity as JSON. `record` is the outbox's.
Result<net::Response> post_outbox(Context& context, const Exchange& exchange,
                                  const ap::CollectionRecord& record);

}  // namespace qp::web
