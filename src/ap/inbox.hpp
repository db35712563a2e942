#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "ap/actor.hpp"
#include "ap/documents.hpp"
#include "ap/key_cache.hpp"
#include "ap/services.hpp"
#include "ap/signer.hpp"
#include "base/result.hpp"
#include "net/message.hpp"

namespace qp::ap {

enum class Receipt { Accepted, Duplicate, Ignored };

/// Reads, admits and applies what a verified sender sent to `inbox` (a collection's IRI, or the
/// shared inbox's), in one commit.
Result<Receipt> take_in(std::string_view body, const Sender& sender, std::string_view inbox,
                        const Services& services);

/// S2S entry (ActivityPub 7).
class Inbox {
 public:
  /// Who is told of what came.
  struct Hooks {
    std::function<void()> wake_delivery;
    std::function<void(std::string_view host)> heard_from;  ///< of whoever speaks to us
    /// What `actor` says of its followers (synchronize.hpp), covered by its signature.
    std::function<void(std::string_view field, const std::string& actor, const Domain& domain)>
        synchronize;
    /// Whether one more of what `origin` signed is taken; it is counted.
    std::function<bool(const net::Request& request, const std::string& origin)> may_send;
  };
  Inbox(Services& services, KeyCache& keys, Documents& documents, Hooks hooks);

  /// Verifies, reads, admits, applies: one commit. `domain` is the one the request came to;
  /// `inbox` the collection's IRI, or the shared inbox's. Unavailable: the key, or a document that
  /// the activity cannot be judged without, is being fetched; `wait_for` is then what to park on.
  /// TooMany: its server has sent too much lately.
  Result<Receipt> receive(const net::Request& request, const Domain& domain, std::string_view inbox,
                          int attempt, std::optional<std::string>& wait_for);

 private:
  Result<Receipt> take_vanished(const std::string& actor, const std::string& key_id,
                                const Error& refusal, int attempt,
                                std::optional<std::string>& wait_for);

  Services& services_;
  KeyCache& keys_;
  Documents& documents_;
  Hooks hooks_;
};

}  // namespace qp::ap
