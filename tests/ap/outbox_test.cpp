#include "ap/outbox.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "fixture.hpp"

using nlohmann::json;
using qp::Code;
using qp::ap::Fixture;
using qp::ap::kPublicNote;

TEST_CASE("a bare object is wrapped in a Create, and both get ids and addressing") {
  Fixture server;
  const auto posted = server.post(server.alice, kPublicNote);
  REQUIRE(posted);
  const json activity = json::parse(posted->body);
  CHECK(activity["type"] == "Create");
  CHECK(activity["id"] == posted->activity);
  CHECK(activity["actor"] == server.alice.iri);
  CHECK(activity["object"]["id"] == posted->object);
  CHECK(activity["object"]["attributedTo"] == server.alice.iri);
  CHECK(activity["to"] == activity["object"]["to"]);
  CHECK(json::parse(server.seen(posted->object))["content"] == "x");
  CHECK(server.is_member(server.alice.outbox, posted->activity));
}

TEST_CASE("ids that a client chose are replaced") {
  Fixture server;
  const auto posted =
      server.post(server.alice,
                  "{'@context':'https://www.w3.org/ns/activitystreams','type':'Create',"
                  "'@id':'" +
                      server.bob.iri + "','object':{'type':'Note','id':'" + server.bob.iri +
                      "','name':'taken over'}}");
  REQUIRE(posted);
  CHECK(posted->activity != server.bob.iri);
  CHECK(posted->object != server.bob.iri);
  CHECK(json::parse(server.seen(server.bob.iri))["name"] == "bob");
}

TEST_CASE("forged authors and incomplete activities are refused by name") {
  Fixture server;
  const auto refusal = [&](const std::string& text) {
    const auto posted = server.post(server.alice, text);
    REQUIRE_FALSE(posted);
    return posted.error();
  };
  CHECK(refusal("{'type':'Like','actor':'" + server.bob.iri + "','object':'http://x/'}").code ==
        Code::Forbidden);
  CHECK(
      refusal("{'type':'Create','object':{'type':'Note','attributedTo':'" + server.bob.iri + "'}}")
          .code == Code::Forbidden);
  CHECK(refusal("{'type':'Follow'}").message.find("object") != std::string::npos);
  CHECK(refusal("{'type':'Add','object':'http://x/'}").message.find("target") != std::string::npos);
  CHECK(refusal("{'type':'Create','object':'http://x/'}").code == Code::BadInput);
  CHECK(refusal("[]").code == Code::BadInput);
  CHECK(refusal("{}").code == Code::BadInput);
  CHECK(refusal("{'type':'Delete','object':'" + server.bob.iri + "'}").code == Code::Forbidden);
}

TEST_CASE("hidden recipients are the author's to see, and readers of what they got") {
  Fixture server;
  const auto posted = server.post(
      server.alice, "{'type':'Note','content':'psst','bcc':['" + server.bob.iri + "']}");
  REQUIRE(posted);
  CHECK(server.seen(posted->object).empty());
  CHECK(server.seen(posted->object, server.alice.iri).find("\"bcc\"") != std::string::npos);
  const std::string for_bob = server.seen(posted->object, server.bob.iri);
  CHECK(for_bob.find("psst") != std::string::npos);
  CHECK(for_bob.find("\"bcc\"") == std::string::npos);
  CHECK(server.is_member(server.bob.inbox, posted->activity));
}

TEST_CASE("a Follow between neighbours is accepted, and Undo takes it back") {
  Fixture server;
  const auto follow = server.post(server.bob, "{'type':'Follow','object':'" + server.alice.iri +
                                                  "','to':['" + server.alice.iri + "']}");
  REQUIRE(follow);
  CHECK(server.is_member(server.alice.followers, server.bob.iri));
  CHECK(server.is_member(server.bob.following, server.alice.iri));

  const auto note = server.post(server.alice, "{'type':'Note','content':'to my followers','to':['" +
                                                  server.alice.followers + "']}");
  REQUIRE(note);
  CHECK(server.is_member(server.bob.inbox, note->activity));
  CHECK(server.seen(note->object).empty());
  CHECK_FALSE(server.seen(note->object, server.bob.iri).empty());

  REQUIRE(server.post(server.bob, "{'type':'Undo','object':'" + follow->activity + "','to':['" +
                                      server.alice.iri + "']}"));
  CHECK_FALSE(server.is_member(server.alice.followers, server.bob.iri));
  CHECK_FALSE(server.is_member(server.bob.following, server.alice.iri));
}

TEST_CASE("Update replaces members, null removes them, and the rest stays") {
  Fixture server;
  const auto posted =
      server.post(server.alice,
                  "{'type':'Note','content':'old','summary':'s','tag':[{'type':'Hashtag',"
                  "'name':'#a'}],'to':['https://www.w3.org/ns/activitystreams#Public']}");
  REQUIRE(posted);
  REQUIRE(server.post(server.alice, "{'type':'Update','object':{'id':'" + posted->object +
                                        "','content':'new','summary':null}}"));
  const json object = json::parse(server.seen(posted->object));
  CHECK(object["content"] == "new");
  CHECK_FALSE(object.contains("summary"));
  CHECK(object["tag"][0]["name"] == "#a");
  CHECK(object.contains("updated"));
}

TEST_CASE("Delete leaves a Tombstone and none of the words") {
  Fixture server;
  const auto posted = server.post(server.alice, kPublicNote);
  REQUIRE(posted);
  REQUIRE(server.post(server.alice, "{'type':'Delete','object':'" + posted->object + "'}"));
  const json tombstone = json::parse(server.seen(posted->object));
  CHECK(tombstone["type"] == "Tombstone");
  CHECK(tombstone["formerType"] == "Note");
  CHECK(server.seen(posted->object).find("content") == std::string::npos);
}

TEST_CASE("what goes to others is queued in the same commit, once for each inbox") {
  Fixture server;
  REQUIRE(server.post(server.alice,
                      "{'type':'Note','content':'x','to':['https://remote.example/users/bob',"
                      "'https://www.w3.org/ns/activitystreams#Public'],"
                      "'cc':['https://remote.example/users/bob']}"));
  CHECK(server.queued() == 1);
  REQUIRE(server.post(server.alice,
                      "{'type':'Block','object':'https://remote.example/users/bob',"
                      "'to':['https://remote.example/users/bob']}"));
  CHECK(server.queued() == 1);
}

TEST_CASE("the store is sound after all of this") {
  Fixture server;
  REQUIRE(server.post(server.alice, kPublicNote));
  const auto verification = server.store().verify();
  REQUIRE(verification);
  CHECK(verification->problems.empty());
}
