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
  CHECK_FALSE(time_::from_http_date("Sun, 06 Nov 1994 08:49:37 CET"));
}

// RFC 9110 5.6.7: a recipient must accept the obsolete forms too.
TEST_CASE("an HTTP date is read in all three forms") {
  const auto when = time_::from_http_date("Sun, 06 Nov 1994 08:49:37 GMT");
  CHECK(time_::from_http_date("Sunday, 06-Nov-94 08:49:37 GMT") == when);
  CHECK(time_::from_http_date("Sun Nov  6 08:49:37 1994") == when);
  CHECK(time_::from_http_date("Wed Nov 16 08:49:37 1994") ==
        time_::from_http_date("Wed, 16 Nov 1994 08:49:37 GMT"));
  // Two digits: a year not more than 50 years from now.
  const int year = static_cast<int>(std::stoi(time_::rfc3339(qp::system_now()).substr(0, 4)));
  for (const int from_now : {-49, -1, 0, 1, 49}) {
    CAPTURE(from_now);
    const std::string digits = std::to_string(year + from_now);
    CHECK(time_::from_http_date("Monday, 15-Jun-" + digits.substr(2) + " 00:00:00 GMT") ==
          time_::from_http_date("Mon, 15 Jun " + digits + " 00:00:00 GMT"));
  }
  for (const char* bad :
       {"", ",", "Sunday, ", "Sun, 6 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-1994 08:49:37 GMT",
        "Sunday, 06 Nov 94 08:49:37 GMT", "Sun Nov 6 08:49:37 1994", "Sun Nov 06 08:49:37 94",
        "Sun Nov  6 08:49:37 1994 GMT", "Sun Nov 31 08:49:37 1994", "Nov  6 08:49:37 1994",
        "Sun, 06 Nov 1994 24:49:37 GMT"}) {
    CAPTURE(bad);
    CHECK_FALSE(time_::from_http_date(bad));
  }
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
