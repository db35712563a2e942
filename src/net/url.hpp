#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace qp::net {

/// An absolute http or https URL, as far as a request needs it. A plain value.
///
/// Reading is strict, since each odd form is a way around an address check (security.md 1.4):
/// no user, no blanks or control characters, no backslash, no empty port; a host that ends in a
/// number is a dotted quad without leading zeros (`0x7f.1`, `127.1` and `2130706433` are refused).
/// International names become their IDNA 2008 form; nothing is mapped, so that full-width digits
/// are refused.
struct Url {
  std::string scheme;  ///< `http` or `https`
  std::string host;    ///< lower case ASCII name, dotted quad, or IPv6 address without brackets
  std::uint16_t port = 0;
  std::string target;  ///< path and query, as sent; characters outside of ASCII percent-encoded

  /// BadInput says what is wrong. A fragment is dropped.
  static Result<Url> parse(std::string_view text);

  /// What `reference` of a Location field means here (RFC 3986 5.2).
  Result<Url> resolve(std::string_view reference) const;

  bool is_ipv6() const { return host.find(':') != std::string::npos; }
  std::uint16_t default_port() const { return scheme == "https" ? 443 : 80; }
  /// `host[:port]` as in the Host field: the port only where it is not the scheme's own.
  std::string authority() const;
  std::string origin() const { return scheme + "://" + authority(); }
  std::string text() const { return origin() + target; }
};

}  // namespace qp::net
