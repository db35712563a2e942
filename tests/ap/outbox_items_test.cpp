// Items 33-41 of the checklist (client to server) that are about what happens, and 51 and I20.

#include <doctest/doctest.h>

#include <array>
#include <vector>

#include <nlohmann/json.hpp>

#include "ap/admit.hpp"
#include "ap/deliver.hpp"
#include "effects_fixture.hpp"

using nlohmann::json;
using namespace qp::ap;

namespace {

struct Items : Effects {
  qp::Error refusal(const Actor& actor, const std::string& text) {
    const auto posted = post(actor, text);
    REQUIRE_FALSE(posted);
    return posted.error();
  }
  std::string made(const Actor& actor, const std::string& text) {
    const auto posted = post(actor, text);
    CHECK_MESSAGE(posted, (posted ? "" : posted.error().detail));
    return posted ? posted->object : std::string();
  }
  /// What the queue does by itself when it is due, without any network.
  void announce_what_is_due() {
    Services quiet = services;
    Delivery delivery(quiet);
    while (delivery.work()) {
    }
  }
  bool goes_to(const std::string& activity, const std::string& recipient) {
    const auto txn = qp::store::must(store().read());
    for (const auto& item : qp::store::must(txn->queue_list(1000))) {
      const json job = json::parse(item.payload);
      if (job["activity"] == activity && job["recipient"] == recipient) return true;
    }
    return false;
  }
  std::string payloads() {
    const auto txn = qp::store::must(store().read());
    std::string all;
    for (const auto& item : qp::store::must(txn->queue_list(1000))) all += item.payload + "\n";
    return all;
  }
};

}  // namespace

TEST_CASE("items 33, 46: object and target are required, and what is missing is named") {
  Items server;
  for (const std::string type :
       {"Create", "Update", "Delete", "Follow", "Add", "Remove", "Like", "Block", "Undo", "Accept",
        "Reject", "Announce", "Dislike", "Flag", "Move"}) {
    CAPTURE(type);
    const auto error = server.refusal(server.alice, "{'type':'" + type + "','summary':'x'}");
    CHECK(error.code == qp::Code::BadInput);
    CHECK(error.message == type + " needs a member \"object\"");
  }
  for (const std::string type : {"Add", "Remove", "Move"}) {
    const auto error =
        server.refusal(server.alice, "{'type':'" + type + "','object':'" + server.alice.iri + "'}");
    CHECK(error.message == type + " needs a member \"target\"");
  }
}

TEST_CASE("item 34: recipients are copied both ways, attributedTo is the actor") {
  Items server;
  const auto posted = server.post(server.alice, "{'type':'Create','to':'" + kPublic +
                                                    "','object':{'type':'Note','cc':'" +
                                                    server.bob.iri + "','content':'x'}}");
  REQUIRE(posted);
  const json activity = json::parse(posted->body);
  CHECK(activity["to"] == activity["object"]["to"]);
  CHECK(activity["cc"] == activity["object"]["cc"]);
  CHECK(activity["object"]["attributedTo"] == server.alice.iri);
}

TEST_CASE("item 35: an Update is partial, null removes, and the whole object goes out") {
  Items server;
  const std::string note = server.made(
      server.alice, "{'type':'Note','content':'a','summary':'s','name':'n'," + kToPublic + "}");
  const auto posted = server.post(server.alice, "{'type':'Update','object':{'id':'" + note +
                                                    "','content':'b','summary':null}}");
  REQUIRE(posted);
  const json object = json::parse(posted->body)["object"];
  CHECK(object["content"] == "b");
  CHECK(object["name"] == "n");
  CHECK_FALSE(object.contains("summary"));
  CHECK(json::parse(server.rendered(note))["content"] == "b");
}

TEST_CASE("item 35: what the server keeps stays as it is, whatever an Update says") {
  Items server;
  const json before = server.seen_json(server.alice.iri);
  server.posted(server.alice, "{'type':'Update','object':{'id':'" + server.alice.iri +
                                  "','name':'Alice B.','inbox':'https://evil.example/inbox',"
                                  "'publicKey':null,'preferredUsername':'root','outbox':null}}");
  const json after = server.seen_json(server.alice.iri);
  CHECK(after["name"] == "Alice B.");
  for (const std::string key : {"inbox", "publicKey", "preferredUsername", "outbox"}) {
    CHECK(after[key] == before[key]);
  }
  server.posted(server.alice, "{'type':'Update','object':{'id':'" + server.note + "','likes':'" +
                                  server.bob.followers + "','attributedTo':'" + server.bob.iri +
                                  "','replies':null}}");
  const json note = server.seen_json(server.note);
  CHECK(note["likes"]["id"] == server.likes());
  CHECK(note["replies"]["id"] == server.replies());
  CHECK(note["attributedTo"] == server.alice.iri);
  CHECK(server.accepts(server.receive(kCarol, "Like", server.note)));
  CHECK(server.members(server.likes()).size() == 1);
}

TEST_CASE("item 35: what the server keeps is known by its meaning, whatever a client calls it") {
  Fixture server;
  const auto note = qp::store::must(server.post(server.alice, kPublicNote)).object;
  const auto update = [&](const std::string& members, const std::string& context = "") {
    return server.post(
        server.alice, "{'@context':['https://www.w3.org/ns/activitystreams',{'x':'as:x'" + context +
                          "}],'type':'Update','object':{" + members + "}}");
  };
  const std::string of_note = "'id':'" + note + "',";
  const std::string of_alice = "'id':'" + server.alice.iri + "',";
  const std::string bob = "{'id':'" + server.bob.iri + "'}";
  const std::string key = server.alice.iri + "#main-key";
  for (const auto& [members, context, word] : std::vector<std::array<std::string, 3>>{
           {of_note + "'as:attributedTo':" + bob, "", "attributedTo"},
           {of_note + "'https://www.w3.org/ns/activitystreams#attributedTo':" + bob, "",
            "attributedTo"},
           {of_note + "'by':" + bob, ",'by':'as:attributedTo'", "attributedTo"},
           {of_note + "'as:likes':{'id':'http://evil.example/'}", "", "likes"},
           {of_alice + "'in':{'id':'http://evil.example/'}",
            ",'in':'http://www.w3.org/ns/ldp#inbox'", "inbox"},
           {of_alice + "'as:outbox':{'id':'http://evil.example/'}", "", "outbox"},
           {of_alice + "'as:preferredUsername':'bob'", "", "preferredUsername"},
           {of_alice + "'as:endpoints':{'as:sharedInbox':{'id':'http://evil.example/'}}", "",
            "endpoints"},
           {of_alice + "'k':{'id':'http://evil.example/key'}",
            ",'k':'https://w3id.org/security#publicKey'", "publicKey"},
           {of_alice + "'tag':{'id':'" + key + "','pem':'mine'}",
            ",'pem':'https://w3id.org/security#publicKeyPem'", "publicKey"}}) {
    CAPTURE(members);
    const auto refused = update(members, context);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message == "\"" + word + "\" is kept by the server");
  }
  const auto as_bob = server.post(server.bob, "{'type':'Delete','object':'" + note + "'}");
  CHECK_FALSE(as_bob);
  // What is not kept may be called as one likes.
  CHECK(update(of_note + "'as:content':'new'"));
  CHECK(server.seen(note).find("new") != std::string::npos);
  CHECK(update(of_alice + "'as:summary':'about me','tag':{'id':'" + server.alice.iri +
               "#tag','type':'Hashtag','name':'#me'}"));
  CHECK(server.seen(server.alice.iri).find("about me") != std::string::npos);
}

TEST_CASE("item 36: what the server keeps of an actor is not deleted") {
  Fixture server;
  for (const std::string& iri :
       {server.alice.inbox, server.alice.outbox, server.alice.followers, server.alice.following,
        server.alice.liked, server.alice.iri + "/featured", server.alice.iri + "/blocked"}) {
    CAPTURE(iri);
    CHECK_FALSE(server.post(server.alice, "{'type':'Delete','object':'" + iri + "'}"));
  }
  const auto made =
      qp::store::must(server.post(server.alice, "{'type':'OrderedCollection','name':'mine'}"))
          .object;
  CHECK(server.post(server.alice, "{'type':'Delete','object':'" + made + "'}"));
}

TEST_CASE("an Update to some readers only leaves the actor itself readable by all") {
  Items server;
  server.posted(server.alice, "{'type':'Update','to':'" + server.alice.followers +
                                  "','object':{'id':'" + server.alice.iri + "','summary':'s'}}");
  CHECK(server.seen_json(server.alice.iri)["summary"] == "s");
  CHECK(json::parse(server.rendered(server.alice.iri))["summary"] == "s");
}

TEST_CASE("item 36: Delete leaves a Tombstone, 410, and tells those who had the object") {
  Items server;
  const std::string note =
      server.made(server.alice, "{'type':'Note','content':'x','to':'" + kCarol + "'}");
  CHECK(server.queued() == 1);
  server.posted(server.alice, "{'type':'Delete','object':'" + note + "'}");
  CHECK(server.queued() == 2);
  CHECK(server.seen_json(note, server.alice.iri)["type"] == "Tombstone");
  const auto error = server.refusal(server.alice, "{'type':'Delete','object':'" + note + "'}");
  CHECK(error.code == qp::Code::Gone);
  CHECK(
      server.refusal(server.alice, "{'type':'Update','object':{'id':'" + note + "','content':'y'}}")
          .code == qp::Code::Gone);
}

TEST_CASE("item 36: old wordings go with the object too") {
  Items server;
  const std::string note =
      server.made(server.alice, "{'type':'Note','content':'firstwords'," + kToPublic + "}");
  server.posted(server.alice,
                "{'type':'Update','object':{'id':'" + note + "','content':'secondwords'}}");
  CHECK(server.says("firstwords"));
  server.posted(server.alice, "{'type':'Delete','object':'" + note + "'}");
  CHECK_FALSE(server.says("firstwords"));
  CHECK_FALSE(server.says("secondwords"));
  CHECK(server.store().verify()->problems.empty());
}

TEST_CASE("an actor that deletes itself is gone, and posts no more") {
  Items server;
  CHECK(server.accepts(server.receive(kCarol, "Follow", server.bob.iri)));
  server.posted(server.bob, "{'type':'Delete','object':'" + server.bob.iri + "','to':'" +
                                server.bob.followers + "'}");
  CHECK(server.seen_json(server.bob.iri)["type"] == "Tombstone");
  CHECK(server.refusal(server.bob, "{'type':'Note','content':'x'}").code == qp::Code::Gone);
  const auto txn = qp::store::must(server.store().read());
  CHECK_FALSE(qp::store::must(find_actor_named(*txn, "localhost:8000", "bob")));
  CHECK(server.queued() == 3);  // the Accept, the Delete, and what erases the posts
}

TEST_CASE("item 38: Add and Remove change the actor's own collections") {
  Items server;
  const std::string list =
      server.made(server.alice,
                  "{'type':'Collection','name':'mine','items':['https://a.example/1',"
                  "'https://a.example/2']," +
                      kToPublic + "}");
  CHECK(list.find("/collections/") != std::string::npos);
  CHECK(server.members(list) == Ids{"https://a.example/1", "https://a.example/2"});
  CHECK(server.members(collection_of(server.alice.iri, Role::Streams)) == Ids{list});
  json seen = json::parse(server.seen_collection(list));
  CHECK(seen["name"] == "mine");
  CHECK(seen["type"] == "Collection");
  CHECK(seen["totalItems"] == 2);

  const auto change = [&](const std::string& type, const std::string& object) {
    server.posted(server.alice, "{'type':'" + type + "','object':'" + object + "','target':'" +
                                    list + "'," + kToPublic + "}");
  };
  change("Add", server.note);
  change("Add", server.note);
  CHECK(server.members(list).size() == 3);
  change("Remove", "https://a.example/1");
  change("Remove", "https://a.example/1");
  CHECK(server.members(list) == Ids{server.note, "https://a.example/2"});

  server.posted(server.alice, "{'type':'Update','object':{'id':'" + list + "','name':'ours'}}");
  CHECK(json::parse(server.seen_collection(list))["name"] == "ours");
  CHECK(server.refusal(server.alice, "{'type':'Update','object':{'id':'" + list + "','items':[]}}")
            .message == "Add and Remove change what is in a collection");
  server.posted(server.alice, "{'type':'Delete','object':'" + list + "'}");
  CHECK(server.members(list).empty());
  CHECK(server.seen_json(list)["type"] == "Tombstone");
  CHECK(server.members(collection_of(server.alice.iri, Role::Streams)).empty());
}

TEST_CASE("item 38: featured is the owner's to fill; what the server keeps is not") {
  Items server;
  const std::string featured = collection_of(server.alice.iri, Role::Featured);
  server.posted(server.alice,
                "{'type':'Add','object':'" + server.note + "','target':'" + featured + "'}");
  CHECK(server.members(featured) == Ids{server.note});
  CHECK(json::parse(server.seen_collection(featured))["totalItems"] == 1);
  for (const std::string& kept :
       {server.alice.followers, server.alice.following, server.alice.inbox, server.alice.outbox,
        server.alice.liked, server.likes(), collection_of(server.alice.iri, Role::Blocked),
        collection_of(server.alice.iri, Role::PendingFollowers)}) {
    const auto error = server.refusal(
        server.alice, "{'type':'Add','object':'" + kMallory + "','target':'" + kept + "'}");
    CHECK(error.code == qp::Code::Forbidden);
    CHECK(error.message == "that collection is kept by the server");
  }
  const auto nowhere =
      server.refusal(server.alice, "{'type':'Add','object':'" + server.note +
                                       "','target':'http://localhost:8000/collections/none'}");
  CHECK(nowhere.code == qp::Code::NotFound);
}

TEST_CASE("item 58: a remote actor's Add changes its own collection here, and no other") {
  Items server;
  const std::string list = "https://remote.example/lists/1";
  CHECK(server.accepts(
      server.receive(kCarol, "Create",
                     "{'id':'" + list + "','type':'OrderedCollection','attributedTo':'" + kCarol +
                         "','orderedItems':['https://a.example/1']," + kToPublic + "}",
                     kToPublic)));
  CHECK(server.members(list) == Ids{"https://a.example/1"});
  CHECK(server.accepts(server.receive(kCarol, "Add", server.note, "'target':'" + list + "'")));
  CHECK(server.receive(kMallory, "Add", kMallory, "'target':'" + list + "'"));
  CHECK(server.receive(kCarol, "Add", kCarol, "'target':'" + server.alice.followers + "'"));
  CHECK(server.members(list) == Ids{server.note, "https://a.example/1"});
  CHECK(server.members(server.alice.followers).empty());
}

TEST_CASE("item 41: what Undo is not for is refused, with what does it") {
  Items server;
  const auto create = server.post(server.alice, kPublicNote);
  CHECK(
      server.refusal(server.alice, "{'type':'Undo','object':'" + create->activity + "'}").message ==
      "a Create is taken back with Delete");
  const auto add =
      server.post(server.alice, "{'type':'Add','object':'" + server.note + "','target':'" +
                                    collection_of(server.alice.iri, Role::Featured) + "'}");
  CHECK(server.refusal(server.alice, "{'type':'Undo','object':'" + add->activity + "'}").message ==
        "an Add is taken back with Remove");
}

TEST_CASE("item 41: an Undo may say what it undoes instead of its id, without an actor too") {
  Fixture server;
  const auto note = qp::store::must(server.post(server.alice, kPublicNote)).object;
  const std::string like = "{'type':'Like','object':'" + note + "'}";
  REQUIRE(server.post(server.bob, like));
  REQUIRE(server.members(note + "/likes").size() == 1);
  CHECK(server.post(server.bob, "{'type':'Undo','object':" + like + "}"));
  CHECK(server.members(note + "/likes").empty());
  REQUIRE(server.post(server.bob, like));
  const std::string hers =
      "{'type':'Like','actor':'" + server.bob.iri + "','object':'" + note + "'}";
  CHECK_FALSE(server.post(server.alice, "{'type':'Undo','object':" + hers + "}"));
  CHECK(server.post(server.alice, "{'type':'Undo','object':" + like + "}"));  // alice has none
  CHECK(server.members(note + "/likes").size() == 1);
}

TEST_CASE("items 33, 38: what is followed, blocked, deleted, added or removed has an id") {
  Fixture server;
  const auto list = qp::store::must(server.post(server.alice, "{'type':'Collection'}")).object;
  for (const char* type : {"Follow", "Block", "Delete", "Add", "Remove"}) {
    CAPTURE(type);
    const auto refused = server.post(
        server.alice, std::string("{'type':'") + type +
                          "','object':{'type':'Note','content':'x'},'target':'" + list + "'}");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message == "the object of " + std::string(type) + " needs its id");
  }
}

TEST_CASE("item 41: a Remove and an Undo are not undone either") {
  Items server;
  const std::string featured = collection_of(server.alice.iri, Role::Featured);
  const auto remove = server.post(
      server.alice, "{'type':'Remove','object':'" + server.note + "','target':'" + featured + "'}");
  CHECK(
      server.refusal(server.alice, "{'type':'Undo','object':'" + remove->activity + "'}").message ==
      "a Remove is taken back with Add");
  const auto like = server.post(server.bob, "{'type':'Like','object':'" + server.note + "'}");
  const auto undo = server.post(server.bob, "{'type':'Undo','object':'" + like->activity + "'}");
  CHECK(server.refusal(server.bob, "{'type':'Undo','object':'" + undo->activity + "'}").message ==
        "an Undo is taken back by doing again what it undid");
  CHECK(server.members(server.likes()).empty());
}

TEST_CASE("I3: what an actor may have several of is an array for peers, however it was written") {
  Items server;
  server.posted(server.alice,
                "{'@context':['https://www.w3.org/ns/activitystreams',"
                "{'schema':'http://schema.org#','PropertyValue':'schema:PropertyValue','value':"
                "'schema:value'}],'type':'Update','to':'" +
                    kCarol + "','object':{'id':'" + server.alice.iri + "','alsoKnownAs':'" +
                    kCarol +
                    "','attachment':{'type':'PropertyValue','name':'n','value':'v'},"
                    "'tag':{'type':'Hashtag','name':'#x'}}}");
  const json seen = server.seen_json(server.alice.iri);
  CHECK(seen["alsoKnownAs"] == json::array({kCarol}));
  CHECK(seen["attachment"].is_array());
  CHECK(seen["tag"].is_array());
  const auto updates = server.members(server.alice.outbox);
  const json sent = server.seen_json(updates.front(), server.alice.iri);
  CHECK(sent["type"] == "Update");
  CHECK(sent["object"]["alsoKnownAs"] == json::array({kCarol}));
  // Several stay as they are, and none is none.
  server.posted(server.alice, "{'type':'Update','object':{'id':'" + server.alice.iri +
                                  "','alsoKnownAs':['" + kCarol + "','" + kMallory + "']}}");
  CHECK(server.seen_json(server.alice.iri)["alsoKnownAs"] == json::array({kCarol, kMallory}));
  server.posted(server.alice,
                "{'type':'Update','object':{'id':'" + server.alice.iri + "','alsoKnownAs':null}}");
  CHECK_FALSE(server.seen_json(server.alice.iri).contains("alsoKnownAs"));
}

TEST_CASE("an embedded activity's proof is not served as if it held for what embeds it") {
  Items server;
  const std::string follow = "https://remote.example/proven";
  CHECK(server.accepts(server.receive_text(
      kCarol,
      "{'@context':['https://www.w3.org/ns/activitystreams',"
      "'https://w3id.org/security/data-integrity/v1'],'type':'Follow','id':'" +
          follow + "','actor':'" + kCarol + "','object':'" + server.alice.iri +
          "','proof':{'type':'DataIntegrityProof','cryptosuite':'eddsa-jcs-2022',"
          "'verificationMethod':'" +
          kCarol +
          "#ed25519-key','proofPurpose':'assertionMethod','proofValue':'zWXYZ',"
          "'created':'2025-11-24T00:00:00Z'}}")));
  const std::string accept = server.members(server.alice.outbox).front();
  for (const std::string reader : {"", kCarol.c_str(), server.alice.iri.c_str()}) {
    const std::string shown = server.seen(accept, reader);
    if (reader.empty()) continue;
    CHECK(shown.find("proofValue") == std::string::npos);
    CHECK(shown.find("\"proof\"") == std::string::npos);
    const json seen = json::parse(shown);
    CHECK(seen["object"]["id"] == follow);
    CHECK(seen["object"]["actor"] == kCarol);
    CHECK(seen["object"]["object"] == server.alice.iri);
  }
  // Its own document has it, as it came.
  CHECK(server.seen(follow, server.alice.iri).find("zWXYZ") != std::string::npos);
}

TEST_CASE("any other activity, known or unknown, is stored and sent") {
  Items server;
  for (const std::string type :
       {"Join", "Leave", "Invite", "Offer", "Arrive", "Travel", "Read", "Listen", "View", "Ignore",
        "TentativeAccept", "TentativeReject", "https://example.org/ns#Wave"}) {
    CAPTURE(type);
    const auto before = server.queued();
    const auto posted = server.post(
        server.alice, "{'type':'" + type + "','object':'" + kCarol + "','to':'" + kCarol + "'}");
    REQUIRE(posted);
    CHECK(server.is_member(server.alice.outbox, posted->activity));
    CHECK(server.queued() == before + 1);
    CHECK(server.accepts(server.receive(kCarol, type, server.alice.iri)));
    CHECK(server.is_member(server.alice.inbox, server.last_id));
  }
}

TEST_CASE("I20: votes are counted once for each voter, and are not listed as answers") {
  Items server;
  const std::string question =
      server.made(server.alice,
                  "{'type':'Question','content':'?','oneOf':[{'type':'Note','name':'yes'},"
                  "{'type':'Note','name':'no'}],'endTime':'2026-12-01T00:00:00Z'," +
                      kToPublic + "}");
  const auto votes = [&](const std::string& voter, const std::string& option) {
    return server.receive(voter, "Create",
                          "{'id':'https://remote.example/v" + std::to_string(server.now.count()) +
                              "','type':'Note','name':'" + option + "','attributedTo':'" + voter +
                              "','inReplyTo':'" + question + "','to':'" + server.alice.iri + "'}",
                          "'to':'" + server.alice.iri + "'");
  };
  const auto counts = [&] {
    const json seen = server.seen_json(question);
    return seen["oneOf"][0]["replies"]["totalItems"].dump() + " " +
           seen["oneOf"][1]["replies"]["totalItems"].dump();
  };
  CHECK(counts() == "0 0");
  CHECK(votes(kCarol, "yes"));
  CHECK(votes(kCarol, "yes"));
  CHECK(votes(kCarol, "no"));
  CHECK(counts() == "1 0");
  CHECK(votes(kMallory, "no"));
  CHECK(counts() == "1 1");
  server.posted(server.bob, "{'type':'Create','to':'" + server.alice.iri +
                                "','object':{'type':'Note','name':'no','inReplyTo':'" + question +
                                "'}}");
  CHECK(counts() == "1 2");
  CHECK(json::parse(server.rendered(question))["oneOf"][1]["replies"]["totalItems"] == 2);
  CHECK(server.members(collection_of(question, Role::Replies)).empty());
  server.now = *qp::time::from_rfc3339("2026-12-02T00:00:00Z");
  CHECK(votes("https://remote.example/users/late", "yes"));
  CHECK(counts() == "1 2");
  CHECK(server.refusal(server.alice, "{'type':'Question','oneOf':[],'anyOf':[]}").message ==
        "a Question has oneOf or anyOf, not both");
}

TEST_CASE("I20: a vote of Mastodon's, with ids that are fragments of its actor's, counts") {
  Items server;
  const std::string question =
      server.made(server.alice,
                  "{'type':'Question','content':'?','oneOf':[{'type':'Note','name':'yes'},"
                  "{'type':'Note','name':'no'}]," +
                      kToPublic + "}");
  const auto vote = [&](const std::string& voter, const std::string& object) {
    return server.receive_text(
        voter, "{'@context':'https://www.w3.org/ns/activitystreams','id':'" + voter +
                   "#votes/1/activity','type':'Create','actor':'" + voter + "','to':'" +
                   server.alice.iri + "','object':{'id':'" + object +
                   "','type':'Note','name':'yes','content':'','attributedTo':'" + voter +
                   "','inReplyTo':'" + question + "','to':'" + server.alice.iri + "'}}");
  };
  CHECK(vote(kCarol, kCarol + "#votes/1"));
  CHECK(server.seen_json(question)["oneOf"][0]["replies"]["totalItems"] == 1);
  // Of a fragment of another one's only that one can speak.
  CHECK(vote(kMallory, kCarol + "#votes/2"));
  CHECK(server.seen_json(question)["oneOf"][0]["replies"]["totalItems"] == 1);
}

TEST_CASE("I20: after votes the Question's new counts go to its readers and to those who voted") {
  Items server;
  CHECK(server.receive(kMallory, "Follow", server.alice.iri));
  const std::string question =
      server.made(server.alice,
                  "{'type':'Question','content':'?','anyOf':[{'type':'Note','name':'yes'},"
                  "{'type':'Note','name':'no'}],'to':'" +
                      server.alice.followers + "','cc':'" + kPublic + "'}");
  const auto announced = [&] {
    std::vector<json> found;
    for (const std::string& one : server.members(server.alice.outbox)) {
      const json seen = server.seen_json(one, server.alice.iri);
      if (seen["type"] == "Update") found.push_back(seen);
    }
    return found;
  };
  const auto vote = [&](const std::string& voter, const std::string& option) {
    return server.receive(voter, "Create",
                          "{'id':'https://remote.example/w" + std::to_string(server.now.count()) +
                              "','type':'Note','name':'" + option + "','attributedTo':'" + voter +
                              "','inReplyTo':'" + question + "','to':'" + server.alice.iri + "'}",
                          "'to':'" + server.alice.iri + "'");
  };
  CHECK(vote(kCarol, "yes"));
  server.announce_what_is_due();
  REQUIRE(announced().size() == 1);
  const json first = announced().front();
  CHECK(first["object"]["id"] == question);
  CHECK(first["object"]["anyOf"][0]["replies"]["totalItems"] == 1);
  CHECK_FALSE(first["object"].contains("updated"));  // nobody edited it
  CHECK(first["to"] == json::array({server.alice.followers}));
  const std::string id = first["id"];
  CHECK(server.goes_to(id, kCarol));    // who voted
  CHECK(server.goes_to(id, kMallory));  // who follows

  // Not for each vote: those of the next minutes go together, and none is forgotten.
  CHECK(vote(kCarol, "no"));
  CHECK(vote(kMallory, "no"));
  server.announce_what_is_due();
  CHECK(announced().size() == 1);
  server.now += std::chrono::minutes(3);
  server.announce_what_is_due();
  REQUIRE(announced().size() == 2);
  CHECK(announced().front()["object"]["anyOf"][1]["replies"]["totalItems"] == 2);
  server.now += std::chrono::minutes(10);
  server.announce_what_is_due();
  CHECK(announced().size() == 2);
  // A vote that does not count tells nobody.
  CHECK(vote(kCarol, "no"));
  server.now += std::chrono::minutes(10);
  server.announce_what_is_due();
  CHECK(announced().size() == 2);
  // What is deleted meanwhile is not announced.
  CHECK(vote("https://remote.example/users/erin", "no"));
  server.posted(server.alice, "{'type':'Delete','object':'" + question + "'}");
  server.now += std::chrono::minutes(10);
  server.announce_what_is_due();
  CHECK(announced().size() == 2);
}

TEST_CASE("item 51: an answer for the followers of somebody here is forwarded, byte for byte") {
  Items server;
  const std::string dave = "https://third.example/users/dave";
  CHECK(server.receive_text(dave,
                            "{'@context':'https://www.w3.org/ns/activitystreams','type':"
                            "'Follow','id':'https://third.example/f','actor':'" +
                                dave + "','object':'" + server.alice.iri + "'}"));
  server.posted(server.bob, "{'type':'Follow','object':'" + server.alice.iri + "'}");
  const auto queued = server.queued();
  const auto answer = [&](const std::string& author, const std::string& name,
                          const std::string& parent, const std::string& more = "") {
    const std::string cc = "'cc':'" + server.alice.followers + "'" + more;
    return server.receive(author, "Create",
                          server.note_of(author, name, "'inReplyTo':'" + parent + "'," + cc), cc);
  };
  CHECK(server.accepts(answer(kCarol, "one", server.note)));
  CHECK(server.queued() == queued + 1);
  CHECK(server.payloads().find(server.last_id) != std::string::npos);
  CHECK(server.is_member(server.bob.inbox, server.last_id));
  // An answer to the answer reaches this server too.
  CHECK(server.accepts(answer(kMallory, "two", "https://remote.example/notes/one")));
  CHECK(server.queued() == queued + 2);
  // What has to do with nothing here does not, nor what hides recipients.
  CHECK(server.accepts(answer(kCarol, "three", "https://other.example/unknown")));
  CHECK(server.accepts(answer(kCarol, "four", server.note, ",'bcc':'" + kMallory + "'")));
  CHECK(server.queued() == queued + 2);
  // Its second coming is no first sight.
  server.posted(server.alice, "{'type':'Block','object':'" + kMallory + "'}");
  CHECK(server.accepts(answer(kMallory, "five", server.note)));
  CHECK(server.queued() == queued + 2);
}
