#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "web/context.hpp"

/// WebFinger (RFC 7033) and host-meta (RFC 6415), by which others find actors.
namespace qp::web {

/// Who a `resource` names.
struct Account {
  std::string username;
  std::string host;  ///< host[:port]
};
struct Address {
  std::string iri;
};
/// BadInput: neither acct: nor http(s):. NotFound: an acct: that can name nobody.
Result<std::variant<Account, Address>> parse_resource(std::string_view resource);

Result<net::Response> get_webfinger(Context& context, const Exchange& exchange);
Result<net::Response> get_host_meta(Context& context, const Exchange& exchange);
Result<net::Response> get_host_meta_json(Context& context, const Exchange& exchange);

}  // namespace qp::web
