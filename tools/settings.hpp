#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/result.hpp"
#include "oauth/service.hpp"
#include "web/limits.hpp"

namespace qp::tools {

/// How long `serve` lets one transaction read: pages that it sees cannot be used anew. A query by
/// HTTP has 10 s.
inline constexpr std::chrono::seconds kReadTime{15};

/// What the configuration file says; each member is what holds where it says nothing.
/// Flags beat the environment, which beats the file: the commands put theirs over these.
struct Settings {
  std::filesystem::path data = "data";
  std::string listen = "127.0.0.1:8000";
  std::string url;  ///< a domain that `serve` adds where it is missing; empty: none
  std::string software_name = "quadpub";
  std::string software_version = QUADPUB_VERSION;
  oauth::PasswordGrant password_grant = oauth::PasswordGrant::Loopback;
  oauth::Registration registration = oauth::Registration::Authenticated;
  bool metrics_public = false;
  bool sparql = false;  ///< /sparql answers
  std::chrono::milliseconds read_time = kReadTime;
  log::Level log_level = log::Level::Info;
  bool log_as_text = false;
  std::vector<std::string> trusted_proxies;
  std::vector<std::string> allow_private;
  web::Quotas quotas;
  std::string tls_cert, tls_key;  ///< PEM files; both or neither
};

/// BadInput names the key that is unknown or has a value that cannot be.
Result<Settings> read_settings(const std::filesystem::path& file);
/// The same of a text; `name` is said in errors.
Result<Settings> parse_settings(std::string_view toml, std::string_view name);

/// `HOST:PORT`, `[::1]:PORT`, or nullopt.
struct Endpoint {
  std::string host;  ///< without brackets
  std::uint16_t port = 0;
};
std::optional<Endpoint> parse_endpoint(std::string_view text);
/// An IPv4 or IPv6 address, without port or range.
bool is_address(const std::string& text);

}  // namespace qp::tools
