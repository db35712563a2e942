#pragma once

#include <string>
#include <string_view>

#include "web/context.hpp"

/// NodeInfo 2.0 and 2.1 (nodeinfo.diaspora.software).
namespace qp::web {

/// A name as the schema wants it: lower case, and `-` for all but letters, digits and hyphens.
std::string nodeinfo_name(std::string_view software);

Result<net::Response> get_nodeinfo_links(Context& context, const Exchange& exchange);
Result<net::Response> get_nodeinfo_20(Context& context, const Exchange& exchange);
Result<net::Response> get_nodeinfo_21(Context& context, const Exchange& exchange);

}  // namespace qp::web
