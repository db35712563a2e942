#include "net/framer.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace qp::net;
using State = Framer::State;

namespace {

struct Outcome {
  State state = State::NeedMore;
  int status = 0;
  Request request;
  bool keep_alive = false;
  std::string left;
};

/// Feeds `bytes` in pieces of `piece` bytes, as a connection would.
Outcome framed(std::string_view bytes, std::size_t piece = std::string_view::npos,
               FrameLimits limits = {}) {
  Framer framer(limits);
  Outcome outcome;
  std::string buffer;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::string_view next = bytes.substr(at, piece);
    at += next.size();
    buffer += next;
    const Framer::Step step = framer.feed(buffer);
    buffer.erase(0, step.consumed);
    outcome.state = step.state;
    outcome.status = framer.status();
    if (step.state == State::NeedMore) continue;
    outcome.left = buffer + std::string(bytes.substr(at));
    if (step.state == State::Complete) {
      Framer::Frame frame = framer.take();
      outcome.request = std::move(frame.request);
      outcome.keep_alive = frame.keep_alive;
    }
    return outcome;
  }
  return outcome;
}

/// The status for `bytes`, which must not depend on how they are cut; 200 for a request, 0 for an
/// unfinished one.
int status_of(std::string_view bytes) {
  const auto read = [](const Outcome& outcome) {
    if (outcome.state == State::Complete) return 200;
    return outcome.state == State::Failed ? outcome.status : 0;
  };
  const int whole = read(framed(bytes));
  CHECK(read(framed(bytes, 1)) == whole);
  CHECK(read(framed(bytes, 7)) == whole);
  return whole;
}

std::string get(std::string_view fields, std::string_view target = "/x") {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: a.example\r\n" + std::string(fields) +
         "\r\n";
}
std::string post(std::string_view fields, std::string_view body) {
  return "POST /inbox HTTP/1.1\r\nHost: a.example\r\n" + std::string(fields) + "\r\n" +
         std::string(body);
}
std::string chunked(std::string_view body) { return post("Transfer-Encoding: chunked\r\n", body); }

}  // namespace

TEST_CASE("a request is cut out of the bytes, whatever pieces they come in") {
  const std::string bytes =
      "POST /a%20b?q=1%2F2 HTTP/1.1\r\nHost: a.example:8000\r\nX-Two:  two words \t\r\n"
      "Content-Length: 5\r\n\r\nhelloGET";
  for (const std::size_t piece : {1, 2, 3, 50, 1000}) {
    const Outcome outcome = framed(bytes, piece);
    REQUIRE(outcome.state == State::Complete);
    CHECK(outcome.request.method == "POST");
    CHECK(outcome.request.target == "/a%20b?q=1%2F2");
    CHECK(outcome.request.path == "/a b");
    CHECK(outcome.request.query == "q=1%2F2");
    CHECK(outcome.request.headers.get("x-two") == "two words");
    CHECK(outcome.request.body == "hello");
    CHECK(outcome.keep_alive);
    CHECK(outcome.left == "GET");
  }
}

TEST_CASE("field values are handed on undecoded and in order") {
  const Outcome outcome = framed(get("Signature: keyId=\"a%20b\"\r\nAccept: x\r\nAccept: y\r\n"));
  CHECK(outcome.request.headers.get("Signature") == "keyId=\"a%20b\"");
  CHECK(outcome.request.headers.joined("accept") == "x, y");
  CHECK(outcome.request.headers.lines()[0].first == "Host");
}

TEST_CASE("Content-Length is one plain number, without Transfer-Encoding") {
  CHECK(status_of(post("Content-Length: 3\r\n", "abc")) == 200);
  CHECK(status_of(post("Content-Length: 0\r\n", "")) == 200);
  for (const char* value : {"+3", "-3", "3abc", "0x3", "3, 3", "", "3 3", "3;"}) {
    CAPTURE(value);
    CHECK(status_of(post("Content-Length: " + std::string(value) + "\r\n", "abc")) == 400);
  }
  CHECK(status_of(post("Content-Length: 3\r\nContent-Length: 30\r\n", "abc")) == 400);
  CHECK(status_of(post("Content-Length: 3\r\nContent-Length: 3\r\n", "abc")) == 400);
  CHECK(status_of(post("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")) == 400);
  CHECK(status_of(post("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", "0\r\n\r\n")) == 400);
  CHECK(status_of(post("Content-Length: 100000000000000000000\r\n", "")) == 413);
  CHECK(status_of(post("Content-Length: 1048577\r\n", "")) == 413);
  CHECK(status_of(post("Content-Length: 3\r\n", "ab")) == 0);
}

TEST_CASE("a request with content says how long it is") {
  CHECK(status_of(post("", "")) == 411);
  CHECK(status_of("POST / HTTP/1.0\r\n\r\n") == 411);
  CHECK(status_of("DELETE / HTTP/1.1\r\nHost: a\r\n\r\n") == 200);
}

TEST_CASE("the only transfer coding is chunked") {
  CHECK(status_of(post("Transfer-Encoding: Chunked\r\n", "0\r\n\r\n")) == 200);
  for (const char* coding : {"xchunked", "chunked, identity", "gzip, chunked", "gzip", "",
                             ",chunked", "\"chunked\"", "chunked;q=1"}) {
    CAPTURE(coding);
    CHECK(status_of(post("Transfer-Encoding: " + std::string(coding) + "\r\n", "0\r\n\r\n")) ==
          501);
  }
  CHECK(status_of(post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n")) == 400);
  CHECK(status_of(post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "")) == 400);
  CHECK(status_of("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n") == 400);
}

TEST_CASE("a chunked body is put together, its extensions and trailers dropped") {
  const std::string bytes = chunked(
      "5\r\nhello\r\nA;ext=\"x\"\r\n, wide wor\r\n02\r\nld\r\n0\r\n"
      "X-Trailer: y\r\n\r\nrest");
  for (const std::size_t piece : {1, 2, 5, 1000}) {
    const Outcome outcome = framed(bytes, piece);
    REQUIRE(outcome.state == State::Complete);
    CHECK(outcome.request.body == "hello, wide world");
    CHECK(outcome.left == "rest");
    CHECK_FALSE(outcome.request.headers.get("X-Trailer"));
  }
}

TEST_CASE("chunks that two parsers could read differently are refused") {
  for (const char* body :
       {"-2\r\nab\r\n", "0x3\r\nabc\r\n", "+3\r\nabc\r\n", "\r\n", "g\r\n", " 3\r\nabc\r\n",
        "3 \r\nabc\r\n", "3\nabc\r\n", "3\r\nabc\n", "3\r\nabcd\r\n", "3\r\nabc\r\r",
        "3\rx\r\nabc\r\n", "3;a\x01\r\nabc\r\n", "0\r\nbad trailer\r\n\r\n",
        "0\r\nX: a\nY: b\r\n\r\n", "0\r\nX: a%0d%0ab\r\n\r\n", "0\r\n folded\r\n\r\n", "0\r\n\n"}) {
    CAPTURE(body);
    CHECK(status_of(chunked(body)) == 400);
  }
  CHECK(status_of(chunked("3;" + std::string(300, 'x') + "\r\nabc\r\n0\r\n\r\n")) == 400);
  CHECK(status_of(chunked("ffffffffffffffff\r\n")) == 413);
  CHECK(status_of(chunked("fffffffff\r\n")) == 413);
  CHECK(status_of(chunked("100001\r\n")) == 413);
}

TEST_CASE("the sum of the chunks is limited") {
  const FrameLimits limits{.body_bytes = 10};
  CHECK(framed(chunked("5\r\nhello\r\n5\r\nhello\r\n0\r\n\r\n"), 3, limits).state ==
        State::Complete);
  CHECK(framed(chunked("5\r\nhello\r\n6\r\n"), 3, limits).status == 413);
}

TEST_CASE("HTTP/1.1 names one host") {
  CHECK(status_of("GET / HTTP/1.1\r\n\r\n") == 400);
  CHECK(status_of("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n") == 400);
  CHECK(status_of("GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n") == 400);
  for (const char* host :
       {"", "a b", "a@b", "a/b", "a:b", "[::1", "[]", "[::1]x", "a,b", "a\\b", ":80"}) {
    CAPTURE(host);
    CHECK(status_of("GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n") ==
          (host == std::string("a,b") ? 200 : 400));
  }
  for (const char* host : {"a", "a.example:8000", "[::1]", "[2001:db8::1]:80", "127.0.0.1"}) {
    CAPTURE(host);
    CHECK(status_of("GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n") == 200);
  }
}

TEST_CASE("lines end with CRLF and nothing else") {
  CHECK(status_of("GET / HTTP/1.1\nHost: a\n\n") == 400);
  CHECK(status_of("GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n") == 400);
  CHECK(status_of(get("X: a\rb\r\n")) == 400);
  CHECK(status_of(get("X: a\r\r\n")) == 400);
  CHECK(status_of("GET / HTTP/1.1\rHost: a\r\n\r\n") == 400);
  CHECK(status_of("GET / HTTP/1.1\rXHost: a\r\n\r\n") == 400);
  CHECK(status_of("GET / HTTP/1.1\r\rHost: a\r\n\r\n") == 400);
  CHECK(status_of("\r\n" + get("")) == 200);
  CHECK(status_of("\r\n\r\n" + get("")) == 400);
  CHECK(status_of("\n" + get("")) == 400);
}

TEST_CASE("fields have no blanks before the colon, folds, NULs or hidden line ends") {
  using namespace std::string_literals;
  for (const std::string& line :
       {"X : y"s, " X: y"s, "X: a\r\n b"s, "X: a\r\n\tb"s, ": y"s, "X"s, "X: a\0b"s, "X\0: a"s,
        "X: a\x7F"s, "X: a\x01"s, "(X): y"s, "X: a%0d%0ab"s, "X: a%0D%0Ab"s, "X: %00"s}) {
    CAPTURE(line);
    CHECK(status_of(get(line + "\r\n")) == 400);
  }
  CHECK(status_of(get("X: 100% sure, \xC3\xA9, %zz, %\r\nEmpty:\r\n")) == 200);
}

TEST_CASE("a target is an unambiguous path") {
  for (const char* target :
       {"/%zz",   "/%",      "/%4",      "/%u0041",   "/a%00b",    "/a%0d%0ab",   "/a%0ab",
        "/a%2Fb", "/a%2fb",  "/..",      "/a/../b",   "/a/./b",    "/a/%2e%2e/b", "/a/%2E./b",
        "/.%2e",  "/a/.",    "a",        "",          "?a",        "/a#b",        "/a\\b",
        "/a\"b",  "/a<b",    "/\x01",    "/\xC3\xA9", "/a?x=%zz",  "/a?x=%00",    "/a b",
        "*",      "http:/a", "ftp://a/", "http://",   "http:///x", "http://u@a/", "/a|b"}) {
    CAPTURE(target);
    CHECK(status_of(get("", target)) == 400);
  }
  for (const char* target :
       {"/", "/a..b/...", "/a?b=/../c", "/~a/@b/c;d=e", "/a?x=%0D%0A%2F", "//a", "/a?x[]={1}|2"}) {
    CAPTURE(target);
    CHECK(status_of(get("", target)) == 200);
  }
  CHECK(status_of("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n") == 200);
}

TEST_CASE("an absolute-form target is made origin-form and replaces Host") {
  const Outcome outcome = framed(get("", "HTTP://b.example:80/x?y"));
  REQUIRE(outcome.state == State::Complete);
  CHECK(outcome.request.target == "/x?y");
  CHECK(outcome.request.path == "/x");
  CHECK(outcome.request.headers.joined("Host") == "b.example:80");
  CHECK(framed(get("", "http://b.example")).request.target == "/");
  CHECK(framed(get("", "http://b.example?q")).request.target == "/?q");
}

TEST_CASE("methods and versions that are not spoken here are named as such") {
  CHECK(status_of("BREW / HTTP/1.1\r\nHost: a\r\n\r\n") == 501);
  CHECK(status_of("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n") == 501);
  CHECK(status_of("GET / HTTP/2.0\r\nHost: a\r\n\r\n") == 505);
  CHECK(status_of("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") == 505);
  for (const char* line :
       {"GET /", "GET  / HTTP/1.1", "GET / http/1.1", "GET / HTTP/1.", "G(T / HTTP/1.1",
        "GET / HTTP/1.1 ", " GET / HTTP/1.1", "GET", "GET\t/\tHTTP/1.1", "GET / HTTP/11"}) {
    CAPTURE(line);
    CHECK(status_of(std::string(line) + "\r\nHost: a\r\n\r\n") == 400);
  }
}

TEST_CASE("the only expectation is 100-continue") {
  CHECK(status_of(post("Expect: something\r\nContent-Length: 1\r\n", "x")) == 417);
  CHECK(status_of(post("Expect: 100-continue\r\nContent-Length: 1\r\n", "x")) == 200);
  Framer framer;
  framer.feed(post("Expect: 100-Continue\r\nContent-Length: 1\r\n", ""));
  CHECK(framer.take_continue());
  CHECK_FALSE(framer.take_continue());
  Framer with_body;
  with_body.feed(post("Expect: 100-continue\r\nContent-Length: 2\r\n", "x"));
  CHECK_FALSE(with_body.take_continue());
}

TEST_CASE("connections stay open in HTTP/1.1 unless the client says close") {
  CHECK(framed(get("")).keep_alive);
  CHECK_FALSE(framed(get("Connection: x, Close\r\n")).keep_alive);
  CHECK_FALSE(framed("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").keep_alive);
}

TEST_CASE("target, fields and head are limited") {
  CHECK(status_of(get("", "/" + std::string(8191, 'x'))) == 200);
  CHECK(status_of(get("", "/" + std::string(8192, 'x'))) == 414);
  CHECK(status_of(get("", "/" + std::string(9000, 'x'))) == 414);
  CHECK(status_of("GET /" + std::string(20'000, 'x')) == 414);
  CHECK(status_of(get("X: " + std::string(17'000, 'x') + "\r\n")) == 431);
  std::string fields;
  for (int i = 0; i < 99; ++i) fields += "X: y\r\n";
  CHECK(status_of(get(fields)) == 200);
  CHECK(status_of(get(fields + "X: y\r\n")) == 431);
}

TEST_CASE("dripped bytes are not searched again and again") {
  const std::string head = get("X: " + std::string(15'000, 'x') + "\r\n");
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 20; ++i) CHECK(framed(head, 1).state == State::Complete);
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(2));
}
