#pragma once

#include "web/context.hpp"

/// How the process is, for probes and monitoring.
namespace qp::web {

/// 200 as long as the process answers at all.
Result<net::Response> get_health(Context& context, const Exchange& exchange);
/// 200 when the store can be read, else 503.
Result<net::Response> get_readiness(Context& context, const Exchange& exchange);
/// Prometheus text; 404 for peers of other machines unless it is configured public.
Result<net::Response> get_metrics(Context& context, const Exchange& exchange);

}  // namespace qp::web
