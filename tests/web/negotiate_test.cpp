#include "web/negotiate.hpp"

#include <doctest/doctest.h>

using namespace qp::web;

TEST_CASE("whoever accepts everything, or says nothing, gets activity+json") {
  CHECK(negotiate(std::nullopt) == Representation::ActivityJson);
  CHECK(negotiate("") == Representation::ActivityJson);
  CHECK(negotiate("*/*") == Representation::ActivityJson);
  CHECK(negotiate("application/*") == Representation::ActivityJson);
}

TEST_CASE("each JSON media type is answered as itself") {
  CHECK(negotiate("application/activity+json") == Representation::ActivityJson);
  CHECK(negotiate("application/json") == Representation::Json);
  CHECK(negotiate("application/ld+json") == Representation::LdJson);
  CHECK(negotiate(R"(application/ld+json; profile="https://www.w3.org/ns/activitystreams")") ==
        Representation::LdJson);
  CHECK(content_type(Representation::LdJson) ==
        R"(application/ld+json; profile="https://www.w3.org/ns/activitystreams")");
}

TEST_CASE("what peers send is answered as activity+json") {
  CHECK(negotiate("application/activity+json, application/ld+json") ==
        Representation::ActivityJson);
  CHECK(negotiate(R"(application/ld+json; profile="a,b;q=0", application/activity+json)") ==
        Representation::ActivityJson);
}

TEST_CASE("browsers get HTML") {
  CHECK(negotiate("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8") ==
        Representation::Html);
}

TEST_CASE("quality decides, and q=0 refuses") {
  CHECK(negotiate("application/activity+json;q=0.5, application/json") == Representation::Json);
  CHECK(negotiate("application/activity+json;q=0, */*") == Representation::LdJson);
  CHECK(negotiate("text/html;q=0.2, application/json;q=0.25") == Representation::Json);
  CHECK(negotiate("application/activity+json;q=0") == std::nullopt);
}

TEST_CASE("the most specific range decides about a type") {
  CHECK(negotiate("*/*;q=1, application/*;q=0.1") == Representation::Html);
  CHECK(negotiate("application/*;q=0.1, application/json;q=0.2") == Representation::Json);
}

TEST_CASE("what is not written here is not acceptable") {
  CHECK(negotiate("image/png") == std::nullopt);
  CHECK(negotiate("application/jrd+json") == std::nullopt);
  CHECK(negotiate("garbage") == std::nullopt);
  CHECK(negotiate("application/json;q=2") == std::nullopt);
}

TEST_CASE("media types of bodies are read without their parameters and without case") {
  CHECK(is_activity_type("application/activity+json"));
  CHECK(is_activity_type("Application/Activity+JSON; charset=utf-8"));
  CHECK(is_activity_type("application/ld+json"));
  CHECK(is_activity_type(R"(application/ld+json;profile="https://www.w3.org/ns/activitystreams")"));
  CHECK_FALSE(is_activity_type("application/json"));
  CHECK_FALSE(is_activity_type("text/plain"));
  CHECK_FALSE(is_activity_type(""));
  CHECK(is_json_type("application/json; charset=utf-8"));
  CHECK(is_form_type("application/x-www-form-urlencoded"));
}
