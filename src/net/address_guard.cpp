#include "net/address_guard.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <memory>

namespace qp::net {

namespace {

struct Range {
  std::array<std::uint8_t, 4> prefix;
  unsigned bits;
};

// IANA IPv4 Special-Purpose Address Registry, and RFC 5771 for multicast.
constexpr Range kSpecialIpv4[] = {
    {{0, 0, 0, 0}, 8},        // this network
    {{10, 0, 0, 0}, 8},       // private
    {{100, 64, 0, 0}, 10},    // shared (carrier NAT)
    {{127, 0, 0, 0}, 8},      // loopback
    {{169, 254, 0, 0}, 16},   // link-local, cloud metadata
    {{172, 16, 0, 0}, 12},    // private
    {{192, 0, 0, 0}, 24},     // IETF protocol assignments
    {{192, 0, 2, 0}, 24},     // documentation
    {{192, 88, 99, 0}, 24},   // 6to4 relay
    {{192, 168, 0, 0}, 16},   // private
    {{198, 18, 0, 0}, 15},    // benchmarks
    {{198, 51, 100, 0}, 24},  // documentation
    {{203, 0, 113, 0}, 24},   // documentation
    {{224, 0, 0, 0}, 4},      // multicast
    {{240, 0, 0, 0}, 4},      // reserved, broadcast
};

struct Range6 {
  std::array<std::uint8_t, 4> prefix;  ///< the first four bytes; no range here needs more
  unsigned bits;
};

constexpr Range6 kGlobalIpv6 = {{0x20, 0, 0, 0}, 3};
// Parts of 2000::/3 that are not global unicast.
constexpr Range6 kSpecialIpv6[] = {
    {{0x20, 0x01, 0, 0}, 23},        // IETF protocol assignments: Teredo, ORCHID, benchmarks
    {{0x20, 0x01, 0x0D, 0xB8}, 32},  // documentation
    {{0x20, 0x02, 0, 0}, 16},        // 6to4
    {{0x3F, 0xFF, 0, 0}, 20},        // documentation
};

template <class R>
bool contains(const R& range, const Address& address) {
  for (unsigned bit = 0; bit < range.bits; bit += 8) {
    const unsigned left = std::min(8U, range.bits - bit);
    const unsigned mask = 0xFF00U >> left & 0xFFU;
    if ((address.bytes[bit / 8] & mask) != (range.prefix[bit / 8] & mask)) return false;
  }
  return true;
}

/// `entry` without brackets and port: `127.0.0.1:80`, `[::1]:80`, `::1`, `localhost`.
std::string without_port(const std::string& entry) {
  if (entry.starts_with('[')) return entry.substr(1, entry.find(']') - 1);
  const auto colon = entry.find(':');
  return colon == entry.rfind(':') ? entry.substr(0, colon) : entry;
}

}  // namespace

std::optional<Address> Address::from_text(std::string_view text) {
  const std::string copy(text);
  Address address;
  for (const int family : {AF_INET, AF_INET6}) {
    address.family = family;
    if (inet_pton(family, copy.c_str(), address.bytes.data()) == 1) return address;
  }
  return std::nullopt;
}

std::optional<Address> Address::from_socket(const sockaddr& address) {
  Address out;
  out.family = address.sa_family;
  if (address.sa_family == AF_INET) {
    std::memcpy(out.bytes.data(), &reinterpret_cast<const sockaddr_in&>(address).sin_addr, 4);
  } else if (address.sa_family == AF_INET6) {
    std::memcpy(out.bytes.data(), &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr, 16);
  } else {
    return std::nullopt;
  }
  return out;
}

std::string Address::text() const {
  std::array<char, INET6_ADDRSTRLEN> out{};
  const char* found = inet_ntop(family, bytes.data(), out.data(), out.size());
  return found == nullptr ? std::string() : std::string(found);
}

bool is_public(const Address& address) {
  const auto holds_it = [&](const auto& range) { return contains(range, address); };
  if (address.family == AF_INET) {
    return std::none_of(std::begin(kSpecialIpv4), std::end(kSpecialIpv4), holds_it);
  }
  if (address.family != AF_INET6) return false;
  return contains(kGlobalIpv6, address) &&
         std::none_of(std::begin(kSpecialIpv6), std::end(kSpecialIpv6), holds_it);
}

bool is_public(const sockaddr& address) {
  const auto found = Address::from_socket(address);
  return found && is_public(*found);
}

std::vector<Address> resolve(const std::string& host) {
  if (const auto literal = Address::from_text(host)) return {*literal};
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  if (getaddrinfo(host.c_str(), nullptr, &hints, &list) != 0) return {};
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owned(list, &freeaddrinfo);
  std::vector<Address> found;
  for (const addrinfo* at = list; at != nullptr; at = at->ai_next) {
    const auto address = Address::from_socket(*at->ai_addr);
    if (address && std::find(found.begin(), found.end(), *address) == found.end()) {
      found.push_back(*address);
    }
  }
  return found;
}

AddressGuard::AddressGuard(const std::vector<std::string>& allowed) {
  for (const std::string& entry : allowed) {
    const auto found = resolve(without_port(entry));
    allowed_.insert(allowed_.end(), found.begin(), found.end());
  }
}

Reach AddressGuard::judge(const Address& address) const {
  if (is_public(address)) return Reach::Public;
  const bool listed = std::find(allowed_.begin(), allowed_.end(), address) != allowed_.end();
  return listed ? Reach::Allowed : Reach::Refused;
}

}  // namespace qp::net
