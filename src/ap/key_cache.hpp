#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "ap/services.hpp"
#include "base/mutex.hpp"
#include "base/result.hpp"
#include "net/errands.hpp"
#include "sig/keypair.hpp"

namespace qp::ap {

/// A key and who owns it, checked both ways: the actor's document, fetched from its own IRI, lists
/// the key, and the key names that actor (security.md 1.1).
struct KnownKey {
  sig::PublicKey key;
  std::string owner;  ///< actor IRI
  std::string inbox;
  std::string shared_inbox;  ///< or empty
};

/// Public keys of others by their verified id: never by what was asked for. Fetching happens on
/// threads of its own; whoever needs a key that is not there yet parks until `on_ready` is called
/// with its id. All keys that an owner lists are learnt with the first of them. A host from which
/// too many keys could not be had is not asked for more for a while.
class KeyCache {
 public:
  KeyCache(Services& services, std::function<void(const std::string& key_id)> on_ready);

  enum class State { Known, Fetching, Failed, Busy };
  struct Lookup {
    State state;
    std::optional<KnownKey> key;  ///< when Known
    std::string problem;          ///< when Failed or Busy: why, for the sender
    bool gone = false;            ///< when Failed: the owner answers 410
  };
  /// Starts a fetch where the key is not known, or was not found a while ago; Busy where it cannot
  /// be begun now, because too many are being fetched: of that host, or in all. Never blocks.
  Lookup find(const std::string& key_id);
  /// Drops the key, at most once in kKeyRefetchTime; true if it was dropped: look it up again.
  bool refetch(const std::string& key_id);
  void stop() { fetches_.stop(); }

 private:
  struct Entry {
    State state = State::Fetching;
    std::optional<KnownKey> key;
    std::string problem;
    bool gone = false;
    Millis since{};
    Millis refetched{};
  };
  void run(const std::string& key_id);
  void fetch(const std::string& key_id, bool is_again);
  void keep(const std::string& key_id, Entry entry);
  Entry failed(const Error& error, const std::string& key_id) const;
  bool is_exhausted(const std::string& host, Millis now);
  bool want(const std::string& key_id, Entry entry);
  std::vector<std::string> next_of(const std::string& host);

  Services& services_;
  std::function<void(const std::string&)> on_ready_;
  std::mutex mutex_;
  std::unordered_map<std::string, Entry> known_ GUARDED_BY(mutex_);
  /// Failed fetches a host, since when.
  struct Misses {
    std::size_t count = 0;
    Millis since{};
  };
  std::unordered_map<std::string, Misses> misses_ GUARDED_BY(mutex_);
  /// What a host is asked for.
  struct Turn {
    std::size_t running = 0;
    std::deque<std::string> waiting;
  };
  std::unordered_map<std::string, Turn> fetching_ GUARDED_BY(mutex_);  // by host
  net::Errands fetches_;  // last: its threads use all the others
};

}  // namespace qp::ap
