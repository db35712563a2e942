#include "ap/discover.hpp"

#include <doctest/doctest.h>

#include <map>

#include <nlohmann/json.hpp>

#include "fixture.hpp"

using namespace qp;
using namespace qp::ap;

namespace {

/// What each URL answers.
class Pages final : public net::Client {
 public:
  Result<net::IncomingResponse> send(net::OutgoingRequest request, const net::Prepare&) override {
    asked.push_back(request.url);
    const auto found = pages.find(request.url);
    net::IncomingResponse response;
    response.url = request.url;
    response.status = found == pages.end() ? 404 : 200;
    if (found == pages.end()) return response;
    response.headers.set("Content-Type", found->second.first);
    response.body = found->second.second;
    return response;
  }
  std::map<std::string, std::pair<std::string, std::string>> pages;
  std::vector<std::string> asked;
};

struct World {
  Fixture home;
  Pages net;
  Services services{home.services.store, home.services.contexts, load_bundled, net,
                    home.services.clock};

  void account(const std::string& asked, const std::string& subject, const std::string& actor,
               const std::string& type = "application/jrd+json",
               const std::string& link = "application/activity+json") {
    const auto host = asked.substr(asked.find('@') + 1);
    net.pages["https://" + host + "/.well-known/webfinger?resource=acct:" + asked] = {
        type, nlohmann::json{{"subject", "acct:" + subject},
                             {"links",
                              {{{"rel", "other"}, {"href", "https://x.example"}},
                               {{"rel", "self"}, {"type", link}, {"href", actor}}}}}
                  .dump()};
  }
  void actor(const std::string& iri, const std::string& name, const std::string& id = "",
             const std::string& webfinger = "") {
    nlohmann::json document = {
        {"@context",
         {"https://www.w3.org/ns/activitystreams",
          {{"webfinger", "https://purl.archive.org/socialweb/webfinger#webfinger"}}}},
        {"id", id.empty() ? iri : id},
        {"type", "Person"},
        {"inbox", iri + "/inbox"},
        {"preferredUsername", name}};
    if (!webfinger.empty()) document["webfinger"] = webfinger;
    net.pages[iri] = {"application/activity+json", document.dump()};
  }
  std::string found(const std::string& account) {
    const auto result = discover(account, services);
    return result ? result->actor + " " + result->account : result.error().detail;
  }
};

const std::string kActor = "https://a.example/users/1";

}  // namespace

TEST_CASE("interop I1: an account leads to its actor where both agree, however it is written") {
  World world;
  world.account("Ann@a.example", "ann@a.example", kActor);
  world.actor(kActor, "ann");
  for (const char* spelling : {"Ann@a.example", "@Ann@a.example", "acct:Ann@A.example"}) {
    CHECK(world.found(spelling) == kActor + " ann@a.example");
  }
}

TEST_CASE("interop I1: a domain of its own before the server's is followed, and checked back") {
  World world;
  world.account("ann@ann.example", "ann@ann.example", kActor);
  world.actor(kActor, "ann");
  world.account("ann@a.example", "ann@ann.example", kActor);
  CHECK(world.found("ann@ann.example") == kActor + " ann@ann.example");
  // FEP-2c59: it says so itself, and nobody need be asked.
  World says;
  says.account("ann@ann.example", "ann@ann.example", kActor);
  says.actor(kActor, "ann", "", "ann@ann.example");
  CHECK(says.found("ann@ann.example") == kActor + " ann@ann.example");
  CHECK(says.net.asked.size() == 2);
}

TEST_CASE("interop I1: whoever names an actor that does not name him back is not believed") {
  World world;
  world.account("ann@evil.example", "ann@evil.example", kActor);
  world.actor(kActor, "ann");
  world.account("ann@a.example", "ann@a.example", kActor);
  CHECK(world.found("ann@evil.example").find("webfinger: ") == 0);

  World alias;  // an alias host that speaks for somebody else's account
  alias.account("x@evil.example", "ann@a.example", "https://evil.example/x");
  alias.account("ann@a.example", "ann@a.example", kActor);
  alias.actor(kActor, "ann");
  alias.actor("https://evil.example/x", "ann");
  CHECK(alias.found("x@evil.example").find("webfinger: ") == 0);
}

TEST_CASE("webfinger: an alias of the same actor is found under its real name") {
  World world;
  world.account("anna@b.example", "ann@a.example", kActor);
  world.account("ann@a.example", "ann@a.example", kActor);
  world.actor(kActor, "ann");
  CHECK(world.found("anna@b.example") == kActor + " ann@a.example");
}

TEST_CASE("webfinger: what is no answer, no actor or no account") {
  World world;
  world.actor(kActor, "ann");
  for (const char* odd : {"", "ann", "@", "ann@", "@a.example", "a@b@c", "ann@a.example/x",
                          "ann@a.example?x", "ann@a.ex ample", "https://a.example/ann"}) {
    CAPTURE(odd);
    CHECK_FALSE(discover(odd, world.services));
  }
  CHECK(world.net.asked.empty());
  CHECK_FALSE(discover("nobody@a.example", world.services));
  world.account("ann@a.example", "ann@a.example", kActor, "text/html");
  CHECK_FALSE(discover("ann@a.example", world.services));
  world.account("ann@a.example", "ann@a.example", kActor, "application/jrd+json", "text/html");
  CHECK_FALSE(discover("ann@a.example", world.services));
  world.account("ann@a.example", "ann@a.example", "https://a.example/nobody");
  CHECK_FALSE(discover("ann@a.example", world.services));
  world.actor("https://a.example/other", "ann", kActor + "x");
  world.account("ann@a.example", "ann@a.example", "https://a.example/other");
  CHECK_FALSE(discover("ann@a.example", world.services));
}
