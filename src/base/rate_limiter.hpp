#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/mutex.hpp"
#include "base/time.hpp"

namespace qp {

/// How often each key (an address, an origin, a user) may do something: `count` at once, then
/// evenly `count` a `period` (the generic cell rate algorithm, ITU-T I.371: a token bucket that
/// needs one number a key).
///
/// Memory is bounded: at `max_keys` keys with an unfinished budget, all further keys share one.
/// Any thread.
class RateLimiter {
 public:
  struct Rate {
    std::uint32_t count;  ///< at least 1
    Millis period;
  };
  static constexpr std::size_t kMaxKeys = 65'536;

  explicit RateLimiter(Rate rate, std::size_t max_keys = kMaxKeys);

  /// nullopt: go ahead, it is counted. Otherwise nothing is counted, and the value is for
  /// Retry-After: whole seconds, at least one.
  std::optional<std::chrono::seconds> take(std::string_view key, Millis now);
  /// What the key has left at `now`: for the fields of the RateLimit draft.
  struct Budget {
    std::uint32_t count;  ///< of the rate
    std::uint32_t left;
    std::chrono::seconds period;
    std::chrono::seconds full;  ///< until all of it is there again
  };
  Budget budget(std::string_view key, Millis now);
  /// Undoes one `take` of that key: the attempt turned out to be harmless.
  void give_back(std::string_view key);

 private:
  using Hash = std::uint64_t;
  using Micros = std::chrono::microseconds;
  Hash hash(std::string_view key) const;
  Micros& full_again_of(Hash key, Millis now);
  void forget_rested(Millis now);

  const std::uint32_t count_;
  const Millis period_;
  const Micros interval_;
  const std::size_t max_keys_;
  const std::string hash_key_;  ///< random, so that nobody outside can make keys collide
  std::mutex mutex_;
  /// When the key's budget will be whole again.
  std::unordered_map<Hash, Micros> full_again_ GUARDED_BY(mutex_);
  Micros shared_full_again_ GUARDED_BY(mutex_){0};
  Millis last_forgotten_ GUARDED_BY(mutex_){0};
};

}  // namespace qp
