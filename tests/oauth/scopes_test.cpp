#include "oauth/scopes.hpp"

#include <doctest/doctest.h>

using namespace qp::oauth;

namespace {

const std::string kProfile = "https://swicg.github.io/activitypub-api/scopes#";

Scopes of(const std::string& text) {
  const auto scopes = Scopes::parse(text);
  REQUIRE(scopes);
  return *scopes;
}

}  // namespace

TEST_CASE("scopes are read in any order and written in one") {
  CHECK(of("follow read  write").text() == "read write follow");
  CHECK(of("follow read  write") == Scopes::all());
  CHECK(of("").empty());
  CHECK(of(kProfile + "like read").text() == "read " + kProfile + "like");
}

TEST_CASE("follow and the profile's follow are two scopes") {
  CHECK(of("follow") != of(kProfile + "follow"));
  CHECK(of(kProfile + "follow").within(of("follow")));
  CHECK_FALSE(of("follow").within(of(kProfile + "follow")));
}

TEST_CASE("unknown scopes are refused, also those whose name is known without its address") {
  for (const char* name : {"admin", "like", "Read", "read,write"}) CHECK_FALSE(Scopes::parse(name));
  CHECK_FALSE(Scopes::parse(kProfile + "read"));
  CHECK_FALSE(Scopes::parse(kProfile));
}

TEST_CASE("every scope has a name that is read back, and a title") {
  CHECK(Scopes::known_names().size() == 32);
  for (const std::string& name : Scopes::known_names()) {
    const Scopes scopes = of(name);
    REQUIRE(scopes.list().size() == 1);
    CHECK(scope_name(scopes.list()[0]) == name);
    CHECK_FALSE(scope_title(scopes.list()[0]).empty());
    CHECK(scopes.within(Scopes::all()) == (scopes != Scopes(Scope::SparqlUpdate)));
  }
}

TEST_CASE("the coarse scopes imply the fine ones, over two steps too, and never the other way") {
  CHECK(of("read").has(Scope::ReadInbox));
  CHECK(of("read").has(Scope::ReadLocal));
  CHECK_FALSE(of("read").has(Scope::CreateContent));
  CHECK(of("write").has(Scope::AddressPublic));
  CHECK(of("write").has(Scope::ReactOwn));
  CHECK_FALSE(of("write").has(Scope::Block));
  CHECK(of("follow").has(Scope::Block));
  CHECK(of(kProfile + "readall").has(Scope::ReadLiked));
  CHECK_FALSE(of(kProfile + "readinbox").has(Scope::ReadAll));
  CHECK_FALSE(of(kProfile + "reactlocal").has(Scope::ReactAny));
  CHECK_FALSE(of(kProfile + "createcontent").within(of("read")));
}
