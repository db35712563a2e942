#include "web/html.hpp"

#include <doctest/doctest.h>

#include "base/text.hpp"
#include "sig/digest.hpp"

using namespace qp;
using namespace qp::web;

namespace {

std::string_view between(std::string_view text, std::string_view begin, std::string_view end) {
  const std::size_t at = text.find(begin);
  REQUIRE(at != std::string_view::npos);
  text.remove_prefix(at + begin.size());
  return text.substr(0, text.find(end));
}

std::string policy_of(const Page& page) {
  return std::string(*page_reply(page).headers.get("Content-Security-Policy"));
}

}  // namespace

TEST_CASE("markup in names stays text") {
  CHECK(escape_html(R"(<a href="x" onclick='y'>&)") ==
        "&lt;a href=&quot;x&quot; onclick=&#39;y&#39;&gt;&amp;");
  CHECK(html_reply(200, "<title>", "").body.find("<title>&lt;title&gt;</title>") !=
        std::string::npos);
  CHECK(hidden_field("a\"b", "<>") ==
        "<input type=\"hidden\" name=\"a&quot;b\" value=\"&lt;&gt;\">");
}

TEST_CASE("a page loads nothing and is in no frame") {
  const net::Response page = html_reply(200, "t", "<p>x</p>");
  const std::string policy(*page.headers.get("Content-Security-Policy"));
  CHECK(policy.starts_with("default-src 'none'; "));
  CHECK(policy.find("; form-action 'self'; ") != std::string::npos);
  CHECK(policy.ends_with("; base-uri 'none'; frame-ancestors 'none'"));
  CHECK(policy.find("img-src") == std::string::npos);
  CHECK(page.headers.get("X-Content-Type-Options") == "nosniff");
  CHECK(page.headers.get("X-Frame-Options") == "DENY");
}

TEST_CASE("the policy allows the one style sheet of the page, by its hash") {
  const net::Response page = html_reply(200, "t", "");
  const std::string_view style = between(page.body, "<style>", "</style>");
  CHECK(between(*page.headers.get("Content-Security-Policy"), "'sha256-", "'") ==
        text::base64(sig::sha256_text(style)));
}

TEST_CASE("a page may send its forms further, and show pictures of this server") {
  Page page;
  page.form_targets = "https:";
  page.media_sources = "'self'";
  CHECK(policy_of(page).find("; form-action 'self' https:; img-src 'self'; media-src 'self'; ") !=
        std::string::npos);
}

TEST_CASE("only addresses of the web become links") {
  CHECK(link_html("https://a.example/?a&b", "<a>") ==
        "<a href=\"https://a.example/?a&amp;b\" rel=\"noopener nofollow\">&lt;a&gt;</a>");
  CHECK(link_html("/admin/", "x").starts_with("<a href=\"/admin/\""));
  for (const char* href : {"javascript:alert(1)", "data:text/html,x", "//evil.example", "", "x"}) {
    CHECK(link_html(href, "x") == "x");
  }
}

TEST_CASE("a table names its columns in its head and, for a phone, in its cells") {
  Table table({"Host", "#Waiting", ""});
  table.row({"<b>x</b>", "7", "y"});
  CHECK(table.html() ==
        "<div class=\"table\"><table><thead><tr><th>Host</th><th class=\"number\">Waiting</th>"
        "<th></th></tr></thead><tbody><tr><td data-label=\"Host\"><b>x</b></td>"
        "<td class=\"number\" data-label=\"Waiting\">7</td><td>y</td></tr></tbody></table></div>");
}
