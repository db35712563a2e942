#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/mutex.hpp"
#include "net/message.hpp"

namespace qp::net {

/// A client's address. An IPv4 address inside IPv6 is shown as IPv4.
struct Peer {
  std::string address;
  std::uint64_t group = 0;  ///< the same for one IPv4 address, or one /64 of IPv6
  bool loopback = false;

  static std::optional<Peer> parse(std::string_view address);
  static Peer of(const sockaddr_storage& address);
};

/// The same text for all that one client can call itself: an IPv4 address, or the /64 of an IPv6
/// one. `address` itself where it is none.
std::string address_group(const std::string& address);

/// `host[:port]` is this machine by its name (RFC 6761 6.3) or its address; so plain http to it
/// goes over no network.
bool names_this_machine(std::string_view host);

/// The proxies whose word about their clients is believed.
class TrustedProxies {
 public:
  explicit TrustedProxies(const std::vector<std::string>& addresses);
  bool contains(const Peer& peer) const;
  /// Says in `request` who sent it over `connection`: that peer, or, where it is a trusted proxy,
  /// the last address in X-Forwarded-For that is not one. What was forwarded by somebody who is not
  /// trusted, or for nobody who can be named, is never taken for this machine's own.
  void name_client(const Peer& connection, Request& request) const;

 private:
  std::vector<std::string> addresses_;
};

/// Counts open connections of each address. Any thread.
class AddressCounts {
 public:
  explicit AddressCounts(std::size_t limit) : limit_(limit) {}
  /// False where the limit is reached; else leave() gives the place back.
  bool enter(std::uint64_t group);
  void leave(std::uint64_t group);

 private:
  const std::size_t limit_;
  std::mutex mutex_;
  std::unordered_map<std::uint64_t, std::size_t> open_ GUARDED_BY(mutex_);
};

}  // namespace qp::net
