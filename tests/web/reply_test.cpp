#include "web/reply.hpp"

#include <doctest/doctest.h>

using namespace qp::web;

TEST_CASE("If-None-Match names a tag alone, in a list, weakly, or by a star") {
  CHECK(names_etag(R"("a")", R"("a")"));
  CHECK(names_etag(R"("b", "a")", R"("a")"));
  CHECK(names_etag(R"(W/"a")", R"("a")"));
  CHECK(names_etag("*", R"("a")"));
  CHECK_FALSE(names_etag(R"("b")", R"("a")"));
  CHECK_FALSE(names_etag("a", R"("a")"));
}

TEST_CASE("markup in names stays text") {
  CHECK(escape_html(R"(<a href="x" onclick='y'>&)") ==
        "&lt;a href=&quot;x&quot; onclick=&#39;y&#39;&gt;&amp;");
}

TEST_CASE("a page loads nothing") {
  const qp::net::Response page = html_reply(200, "<title>", "<p>x</p>");
  CHECK(page.headers.get("Content-Security-Policy")->starts_with("default-src 'none'"));
  CHECK(page.headers.get("X-Content-Type-Options") == "nosniff");
  CHECK(page.body.find("<title>&lt;title&gt;</title>") != std::string::npos);
}
