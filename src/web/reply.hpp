#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "net/message.hpp"

/// Small pieces of responses that several handlers use.
namespace qp::web {

net::Response reply(int status, std::string body, std::string_view content_type);
net::Response json_reply(int status, const nlohmann::ordered_json& body,
                         std::string_view content_type = "application/json");
net::Response redirect(int status, std::string_view location);

/// RFC 9110 13.1.2: true if the field's value names `etag` (weakly compared) or is `*`.
bool names_etag(std::string_view if_none_match, std::string_view etag);

}  // namespace qp::web
