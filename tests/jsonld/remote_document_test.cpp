#include "jsonld/remote_document.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <utility>

using namespace qp;
using namespace qp::jsonld;

namespace {

using Web = std::map<std::string, Response>;

Fetch fetch_from(const Web& web) {
  return [&web](std::string_view url, std::string_view) -> Result<Response> {
    const auto found = web.find(std::string(url));
    if (found == web.end()) return Response{404, "text/html", {}, {}, {}};
    return found->second;
  };
}

Response json_answer(std::string body) {
  return {200, "application/ld+json", {}, {}, std::move(body)};
}
Response redirect(std::string location) { return {302, {}, {}, std::move(location), {}}; }

std::string trouble(const Web& web, std::string_view url) {
  const auto document = load_document(url, fetch_from(web));
  return document ? "" : document.error().detail;
}

}  // namespace

TEST_CASE("redirects are followed, relative ones too, and not for ever") {
  Web web{{"http://a.example/1", redirect("/x/2")},
          {"http://a.example/x/2", redirect("3")},
          {"http://a.example/x/3", json_answer("{}")},
          {"http://a.example/ring", redirect("/ring")}};
  const auto document = load_document("http://a.example/1", fetch_from(web));
  REQUIRE(document.has_value());
  CHECK(document->url == "http://a.example/x/3");
  CHECK(trouble(web, "http://a.example/ring").starts_with("loading document failed"));
}

TEST_CASE("the profile of an answer is kept, that of a context is asked for") {
  std::string accepted;
  const Fetch fetch = [&](std::string_view, std::string_view accept) -> Result<Response> {
    accepted = accept;
    return Response{
        200, R"(Application/LD+JSON; charset=utf-8; profile="http://p.example/x")", {}, {}, "{}"};
  };
  const auto document = load_document("http://a.example/", fetch);
  REQUIRE(document.has_value());
  CHECK(document->content_type == "application/ld+json");
  CHECK(document->profile == "http://p.example/x");
  CHECK(accepted.starts_with("application/ld+json, "));
  REQUIRE(context_loader(fetch)("http://a.example/").has_value());
  CHECK(accepted.starts_with(
      R"(application/ld+json;profile="http://www.w3.org/ns/json-ld#context")"));
}

TEST_CASE("a context link counts beside plain JSON only, and only once") {
  const std::string link = R"(<c>; rel="x http://www.w3.org/ns/json-ld#context"; title="a, <b>")";
  const std::string other = R"(<d>; anchor="/else"; rel="http://www.w3.org/ns/json-ld#context")";
  Web web{{"http://a.example/j", {200, "application/json", {link, other}, {}, "{}"}},
          {"http://a.example/ld", {200, "application/ld+json", {link, link}, {}, "{}"}},
          {"http://a.example/2", {200, "application/x+json", {link + ", " + link}, {}, "{}"}}};
  const auto plain = load_document("http://a.example/j", fetch_from(web));
  REQUIRE(plain.has_value());
  CHECK(plain->context_url == "http://a.example/c");
  const auto linked = load_document("http://a.example/ld", fetch_from(web));
  REQUIRE(linked.has_value());
  CHECK(linked->context_url.empty());
  CHECK(trouble(web, "http://a.example/2").starts_with("multiple context link headers"));
}

TEST_CASE("the linked context comes after the one that the caller gives") {
  Web web{{"http://a.example/c", json_answer(R"({"@context": {"p": "x:linked"}})")}};
  Options options;
  options.loader = context_loader(fetch_from(web));
  json::Arena arena;
  const auto given = json::parse(R"({"@context": {"p": "x:given", "q": "x:q"}})", arena);
  REQUIRE(given.has_value());
  options.expand_context = *given;
  const RemoteDocument document{"http://a.example/j", R"({"p": 1, "q": 2, "@id": "k"})",
                                "http://a.example/c"};
  const auto expanded = expand(document, options, arena);
  REQUIRE(expanded.has_value());
  CHECK(json::to_text(*expanded) ==
        R"([{"x:linked":[{"@value":1}],"x:q":[{"@value":2}],"@id":"http://a.example/k"}])");
}

TEST_CASE("what is missing, not JSON or broken is an error with its code") {
  Web web{{"http://a.example/t", {200, "text/plain", {}, {}, "{}"}},
          {"http://a.example/e", {500, "application/json", {}, {}, "{}"}},
          {"http://a.example/l", {200, "text/html", {"<", "<x", "<>;;=\""}, {}, "{}"}}};
  for (const char* url :
       {"http://a.example/0", "http://a.example/t", "http://a.example/e", "http://a.example/l"}) {
    CHECK(trouble(web, url).starts_with("loading document failed"));
  }
  json::Arena arena;
  const auto expanded = expand({"http://a.example/", "{", {}}, {}, arena);
  REQUIRE_FALSE(expanded.has_value());
  CHECK(expanded.error().detail.starts_with("loading document failed"));
}
