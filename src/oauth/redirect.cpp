#include "oauth/redirect.hpp"

#include <algorithm>
#include <optional>

#include "base/text.hpp"
#include "oauth/limits.hpp"

namespace qp::oauth {

namespace {

std::string_view authority_of(std::string_view after_scheme) {
  return after_scheme.substr(0, after_scheme.find_first_of("/?"));
}

bool is_scheme(std::string_view text) {
  return !text.empty() && text[0] >= 'a' && text[0] <= 'z' &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789+-.") ==
             std::string_view::npos;
}

/// Of "http://127.0.0.1:1234/path?query", "http://127.0.0.1" and "/path?query"; nullopt for what
/// is not http to a loopback address.
struct Loopback {
  std::string_view host, rest;
  friend bool operator==(const Loopback&, const Loopback&) = default;
};
std::optional<Loopback> split_loopback(std::string_view uri) {
  for (const std::string_view host : {"http://127.0.0.1", "http://[::1]"}) {
    if (!uri.starts_with(host)) continue;
    std::string_view rest = uri.substr(host.size());
    if (rest.starts_with(':')) {
      const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
      const auto port = text::to_uint(rest.substr(1, end - 1));
      if (!port || *port > 65535) return std::nullopt;
      rest.remove_prefix(end);
    }
    if (!rest.empty() && rest[0] != '/' && rest[0] != '?') return std::nullopt;
    return Loopback{host, rest};
  }
  return std::nullopt;
}

bool is_http_to_localhost(std::string_view authority) {
  return authority == "localhost" || authority.starts_with("localhost:");
}

}  // namespace

Result<void> check_redirect_uri(std::string_view uri) {
  const bool printable = std::ranges::all_of(uri, [](char c) { return c > ' ' && c < 0x7F; });
  if (!printable || uri.size() > limits::kRedirectUriBytes ||
      uri.find_first_of("#\\\"<>") != std::string_view::npos) {
    return bad_input("a redirect URI is printable ASCII without a fragment");
  }
  const auto [scheme, rest] = text::split_once(uri, ':');
  if (!rest || !is_scheme(scheme)) return bad_input("a redirect URI begins with a scheme");
  const std::string_view authority = rest->starts_with("//") ? authority_of(rest->substr(2)) : "";
  if (authority.find('@') != std::string_view::npos) {
    return bad_input("a redirect URI names no user");
  }
  const bool allowed = scheme == "https"  ? !authority.empty()
                       : scheme == "http" ? split_loopback(uri) || is_http_to_localhost(authority)
                                          : scheme.find('.') != std::string_view::npos;
  if (!allowed) {
    return bad_input(
        "a redirect URI is https, http to a loopback address, or of a scheme like "
        "com.example.app");
  }
  return {};
}

bool redirect_matches(std::string_view registered, std::string_view given) {
  if (registered == given) return true;
  const auto a = split_loopback(registered);
  return a && a == split_loopback(given);
}

std::string with_parameter(std::string_view uri, std::string_view name, std::string_view value) {
  std::string out(uri);
  out += uri.find('?') == std::string_view::npos ? '?' : '&';
  out.append(name).append("=").append(text::percent_encode(value));
  return out;
}

}  // namespace qp::oauth
