// libFuzzer target: a URL that is accepted means one thing, however often it is read, and none of
// its parts could end a line or hide another host.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "net/address_guard.hpp"
#include "net/url.hpp"

using qp::net::Address;
using qp::net::Url;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

bool is_graphic(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7F; });
}

void check(const Url& url) {
  require(url.scheme == "http" || url.scheme == "https");
  require(!url.host.empty() && is_graphic(url.host) && is_graphic(url.target));
  require(url.host.find_first_of("/?#@\\%") == std::string::npos);
  require(url.target.starts_with('/') && url.target.find_first_of("#\\") == std::string::npos);
  const auto again = Url::parse(url.text());
  require(again && again->text() == url.text() && again->host == url.host &&
          again->port == url.port);
  if (url.is_ipv6()) require(Address::from_text(url.host).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto url = Url::parse(text);
  if (url) check(*url);
  const auto base = Url::parse("https://a.example:8443/one/two?three");
  const auto resolved = base->resolve(text);
  if (resolved) check(*resolved);
  if (const auto address = Address::from_text(text)) {
    require(Address::from_text(address->text()) == *address);
  }
  return 0;
}
