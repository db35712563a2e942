#include "ap/follow.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "effects_fixture.hpp"

using nlohmann::json;
using namespace qp::ap;

namespace {

struct Follows : Effects {
  std::string pending(const Actor& actor) {
    return collection_of(actor.iri, Role::PendingFollowers);
  }
  std::string asked(const Actor& actor) { return collection_of(actor.iri, Role::PendingFollowing); }
  std::string blocked(const Actor& actor) { return collection_of(actor.iri, Role::Blocked); }
  void lock(Actor& actor) {
    posted(actor, "{'type':'Update','object':{'id':'" + actor.iri +
                      "','manuallyApprovesFollowers':true}}");
    const auto txn = qp::store::must(store().read());
    actor = *qp::store::must(find_actor(*txn, actor.iri));
  }
  /// Bob asks carol; the Follow.
  std::string ask_carol() {
    const auto follow = post(bob, "{'type':'Follow','object':'" + kCarol + "'}");
    REQUIRE(follow);
    return follow->activity;
  }
};

}  // namespace

TEST_CASE("item 56: a Follow is answered with one Accept, and the follower is in followers") {
  Follows server;
  CHECK(server.accepts(server.receive(kCarol, "Follow", server.alice.iri)));
  CHECK(server.members(server.alice.followers) == Ids{kCarol});
  CHECK(server.members(server.pending(server.alice)).empty());
  CHECK(server.queued() == 1);
}

TEST_CASE("item 56: a Follow of a locked actor stays pending until its owner answers") {
  Follows server;
  server.lock(server.alice);
  CHECK(server.alice.manual_follows);
  CHECK(server.accepts(server.receive(kCarol, "Follow", server.alice.iri)));
  const std::string follow = server.last_id;
  CHECK(server.members(server.pending(server.alice)) == Ids{follow});
  CHECK(server.members(server.alice.followers).empty());
  CHECK(server.queued() == 0);
  // Asked again: once in the list, by its newest Follow (FEP-4ccd).
  CHECK(server.accepts(server.receive(kCarol, "Follow", server.alice.iri)));
  CHECK(server.members(server.pending(server.alice)) == Ids{server.last_id});

  server.posted(server.alice, "{'type':'Accept','object':'" + server.last_id + "'}");
  CHECK(server.members(server.pending(server.alice)).empty());
  CHECK(server.members(server.alice.followers) == Ids{kCarol});
  CHECK(server.queued() == 1);  // the Accept, though the client named no recipient
}

TEST_CASE("item 56: Reject adds nobody, and takes away who was accepted before") {
  Follows server;
  server.lock(server.alice);
  CHECK(server.accepts(server.receive(kCarol, "Follow", server.alice.iri)));
  server.posted(server.alice, "{'type':'Reject','object':'" + server.last_id + "'}");
  CHECK(server.members(server.pending(server.alice)).empty());
  CHECK(server.members(server.alice.followers).empty());

  CHECK(server.accepts(server.receive(kCarol, "Follow", server.bob.iri)));
  CHECK(server.members(server.bob.followers) == Ids{kCarol});
  server.posted(server.bob, "{'type':'Reject','object':'" + server.last_id + "'}");
  CHECK(server.members(server.bob.followers).empty());
}

TEST_CASE("nobody answers a Follow that was asked of another") {
  Follows server;
  server.lock(server.alice);
  CHECK(server.accepts(server.receive(kCarol, "Follow", server.alice.iri)));
  const std::string follow = server.last_id;
  for (const std::string type : {"Accept", "Reject"}) {
    const auto refused =
        server.post(server.bob, "{'type':'" + type + "','object':'" + follow + "'}");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == qp::Code::Forbidden);
    CHECK(refused.error().message == "that Follow was not sent to you");
    CHECK(server.receive(kMallory, type, follow));
  }
  CHECK(server.members(server.pending(server.alice)) == Ids{follow});
  CHECK(server.members(server.alice.followers).empty());
}

TEST_CASE("items 37, 57: following begins with the Accept of who was asked, not before") {
  Follows server;
  const std::string follow = server.ask_carol();
  CHECK(server.queued() == 1);
  CHECK(server.members(server.bob.following).empty());
  CHECK(server.members(server.asked(server.bob)) == Ids{follow});
  CHECK(server.receive(kMallory, "Accept", follow));
  CHECK(server.members(server.bob.following).empty());
  CHECK(server.accepts(server.receive(kCarol, "Accept", follow)));
  CHECK(server.members(server.bob.following) == Ids{kCarol});
  CHECK(server.members(server.asked(server.bob)).empty());
}

TEST_CASE(
    "item 57, interop I16: an Accept whose Follow has an id that is not known here counts by what "
    "it embeds") {
  Follows server;
  server.ask_carol();
  CHECK(server.accepts(server.receive(kCarol, "Accept",
                                      "{'id':'https://remote.example/x','type':'Follow','actor':'" +
                                          server.bob.iri + "','object':'" + kCarol + "'}")));
  CHECK(server.members(server.bob.following) == Ids{kCarol});
  // Alice asked nobody.
  CHECK(server.accepts(server.receive(
      kCarol, "Accept",
      "{'type':'Follow','actor':'" + server.alice.iri + "','object':'" + kCarol + "'}")));
  CHECK(server.members(server.alice.following).empty());
}

TEST_CASE("item 57: Reject ends the request, and a following that was accepted") {
  Follows server;
  CHECK(server.accepts(server.receive(kCarol, "Reject", server.ask_carol())));
  CHECK(server.members(server.asked(server.bob)).empty());
  CHECK(server.members(server.bob.following).empty());
  const std::string follow = server.ask_carol();
  CHECK(server.accepts(server.receive(kCarol, "Accept", follow)));
  CHECK(server.accepts(server.receive(kCarol, "Reject", follow)));
  CHECK(server.members(server.bob.following).empty());
  // An Accept after that comes too late.
  CHECK(server.accepts(server.receive(kCarol, "Accept", follow)));
  CHECK(server.members(server.bob.following).empty());
}

TEST_CASE("item 41: Undo of a Follow ends it at every stage, and is sent without being addressed") {
  Follows server;
  std::string follow = server.ask_carol();
  server.posted(server.bob, "{'type':'Undo','object':'" + follow + "'}");
  CHECK(server.queued() == 2);
  CHECK(server.members(server.asked(server.bob)).empty());
  CHECK(server.accepts(server.receive(kCarol, "Accept", follow)));
  CHECK(server.members(server.bob.following).empty());
  follow = server.ask_carol();
  CHECK(server.accepts(server.receive(kCarol, "Accept", follow)));
  server.posted(server.bob, "{'type':'Undo','object':{'id':'" + follow + "','type':'Follow'}}");
  CHECK(server.members(server.bob.following).empty());
}

TEST_CASE(
    "item 60: Undo of a received Follow, by id or embedded without one, pending or accepted") {
  Follows server;
  CHECK(server.accepts(server.receive(kCarol, "Follow", server.alice.iri)));
  CHECK(server.accepts(server.receive(
      kCarol, "Undo",
      "{'type':'Follow','actor':'" + kCarol + "','object':'" + server.alice.iri + "'}")));
  CHECK(server.members(server.alice.followers).empty());
  server.lock(server.alice);
  CHECK(server.accepts(server.receive(kCarol, "Follow", server.alice.iri)));
  const std::string follow = server.last_id;
  CHECK(server.accepts(server.receive(kCarol, "Undo", follow)));
  CHECK(server.members(server.pending(server.alice)).empty());
  server.posted(server.alice, "{'type':'Accept','object':'" + follow + "'}");
  CHECK(server.members(server.alice.followers).empty());
}

TEST_CASE("item 41: Undo of an Accept puts the request back among the pending ones") {
  Follows server;
  server.lock(server.alice);
  CHECK(server.accepts(server.receive(kCarol, "Follow", server.alice.iri)));
  const std::string follow = server.last_id;
  const auto accept = server.post(server.alice, "{'type':'Accept','object':'" + follow + "'}");
  REQUIRE(accept);
  server.posted(server.alice, "{'type':'Undo','object':'" + accept->activity + "'}");
  CHECK(server.members(server.alice.followers).empty());
  CHECK(server.members(server.pending(server.alice)) == Ids{follow});
}

TEST_CASE("item 41: Undo of a Reject puts the request back among the pending ones") {
  Follows server;
  server.lock(server.alice);
  for (const bool was_accepted : {false, true}) {
    CHECK(server.accepts(server.receive(kCarol, "Follow", server.alice.iri)));
    const std::string follow = server.last_id;
    if (was_accepted) server.posted(server.alice, "{'type':'Accept','object':'" + follow + "'}");
    const auto reject = server.post(server.alice, "{'type':'Reject','object':'" + follow + "'}");
    REQUIRE(reject);
    CHECK(server.members(server.pending(server.alice)).empty());
    server.posted(server.alice, "{'type':'Undo','object':'" + reject->activity + "'}");
    CHECK(server.members(server.pending(server.alice)) == Ids{follow});
    CHECK(server.members(server.alice.followers).empty());  // nobody is let in by it
    server.posted(server.alice, "{'type':'Reject','object':'" + follow + "'}");
  }
  // Who takes the request back meanwhile asks for nothing any more.
  CHECK(server.accepts(server.receive(kCarol, "Follow", server.alice.iri)));
  const std::string follow = server.last_id;
  const auto reject = server.post(server.alice, "{'type':'Reject','object':'" + follow + "'}");
  CHECK(server.accepts(server.receive(kCarol, "Undo", follow)));
  server.posted(server.alice, "{'type':'Undo','object':'" + reject->activity + "'}");
  CHECK(server.members(server.pending(server.alice)).empty());
}

TEST_CASE("item 41: Undo of a Reject where Follows are accepted at once lets the follower in") {
  Follows server;
  CHECK(server.accepts(server.receive(kCarol, "Follow", server.alice.iri)));
  const auto reject =
      server.post(server.alice, "{'type':'Reject','object':'" + server.last_id + "'}");
  REQUIRE(reject);
  CHECK(server.members(server.alice.followers).empty());
  server.posted(server.alice, "{'type':'Undo','object':'" + reject->activity + "'}");
  CHECK(server.members(server.alice.followers) == Ids{kCarol});
  CHECK(server.members(server.pending(server.alice)).empty());
}

TEST_CASE("item 60: Undo of a received Reject: what was asked is asked again, by nobody else") {
  Follows server;
  const std::string follow = server.ask_carol();
  CHECK(server.accepts(server.receive(kCarol, "Reject", follow)));
  const std::string reject = server.last_id;
  CHECK(server.receive(kMallory, "Undo", reject));
  CHECK(server.members(server.asked(server.bob)).empty());
  CHECK(server.accepts(server.receive(kCarol, "Undo", reject)));
  CHECK(server.members(server.asked(server.bob)) == Ids{follow});
  CHECK(server.members(server.bob.following).empty());
  CHECK(server.accepts(server.receive(kCarol, "Accept", follow)));
  CHECK(server.members(server.bob.following) == Ids{kCarol});
}

TEST_CASE("item 41: Undo of a Move takes movedTo away; who went along stays there") {
  Follows server;
  server.posted(server.bob, "{'type':'Follow','object':'" + server.alice.iri + "'}");
  const auto dave = server.add("dave");
  server.posted(dave, "{'type':'Update','object':{'id':'" + dave.iri + "','alsoKnownAs':['" +
                          server.alice.iri + "']}}");
  const auto move = server.post(server.alice, "{'type':'Move','object':'" + server.alice.iri +
                                                  "','target':'" + dave.iri + "'}");
  REQUIRE(move);
  CHECK(json::parse(server.rendered(server.alice.iri))["movedTo"] == dave.iri);
  CHECK(server.members(server.bob.following) == Ids{dave.iri});
  server.posted(server.alice, "{'type':'Undo','object':'" + move->activity + "'}");
  CHECK_FALSE(json::parse(server.rendered(server.alice.iri)).contains("movedTo"));
  CHECK(server.members(server.bob.following) == Ids{dave.iri});
}

TEST_CASE("item 60: Undo of a received Move, or of an Undo, is kept and changes nothing") {
  Follows server;
  CHECK(server.accepts(server.receive(kCarol, "Accept", server.ask_carol())));
  server.posted(server.alice, "{'type':'Update','object':{'id':'" + server.alice.iri +
                                  "','alsoKnownAs':['" + kCarol + "']}}");
  CHECK(server.accepts(
      server.receive(kCarol, "Move", kCarol, "'target':'" + server.alice.iri + "'")));
  CHECK(server.members(server.bob.following) == Ids{server.alice.iri});
  CHECK(server.accepts(server.receive(kCarol, "Undo", server.last_id)));
  CHECK(server.members(server.bob.following) == Ids{server.alice.iri});

  CHECK(server.accepts(server.receive(kCarol, "Follow", server.bob.iri)));
  CHECK(server.accepts(server.receive(kCarol, "Undo", server.last_id)));
  CHECK(server.accepts(server.receive(kCarol, "Undo", server.last_id)));
  CHECK(server.members(server.bob.followers).empty());
}

TEST_CASE(
    "item 40: who is blocked is parted from, reaches nothing of the blocker's, and is not told") {
  Follows server;
  CHECK(server.accepts(server.receive(kCarol, "Follow", server.alice.iri)));
  const auto before = server.queued();
  const auto block =
      server.post(server.alice, "{'type':'Block','object':'" + kCarol + "','to':'" + kCarol + "'}");
  REQUIRE(block);
  CHECK(server.queued() == before);
  CHECK(server.members(server.blocked(server.alice)) == Ids{kCarol});
  CHECK(server.members(server.alice.followers).empty());

  CHECK(server.accepts(server.receive(kCarol, "Follow", server.alice.iri)));
  CHECK(server.members(server.alice.followers).empty());
  const auto inbox = server.members(server.alice.inbox);
  CHECK(server.receive(kCarol, "Like", server.note));
  CHECK(server.receive(kCarol, "Announce", server.note, kToPublic));
  CHECK(server.receive(
      kCarol, "Create",
      server.note_of(kCarol, "reply", "'inReplyTo':'" + server.note + "'," + kToPublic),
      "'to':'" + server.alice.iri + "'"));
  CHECK(server.members(server.likes()).empty());
  CHECK(server.members(server.shares()).empty());
  CHECK(server.members(server.replies()).empty());
  CHECK(server.members(server.alice.inbox) == inbox);

  server.posted(server.alice, "{'type':'Undo','object':'" + block->activity + "'}");
  CHECK(server.queued() == before);
  CHECK(server.members(server.blocked(server.alice)).empty());
  CHECK(server.accepts(server.receive(kCarol, "Follow", server.alice.iri)));
  CHECK(server.members(server.alice.followers) == Ids{kCarol});
}

TEST_CASE("item 40: blocking a neighbour parts both ways") {
  Follows server;
  server.posted(server.bob, "{'type':'Follow','object':'" + server.alice.iri + "'}");
  server.posted(server.alice, "{'type':'Follow','object':'" + server.bob.iri + "'}");
  server.posted(server.alice, "{'type':'Block','object':'" + server.bob.iri + "'}");
  for (const Actor& one : {server.alice, server.bob}) {
    CHECK(server.members(one.followers).empty());
    CHECK(server.members(one.following).empty());
  }
  server.posted(server.bob, "{'type':'Follow','object':'" + server.alice.iri + "'}");
  CHECK(server.members(server.alice.followers).empty());
}

TEST_CASE(
    "interop I21: a Block that arrives is taken quietly: it parts the two and is not listed") {
  Follows server;
  const std::string follow = server.ask_carol();
  CHECK(server.accepts(server.receive(kCarol, "Accept", follow)));
  const auto inbox = server.members(server.bob.inbox);
  CHECK(server.accepts(server.receive(kCarol, "Block", server.bob.iri)));
  CHECK(server.members(server.bob.following).empty());
  CHECK(server.members(server.bob.inbox) == inbox);
}

TEST_CASE("item 55: an actor that deletes itself leaves followers and following") {
  Follows server;
  CHECK(server.accepts(server.receive(kCarol, "Follow", server.alice.iri)));
  CHECK(server.accepts(server.receive(kCarol, "Accept", server.ask_carol())));
  CHECK(server.receive(kMallory, "Delete", kCarol));
  CHECK(server.members(server.alice.followers) == Ids{kCarol});
  CHECK(server.accepts(server.receive(kCarol, "Delete", kCarol)));
  CHECK(server.members(server.alice.followers).empty());
  CHECK(server.members(server.bob.following).empty());
}

TEST_CASE("item 55: an actor that deletes itself leaves no request behind, its own or to it") {
  Follows server;
  server.lock(server.alice);
  CHECK(server.accepts(server.receive(kCarol, "Follow", server.alice.iri)));
  server.ask_carol();
  CHECK(server.members(server.pending(server.alice)).size() == 1);
  CHECK(server.members(server.asked(server.bob)).size() == 1);
  CHECK(server.accepts(server.receive(kCarol, "Delete", kCarol)));
  CHECK(server.members(server.pending(server.alice)).empty());
  CHECK(server.members(server.asked(server.bob)).empty());

  // One of this server: with what it asked of neighbours, and they of it.
  server.posted(server.bob, "{'type':'Follow','object':'" + server.alice.iri + "'}");
  CHECK(server.accepts(server.receive(kMallory, "Follow", server.bob.iri)));
  CHECK(server.members(server.pending(server.alice)).size() == 1);
  server.posted(server.bob, "{'type':'Delete','object':'" + server.bob.iri + "'}");
  CHECK(server.members(server.pending(server.alice)).empty());
  CHECK(server.members(server.asked(server.bob)).empty());
  CHECK(server.members(server.bob.followers).empty());
}

TEST_CASE("pending requests and blocks are their owner's to read") {
  Follows server;
  server.lock(server.alice);
  CHECK(server.accepts(server.receive(kCarol, "Follow", server.alice.iri)));
  server.posted(server.alice, "{'type':'Block','object':'" + kMallory + "'}");
  for (const std::string& collection :
       {server.pending(server.alice), server.blocked(server.alice)}) {
    CHECK(json::parse(server.seen_collection(collection, server.alice.iri))["totalItems"] == 1);
    CHECK(json::parse(server.seen_collection(collection, server.bob.iri))["totalItems"] == 0);
  }
}

TEST_CASE("I23: followers go along with a Move only where the target lists who moves") {
  Follows server;
  CHECK(server.accepts(server.receive(kCarol, "Accept", server.ask_carol())));
  const std::string to_alice = "'target':'" + server.alice.iri + "'";
  CHECK(server.accepts(server.receive(kCarol, "Move", kCarol, to_alice)));
  CHECK(server.members(server.bob.following) == Ids{kCarol});
  server.posted(server.alice, "{'type':'Update','object':{'id':'" + server.alice.iri +
                                  "','alsoKnownAs':['" + kCarol + "']}}");
  CHECK(server.receive(kMallory, "Move", kCarol, to_alice));
  CHECK(server.members(server.bob.following) == Ids{kCarol});
  CHECK(server.accepts(server.receive(kCarol, "Move", kCarol, to_alice)));
  CHECK(server.members(server.bob.following) == Ids{server.alice.iri});
  CHECK(server.members(server.alice.followers) == Ids{server.bob.iri});
}

TEST_CASE("a local actor that moves says so in its document") {
  Follows server;
  server.posted(server.alice, "{'type':'Move','object':'" + server.alice.iri + "','target':'" +
                                  kCarol + "'," + kToPublic + "}");
  CHECK(json::parse(server.rendered(server.alice.iri))["movedTo"] == kCarol);
}
