#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace qp::oauth {

/// What a token allows.
enum class Scope : std::uint8_t {
  Read = 1,    ///< what the user may see
  Write = 2,   ///< post to the user's outboxes, make actors, upload
  Follow = 4,  ///< follow, block and answer requests to follow
};

/// A set of them (RFC 6749 3.3).
class Scopes {
 public:
  constexpr Scopes() = default;
  constexpr Scopes(Scope scope) : bits_(static_cast<std::uint8_t>(scope)) {}
  /// All that this server declares; what is granted where a request names none.
  static constexpr Scopes all() { return Scopes(Scope::Read) | Scope::Write | Scope::Follow; }
  /// Names between spaces, in any order; empty: none. BadInput on an unknown one.
  static Result<Scopes> parse(std::string_view text);

  constexpr bool has(Scope scope) const { return Scopes(scope).within(*this); }
  constexpr bool within(Scopes other) const { return (bits_ & ~other.bits_) == 0; }
  constexpr bool empty() const { return bits_ == 0; }
  /// "read write follow": always in that order.
  std::string text() const;
  std::vector<std::string> names() const;

  friend constexpr Scopes operator|(Scopes a, Scopes b) {
    Scopes both;
    both.bits_ = static_cast<std::uint8_t>(a.bits_ | b.bits_);
    return both;
  }
  friend constexpr bool operator==(Scopes, Scopes) = default;

 private:
  std::uint8_t bits_ = 0;
};

}  // namespace qp::oauth
