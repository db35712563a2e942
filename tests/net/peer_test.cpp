#include "net/peer.hpp"

#include <doctest/doctest.h>

using qp::net::names_this_machine;

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
