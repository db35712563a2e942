#include "jsonld/jcs.hpp"

#include <doctest/doctest.h>

#include <bit>

using namespace qp;
using namespace qp::jsonld;

namespace {

std::string canonical(std::string_view text) {
  json::Arena arena;
  const auto value = json::parse(text, arena);
  REQUIRE(value.has_value());
  return to_jcs(*value).value();
}

}  // namespace

TEST_CASE("numbers are written as ECMAScript does: the samples of RFC 8785 appendix B") {
  const std::pair<std::uint64_t, const char*> samples[] = {
      {0x0000000000000000, "0"},
      {0x8000000000000000, "0"},
      {0x0000000000000001, "5e-324"},
      {0x8000000000000001, "-5e-324"},
      {0x7fefffffffffffff, "1.7976931348623157e+308"},
      {0x4340000000000000, "9007199254740992"},
      {0x4430000000000000, "295147905179352830000"},
      {0x44b52d02c7e14af5, "9.999999999999997e+22"},
      {0x44b52d02c7e14af6, "1e+23"},
      {0x444b1ae4d6e2ef4e, "999999999999999700000"},
      {0x444b1ae4d6e2ef50, "1e+21"},
      {0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7"},
      {0x3eb0c6f7a0b5ed8d, "0.000001"},
      {0x41b3de4355555553, "333333333.3333332"},
      {0xbecbf647612f3696, "-0.0000033333333333333333"},
      {0x43143ff3c1cb0959, "1424953923781206.2"},
  };
  for (const auto& [bits, text] : samples) CHECK(es6_number(std::bit_cast<double>(bits)) == text);
}

TEST_CASE("members are sorted by UTF-16 code units") {
  CHECK(canonical(R"({"\ufb33":1,"\ud83d\ude00":2,"\u20ac":3,"\r":4,"1":5,"\u00f6":6,"":7})") ==
        "{\"\":7,\"\\r\":4,\"1\":5,\"\xc3\xb6\":6,\"\xe2\x82\xac\":3,\"\xf0\x9f\x98\x80\":2,"
        "\"\xef\xac\xb3\":1}");
}

TEST_CASE("escapes are the shortest, spaces go, literals stay") {
  CHECK(canonical(R"({"b": [true, null, "\u000f\/\u0041\n\u007f"], "a": 1.50})") ==
        "{\"a\":1.5,\"b\":[true,null,\"\\u000f/A\\n\x7f\"]}");
}

TEST_CASE("a number beyond all doubles has no canonical form") {
  json::Arena arena;
  const auto value = json::parse("[1e400]", arena);
  if (value) CHECK_FALSE(to_jcs(*value).has_value());
}
