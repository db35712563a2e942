#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "net/message.hpp"
#include "sig/keypair.hpp"
#include "sig/verify.hpp"

/// What both forms of signatures share: the parts of a message that are covered, and what is left
/// to check once everything that needs no key has been.
namespace qp::sig {

/// An outgoing or incoming request, as signatures see it. Borrows all of it.
struct Message {
  std::string_view method;
  std::string_view scheme;
  std::string_view host;    ///< the value of the Host field
  std::string_view target;  ///< path and query, as on the request line
  const net::Headers& headers;
  std::string_view body;

  /// `host` in lower case, without the scheme's own port.
  std::string authority() const;
  std::string_view path() const { return target.substr(0, target.find('?')); }
  /// The one line of that name, without blanks around it. Unauthenticated for none, BadInput for
  /// several: which one was meant is not ours to guess.
  Result<std::string> field(std::string_view name) const;
  /// A body, or a method that is about one: such a request must have its digest signed.
  bool needs_digest() const { return !body.empty() || method == "POST"; }
};

/// A signature of the right form, over enough, in time; only the key is missing.
struct Claim {
  std::string how;  ///< "cavage" or "rfc9421"
  std::string key_id;
  std::optional<KeyType> type;       ///< that the named algorithm takes; nullopt: the key decides
  std::string signature;             ///< raw bytes
  std::vector<std::string> covered;  ///< the parts of the message, in lower case
  std::vector<std::string> bases;    ///< the texts that may have been signed
};

/// Unauthenticated if `begin` is too old or in the future, or `expires` is over. A signature ends
/// 12 hours after `begin`, whatever `expires` says.
Result<void> check_window(Millis begin, std::optional<Millis> expires,
                          const VerifyOptions& options);
/// BadInput for text that no key is named by: empty, too long, or with blanks or controls.
Result<void> check_key_id(std::string_view key_id);
/// BadInput for what no key of ours can have made.
Result<void> check_size(std::string_view signature);

inline Error unauthenticated(std::string what) {
  return error(Code::Unauthenticated, "signature: " + std::move(what));
}

inline constexpr std::size_t kCoveredMost = 32;  ///< parts of a message, in one signature

}  // namespace qp::sig
