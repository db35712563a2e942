#include "base/rate_limiter.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

using namespace qp;
using namespace std::chrono_literals;

namespace {

constexpr RateLimiter::Rate kTenAMinute{10, 60s};
constexpr Millis kStart{1'000'000};

int granted(RateLimiter& limiter, std::string_view key, Millis now, int attempts) {
  int count = 0;
  for (int i = 0; i < attempts; ++i) count += limiter.take(key, now) ? 0 : 1;
  return count;
}

}  // namespace

TEST_CASE("a key may do as much at once as its rate says, and is told when to come back") {
  RateLimiter limiter(kTenAMinute);
  CHECK(granted(limiter, "a", kStart, 10) == 10);
  CHECK(limiter.take("a", kStart) == 6s);
  CHECK(limiter.take("a", kStart + 5500ms) == 1s);
  CHECK(!limiter.take("a", kStart + 6s));
  CHECK(limiter.take("a", kStart + 6s) == 6s);
}

TEST_CASE("a refused attempt costs nothing") {
  RateLimiter limiter(kTenAMinute);
  granted(limiter, "a", kStart, 100);
  CHECK(granted(limiter, "a", kStart + 60s, 100) == 10);
}

TEST_CASE("keys do not share their budget") {
  RateLimiter limiter(kTenAMinute);
  granted(limiter, "a", kStart, 100);
  CHECK(granted(limiter, "b", kStart, 100) == 10);
}

TEST_CASE("what is given back can be taken again, and not more than that") {
  RateLimiter limiter(kTenAMinute);
  granted(limiter, "a", kStart, 10);
  limiter.give_back("a");
  CHECK(granted(limiter, "a", kStart, 5) == 1);

  limiter.give_back("b");
  limiter.give_back("b");
  CHECK(granted(limiter, "b", kStart, 20) == 10);
}

TEST_CASE("a clock that is set back locks nobody out for longer than a period") {
  RateLimiter limiter(kTenAMinute);
  granted(limiter, "a", kStart, 10);
  CHECK(limiter.take("a", kStart - 900s) == 6s);
  CHECK(granted(limiter, "a", kStart - 840s, 20) == 10);
}

TEST_CASE("more keys than are kept share one budget until others have rested") {
  RateLimiter limiter(kTenAMinute, 2);
  granted(limiter, "a", kStart, 10);
  granted(limiter, "b", kStart, 10);
  CHECK(granted(limiter, "c", kStart, 6) == 6);
  CHECK(granted(limiter, "d", kStart, 6) == 4);
  CHECK(granted(limiter, "c", kStart + 61s, 20) == 10);
  CHECK(granted(limiter, "d", kStart + 61s, 20) == 10);
}

TEST_CASE("a rate that does not divide its period still grants its whole count") {
  RateLimiter limiter({7, 1s});
  CHECK(granted(limiter, "a", kStart, 20) == 7);
}

TEST_CASE("threads together get no more than the rate") {
  RateLimiter limiter({1000, 60s});
  std::atomic<int> total{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] { total += granted(limiter, "a", kStart, 500); });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(total == 1000);
}
