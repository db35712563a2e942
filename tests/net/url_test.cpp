#include "net/url.hpp"

#include <doctest/doctest.h>

using qp::net::Url;

namespace {

std::string read(std::string_view text) {
  const auto url = Url::parse(text);
  return url ? url->text() : "refused";
}

std::string from(std::string_view base, std::string_view reference) {
  const auto url = Url::parse(base)->resolve(reference);
  return url ? url->text() : "refused";
}

}  // namespace

TEST_CASE("a URL is taken apart into scheme, host, port and target") {
  const auto url = Url::parse("HTTPS://Social.Example:8443/users/alice?page=1#main-key");
  REQUIRE(url);
  CHECK(url->scheme == "https");
  CHECK(url->host == "social.example");
  CHECK(url->port == 8443);
  CHECK(url->target == "/users/alice?page=1");
  CHECK(url->authority() == "social.example:8443");
}

TEST_CASE("a URL without path has the target /, and the scheme's own port is not written") {
  CHECK(read("https://a.example") == "https://a.example/");
  CHECK(read("https://a.example:443/x") == "https://a.example/x");
  CHECK(read("http://a.example:80?q=1") == "http://a.example/?q=1");
}

TEST_CASE("international names become their ASCII form") {
  CHECK(read("https://b\xC3\xBC"
             "cher.example/") == "https://xn--bcher-kva.example/");
  CHECK(read("https://xn--bcher-kva.example/") == "https://xn--bcher-kva.example/");
}

TEST_CASE("characters outside of ASCII in path and query are percent-encoded") {
  CHECK(read("https://a.example/\xC3\xBC?q=\xC3\xBC") == "https://a.example/%C3%BC?q=%C3%BC");
}

TEST_CASE("IPv6 literals are read and written canonically") {
  CHECK(read("http://[0:0::1]:3000/x") == "http://[::1]:3000/x");
  CHECK(Url::parse("http://[::1]/")->host == "::1");
}

TEST_CASE("odd forms of hosts are refused") {
  for (const char* text : {"https://0x7f.1/",
                           "https://127.1/",
                           "https://2130706433/",
                           "https://0177.0.0.1/",
                           "https://127.0.0.01/",
                           "https://256.1.1.1/",
                           "https://1.2.3.4.5/",
                           "https://a.0x1/",
                           "https://127.0.0.1./",
                           "https://a..example/",
                           "https://.example/",
                           "https://-a.example/",
                           "https:///x",
                           "https://[::1/",
                           "https://[fe80::1%25eth0]/",
                           "https://[::1]x/",
                           "https://a%2eexample/",
                           "https://a\\.example/",
                           "https://\xEF\xBC\x91.0.0.1/",
                           "https://\xEF\xBC\x91\xEF\xBC\x92\xEF\xBC\x97.0.0.1/",
                           "https://exampl\xEF\xBC\x91.com/",
                           ("https://127\xE3\x80\x82"
                            "0\xE3\x80\x82"
                            "0\xE3\x80\x82"
                            "1/")}) {
    CAPTURE(text);
    CHECK(read(text) == "refused");
  }
}

TEST_CASE("users, blanks, controls, odd ports and other schemes are refused") {
  for (const char* text :
       {"https://user@a.example/", "https://user:pw@a.example/", "https://a.example /",
        " https://a.example/", "https://a.example/a b", "https://a.example/\r\nX: y",
        "https://a.example:/", "https://a.example:0/", "https://a.example:65536/",
        "https://a.example:+80/", "https://a.example:\xD9\xA1/", "ftp://a.example/", "a.example",
        "https:a.example", "https:/a.example", "file:///etc/passwd", "https://a.example/%zz",
        "https://a.example/\xFF", ""}) {
    CAPTURE(text);
    CHECK(read(text) == "refused");
  }
  CHECK(read("https://a.example/" + std::string(10'000, 'a')) == "refused");
}

TEST_CASE("references are resolved against the URL they came from") {
  const char* base = "https://a.example/x/y?q=1";
  CHECK(from(base, "z") == "https://a.example/x/z");
  CHECK(from(base, "../z?r") == "https://a.example/z?r");
  CHECK(from(base, "/z#f") == "https://a.example/z");
  CHECK(from(base, "?r=2") == "https://a.example/x/y?r=2");
  CHECK(from(base, "//b.example/") == "https://b.example/");
  CHECK(from(base, "http://b.example/c") == "http://b.example/c");
  CHECK(from(base, "../../../etc/./passwd") == "https://a.example/etc/passwd");
  CHECK(from(base, "") == "https://a.example/x/y?q=1");
  CHECK(from(base, "javascript:alert(1)") == "refused");
}
