#include "ap/admit.hpp"

#include <doctest/doctest.h>

#include "fixture.hpp"

using qp::Code;
using qp::ap::Activity;

namespace {

Activity follow() {
  Activity activity;
  activity.id = "https://remote.example/activities/1";
  activity.types = {std::string(qp::as::Follow.iri)};
  activity.actors = {"https://remote.example/users/bob"};
  activity.objects = {"http://localhost:8000/actors/1"};
  return activity;
}

Code refusal(const Activity& activity, const std::string& signer) {
  const auto admitted = qp::ap::admit(activity, signer);
  REQUIRE_FALSE(admitted);
  return admitted.error().code;
}

}  // namespace

TEST_CASE("an activity of the signer, with an id of its origin, is admitted") {
  CHECK(qp::ap::admit(follow(), "https://remote.example/users/bob"));
}

TEST_CASE(
    "interop I15: an activity is refused when another one signed it, or its id is of another "
    "origin") {
  CHECK(refusal(follow(), "https://remote.example/users/mallory") == Code::Forbidden);
  Activity elsewhere = follow();
  elsewhere.id = "https://other.example/activities/1";
  CHECK(refusal(elsewhere, elsewhere.actor()) == Code::Forbidden);
  elsewhere.id = "http://remote.example/activities/1";
  CHECK(refusal(elsewhere, elsewhere.actor()) == Code::Forbidden);
}

TEST_CASE("an activity without id, type or exactly one actor is refused as malformed") {
  Activity activity = follow();
  activity.actors.push_back("https://remote.example/users/eve");
  CHECK(refusal(activity, "https://remote.example/users/bob") == Code::BadInput);
  activity = follow();
  activity.id.clear();
  CHECK(refusal(activity, activity.actor()) == Code::BadInput);
  activity = follow();
  activity.types.clear();
  CHECK(refusal(activity, activity.actor()) == Code::BadInput);
}

TEST_CASE("nobody outside speaks for an actor of this server") {
  qp::ap::Fixture server;
  Activity activity = follow();
  activity.actors = {server.alice.iri};
  activity.id = "http://localhost:8000/activities/forged";
  const auto txn = qp::store::must(server.store().read());
  const auto admitted = qp::ap::admit_here(*txn, activity);
  REQUIRE_FALSE(admitted);
  CHECK(admitted.error().code == Code::Forbidden);
}
