#include "base/time.hpp"

#include <doctest/doctest.h>

#include "base/random.hpp"

using qp::Millis;
namespace time_ = qp::time;

TEST_CASE("RFC 3339 times are read with offsets, fractions and without seconds") {
  const auto expected = time_::from_rfc3339("2026-11-24T00:26:01Z");
  REQUIRE(expected);
  CHECK(time_::from_rfc3339("2026-11-24T01:26:01+01:00") == expected);
  CHECK(time_::from_rfc3339("2026-11-23T19:26:01.000-05:00") == expected);
  CHECK(time_::from_rfc3339("2026-11-24T00:26Z") == *expected - Millis(1000));
  CHECK(time_::rfc3339(*expected) == "2026-11-24T00:26:01Z");
  CHECK(time_::rfc3339(*expected + Millis(5)) == "2026-11-24T00:26:01.005Z");
  for (const char* bad : {"2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-11-24T24:00:00Z",
                          "2026-11-24", "2026-11-24T00:26:01", "x", "2026-11-24T00:26:01.Z"}) {
    CAPTURE(bad);
    CHECK_FALSE(time_::from_rfc3339(bad));
  }
}

TEST_CASE("an HTTP date goes there and back") {
  const auto when = time_::from_http_date("Sun, 06 Nov 1994 08:49:37 GMT");
  REQUIRE(when);
  CHECK(time_::http_date(*when) == "Sun, 06 Nov 1994 08:49:37 GMT");
  CHECK(when->count() == 784111777000);
  CHECK_FALSE(time_::from_http_date("Sunday, 06-Nov-94 08:49:37 GMT"));
  CHECK_FALSE(time_::from_http_date("Sun, 06 Nov 1994 08:49:37 CET"));
}

TEST_CASE("UUIDv7s carry the time and sort in the order in which they were made") {
  const Millis now(1764000000000);
  const std::string first = qp::random::uuid_v7(now);
  CHECK(first.size() == 36);
  CHECK(first[14] == '7');
  CHECK((first[19] == '8' || first[19] == '9' || first[19] == 'a' || first[19] == 'b'));
  std::string last = first;
  for (int i = 0; i < 10'000; ++i) {
    const std::string next = qp::random::uuid_v7(now);
    REQUIRE(last < next);
    last = next;
  }
}
