#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ap/actor.hpp"
#include "ap/services.hpp"
#include "base/rate_limiter.hpp"
#include "net/errands.hpp"

/// Two servers find out whether they agree on who of the one follows an actor of the other
/// (FEP-8fcf, interop.md I26). Whose followers they are says so; who has them sets it right.
namespace qp::ap {

/// The field Collection-Synchronization.
struct Synchronization {
  std::string collection;  ///< all followers
  std::string url;         ///< where those of the receiver are listed, for the receiver
  std::string digest;      ///< of them
};
inline constexpr std::string_view kSynchronizationField = "Collection-Synchronization";
std::string to_text(const Synchronization& synchronization);
/// nullopt where it is malformed, or speaks of more than one server.
std::optional<Synchronization> read_synchronization(std::string_view field);

/// The SHA-256 of each id, all combined by XOR: in whatever order they come.
class IdsDigest {
 public:
  void add(std::string_view id);
  std::string text() const;  ///< 64 hex digits; of none: zeros
  std::size_t count() const { return count_; }

 private:
  std::array<std::uint8_t, 32> bits_{};
  std::size_t count_ = 0;
};

/// Digests of the followers of a local actor, by their origin. Without those of which more are of
/// one origin than are listed in one answer.
Result<std::map<std::string, std::string>> follower_digests(const store::Txn& txn,
                                                            const Actor& actor);
/// Where the followers of one server are listed for that server.
std::string partial_followers(std::string_view followers);
/// The actor whose followers are listed at `iri`.
Result<std::optional<Actor>> find_partial_followers(const store::Txn& txn, std::string_view iri);
/// Those of `origin`, as a document.
Result<std::string> partial_followers_document(const store::Txn& txn, const Actor& actor,
                                               std::string_view iri, std::string_view origin);

/// Compares what others say of their followers with what is known here, on a thread of its own.
class Synchronizer {
 public:
  explicit Synchronizer(Services& services, std::function<void()> wake_delivery);

  /// `field` came to `domain` with something of `actor`, and covered by its signature. Any thread;
  /// never blocks.
  void heed(std::string_view field, const std::string& actor, const Domain& domain);
  /// Returns when all that was heeded is done.
  void wait() { errands_.wait(); }
  void stop() { errands_.stop(); }

 private:
  struct Task {
    Synchronization said;
    std::string actor;
    Domain domain;
  };
  void run(const std::string& text);
  Result<void> compare(const Task& task);
  Result<void> set_right(const Task& task, const std::vector<std::string>& before,
                         const std::vector<std::string>& listed);

  Services& services_;
  std::function<void()> wake_delivery_;
  RateLimiter by_host_;
  net::Errands errands_;  // last: its threads use all the others
};

}  // namespace qp::ap
