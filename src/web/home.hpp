#pragma once

#include "web/context.hpp"

namespace qp::web {

/// `/`: what this server is, and what it keeps of people (ActivityStreams 2.0, 8: what personal
/// data is processed is to be published).
Result<net::Response> get_home(Context& context, const Exchange& exchange);

}  // namespace qp::web
