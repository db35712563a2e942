#include "ap/effects.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "effects_fixture.hpp"

using nlohmann::json;
using namespace qp::ap;

TEST_CASE("item 59: a Like reaches likes and an Announce shares, and the object counts them") {
  Effects server;
  CHECK(server.accepts(server.receive(kCarol, "Like", server.note)));
  const std::string like = server.last_id;
  CHECK(server.accepts(server.receive(kCarol, "Announce", server.note, kToPublic)));
  CHECK(server.members(server.likes()) == Ids{like});
  CHECK(server.members(server.shares()) == Ids{server.last_id});
  const json note = server.seen_json(server.note);
  CHECK(note["likes"]["id"] == server.likes());
  CHECK(note["likes"]["totalItems"] == 1);
  CHECK(note["shares"]["totalItems"] == 1);
  CHECK(note["replies"]["totalItems"] == 0);
  CHECK(json::parse(server.rendered(server.note)) == note);
  CHECK(server.is_member(server.alice.inbox, like));
}

TEST_CASE("item 59: the Create that embeds a liked object is rendered anew with it") {
  Effects server;
  const auto posted = server.post(server.alice, kPublicNote);
  REQUIRE(posted);
  CHECK(json::parse(server.rendered(posted->activity))["object"]["likes"]["totalItems"] == 0);
  CHECK(server.accepts(server.receive(kCarol, "Like", posted->object)));
  CHECK(json::parse(server.rendered(posted->activity))["object"]["likes"]["totalItems"] == 1);
}

TEST_CASE("an actor likes an object once, however often it says so") {
  Effects server;
  for (int i = 0; i < 3; ++i) CHECK(server.accepts(server.receive(kCarol, "Like", server.note)));
  CHECK(server.members(server.likes()).size() == 1);
  CHECK(server.accepts(server.receive(kMallory, "Like", server.note)));
  CHECK(server.members(server.likes()).size() == 2);
}

TEST_CASE("interop I15: redelivery has no second effect") {
  Effects server;
  const std::string like =
      "{'@context':'https://www.w3.org/ns/activitystreams','type':'Like',"
      "'id':'https://remote.example/likes/1','actor':'" +
      kCarol + "','object':'" + server.note + "'}";
  CHECK(server.accepts(server.receive_text(kCarol, like)));
  CHECK(server.accepts(server.receive(kCarol, "Undo", "https://remote.example/likes/1")));
  const auto again = server.receive_text(kCarol, like);
  REQUIRE(again);
  CHECK(*again == Receipt::Duplicate);
  CHECK(server.members(server.likes()).empty());
}

TEST_CASE("item 60: Undo takes back Like, EmojiReact, Dislike and Announce, by id or embedded") {
  Effects server;
  for (const std::string type :
       {"Like", "Dislike", "Announce", "http://litepub.social/ns#EmojiReact"}) {
    CAPTURE(type);
    const Role role =
        type == "Announce" ? Role::Shares : (type == "Dislike" ? Role::Dislikes : Role::Likes);
    const std::string collection = collection_of(server.note, role);
    CHECK(server.accepts(server.receive(kCarol, type, server.note)));
    CHECK(server.members(collection).size() == 1);
    CHECK(server.accepts(server.receive(kCarol, "Undo", server.last_id)));
    CHECK(server.members(collection).empty());
    // An id that is not known here: what is embedded says which.
    CHECK(server.accepts(server.receive(kCarol, type, server.note)));
    CHECK(server.accepts(server.receive(kCarol, "Undo",
                                        "{'id':'https://remote.example/unknown','type':'" + type +
                                            "','actor':'" + kCarol + "','object':'" + server.note +
                                            "'}")));
    CHECK(server.members(collection).empty());
  }
  CHECK(server.seen_json(server.note)["likes"]["totalItems"] == 0);
}

TEST_CASE("item 60: nobody undoes what another one did") {
  Effects server;
  CHECK(server.accepts(server.receive(kCarol, "Like", server.note)));
  const std::string like = server.last_id;
  CHECK(server.receive(kMallory, "Undo", like));
  CHECK(server.receive(kMallory, "Undo",
                       "{'id':'" + like + "','type':'Like','actor':'" + kMallory + "','object':'" +
                           server.note + "'}"));
  CHECK(server.receive(kMallory, "Undo",
                       "{'type':'Like','actor':'" + kCarol + "','object':'" + server.note + "'}"));
  CHECK(server.members(server.likes()) == Ids{like});
}

TEST_CASE("item 39: a local Like is in liked and in likes, and Undo takes it from both") {
  Effects server;
  const auto like =
      server.post(server.bob, "{'type':'Like','object':'" + server.note + "'," + kToPublic + "}");
  REQUIRE(like);
  CHECK(server.members(server.bob.liked) == Ids{server.note});
  CHECK(server.members(server.likes()) == Ids{like->activity});
  server.posted(server.bob, "{'type':'Undo','object':'" + like->activity + "'}");
  CHECK(server.members(server.bob.liked).empty());
  CHECK(server.members(server.likes()).empty());
}

TEST_CASE("item 23: an answer is listed in replies for those who may read it") {
  Effects server;
  CHECK(server.accepts(server.receive(
      kCarol, "Create",
      server.note_of(kCarol, "open", "'inReplyTo':'" + server.note + "'," + kToPublic),
      kToPublic)));
  CHECK(server.accepts(server.receive(
      kCarol, "Create",
      server.note_of(kCarol, "closed",
                     "'inReplyTo':'" + server.note + "','to':'" + server.alice.iri + "'"),
      "'to':'" + server.alice.iri + "'")));
  CHECK(server.members(server.replies()) ==
        Ids{"https://remote.example/notes/closed", "https://remote.example/notes/open"});
  CHECK(server.seen_json(server.note)["replies"]["totalItems"] == 1);
  CHECK(server.seen_json(server.note, server.alice.iri)["replies"]["totalItems"] == 2);

  const auto local = server.post(server.bob, "{'type':'Note','content':'r','inReplyTo':'" +
                                                 server.note + "'," + kToPublic + "}");
  REQUIRE(local);
  CHECK(server.is_member(server.replies(), local->object));
  CHECK(server.seen_json(server.note)["replies"]["totalItems"] == 2);
}

TEST_CASE("item 55: Delete leaves a Tombstone, takes the answer away, and erases every word") {
  Effects server;
  CHECK(server.accepts(server.receive(
      kCarol, "Create",
      server.note_of(kCarol, "secretword", "'inReplyTo':'" + server.note + "'," + kToPublic),
      kToPublic)));
  const std::string reply = "https://remote.example/notes/secretword";
  CHECK(server.accepts(server.receive(
      kCarol, "Update", server.note_of(kCarol, "secretword", "'summary':'later'," + kToPublic),
      kToPublic)));
  CHECK(server.accepts(server.receive(kMallory, "Delete", reply)));
  CHECK(server.seen_json(reply)["type"] == "Note");
  CHECK(server.accepts(server.receive(kCarol, "Delete", reply)));
  CHECK(server.seen_json(reply)["type"] == "Tombstone");
  CHECK(server.members(server.replies()).empty());
  CHECK_FALSE(server.says("secretword"));
  CHECK(server.store().verify()->problems.empty());
}

TEST_CASE("a Create that arrives after its Delete does nothing") {
  Effects server;
  const std::string note = "https://remote.example/notes/late";
  CHECK(server.accepts(server.receive(kCarol, "Delete", note)));
  const auto late =
      server.receive(kCarol, "Create", server.note_of(kCarol, "late", kToPublic), kToPublic);
  REQUIRE(late);
  CHECK(*late == Receipt::Ignored);
  CHECK(server.seen(note).empty());
  // Only the one who deleted it is believed.
  CHECK(server.accepts(server.receive(kMallory, "Delete", "https://remote.example/notes/hers")));
  CHECK(server.accepts(
      server.receive(kCarol, "Create", server.note_of(kCarol, "hers", kToPublic), kToPublic)));
  CHECK(server.seen_json("https://remote.example/notes/hers")["type"] == "Note");
}

TEST_CASE("item 54: Update replaces the whole object, but not a newer one, nor a deleted one") {
  Effects server;
  const std::string note = "https://remote.example/notes/n";
  const auto says = [&](const std::string& type, const std::string& more) {
    return server.receive(kCarol, type, server.note_of(kCarol, "n", more + kToPublic), kToPublic);
  };
  CHECK(says("Create", "'summary':'first',"));
  CHECK(says("Update", "'summary':'second','updated':'2026-01-02T00:00:00Z',"));
  CHECK(server.seen_json(note)["summary"] == "second");
  CHECK(says("Update", "'summary':'older','updated':'2026-01-01T00:00:00Z',"));
  CHECK(server.seen_json(note)["summary"] == "second");
  CHECK(says("Update", "'updated':'2026-01-03T00:00:00Z',"));
  CHECK_FALSE(server.seen_json(note).contains("summary"));
  CHECK(server.receive(kMallory, "Update", server.note_of(kMallory, "n", kToPublic), kToPublic));
  CHECK(server.seen_json(note)["attributedTo"] == kCarol);
  CHECK(server.receive(kCarol, "Delete", note));
  CHECK(says("Update", "'summary':'risen','updated':'2026-01-04T00:00:00Z',"));
  CHECK(server.seen_json(note)["type"] == "Tombstone");
}
