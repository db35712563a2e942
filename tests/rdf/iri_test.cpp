#include "rdf/iri.hpp"

#include <doctest/doctest.h>

using namespace qp::rdf;

TEST_CASE("references resolve as in RFC 3986 5.4") {
  constexpr std::string_view kBase = "http://a/b/c/d;p?q";
  const std::pair<const char*, const char*> cases[] = {
      {"g:h", "g:h"},
      {"g", "http://a/b/c/g"},
      {"./g", "http://a/b/c/g"},
      {"g/", "http://a/b/c/g/"},
      {"/g", "http://a/g"},
      {"//g", "http://g"},
      {"?y", "http://a/b/c/d;p?y"},
      {"g?y", "http://a/b/c/g?y"},
      {"#s", "http://a/b/c/d;p?q#s"},
      {"g#s", "http://a/b/c/g#s"},
      {"g?y#s", "http://a/b/c/g?y#s"},
      {";x", "http://a/b/c/;x"},
      {"", "http://a/b/c/d;p?q"},
      {".", "http://a/b/c/"},
      {"..", "http://a/b/"},
      {"../g", "http://a/b/g"},
      {"../../g", "http://a/g"},
      {"../../../g", "http://a/g"},
      {"/./g", "http://a/g"},
      {"/../g", "http://a/g"},
      {"g.", "http://a/b/c/g."},
      {"..g", "http://a/b/c/..g"},
      {"./../g", "http://a/b/g"},
      {"g;x=1/../y", "http://a/b/c/y"},
      {"g?y/../x", "http://a/b/c/g?y/../x"},
      {"http:g", "http:g"},
  };
  for (const auto& [reference, expected] : cases) {
    CAPTURE(reference);
    CHECK(resolve_iri(kBase, reference) == expected);
  }
  CHECK(resolve_iri("http://a", "g") == "http://a/g");
  CHECK(resolve_iri("", "g") == "g");
}

TEST_CASE("an absolute IRI has a scheme and no character that Turtle forbids") {
  CHECK(is_absolute_iri("https://example.org/ä?q#f"));
  CHECK(is_absolute_iri("urn:x:y"));
  for (const char* text :
       {"", "a", "/a", ":a", "1a:b", "http://a b", "http://a\nb", "http://a<b", "http://a|b",
        "http://a^b", "http://a`b", "http://a\\b", "http://\xff", "http://a#b#c"}) {
    CAPTURE(text);
    CHECK_FALSE(is_absolute_iri(text));
  }
}

TEST_CASE("the origin is scheme, host and port as written") {
  CHECK(origin("https://example.org:8443/a?b") == "https://example.org:8443");
  CHECK(origin("https://example.org?b") == "https://example.org");
  CHECK(origin("https://me@example.org/") == "https://me@example.org");
  CHECK(origin("urn:x:y").empty());
  CHECK(origin("https:///a").empty());
  CHECK(host("https://me@example.org:1/x") == "example.org");
  CHECK(host("https://[::1]:80/x") == "::1");
  CHECK(host("mailto:a@b").empty());
}
