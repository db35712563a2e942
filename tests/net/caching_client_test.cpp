#include "net/caching_client.hpp"

#include <doctest/doctest.h>

using namespace qp;
using namespace qp::net;
using namespace std::chrono_literals;

namespace {

class Origin final : public Client {
 public:
  Result<IncomingResponse> send(OutgoingRequest request, const Prepare&) override {
    requests.push_back(request);
    IncomingResponse response;
    response.status = 200;
    response.url = request.url;
    response.headers = headers;
    response.body = body;
    if (request.headers.get("If-None-Match") == headers.get("ETag") && headers.get("ETag")) {
      response.status = 304;
      response.body.clear();
    }
    return response;
  }
  std::vector<OutgoingRequest> requests;
  Headers headers;
  std::string body = "one";
};

struct World {
  Origin origin;
  Millis now{1'790'000'000'000};
  CachingClient cache{origin, [this] { return now; }};

  Result<IncomingResponse> get(const std::string& url = "https://a.example/x",
                               const std::string& accept = "application/activity+json",
                               const std::string& control = "") {
    OutgoingRequest request;
    request.url = url;
    request.headers.set("Accept", accept);
    if (!control.empty()) request.headers.set("Cache-Control", control);
    return cache.send(request, {});
  }
};

}  // namespace

TEST_CASE("checklist 12: an answer is used again for as long as it says, and no longer") {
  World world;
  world.origin.headers.set("Cache-Control", "public, max-age=60");
  CHECK(world.get()->body == "one");
  world.origin.body = "two";
  CHECK(world.get()->body == "one");
  CHECK(world.origin.requests.size() == 1);
  world.now += 61s;
  CHECK(world.get()->body == "two");
  CHECK(world.origin.requests.size() == 2);
}

TEST_CASE("an answer with an ETag is asked for by it, and 304 gives the kept body") {
  World world;
  world.origin.headers.set("Cache-Control", "max-age=0");
  world.origin.headers.set("ETag", "\"v1\"");
  CHECK(world.get()->body == "one");
  const auto again = world.get();
  CHECK(again->status == 200);
  CHECK(again->body == "one");
  CHECK(world.origin.requests.at(1).headers.get("If-None-Match") == "\"v1\"");
  world.origin.headers.set("ETag", "\"v2\"");
  world.origin.body = "two";
  CHECK(world.get()->body == "two");
}

TEST_CASE("a request that says no-store is not answered from what was kept, nor kept") {
  World world;
  world.origin.headers.set("Cache-Control", "max-age=60");
  const auto own = [&] {
    return world.get("https://a.example/x", "application/activity+json", "no-store")->body;
  };
  CHECK(world.get()->body == "one");
  world.origin.body = "mine";
  CHECK(own() == "mine");
  CHECK(world.get()->body == "one");
  world.origin.body = "mine again";
  CHECK(own() == "mine again");
}

TEST_CASE("what may not be kept is asked for each time") {
  for (const auto& [name, value] :
       std::vector<std::pair<std::string, std::string>>{{"Cache-Control", "no-store, max-age=60"},
                                                        {"Cache-Control", "no-cache"},
                                                        {"Vary", "Signature"},
                                                        {"Vary", "Accept, Authorization"},
                                                        {"Vary", "*"},
                                                        {"Age", "61"},
                                                        {"X-Nothing", "said"}}) {
    CAPTURE(value);
    World world;
    if (name != "X-Nothing") world.origin.headers.set("Cache-Control", "max-age=60");
    world.origin.headers.set(name, value);
    (void)world.get();
    (void)world.get();
    CHECK(world.origin.requests.size() == 2);
  }
}

TEST_CASE(
    "a request for a fresh answer, of another kind, or with a secret is not served from memory") {
  World world;
  world.origin.headers.set("Cache-Control", "max-age=60");
  (void)world.get();
  (void)world.get("https://a.example/x", "text/html");
  CHECK(world.origin.requests.size() == 2);
  (void)world.get("https://a.example/x", "text/html", "no-cache");
  CHECK(world.origin.requests.size() == 3);
  OutgoingRequest secret;
  secret.url = "https://a.example/x";
  secret.headers.set("Authorization", "Bearer x");
  (void)world.cache.send(secret, {});
  CHECK(world.origin.requests.size() == 4);
}

TEST_CASE("Expires counts from Date; both are bounded") {
  World world;
  world.origin.headers.set("Date", time::http_date(world.now));
  world.origin.headers.set("Expires", time::http_date(world.now + 30s));
  (void)world.get();
  world.now += 29s;
  (void)world.get();
  CHECK(world.origin.requests.size() == 1);
  world.now += 2s;
  (void)world.get();
  CHECK(world.origin.requests.size() == 2);
}

TEST_CASE("the cache stays small: the least lately used answers go") {
  World world;
  world.origin.headers.set("Cache-Control", "max-age=3600");
  world.origin.body = std::string(std::size_t{200} * 1024, 'x');
  for (int i = 0; i < 100; ++i) (void)world.get("https://a.example/" + std::to_string(i));
  CHECK(world.origin.requests.size() == 100);
  (void)world.get("https://a.example/99");
  CHECK(world.origin.requests.size() == 100);
  (void)world.get("https://a.example/0");
  CHECK(world.origin.requests.size() == 101);
}
