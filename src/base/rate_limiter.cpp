#include "base/rate_limiter.hpp"

#include <sodium.h>

#include <algorithm>

#include "base/random.hpp"

namespace qp {

namespace {

/// A full table is swept at most this often, so that a flood of new keys costs no sweep each.
constexpr Millis kSweepPause{1000};

}  // namespace

RateLimiter::RateLimiter(Rate rate, std::size_t max_keys)
    : count_(rate.count),
      period_(rate.period),
      interval_(std::chrono::microseconds(rate.period) / rate.count),
      max_keys_(max_keys),
      hash_key_(random::bytes(crypto_shorthash_KEYBYTES)) {}

std::optional<std::chrono::seconds> RateLimiter::take(std::string_view key, Millis now) {
  const Hash hashed = hash(key);
  const std::lock_guard lock(mutex_);
  Micros& full_again = full_again_of(hashed, now);
  // A clock that was set back must not lock a key out for longer than a period.
  full_again = std::clamp(full_again, Micros(now), Micros(now) + period_);
  const Micros after = full_again + interval_;
  const Micros over = after - (Micros(now) + period_);
  if (over > Micros(0)) {
    return std::max(std::chrono::ceil<std::chrono::seconds>(over), std::chrono::seconds(1));
  }
  full_again = after;
  return std::nullopt;
}

RateLimiter::Budget RateLimiter::budget(std::string_view key, Millis now) {
  const Hash hashed = hash(key);
  const std::lock_guard lock(mutex_);
  const auto found = full_again_.find(hashed);
  Micros used(0);
  if (found != full_again_.end()) used = found->second - Micros(now);
  if (found == full_again_.end() && full_again_.size() >= max_keys_) {
    used = shared_full_again_ - Micros(now);
  }
  used = std::clamp(used, Micros(0), Micros(period_));
  const auto left = static_cast<std::uint32_t>((Micros(period_) - used) / interval_);
  return {count_, std::min(left, count_), std::chrono::ceil<std::chrono::seconds>(period_),
          std::chrono::ceil<std::chrono::seconds>(used)};
}

void RateLimiter::give_back(std::string_view key) {
  const Hash hashed = hash(key);
  const std::lock_guard lock(mutex_);
  const auto found = full_again_.find(hashed);
  Micros& full_again = found == full_again_.end() ? shared_full_again_ : found->second;
  full_again -= interval_;
}

RateLimiter::Hash RateLimiter::hash(std::string_view key) const {
  Hash out = 0;
  static_assert(sizeof out == crypto_shorthash_BYTES);
  crypto_shorthash(reinterpret_cast<unsigned char*>(&out),
                   reinterpret_cast<const unsigned char*>(key.data()), key.size(),
                   reinterpret_cast<const unsigned char*>(hash_key_.data()));
  return out;
}

RateLimiter::Micros& RateLimiter::full_again_of(Hash key, Millis now) {
  const auto found = full_again_.find(key);
  if (found != full_again_.end()) return found->second;
  if (full_again_.size() >= max_keys_) forget_rested(now);
  if (full_again_.size() >= max_keys_) return shared_full_again_;
  return full_again_.emplace(key, Micros(now)).first->second;
}

void RateLimiter::forget_rested(Millis now) {
  if (now >= last_forgotten_ && now - last_forgotten_ < kSweepPause) return;
  last_forgotten_ = now;
  std::erase_if(full_again_, [&](const auto& entry) { return entry.second <= Micros(now); });
}

}  // namespace qp
