#include "web/sanitize.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>

#include "base/limits.hpp"

using qp::web::sanitize_html;
using qp::web::text_of_html;

TEST_CASE("the short list of tags stays, and is closed") {
  CHECK(sanitize_html("<p>a <b>b</b><br>c</p>") == "<p>a <b>b</b><br>c</p>");
  CHECK(sanitize_html("<p>open <em>ended") == "<p>open <em>ended</em></p>");
  CHECK(sanitize_html("<h1>big</h1>") == "<h3>big</h3>");
  CHECK(sanitize_html("<ul><li>x</ul>") == "<ul><li>x</li></ul>");
}

TEST_CASE("links go to the web only") {
  CHECK(sanitize_html("<a href='https://x.example/?a=1&b=2' onclick=x target=_top>x</a>") ==
        "<a href=\"https://x.example/?a=1&amp;b=2\" rel=\"noopener nofollow ugc\">x</a>");
  CHECK(sanitize_html("<a href='javascript:alert(1)'>x</a>") == "<a>x</a>");
  CHECK(sanitize_html("<a href=' java\tscript:alert(1)'>x</a>") == "<a>x</a>");
  CHECK(sanitize_html("<a href='data:text/html,x'>x</a>") == "<a>x</a>");
  CHECK(sanitize_html("<a href='//evil.example'>x</a>") == "<a>x</a>");
  CHECK(sanitize_html("<a href='https://x/\"onmouseover=alert(1) y=\"'>x</a>").find("\"onmouse") ==
        std::string::npos);
}

TEST_CASE("what runs or loads something is gone with its content") {
  for (const char* hostile :
       {"<script>alert(1)</script>", "<style>*{}</style>", "<iframe src=x>in</iframe>",
        "<svg><script>alert(1)</script></svg>", "<math><mi>x</mi></math>",
        "<template><b>x</b></template>", "<object data=x>y</object>", "<noscript>x</noscript>",
        "<textarea>x</textarea>", "<title>x</title>", "<video src=x>y</video>",
        "<!-- <b>x</b> -->"}) {
    const std::string left = sanitize_html(std::string("a") + hostile + "z");
    CAPTURE(left);
    CHECK(left.find_first_of("<xy(") == std::string::npos);
  }
  CHECK(sanitize_html("<img src=x onerror=alert(1)>").find('<') == std::string::npos);
  CHECK(sanitize_html("<form action=/x>text</form>") == "text");
  CHECK(sanitize_html("<marquee>text</marquee>").find("text") != std::string::npos);
}

TEST_CASE("text is text") {
  CHECK(sanitize_html("1 < 2 & 3 > 2") == "1 &lt; 2 &amp; 3 &gt; 2");
  CHECK(sanitize_html("&lt;script&gt;") == "&lt;script&gt;");
  CHECK(text_of_html("<p>a</p><p>b</p>") == "a b");
}

TEST_CASE("a tag with very many attributes is no tag") {
  const auto many = [](const std::string& begin, int count) {
    std::string html = begin;
    for (int i = 0; i < count; ++i) html += " a" + std::to_string(i);
    return html + ">x";
  };
  CHECK(sanitize_html(many("<b", 100)) == "<b>x</b>");
  CHECK(sanitize_html(many("<b c='>' d=\">\"", 90)) == "<b>x</b>");
  CHECK(sanitize_html("<b " + std::string(2'000, '/') + " t='" + std::string(2'000, ' ') + "'>x") ==
        "<b>x</b>");
  for (const char* hostile :
       {"<b", "</b", "<b/", "<b x=y=\"", "<b \"", "<b =\"", "<b x='>'", "<b x=\"'\"", "<b x=>y<b",
        "<!-- <a x=\" --><b", "<textarea><a x='</textarea><b"}) {
    CAPTURE(hostile);
    CHECK(sanitize_html(many(hostile, 20'000)).find("&lt;") == 0);
  }
}

TEST_CASE("depth and size are bounded") {
  std::string deep;
  for (int i = 0; i < 900; ++i) deep += "<blockquote>";
  CHECK(sanitize_html(deep + "x").size() < 100 * qp::limits::kHtmlDepth);
  std::string many;
  for (int i = 0; i < 5000; ++i) many += "<b>";
  CHECK(sanitize_html(many).find("<b>") == std::string::npos);
  CHECK(sanitize_html(std::string(1'000'000, 'a')).size() <= 2 * qp::limits::kHtmlBytes);
}

TEST_CASE("whatever comes in, only the list comes out") {
  static constexpr std::array<std::string_view, 34> kPieces = {
      "<",         ">",           "/",
      "\"",        "'",           "=",
      " ",         "a",           "script",
      "<script>",  "</script>",   "<p ",
      "<a href=",  "javascript:", "https://x/",
      "onload=",   "<svg ",       "<math>",
      "<style>",   "</style>",    "<!--",
      "-->",       "<![CDATA[",   "]]>",
      "<b>",       "</b>",        "<table><td>",
      "<select>",  "<template>",  "&lt;",
      "&#60;",     "\t",          "<iframe srcdoc='",
      "<noscript>"};
  static constexpr std::array<std::string_view, 34> kNames = {
      "p",    "br",  "hr",   "span", "em",         "strong", "b",    "i",    "u",
      "s",    "del", "ins",  "sub",  "sup",        "small",  "mark", "cite", "q",
      "abbr", "kbd", "code", "pre",  "blockquote", "ul",     "ol",   "li",   "dl",
      "dt",   "dd",  "h3",   "h4",   "h5",         "h6",     "a"};
  std::mt19937 random(7);
  for (int round = 0; round < 4000; ++round) {
    std::string html;
    for (int i = 0; i < 30; ++i) html += kPieces[random() % kPieces.size()];
    const std::string clean = sanitize_html(html);
    for (auto at = clean.find('<'); at != std::string::npos; at = clean.find('<', at + 1)) {
      const auto begin = at + (clean[at + 1] == '/' ? 2U : 1U);
      const auto end = clean.find_first_of(" >", begin);
      const std::string name = clean.substr(begin, end - begin);
      CAPTURE(html);
      CHECK(std::find(kNames.begin(), kNames.end(), name) != kNames.end());
      if (clean[end] == ' ') CHECK(clean.substr(end, 11) == " href=\"http");
    }
  }
}
