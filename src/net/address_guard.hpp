#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Which numeric addresses a request of ours may be sent to (security.md 1.4).
namespace qp::net {

/// An IPv4 or IPv6 address. A plain value.
struct Address {
  int family = AF_UNSPEC;                ///< AF_INET or AF_INET6
  std::array<std::uint8_t, 16> bytes{};  ///< the first 4 or all 16, network order

  /// A dotted quad or an IPv6 address without brackets and zone; nullopt for all else.
  static std::optional<Address> from_text(std::string_view text);
  /// nullopt for a family other than the two.
  static std::optional<Address> from_socket(const sockaddr& address);
  std::string text() const;
  bool operator==(const Address&) const = default;
};

/// True for global unicast addresses only. Private, shared, loopback, link-local, documentation,
/// benchmark, multicast and reserved ranges are not (IANA special-purpose registries); neither is
/// any IPv6 address that carries an IPv4 one (mapped, NAT64, 6to4, Teredo), whichever it carries.
bool is_public(const Address& address);
bool is_public(const sockaddr& address);

/// All addresses that a name has now, through the system's resolver; a numeric name is itself.
/// Blocks. Empty where there is none.
std::vector<Address> resolve(const std::string& host);

enum class Reach {
  Public,   ///< anyone may be sent there
  Allowed,  ///< not public, but in the operator's list
  Refused,
};

/// The public addresses and those the operator names. Immutable, any thread.
class AddressGuard {
 public:
  /// Entries are addresses or names, which are resolved now and never again; `:port` is ignored.
  explicit AddressGuard(const std::vector<std::string>& allowed);
  Reach judge(const Address& address) const;

 private:
  std::vector<Address> allowed_;
};

}  // namespace qp::net
