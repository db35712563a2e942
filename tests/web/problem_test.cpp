#include "web/problem.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

using namespace qp;
using namespace qp::web;

namespace {

nlohmann::json body_of(const net::Response& response) {
  return nlohmann::json::parse(response.body);
}

}  // namespace

TEST_CASE("a problem says the same to RFC 9457 clients and to the tutorial's") {
  const net::Response response = problem(bad_input("preferred_username is required"));
  CHECK(response.status == 400);
  CHECK(response.headers.get("Content-Type") == "application/problem+json");
  const nlohmann::json body = body_of(response);
  CHECK(body["error"] == "preferred_username is required");
  CHECK(body["detail"] == "preferred_username is required");
  CHECK(body["status"] == 400);
  CHECK(body["title"] == "Bad request");
}

TEST_CASE("what the operator only may know is not told") {
  const net::Response hidden = problem(Error{Code::NotFound, "graph 17 is hidden", {}});
  CHECK(hidden.status == 404);
  CHECK(hidden.body.find("17") == std::string::npos);
  const net::Response ours = problem(error(Code::Internal, "null at actor.cpp"));
  CHECK(ours.status == 500);
  CHECK(ours.body.find("actor.cpp") == std::string::npos);
}

TEST_CASE("401 says how to sign in and 503 when to come back") {
  const net::Response refused = problem(error(Code::Unauthenticated, "no token"));
  CHECK(refused.status == 401);
  CHECK(refused.headers.get("WWW-Authenticate") == R"(Bearer realm="api")");
  CHECK(problem_page(error(Code::Unauthenticated, "no token"))
            .headers.get("WWW-Authenticate")
            .has_value());
  CHECK(problem(error(Code::Unavailable, "full")).headers.get("Retry-After").has_value());
  CHECK(problem(error(Code::TooMany, "slow down")).headers.get("Retry-After").has_value());
}

TEST_CASE("a challenge names the error and the scope") {
  CHECK(bearer_challenge("insufficient_scope", "write") ==
        R"(Bearer realm="api", error="insufficient_scope", scope="write")");
}

TEST_CASE("an OAuth error has the members of RFC 6749 and is not stored") {
  const net::Response response = oauth_problem(400, "invalid_request", "no form");
  const nlohmann::json body = body_of(response);
  CHECK(body["error"] == "invalid_request");
  CHECK(body["error_description"] == "no form");
  CHECK(response.headers.get("Cache-Control") == "no-store");
}

TEST_CASE("text that is not UTF-8 does not break a problem") {
  CHECK(problem(bad_input("bad \xff byte")).status == 400);
}
