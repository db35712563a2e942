#include "web/webfinger.hpp"

#include <doctest/doctest.h>

#include "web/nodeinfo.hpp"
#include "web/object_handler.hpp"

using namespace qp;
using namespace qp::web;

TEST_CASE("an acct: names a user and a host, the port belonging to the host") {
  const auto named = parse_resource("acct:alice@localhost:8000");
  REQUIRE(named);
  const auto& account = std::get<Account>(*named);
  CHECK(account.username == "alice");
  CHECK(account.host == "localhost:8000");
  CHECK(std::get<Account>(*parse_resource("ACCT:@bob@a.example")).username == "bob");
}

TEST_CASE("an actor's address may be asked for as well") {
  const auto named = parse_resource("https://a.example/actors/1");
  REQUIRE(named);
  CHECK(std::get<Address>(*named).iri == "https://a.example/actors/1");
}

TEST_CASE("an acct: that can name nobody is not found, another scheme is a bad request") {
  CHECK(parse_resource("acct:alice").error().code == Code::NotFound);
  CHECK(parse_resource("acct:@host").error().code == Code::NotFound);
  CHECK(parse_resource("acct:alice@").error().code == Code::NotFound);
  CHECK(parse_resource("acct:a@b@c").error().code == Code::NotFound);
  CHECK(parse_resource("mailto:alice@a.example").error().code == Code::BadInput);
  CHECK(parse_resource("alice").error().code == Code::BadInput);
}

TEST_CASE("software names are written as the NodeInfo schema wants them") {
  CHECK(nodeinfo_name("GenericAP") == "genericap");
  CHECK(nodeinfo_name("My Server 2") == "my-server-2");
}

TEST_CASE("the IRI of a request has no query and is never made from its Host") {
  const ap::Domain domain{"https://a.example", "a.example"};
  CHECK(requested_iri(domain, "/objects/1?x=y") == "https://a.example/objects/1");
  CHECK(requested_iri(domain, "/objects/%41") == "https://a.example/objects/%41");
}

TEST_CASE("page and limit choose a part of a collection") {
  CHECK_FALSE(requested_page("")->has_value());
  CHECK_FALSE(requested_page("limit=5")->has_value());
  CHECK((*requested_page("page=true"))->at == "first");
  CHECK((*requested_page("page=before%3A17"))->at == "before:17");
  CHECK((*requested_page("page=last&limit=5"))->limit == 5);
  CHECK((*requested_page("page=last&limit=99999"))->limit == limits::kPageItems);
  CHECK_FALSE(requested_page("page=last&limit=0").has_value());
  CHECK_FALSE(requested_page("page=last&limit=x").has_value());
}
