// What deployed servers send and look for (spec/interop.md), and items of the checklist that are
// about what comes from other servers: as documents, without HTTP.

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "ap/addressing.hpp"
#include "ap/admit.hpp"
#include "effects_fixture.hpp"

using nlohmann::json;
using namespace qp::ap;

namespace {

struct Interop : Effects {
  /// As `sender`, exactly this text; quotes may be written as '.
  bool takes(const std::string& sender, const std::string& text) {
    return accepts(receive_text(sender, text));
  }
  std::string queue() {
    const auto txn = qp::store::must(store().read());
    std::string all;
    for (const auto& item : qp::store::must(txn->queue_list(1000))) all += item.payload + "\n";
    return all;
  }
};

const std::string kAs2 = "'@context':'https://www.w3.org/ns/activitystreams'";

}  // namespace

TEST_CASE("interop I5: every collection says totalItems, as a JSON number") {
  Interop server;
  CHECK(server.receive(kCarol, "Like", server.note));
  for (const std::string& collection :
       {server.alice.outbox, server.alice.followers, server.alice.following, server.alice.liked,
        server.likes(), server.shares(), server.replies(),
        collection_of(server.alice.iri, Role::Featured),
        collection_of(server.alice.iri, Role::Streams)}) {
    CAPTURE(collection);
    const json seen = json::parse(server.seen_collection(collection));
    REQUIRE(seen.contains("totalItems"));
    CHECK(seen["totalItems"].is_number_unsigned());
    CHECK(seen["first"].is_string());
  }
  CHECK(json::parse(server.seen_collection(server.likes()))["totalItems"] == 1);
  const json note = server.seen_json(server.note);
  for (const char* listing : {"likes", "shares", "replies"}) {
    CHECK(note[listing]["totalItems"].is_number_unsigned());
  }
}

TEST_CASE("interop I15: an id of another host, none, or one that is no text is refused") {
  Interop server;
  const auto sent = [&](const std::string& id) {
    return server.receive_text(kCarol, "{" + kAs2 + ",'type':'Like','actor':'" + kCarol +
                                           "','object':'" + server.note + "'" + id + "}");
  };
  for (const std::string id :
       {",'id':'https://other.example/1'", ",'id':''", ",'id':5", ",'id':null", "",
        ",'id':'https://remote.example:444/1'", ",'id':'http://remote.example/1'",
        ",'id':'https://remote.example@other.example/1'", ",'id':'//remote.example/1'"}) {
    CAPTURE(id);
    CHECK_FALSE(sent(id));
  }
  CHECK(server.members(server.likes()).empty());
  CHECK(sent(",'id':'https://REMOTE.example/1'"));
}

TEST_CASE("interop I16: the Accept that we send embeds the whole Follow, under its id") {
  Interop server;
  CHECK(server.accepts(server.receive(kCarol, "Follow", server.alice.iri)));
  const std::string follow = server.last_id;
  const json accept =
      server.seen_json(server.members(server.alice.outbox).front(), server.alice.iri);
  CHECK(accept["type"] == "Accept");
  CHECK(accept["actor"] == server.alice.iri);
  CHECK(accept["object"]["id"] == follow);
  CHECK(accept["object"]["type"] == "Follow");
  CHECK(accept["object"]["actor"] == kCarol);
  CHECK(accept["object"]["object"] == server.alice.iri);
}

TEST_CASE("interop I17: a Create embeds its object, both say for whom, Public is spelt out") {
  Interop server;
  for (const std::string spelling :
       {"as:Public", "Public", "https://www.w3.org/ns/activitystreams#Public"}) {
    CAPTURE(spelling);
    const auto posted = server.post(server.alice, "{'type':'Note','content':'x','to':'" + spelling +
                                                      "','cc':['" + server.alice.followers + "']}");
    REQUIRE(posted);
    const json create = server.seen_json(posted->activity);
    CHECK(create["type"] == "Create");
    CHECK(create["object"]["attributedTo"] == server.alice.iri);
    const json to = create["to"].is_array() ? create["to"] : json::array({create["to"]});
    CHECK(to == json::array({kPublic}));
    CHECK(create["object"]["to"] == create["to"]);
    CHECK(create["object"]["cc"] == create["cc"]);
  }
}

TEST_CASE("interop I17: who may read follows from Public in to or cc, followers, or neither") {
  Interop server;
  server.posted(server.bob, "{'type':'Follow','object':'" + kCarol + "'}");
  const auto note = [&](const std::string& name, const std::string& addressing) {
    CHECK(server.accepts(
        server.receive(kCarol, "Create", server.note_of(kCarol, name, addressing), addressing)));
    return "https://remote.example/notes/" + name;
  };
  const std::string open = note("public", "'to':'as:Public','cc':'" + kCarol + "/followers'");
  const std::string unlisted =
      note("unlisted", "'to':'" + kCarol + "/followers','cc':'" + kPublic + "'");
  const std::string direct = note("direct", "'to':['" + server.alice.iri + "']");
  CHECK_FALSE(server.seen(open).empty());
  CHECK_FALSE(server.seen(unlisted).empty());
  CHECK(server.seen(direct).empty());
  CHECK(server.seen(direct, server.bob.iri).empty());
  CHECK_FALSE(server.seen(direct, server.alice.iri).empty());
}

TEST_CASE("interop I18: a Note as Mastodon and GoToSocial write it is kept to the last member") {
  Interop server;
  const std::string sent =
      R"({"@context":["https://www.w3.org/ns/activitystreams",)"
      R"({"ostatus":"http://ostatus.org#","atomUri":"ostatus:atomUri",)"
      R"("sensitive":"as:sensitive","toot":"http://joinmastodon.org/ns#",)"
      R"("blurhash":"toot:blurhash","focalPoint":{"@container":"@list",)"
      R"("@id":"toot:focalPoint"}}],"id":"https://remote.example/c/1",)"
      R"("type":"Create","actor":"https://remote.example/users/carol",)"
      R"("to":["https://www.w3.org/ns/activitystreams#Public"],"cc":[],)"
      R"("object":{"id":"https://remote.example/n/1","type":"Note",)"
      R"("summary":"cw","inReplyTo":null,"published":"2025-11-24T10:00:00Z",)"
      R"("url":"https://remote.example/@carol/1","attributedTo":)"
      R"("https://remote.example/users/carol","to":[)"
      R"("https://www.w3.org/ns/activitystreams#Public"],"cc":[],)"
      R"("sensitive":true,"atomUri":"https://remote.example/n/1","content":)"
      R"("<p>hi</p>","contentMap":{"en":"<p>hi</p>"},"attachment":[{"type":)"
      R"("Image","mediaType":"image/png","url":"https://remote.example/i.png",)"
      R"("name":"a picture","blurhash":"UxyZ","width":800,"height":600,)"
      R"("focalPoint":[0.5,-0.25]}],"tag":[],"replies":{"id":)"
      R"("https://remote.example/n/1/replies","type":"Collection","first":)"
      R"({"type":"CollectionPage","next":"https://remote.example/n/1/r?p=1",)"
      R"("partOf":"https://remote.example/n/1/replies","items":[]}}}})";
  CHECK(server.accepts(take_in(sent, {kCarol, kCarol + "#main-key", "cavage"},
                               "http://localhost:8000/inbox", server.services)));
  const json before = json::parse(sent)["object"];
  const json after = server.seen_json("https://remote.example/n/1");
  for (const auto& [key, value] : before.items()) {
    CAPTURE(key);
    CHECK(after.contains(key));
    // Another resource: what is said of it is a claim, and its address stays.
    CHECK(after.value(key, json()) == (key == "replies" ? value["id"] : value));
  }
}

TEST_CASE("interop I19: mentions reach who is meant; hashtags and emoji without an id are kept") {
  Interop server;
  const std::string tags =
      "'tag':[{'type':'Mention','href':'" + server.alice.iri +
      "','name':'@alice@localhost:8000'},{'type':'Hashtag','name':'#x','href':"
      "'https://remote.example/tags/x'},{'type':'http://joinmastodon.org/ns#Emoji','id':null,"
      "'name':':blob:','icon':{'type':'Image','url':'https://remote.example/e.png'}}]";
  CHECK(server.accepts(server.receive(kCarol, "Create",
                                      server.note_of(kCarol, "tagged", tags + "," + kToPublic),
                                      kToPublic + ",'cc':['" + server.alice.iri + "']")));
  CHECK(server.is_member(server.alice.inbox, server.last_id));
  const json seen = server.seen_json("https://remote.example/notes/tagged");
  REQUIRE(seen["tag"].size() == 3);
  CHECK(seen["tag"][0]["href"] == server.alice.iri);
  CHECK(seen["tag"][1]["name"] == "#x");
  CHECK(seen["tag"][2]["name"] == ":blob:");
}

TEST_CASE("interop I21: a Delete names its object, or a Tombstone of it; of an actor, itself") {
  Interop server;
  for (const std::string name : {"plain", "embedded"}) {
    CHECK(server.accepts(
        server.receive(kCarol, "Create", server.note_of(kCarol, name, kToPublic), kToPublic)));
    const std::string id = "https://remote.example/notes/" + name;
    const std::string object =
        name == "plain" ? id : "{'id':'" + id + "','type':'Tombstone','atomUri':'" + id + "'}";
    CHECK(server.accepts(server.receive(kCarol, "Delete", object, kToPublic)));
    CHECK(server.seen_json(id)["type"] == "Tombstone");
  }
  CHECK(server.accepts(server.receive(kMallory, "Follow", server.alice.iri)));
  CHECK(server.accepts(server.receive(kMallory, "Delete", kMallory, kToPublic)));
  CHECK(server.members(server.alice.followers).empty());
}

TEST_CASE("interop I22: a Like with content, an EmojiReact, and quotes of all spellings are kept") {
  Interop server;
  CHECK(server.takes(kCarol, "{" + kAs2 +
                                 ",'id':'https://remote.example/l','type':'Like','actor':'" +
                                 kCarol + "','object':'" + server.note + "','content':':blob:'}"));
  CHECK(server.takes(kMallory,
                     "{'@context':['https://www.w3.org/ns/activitystreams',"
                     "{'litepub':'http://litepub.social/ns#','EmojiReact':'litepub:EmojiReact'}],"
                     "'id':'https://remote.example/e','type':'EmojiReact','actor':'" +
                         kMallory + "','object':'" + server.note + "','content':'x'}"));
  // Many send it without saying what the word means.
  CHECK(server.takes("https://remote.example/users/erin",
                     "{" + kAs2 +
                         ",'id':'https://remote.example/e2','type':'EmojiReact','actor':"
                         "'https://remote.example/users/erin','object':'" +
                         server.note + "','content':'x'}"));
  CHECK(server.members(server.likes()).size() == 3);
  CHECK(server.seen_json("https://remote.example/l", server.alice.iri)["content"] == ":blob:");
  const std::string quotes =
      "'quoteUrl':'" + server.note + "','_misskey_quote':'" + server.note + "','quoteUri':'" +
      server.note + "','quote':'" + server.note +
      "','tag':[{'type':'Link','mediaType':'application/activity+json','href':'" + server.note +
      "'}]";
  CHECK(server.accepts(server.receive(
      kCarol, "Create", server.note_of(kCarol, "quoting", quotes + "," + kToPublic), kToPublic)));
  const json seen = server.seen_json("https://remote.example/notes/quoting");
  for (const char* key : {"quoteUrl", "_misskey_quote", "quoteUri", "quote"}) {
    CAPTURE(key);
    CHECK(seen[key] == server.note);
  }
  CHECK(seen["tag"][0]["href"] == server.note);
}

TEST_CASE("interop I24: a group's Announce of a whole activity says nothing in its author's name") {
  Interop server;
  const std::string group = "https://remote.example/c/main";
  server.posted(server.bob, "{'type':'Follow','object':'" + group + "'}");
  const std::string follow = server.members(server.bob.outbox).front();
  CHECK(server.accepts(server.receive(group, "Accept", follow)));
  const std::string dave = "https://third.example/users/dave";
  CHECK(server.accepts(server.receive(
      group, "Announce",
      "{'id':'https://third.example/c','type':'Create','actor':'" + dave +
          "','object':{'id':'https://third.example/n','type':'Note','attributedTo':'" + dave +
          "','content':'by dave'," + kToPublic + ",'audience':'" + group + "'}}",
      kToPublic + ",'audience':'" + group + "','cc':'" + group + "/followers'")));
  const std::string announce = server.last_id;
  CHECK(server.is_member(server.bob.inbox, announce));
  // Dave did not sign it: what is inside is a claim of the group.
  CHECK(server.seen("https://third.example/n").empty());
  CHECK(server.seen("https://third.example/c").empty());
  CHECK(server.seen_json(announce, server.bob.iri)["audience"] == group);
}

TEST_CASE("a video of PeerTube's is of an account and of its channel") {
  Interop server;
  const std::string channel = "{'type':'Group','id':'https://remote.example/channels/1'}";
  const auto create = [&](const std::string& name, const std::string& authors) {
    CHECK(server.accepts(server.receive(kMallory, "Create",
                                        "{'id':'https://remote.example/videos/" + name +
                                            "','type':'Video','name':'v'," + kToPublic +
                                            ",'attributedTo':" + authors + "}",
                                        kToPublic)));
    return server.seen("https://remote.example/videos/" + name).find("Video") != std::string::npos;
  };
  const std::string account = "{'type':'Person','id':'" + kMallory + "'}";
  CHECK(create("first", "[" + account + "," + channel + "]"));
  CHECK(create("last", "[" + channel + ",'" + kMallory + "']"));
  // Somebody else is no channel, whatever is said; nor is one of another server, or one alone.
  CHECK(server.accepts(server.receive(
      kCarol, "Update", "{'id':'" + kCarol + "','type':'Person','name':'carol'}", kToPublic)));
  CHECK_FALSE(create("a", "['" + kCarol + "','" + kMallory + "']"));
  CHECK_FALSE(create("b", "[{'type':'Group','id':'" + kCarol + "'},'" + kMallory + "']"));
  CHECK_FALSE(create("c", "[{'type':'Group','id':'https://other.example/g'},'" + kMallory + "']"));
  CHECK_FALSE(create("d", "[" + channel + "]"));
}

TEST_CASE("checklist 48: what names nobody is its author's; what names Public only is not sent") {
  Interop server;
  const auto queued = server.queued();
  const auto silent = server.post(server.alice, "{'type':'Note','content':'x'}");
  REQUIRE(silent);
  CHECK(server.seen(silent->object).empty());
  CHECK_FALSE(server.seen(silent->object, server.alice.iri).empty());
  CHECK(server.seen(silent->object, server.bob.iri).empty());
  const auto open = server.post(server.alice, "{'type':'Note','content':'x'," + kToPublic + "}");
  CHECK(server.queued() == queued);
  CHECK(server.is_member(server.alice.outbox, open->activity));
  CHECK_FALSE(server.seen(open->object).empty());
}

TEST_CASE(
    "checklist 53: a Create is stored, its object readable by whom it is for, and listed once") {
  Interop server;
  const std::string create =
      "{" + kAs2 + ",'id':'https://remote.example/c53','type':'Create','actor':'" + kCarol +
      "','to':'" + server.alice.iri +
      "','object':" + server.note_of(kCarol, "n53", "'to':'" + server.alice.iri + "'") + "}";
  CHECK(server.takes(kCarol, create));
  CHECK(*server.receive_text(kCarol, create) == Receipt::Duplicate);
  CHECK(server.members(server.alice.inbox) == Ids{"https://remote.example/c53"});
  CHECK(server.seen_json("https://remote.example/notes/n53", server.alice.iri)["content"] == "n53");
  CHECK(server.seen("https://remote.example/notes/n53").empty());
}

TEST_CASE("checklist 61: an activity whose id is a fragment of its actor's has its effect once") {
  Interop server;
  const std::string follow = "{" + kAs2 + ",'id':'" + kCarol +
                             "#follows/1','type':'Follow','actor':'" + kCarol + "','object':'" +
                             server.alice.iri + "'}";
  CHECK(server.takes(kCarol, follow));
  CHECK(server.members(server.alice.followers) == Ids{kCarol});
  CHECK(*server.receive_text(kCarol, follow) == Receipt::Duplicate);
  CHECK(server.queued() == 1);
  CHECK(server.takes(kCarol, "{" + kAs2 + ",'id':'" + kCarol +
                                 "#follows/1/undo','type':'Undo','actor':'" + kCarol +
                                 "','object':'" + kCarol + "#follows/1'}"));
  CHECK(server.members(server.alice.followers).empty());
  // It is no statement about its actor.
  CHECK(server.seen(kCarol).empty());
}

TEST_CASE("checklist 62: what is embedded is no more than a claim: no id is taken over by it") {
  Interop server;
  const std::string before = server.seen(server.alice.iri);
  const std::string actor = "{'id':'" + server.alice.iri +
                            "','type':'Person','inbox':'https://evil.example/inbox','name':'E'}";
  const std::string note = "{'id':'" + server.note +
                           "','type':'Note','content':'E','attributedTo':'" + kMallory + "'," +
                           kToPublic + "}";
  for (const std::string type :
       {"Create", "Update", "Announce", "Like", "Add", "Offer", "Invite"}) {
    for (const std::string& object : {actor, note, "[" + note + "," + actor + "]"}) {
      CHECK(server.receive(kMallory, type, object, kToPublic + ",'target':" + actor));
    }
  }
  // Deeper, as blank nodes, as fragments, with a second subject at the side.
  CHECK(server.receive(
      kMallory, "Create",
      server.note_of(kMallory, "deep",
                     kToPublic + ",'tag':[" + actor + "],'attachment':[" + note +
                         "],'replies':{'id':'" + server.replies() +
                         "','type':'Collection','items':['https://evil.example/1']},'generator':" +
                         "{'id':'" + server.alice.iri +
                         "#main-key','type':'Key','publicKeyPem':'E','owner':'" + kMallory + "'}"),
      kToPublic));
  json note_now = server.seen_json(server.note);
  CHECK(note_now["content"] == "x");
  CHECK(server.seen(server.note).find("evil.example") == std::string::npos);
  CHECK(server.seen(server.alice.iri).find("evil.example") == std::string::npos);
  CHECK(server.seen(server.alice.iri) == before);
  CHECK(server.members(server.replies()).empty());
}

TEST_CASE("hostile: an Announce of a private thing lets nobody read it") {
  Interop server;
  const auto secret =
      server.post(server.alice, "{'type':'Note','content':'secret','to':'" + server.bob.iri + "'}");
  REQUIRE(secret);
  CHECK(server.receive(kMallory, "Announce", secret->object, kToPublic));
  const std::string announce = server.last_id;
  for (const std::string reader : {"", kMallory.c_str(), kCarol.c_str()}) {
    CHECK(server.seen(announce, reader).find("secret") == std::string::npos);
    CHECK(server.seen(secret->object, reader).empty());
  }
  CHECK(server.members(collection_of(secret->object, Role::Shares)).empty());
  // Nor one by a reader of it on this server, nor a Like, nor a list that it is put into.
  const auto shared = server.post(
      server.bob, "{'type':'Announce','object':'" + secret->object + "'," + kToPublic + "}");
  REQUIRE(shared);
  CHECK(server.seen(shared->activity).find("secret") == std::string::npos);
  CHECK(server.seen(shared->activity, kMallory).find("secret") == std::string::npos);
  CHECK(server.queue().find("secret") == std::string::npos);
}

TEST_CASE("hostile: Accept and Reject of follows that nobody sent, and of another's, do nothing") {
  Interop server;
  const std::string follow = "{'type':'Follow','actor':'" + server.bob.iri + "','object':'";
  for (const std::string& object :
       {follow + kMallory + "'}", follow + kCarol + "'}",
        "{'id':'http://localhost:8000/activities/none','type':'Follow','actor':'" + server.bob.iri +
            "','object':'" + kMallory + "'}",
        "{'type':['Follow','Like'],'actor':['" + server.bob.iri + "','" + kMallory +
            "'],'object':'" + kMallory + "'}"}) {
    CHECK(server.receive(kMallory, "Accept", object));
    CHECK(server.receive(kMallory, "Reject", object));
  }
  CHECK(server.members(server.bob.following).empty());
  CHECK(server.members(collection_of(server.bob.iri, Role::PendingFollowing)).empty());
  // A request to Carol is not Mallory's to answer, whatever she embeds under its id.
  const auto asked = server.post(server.bob, "{'type':'Follow','object':'" + kCarol + "'}");
  CHECK(server.receive(kMallory, "Accept",
                       "{'id':'" + asked->activity + "','type':'Follow','actor':'" +
                           server.bob.iri + "','object':'" + kMallory + "'}"));
  CHECK(server.members(server.bob.following).empty());
}

TEST_CASE("hostile: several types, several objects and lists get nobody past the rules") {
  Interop server;
  CHECK(server.accepts(
      server.receive(kCarol, "Create", server.note_of(kCarol, "hers", kToPublic), kToPublic)));
  const std::string hers = "https://remote.example/notes/hers";
  CHECK(server.accepts(
      server.receive(kMallory, "Create", server.note_of(kMallory, "own", kToPublic), kToPublic)));
  const std::string own = "https://remote.example/notes/own";
  CHECK(server.accepts(server.receive(kCarol, "Follow", server.alice.iri)));
  const std::string follow = server.last_id;
  const auto sent = [&](const std::string& type, const std::string& object,
                        const std::string& more = "") {
    CHECK(server.receive_text(kMallory, "{" + kAs2 + ",'id':'https://remote.example/h" +
                                            std::to_string(server.now.count()) +
                                            "','type':" + type + ",'actor':'" + kMallory +
                                            "','object':" + object + more + "}"));
  };
  const std::string both = "['" + own + "','" + hers + "']";
  sent("'Delete'", both);
  sent("['Like','Delete']", both);
  sent("['Create','Delete']", "['" + hers + "']");
  sent("'Delete'", "{'@list':['" + own + "','" + hers + "']}");
  sent("'Delete'", "[{'type':'Note'},'" + hers + "']");
  sent("'Update'", "[{'id':'" + own + "','type':'Note','content':'mine','attributedTo':'" +
                       kMallory + "'},{'id':'" + hers + "','type':'Note','content':'E'}]");
  sent("['Create','Update']",
       "{'id':'" + hers + "','type':'Note','content':'E','attributedTo':'" + kMallory + "'}");
  sent("'Update'", "{'id':'" + hers + "','type':'Note','content':'E','attributedTo':['" + kMallory +
                       "','" + kCarol + "']}");
  sent("'Undo'", "[{'type':'Like','actor':'" + kMallory + "','object':'x:y'},'" + follow + "']");
  sent("'Undo'", "['https://remote.example/unknown','" + follow + "']");
  sent("'Undo'", "{'id':'" + follow + "','type':'Like','actor':'" + kMallory + "','object':'" +
                     server.note + "'}");
  sent("['Undo','Accept']", "['" + follow + "']");
  CHECK(server.seen_json(hers)["content"] == "hers");
  CHECK(server.seen_json(hers)["attributedTo"] == kCarol);
  CHECK(server.members(server.alice.followers) == Ids{kCarol});
}

TEST_CASE("hostile: nobody makes the followers of another, and so reads what they may") {
  Interop server;
  const std::string followers = kCarol + "/followers";
  const auto known = [&] {
    qp::store::must(server.store().write([&](qp::store::WriteTxn& txn) {
      return put_remote_actor(txn, {kCarol, kCarol + "/inbox", "", followers});
    }));
  };
  const auto makes = [&] {
    CHECK(server.receive(kMallory, "Create",
                         "{'id':'" + followers + "','type':'Collection','attributedTo':'" +
                             kMallory + "','items':['" + server.bob.iri + "']}",
                         kToPublic));
  };
  makes();  // before Carol was ever heard of
  known();
  CHECK(server.members(followers).empty());
  makes();
  CHECK(server.members(followers).empty());
  CHECK(server.accepts(server.receive(kCarol, "Create",
                                      server.note_of(kCarol, "secret", "'to':'" + followers + "'"),
                                      "'to':'" + followers + "','cc':'" + server.alice.iri + "'")));
  CHECK(server.seen("https://remote.example/notes/secret", server.bob.iri).empty());
  CHECK_FALSE(server.seen("https://remote.example/notes/secret", server.alice.iri).empty());
}

TEST_CASE("hostile: no graph of ours, of the vocabulary or of keys is written from outside") {
  Interop server;
  const auto created = [&](const std::string& id, const std::string& author = kMallory) {
    CHECK(server.receive(kMallory, "Create",
                         "{'id':'" + id + "','type':'Note','content':'E','attributedTo':'" +
                             author + "'," + kToPublic + "}",
                         kToPublic));
    return server.seen(id);
  };
  CHECK(created(kPublic).empty());
  CHECK(created("https://www.w3.org/ns/activitystreams#Note").empty());
  CHECK(created("http://localhost:8000/objects/new").empty());
  CHECK(created(server.alice.outbox).find("'E'") == std::string::npos);
  CHECK(created("urn:uuid:00000000-0000-0000-0000-000000000000").empty());
  CHECK(created("https://remote.example/notes/x", kCarol).empty());
  CHECK(created("https://remote.example/notes/x#part").empty());
  // Who another actor is that one says itself.
  qp::store::must(server.store().write([&](qp::store::WriteTxn& txn) {
    return put_remote_actor(txn, {kCarol, kCarol + "/inbox", "", ""});
  }));
  CHECK(created(kCarol).empty());
  const auto likes = server.members(server.likes());
  CHECK(server.receive(kMallory, "Create",
                       "{'id':'" + server.likes() +
                           "','type':'OrderedCollection','attributedTo':'" + kMallory +
                           "','orderedItems':['https://remote.example/1'],'totalItems':9}",
                       kToPublic));
  CHECK(server.members(server.likes()) == likes);
}
