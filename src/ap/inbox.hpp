#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "ap/actor.hpp"
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
  /// `heard_from` is told the host of whoever speaks to us.
  Inbox(Services& services, KeyCache& keys, std::function<void()> wake_delivery,
        std::function<void(std::string_view host)> heard_from = {});

  /// Verifies, reads, admits, applies: one commit. `domain` is the one the request came to;
  /// `inbox` the collection's IRI, or the shared inbox's. Unavailable: the key is being fetched;
  /// `wait_for` is then the key to park on.
  Result<Receipt> receive(const net::Request& request, const Domain& domain, std::string_view inbox,
                          int attempt, std::optional<std::string>& wait_for);

 private:
  Services& services_;
  KeyCache& keys_;
  std::function<void()> wake_delivery_;
  std::function<void(std::string_view host)> heard_from_;
};

}  // namespace qp::ap
