#pragma once

#include "web/context.hpp"

namespace qp::web {

/// POST to a collection: an inbox (S2S, ActivityPub 7: 202 once it is on disk) or an outbox; 405
/// for others.
Result<net::Response> post_collection(Context& context, const Exchange& exchange);

/// POST to `/inbox`, the shared one (ActivityPub 7.1.3).
Result<net::Response> post_shared_inbox(Context& context, const Exchange& exchange);

/// ap::Inbox::Hooks::may_send. Peers that no limit counts by address are not counted here either.
bool may_send(Context& context, const net::Request& request, const std::string& origin);

}  // namespace qp::web
