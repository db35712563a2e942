#include "web/byte_range.hpp"

#include <doctest/doctest.h>

#include <optional>

namespace net = qp::net;
using qp::web::ByteRange;

namespace {

constexpr std::string_view kTag = "\"tag\"";

ByteRange asked(std::string_view range, std::size_t size = 10,
                std::optional<std::string_view> condition = std::nullopt) {
  net::Request request;
  request.method = "GET";
  request.headers.add("Range", range);
  if (condition) request.headers.add("If-Range", *condition);
  return qp::web::requested_range(request, kTag, size);
}

void check(const ByteRange& range, int status, std::size_t first, std::size_t size) {
  CHECK(range.status == status);
  CHECK(range.first == first);
  CHECK(range.size == size);
}

}  // namespace

TEST_CASE("a range has a first and a last byte, one of them, or so many at the end") {
  check(asked("bytes=0-0"), 206, 0, 1);
  check(asked("bytes=2-5"), 206, 2, 4);
  check(asked("bytes=2-"), 206, 2, 8);
  check(asked("bytes=-3"), 206, 7, 3);
  check(asked("bytes=-30"), 206, 0, 10);
  check(asked("bytes=9-1000"), 206, 9, 1);
  check(asked(" BYTES= 2-5 "), 206, 2, 4);
  check(asked("bytes=2-99999999999999999999999999"), 206, 2, 8);
  check(asked("bytes=-99999999999999999999999999"), 206, 0, 10);
  CHECK(qp::web::content_range(asked("bytes=2-5"), 10) == "bytes 2-5/10");
}

TEST_CASE("a range behind the end is none") {
  for (const char* range :
       {"bytes=10-", "bytes=10-20", "bytes=-0", "bytes=99999999999999999999-"}) {
    CAPTURE(range);
    check(asked(range), 416, 0, 0);
  }
  check(asked("bytes=0-", 0), 416, 0, 0);
  check(asked("bytes=-1", 0), 416, 0, 0);
  CHECK(qp::web::content_range(asked("bytes=10-"), 10) == "bytes */10");
}

TEST_CASE("what is no range, or more than one, is all of it") {
  for (const char* range :
       {"", "bytes", "bytes=", "bytes=-", "bytes=5-2", "bytes=a-b", "bytes=1", "bytes=+1-2",
        "bytes=1--2", "bytes=-1-2", "items=0-1", "bytes=0-1,3-4", "bytes=0x1-2", "bytes 0-1/10"}) {
    CAPTURE(range);
    check(asked(range), 200, 0, 10);
  }
  net::Request request;
  request.method = "GET";
  check(qp::web::requested_range(request, kTag, 10), 200, 0, 10);
  request.headers.add("Range", "bytes=0-1");
  request.method = "HEAD";
  check(qp::web::requested_range(request, kTag, 10), 200, 0, 10);
  request.method = "GET";
  request.headers.add("Range", "bytes=0-1");
  check(qp::web::requested_range(request, kTag, 10), 200, 0, 10);
}

TEST_CASE("a condition holds for that representation only, named strongly") {
  check(asked("bytes=2-5", 10, "\"tag\""), 206, 2, 4);
  for (const char* other : {"\"other\"", "W/\"tag\"", "Sun, 06 Nov 1994 08:49:37 GMT", "*", ""}) {
    CAPTURE(other);
    check(asked("bytes=2-5", 10, other), 200, 0, 10);
  }
}
