#include "net/address_guard.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>

using qp::net::Address;
using qp::net::AddressGuard;
using qp::net::Reach;

namespace {

bool is_public(const char* text) {
  const auto address = Address::from_text(text);
  REQUIRE(address);
  return qp::net::is_public(*address);
}

}  // namespace

TEST_CASE("ordinary addresses of the Internet are public") {
  for (const char* text :
       {"1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.0",
        "192.0.1.1", "198.17.255.255", "198.20.0.0", "223.255.255.255", "2a00:1450:4001:81c::200e",
        "2600::1", "2001:4860::1", "2001:200::1", "3ffe::1"}) {
    CAPTURE(text);
    CHECK(is_public(text));
  }
}

TEST_CASE("no special IPv4 range is public, from its first to its last address") {
  for (const char* text :
       {"0.0.0.0",         "0.255.255.255", "10.0.0.0",        "10.255.255.255",  "100.64.0.0",
        "100.127.255.255", "127.0.0.0",     "127.255.255.255", "169.254.0.0",     "169.254.169.254",
        "169.254.255.255", "172.16.0.0",    "172.31.255.255",  "192.0.0.0",       "192.0.0.255",
        "192.0.2.0",       "192.0.2.255",   "192.88.99.0",     "192.88.99.255",   "192.168.0.0",
        "192.168.255.255", "198.18.0.0",    "198.19.255.255",  "198.51.100.0",    "198.51.100.255",
        "203.0.113.0",     "203.0.113.255", "224.0.0.0",       "239.255.255.255", "240.0.0.0",
        "255.255.255.255"}) {
    CAPTURE(text);
    CHECK_FALSE(is_public(text));
  }
}

TEST_CASE("of IPv6 only global unicast is public, and nothing that carries an IPv4 address") {
  for (const char* text : {"::",
                           "::1",
                           "::127.0.0.1",
                           "::ffff:127.0.0.1",
                           "::ffff:8.8.8.8",
                           "64:ff9b::7f00:1",
                           "64:ff9b::808:808",
                           "64:ff9b:1::1",
                           "100::1",
                           "2001::1",
                           "2001:0:7f00:1::",
                           "2001:10::1",
                           "2001:20::1",
                           "2001:1ff::1",
                           "2001:db8::1",
                           "2002:7f00:1::",
                           "2002:808:808::",
                           "3fff::1",
                           "3fff:fff::1",
                           "4000::1",
                           "5f00::1",
                           "fc00::1",
                           "fd12::1",
                           "fe80::1",
                           "fec0::1",
                           "ff02::1"}) {
    CAPTURE(text);
    CHECK_FALSE(is_public(text));
  }
}

TEST_CASE("a socket address is judged by its numeric address; other families are refused") {
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  inet_pton(AF_INET, "8.8.4.4", &v4.sin_addr);
  CHECK(qp::net::is_public(reinterpret_cast<const sockaddr&>(v4)));
  inet_pton(AF_INET, "10.1.2.3", &v4.sin_addr);
  CHECK_FALSE(qp::net::is_public(reinterpret_cast<const sockaddr&>(v4)));
  sockaddr local{};
  local.sa_family = AF_UNIX;
  CHECK_FALSE(qp::net::is_public(local));
}

TEST_CASE("the operator's list allows exactly the addresses in it") {
  const AddressGuard guard({"127.0.0.1:3000", "[fd00::7]:80", "fd00::8"});
  CHECK(guard.judge(*Address::from_text("127.0.0.1")) == Reach::Allowed);
  CHECK(guard.judge(*Address::from_text("fd00::7")) == Reach::Allowed);
  CHECK(guard.judge(*Address::from_text("fd00::8")) == Reach::Allowed);
  CHECK(guard.judge(*Address::from_text("127.0.0.2")) == Reach::Refused);
  CHECK(guard.judge(*Address::from_text("::1")) == Reach::Refused);
  CHECK(guard.judge(*Address::from_text("::ffff:127.0.0.1")) == Reach::Refused);
  CHECK(guard.judge(*Address::from_text("9.9.9.9")) == Reach::Public);
}

TEST_CASE("a name in the operator's list stands for its addresses") {
  const AddressGuard guard({"localhost"});
  CHECK(guard.judge(*Address::from_text("127.0.0.1")) == Reach::Allowed);
}

TEST_CASE("only canonical spellings are addresses") {
  for (const char* text : {"0x7f.1", "127.1", "1", "localhost", "[::1]", "fe80::1%lo", ""}) {
    CAPTURE(text);
    CHECK_FALSE(Address::from_text(text));
  }
}
