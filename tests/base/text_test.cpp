#include "base/text.hpp"

#include <doctest/doctest.h>

namespace text = qp::text;

TEST_CASE("base64 is that of RFC 4648, both alphabets, and decoding is strict") {
  CHECK(text::base64("") == "");
  CHECK(text::base64("f") == "Zg==");
  CHECK(text::base64("foobar") == "Zm9vYmFy");
  CHECK(text::base64_url("\xff\xef") == "_-8");
  CHECK(text::from_base64("Zm9vYg==") == "foob");
  CHECK(text::from_base64_url("_-8") == "\xff\xef");
  for (const char* bad : {"Zg=", "Zg", "Z===", "Zh==", "Zm9v YmFy", "Zm9v\n"}) {
    CAPTURE(bad);
    CHECK_FALSE(text::from_base64(bad));
  }
}

TEST_CASE("percent-encoding goes both ways and refuses what is cut short") {
  CHECK(text::percent_encode("a b/ä") == "a%20b%2F%C3%A4");
  CHECK(text::percent_decode("a%20b%2F") == "a b/");
  CHECK_FALSE(text::percent_decode("%2"));
  CHECK_FALSE(text::percent_decode("%zz"));
}

TEST_CASE("a form is read with its plus signs and empty values") {
  const auto form = text::parse_form("a=1+2&b=%26&c&&d=");
  REQUIRE(form);
  CHECK(text::find(*form, "a") == "1 2");
  CHECK(text::find(*form, "b") == "&");
  CHECK(text::find(*form, "c") == "");
  CHECK_FALSE(text::find(*form, "e"));
  CHECK_FALSE(text::parse_form("a=%f"));
  CHECK_FALSE(text::parse_form("a=%ff"));
}

TEST_CASE("UTF-8 is checked to the letter of RFC 3629") {
  CHECK(text::is_utf8("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"));
  CHECK_FALSE(text::is_utf8("\xC1\xBF"));
  CHECK_FALSE(text::is_utf8("\xE0\x80\x80"));
  CHECK_FALSE(text::is_utf8("\x80"));
}

TEST_CASE("splitting keeps empty pieces") {
  const auto pieces = text::split("a,,b", ',');
  REQUIRE(pieces.size() == 3);
  CHECK(pieces[1].empty());
  CHECK(text::split_once("a=b=c", '=').second == "b=c");
  CHECK_FALSE(text::split_once("a", '=').second);
}

TEST_CASE("a secret equals itself only") {
  CHECK(text::equals_in_constant_time("abc", "abc"));
  CHECK_FALSE(text::equals_in_constant_time("abc", "abd"));
  CHECK_FALSE(text::equals_in_constant_time("abc", "ab"));
}

TEST_CASE("what goes to a terminal is one line and commands nothing") {
  CHECK(text::for_terminal("a\tb\nc\x1b[31m\x7f") == "a b c [31m ");
  CHECK(text::for_terminal("\xc2\x9b"
                           "1m\xc2\xa0\xc3\xa9\xc2") == " 1m\xc2\xa0\xc3\xa9\xc2");
  // U+202E, U+2067, U+2028 turn or end the line; U+2014 and what is cut short do not.
  CHECK(text::for_terminal("a\u202Eb\u2067c\u2028d\u2014\xe2\x80") == "a b c d\u2014\xe2\x80");
}
