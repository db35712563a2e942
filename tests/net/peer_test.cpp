#include "net/peer.hpp"

#include <doctest/doctest.h>

using qp::net::names_this_machine;

TEST_CASE("the addresses of one /64 are one group, those of IPv4 one each") {
  using qp::net::address_group;
  CHECK(address_group("2001:db8:1:2::1") == address_group("2001:db8:1:2:ffff::9"));
  CHECK(address_group("2001:db8:1:2::1") != address_group("2001:db8:1:3::1"));
  CHECK(address_group("192.0.2.1") == address_group("::ffff:192.0.2.1"));
  CHECK(address_group("192.0.2.1") != address_group("192.0.2.2"));
  CHECK(address_group("nobody") == "nobody");
}

TEST_CASE("only names and addresses of this machine itself are taken for it") {
  for (const char* host : {"localhost", "localhost:8000", "a.localhost", "a.localhost:80",
                           "127.0.0.1", "127.1.2.3:8000", "[::1]", "[::1]:8000"}) {
    CAPTURE(host);
    CHECK(names_this_machine(host));
  }
  for (const char* host : {"", ":8000", "[", "localhost.evil.example", "notlocalhost",
                           "127.example", "127.0.0.1.nip.io", "127.1", "10.0.0.1", "[::2]",
                           "[localhost]", "example.org", "example.org:127"}) {
    CAPTURE(host);
    CHECK_FALSE(names_this_machine(host));
  }
}
