#include "net/url.hpp"

#include <arpa/inet.h>
#include <idn2.h>

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "base/limits.hpp"
#include "base/text.hpp"

namespace qp::net {

namespace {

constexpr std::size_t kHostBytes = 253;
constexpr std::size_t kLabelBytes = 63;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// An IPv6 literal in its canonical spelling (RFC 5952), without a zone.
Result<std::string> read_ipv6(std::string_view text) {
  in6_addr address{};
  if (inet_pton(AF_INET6, std::string(text).c_str(), &address) != 1) {
    return bad_input("URL: not an IPv6 address: " + std::string(text));
  }
  std::array<char, INET6_ADDRSTRLEN> out{};
  inet_ntop(AF_INET6, &address, out.data(), out.size());
  return std::string(out.data());
}

bool is_dotted_quad(const std::vector<std::string_view>& labels) {
  return labels.size() == 4 && std::all_of(labels.begin(), labels.end(), [](auto label) {
           if (label.empty() || label.size() > 3) return false;
           if (!std::all_of(label.begin(), label.end(), is_digit)) return false;
           return (label.size() == 1 || label[0] != '0') && *text::to_uint(label) <= 255;
         });
}

/// True for what the URL standard's IPv4 parser would take for a number.
bool is_number(std::string_view label) {
  return std::all_of(label.begin(), label.end(), is_digit) || label.starts_with("0x");
}

bool is_label(std::string_view label) {
  if (label.empty() || label.size() > kLabelBytes) return false;
  if (label.front() == '-' || label.back() == '-') return false;
  return std::all_of(label.begin(), label.end(), [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
  });
}

/// The ASCII form of an international name (RFC 5891), mapping nothing.
Result<std::string> to_ascii_name(std::string_view name) {
  if (!text::is_utf8(name)) return bad_input("URL: the host is not UTF-8");
  std::string lower = text::lower(name);
  if (is_ascii(lower) && lower.find("xn--") == std::string::npos) return lower;
  std::uint8_t* found = nullptr;
  const int outcome = idn2_lookup_u8(reinterpret_cast<const std::uint8_t*>(lower.c_str()), &found,
                                     IDN2_NFC_INPUT | IDN2_NO_TR46);
  const std::unique_ptr<std::uint8_t, decltype(&idn2_free)> owned(found, &idn2_free);
  if (outcome != IDN2_OK) return bad_input("URL: the host is no international domain name");
  return std::string(reinterpret_cast<const char*>(found));
}

Result<std::string> read_name(std::string_view text) {
  std::string name = QP_TRY(to_ascii_name(text));
  if (name.empty() || name.size() > kHostBytes) return bad_input("URL: no host, or one too long");
  const auto labels = text::split(name, '.');
  if (is_number(labels.back()) && !is_dotted_quad(labels)) {
    return bad_input("URL: a host that ends in a number is not an IPv4 address: " + name);
  }
  if (!std::all_of(labels.begin(), labels.end(), is_label)) {
    return bad_input("URL: the host has an empty label or characters that none may have");
  }
  return name;
}

Result<std::uint16_t> read_port(std::string_view text) {
  const auto number = text.size() <= 5 ? text::to_uint(text) : std::nullopt;
  if (!number || *number == 0 || *number > 65535) return bad_input("URL: not a port");
  return static_cast<std::uint16_t>(*number);
}

Result<void> read_authority(std::string_view text, Url& url) {
  if (text.find('@') != std::string_view::npos) return bad_input("URL: it names a user");
  std::string_view after_host;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return bad_input("URL: [ without ]");
    url.host = QP_TRY(read_ipv6(text.substr(1, end - 1)));
    after_host = text.substr(end + 1);
  } else {
    const auto colon = std::min(text.find(':'), text.size());
    url.host = QP_TRY(read_name(text.substr(0, colon)));
    after_host = text.substr(colon);
  }
  url.port = url.default_port();
  if (after_host.empty()) return {};
  if (after_host[0] != ':') return bad_input("URL: text between host and path");
  url.port = QP_TRY(read_port(after_host.substr(1)));
  return {};
}

/// Path and query, with a slash in front and everything outside of ASCII percent-encoded.
Result<std::string> read_target(std::string_view text) {
  std::string target;
  if (!text.starts_with('/')) target = "/";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (static_cast<unsigned char>(c) >= 0x80) {
      target += text::percent_encode(text.substr(i, 1));
      continue;
    }
    if (c == '%' && !text::percent_decode(text.substr(i, 3))) {
      return bad_input("URL: % without two hexadecimal digits");
    }
    target += c;
  }
  return target;
}

bool is_refused(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte <= 0x20 || byte == 0x7F ||
         std::string_view("\"<>\\^`{|}").find(c) != std::string::npos;
}

/// RFC 3986 5.2.4, on a path that begins with a slash.
std::string without_dot_segments(std::string_view path) {
  std::vector<std::string_view> kept;
  const auto segments = text::split(path.substr(1), '/');
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const bool dots = segments[i] == "." || segments[i] == "..";
    if (segments[i] == ".." && !kept.empty()) kept.pop_back();
    if (!dots) kept.push_back(segments[i]);
    if (dots && i + 1 == segments.size()) kept.push_back("");
  }
  std::string out;
  for (const auto segment : kept) out.append("/").append(segment);
  return out.empty() ? "/" : out;
}

bool has_scheme(std::string_view reference) {
  const auto colon = reference.find(':');
  return colon != std::string_view::npos && colon < reference.find_first_of("/?#");
}

}  // namespace

Result<Url> Url::parse(std::string_view text) {
  if (text.size() > limits::kIriBytes) return bad_input("URL: too long");
  if (std::any_of(text.begin(), text.end(), is_refused)) {
    return bad_input("URL: a blank, a control character, or one that must be percent-encoded");
  }
  if (!text::is_utf8(text)) return bad_input("URL: not UTF-8");
  Url url;
  const auto [scheme, rest] = text::split_once(text, ':');
  url.scheme = text::lower(scheme);
  if (url.scheme != "http" && url.scheme != "https") return bad_input("URL: not http or https");
  if (!rest || !rest->starts_with("//")) return bad_input("URL: no // after the scheme");
  std::string_view after = rest->substr(2);
  after = after.substr(0, after.find('#'));
  const auto authority_end = std::min(after.find_first_of("/?"), after.size());
  QP_TRY(read_authority(after.substr(0, authority_end), url));
  url.target = QP_TRY(read_target(after.substr(authority_end)));
  return url;
}

// RFC 3986 5.2.2: the branches in the order of the pseudocode there.
Result<Url> Url::resolve(std::string_view reference) const {
  if (has_scheme(reference)) return parse(reference);
  if (reference.starts_with("//")) return parse(scheme + ":" + std::string(reference));
  reference = reference.substr(0, reference.find('#'));
  const std::string_view base_path = std::string_view(target).substr(0, target.find('?'));
  if (reference.empty()) return *this;
  if (reference.starts_with('?')) {
    return parse(origin() + std::string(base_path) + std::string(reference));
  }
  const auto query = std::min(reference.find('?'), reference.size());
  std::string path;
  if (!reference.starts_with('/')) path = base_path.substr(0, base_path.rfind('/') + 1);
  path += reference.substr(0, query);
  return parse(origin() + without_dot_segments(path) + std::string(reference.substr(query)));
}

std::string Url::authority() const {
  std::string out = is_ipv6() ? "[" + host + "]" : host;
  if (port != default_port()) out += ":" + std::to_string(port);
  return out;
}

}  // namespace qp::net
