#include "net/peer.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>

namespace qp::net {

namespace {

Peer peer_of(const in_addr& address) {
  char text[INET_ADDRSTRLEN] = {};
  inet_ntop(AF_INET, &address, text, sizeof(text));
  const std::uint32_t number = ntohl(address.s_addr);
  // 0:1::/32 is no address of IPv6, so that the two kinds of groups never meet.
  return {text, (std::uint64_t{1} << 32) | number, number >> 24 == 127};
}

Peer peer_of(const in6_addr& address) {
  if (IN6_IS_ADDR_V4MAPPED(&address)) {
    in_addr inner;
    std::memcpy(&inner, address.s6_addr + 12, sizeof(inner));
    return peer_of(inner);
  }
  char text[INET6_ADDRSTRLEN] = {};
  inet_ntop(AF_INET6, &address, text, sizeof(text));
  std::uint64_t group = 0;
  for (int i = 0; i < 8; ++i) group = group << 8 | address.s6_addr[i];
  return {text, group, IN6_IS_ADDR_LOOPBACK(&address) != 0};
}

}  // namespace

std::optional<Peer> Peer::parse(std::string_view address) {
  const std::string text(address);
  in_addr v4;
  if (inet_pton(AF_INET, text.c_str(), &v4) == 1) return peer_of(v4);
  in6_addr v6;
  if (inet_pton(AF_INET6, text.c_str(), &v6) == 1) return peer_of(v6);
  return std::nullopt;
}

Peer Peer::of(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET6) {
    return peer_of(reinterpret_cast<const sockaddr_in6&>(address).sin6_addr);
  }
  return peer_of(reinterpret_cast<const sockaddr_in&>(address).sin_addr);
}

std::string address_group(const std::string& address) {
  const auto peer = Peer::parse(address);
  return peer ? std::to_string(peer->group) : address;
}

bool names_this_machine(std::string_view host) {
  const bool is_bracketed = host.starts_with('[');
  const std::string_view name =
      is_bracketed ? host.substr(1, host.find(']') - 1) : host.substr(0, host.find(':'));
  if (!is_bracketed && (name == "localhost" || name.ends_with(".localhost"))) return true;
  const std::optional<Peer> address = Peer::parse(name);
  return address && address->loopback;
}

TrustedProxies::TrustedProxies(const std::vector<std::string>& addresses) {
  for (const std::string& address : addresses) {
    const auto peer = Peer::parse(address);
    addresses_.push_back(peer ? peer->address : address);
  }
}

bool TrustedProxies::contains(const Peer& peer) const {
  return std::ranges::find(addresses_, peer.address) != addresses_.end();
}

void TrustedProxies::name_client(const Peer& connection, Request& request) const {
  request.peer = connection.address;
  request.loopback = connection.loopback;
  const Headers& headers = request.headers;
  if (!headers.get("X-Forwarded-For")) {
    request.loopback = request.loopback && !headers.get("Forwarded");
    return;
  }
  request.loopback = false;
  if (!contains(connection)) return;
  const std::string forwarded = headers.joined("X-Forwarded-For");
  const auto hops = text::split(forwarded, ',');
  for (auto hop = hops.rbegin(); hop != hops.rend(); ++hop) {
    const auto client = Peer::parse(text::trim(*hop));
    request.loopback = client && client->loopback;
    if (!client) return;
    request.peer = client->address;
    if (!contains(*client)) return;
  }
}

bool AddressCounts::enter(std::uint64_t group) {
  const std::lock_guard lock(mutex_);
  std::size_t& open = open_[group];
  if (open >= limit_) return false;
  ++open;
  return true;
}

void AddressCounts::leave(std::uint64_t group) {
  const std::lock_guard lock(mutex_);
  const auto found = open_.find(group);
  if (found != open_.end() && --found->second == 0) open_.erase(found);
}

}  // namespace qp::net
