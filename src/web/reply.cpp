#include "web/reply.hpp"

#include <nlohmann/json.hpp>

#include "base/text.hpp"

namespace qp::web {

net::Response reply(int status, std::string body, std::string_view content_type) {
  net::Response response;
  response.status = status;
  response.headers.set("Content-Type", std::string(content_type));
  response.headers.set("X-Content-Type-Options", "nosniff");
  response.body = std::move(body);
  return response;
}

net::Response json_reply(int status, const nlohmann::ordered_json& body,
                         std::string_view content_type) {
  // dump() throws on text that is not UTF-8 unless it is told to replace it.
  using Handler = nlohmann::ordered_json::error_handler_t;
  return reply(status, body.dump(-1, ' ', false, Handler::replace), content_type);
}

net::Response redirect(int status, std::string_view location) {
  net::Response response;
  response.status = status;
  response.headers.set("Location", location);
  return response;
}

bool names_etag(std::string_view if_none_match, std::string_view etag) {
  for (std::string_view one : text::split(if_none_match, ',')) {
    one = text::trim(one);
    if (one == "*") return true;
    if (one.starts_with("W/")) one.remove_prefix(2);
    if (one == etag) return true;
  }
  return false;
}

}  // namespace qp::web
