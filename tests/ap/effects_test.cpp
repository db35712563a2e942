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

namespace {

std::string total(Effects& server, const std::string& collection, const std::string& reader = "") {
  const json shown = json::parse(server.seen_collection(collection, reader), nullptr, false);
  return shown.is_object() ? shown["totalItems"].dump() : "none";
}

std::string activity(const std::string& type, const std::string& object,
                     const std::string& more = "") {
  const bool is_json = object.starts_with('{') || object.starts_with('[');
  return "{'type':'" + type + "','object':" + (is_json ? object : "'" + object + "'") +
         (more.empty() ? "" : "," + more) + "}";
}

std::string update(const std::string& object, const std::string& members) {
  return activity("Update", "{'id':'" + object + "'," + members + "}");
}

}  // namespace

TEST_CASE("a Move after an Update of the profile shows, and so does all that changes later") {
  Effects server;
  const std::string actor = server.alice.iri;
  server.posted(server.alice,
                update(actor, "'summary':'words','alsoKnownAs':['https://a.example/1']"));
  server.posted(server.alice, activity("Move", actor, "'target':'" + server.bob.iri + "'"));
  CHECK(server.seen_json(actor)["movedTo"] == server.bob.iri);
  CHECK(server.seen_json(actor)["summary"] == "words");
  CHECK(server.seen_json(actor)["alsoKnownAs"] == json::array({"https://a.example/1"}));
  server.posted(server.alice, update(actor, "'summary':'others'"));
  CHECK(server.seen_json(actor)["movedTo"] == server.bob.iri);
  CHECK(server.seen_json(actor)["summary"] == "others");
}

TEST_CASE("what an Update narrows or widens is so in every list that it is in") {
  Effects server;
  const std::string featured = collection_of(server.alice.iri, Role::Featured);
  const std::string streams = collection_of(server.bob.iri, Role::Streams);
  const auto made =
      server.post(server.bob, "{'type':'OrderedCollection','name':'mine'," + kToPublic + "}");
  REQUIRE(made);
  const std::string shelf = made->object;
  server.posted(server.alice, activity("Add", server.note, "'target':'" + featured + "'"));
  server.posted(server.bob, activity("Add", server.note, "'target':'" + shelf + "'"));
  CHECK(server.accepts(server.receive(kCarol, "Like", server.note)));
  CHECK(server.accepts(server.receive(kCarol, "Announce", server.note, kToPublic)));
  const auto totals = [&] {
    return total(server, featured) + total(server, shelf) + total(server, streams);
  };
  CHECK(totals() == "111");
  server.posted(server.alice, update(server.note, "'to':null"));
  CHECK(totals() == "001");
  CHECK(total(server, featured, server.alice.iri) == "1");
  CHECK(total(server, server.likes(), server.alice.iri) == "1");
  server.posted(server.alice, update(server.note, kToPublic));
  CHECK(totals() == "111");
  CHECK(total(server, server.likes()) == "1");
  CHECK(total(server, server.shares()) == "1");
  server.posted(server.bob, update(shelf, "'to':null"));
  CHECK(total(server, streams) == "0");
  CHECK(total(server, streams, server.bob.iri) == "1");
}

TEST_CASE("an Update of the readers takes the reactions along that name none of their own") {
  Effects server;
  CHECK(server.accepts(server.receive(kCarol, "Like", server.note)));
  CHECK(server.accepts(server.receive(kCarol, "Announce", server.note, kToPublic)));
  const auto audiences = [&] {
    const auto txn = qp::store::must(server.store().read());
    std::vector<bool> are_public;
    for (const std::string& list : {server.likes(), server.shares()}) {
      const auto sequence = *qp::store::must(txn->find_iri(list));
      for (const auto& item : qp::store::must(
               txn->sequence_before(sequence, 0, 9, qp::store::Visible::everything()))) {
        are_public.push_back(item.audience == qp::store::AudienceId::Public);
      }
    }
    return are_public;
  };
  CHECK(audiences() == std::vector{true, true});
  server.posted(server.alice, update(server.note, "'to':null"));
  CHECK(audiences() == std::vector{false, true});
  server.posted(server.alice, update(server.note, kToPublic));
  CHECK(audiences() == std::vector{true, true});
}

TEST_CASE("a reaction of this server is listed for those who may read it, and for nobody else") {
  Effects server;
  const auto own = server.post(server.alice, activity("Like", server.note));
  const auto share = server.post(server.bob, activity("Announce", server.note));
  REQUIRE(own);
  REQUIRE(share);
  CHECK(total(server, server.likes()) == "0");
  CHECK(total(server, server.shares()) == "0");
  CHECK(total(server, server.likes(), server.alice.iri) == "1");
  CHECK(total(server, server.shares(), server.bob.iri) == "1");
  CHECK(server.seen(own->activity).empty());
  CHECK_FALSE(server.seen(own->activity, server.alice.iri).empty());
}

TEST_CASE("what is deleted leaves all collections, and its own lists are gone with it") {
  Effects server;
  const auto made =
      server.post(server.bob, "{'type':'OrderedCollection','name':'mine'," + kToPublic + "}");
  REQUIRE(made);
  server.posted(server.bob, activity("Add", server.note, "'target':'" + made->object + "'"));
  server.posted(server.alice, activity("Delete", server.note));
  CHECK(server.members(made->object).empty());
  const auto txn = qp::store::must(server.store().read());
  const auto likes =
      qp::view::serve_collection(*txn, server.likes(), std::nullopt, {""}, server.views());
  REQUIRE_FALSE(likes);
  CHECK(likes.error().code == qp::Code::Gone);
  const std::string featured = collection_of(server.alice.iri, Role::Featured);
  const auto added =
      server.post(server.alice, activity("Add", server.note, "'target':'" + featured + "'"));
  REQUIRE_FALSE(added);
  CHECK(added.error().code == qp::Code::Gone);
  const auto other = server.post(
      server.bob, "{'type':'Collection','items':['" + server.note + "','https://a.example/1']}");
  REQUIRE(other);
  CHECK(server.members(other->object) == Ids{"https://a.example/1"});
}

TEST_CASE("Undo takes back all that an activity with several objects did") {
  Effects server;
  const auto other = server.post(server.alice, kPublicNote);
  REQUIRE(other);
  const std::string both = "['" + server.note + "','" + other->object + "']";
  const auto like = server.post(server.bob, activity("Like", both));
  REQUIRE(like);
  CHECK(server.members(server.bob.liked).size() == 2);
  server.posted(server.bob, activity("Undo", like->activity));
  CHECK(server.members(server.bob.liked).empty());
  CHECK(server.members(server.likes()).empty());
  CHECK(server.members(collection_of(other->object, Role::Likes)).empty());
  const auto blocks =
      server.post(server.bob, activity("Block", "['" + kCarol + "','" + server.alice.iri + "']"));
  REQUIRE(blocks);
  CHECK(server.members(collection_of(server.bob.iri, Role::Blocked)).size() == 2);
  server.posted(server.bob, activity("Undo", blocks->activity));
  CHECK(server.members(collection_of(server.bob.iri, Role::Blocked)).empty());
}

TEST_CASE("a Follow of two is refused from a client, and answered by each of the two otherwise") {
  Effects server;
  server.posted(server.alice, update(server.alice.iri, "'manuallyApprovesFollowers':true"));
  server.posted(server.bob, update(server.bob.iri, "'manuallyApprovesFollowers':true"));
  const std::string both = "['" + server.alice.iri + "','" + server.bob.iri + "']";
  const Actor dave = server.add("dave");
  const auto refused = server.post(dave, activity("Follow", both));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == qp::Code::BadInput);
  CHECK(server.accepts(server.receive(kCarol, "Follow", both)));
  const std::string follow = server.last_id;
  server.posted(server.bob, activity("Accept", follow));
  CHECK(server.members(server.bob.followers) == Ids{kCarol});
  CHECK(server.members(server.alice.followers).empty());
  server.posted(server.alice, activity("Accept", follow));
  CHECK(server.accepts(server.receive(kCarol, "Undo", follow)));
  CHECK(server.members(server.alice.followers).empty());
  CHECK(server.members(server.bob.followers).empty());
}

TEST_CASE("what was taken back once is not taken back again when it was done anew") {
  Effects server;
  const auto again = [&](const std::string& type, const std::string& object) {
    const auto first = server.post(server.bob, activity(type, object));
    REQUIRE(first);
    server.posted(server.bob, activity("Undo", first->activity));
    server.posted(server.bob, activity(type, object));
    server.posted(server.bob, activity("Undo", first->activity));
  };
  again("Like", server.note);
  CHECK(server.members(server.likes()).size() == 1);
  CHECK(server.members(server.bob.liked) == Ids{server.note});
  again("Block", kMallory);
  CHECK(server.members(collection_of(server.bob.iri, Role::Blocked)) == Ids{kMallory});
  again("Follow", server.alice.iri);
  CHECK(server.members(server.alice.followers) == Ids{server.bob.iri});
}

TEST_CASE("an answer is listed where it answers now") {
  Effects server;
  const auto other = server.post(server.alice, kPublicNote);
  REQUIRE(other);
  const auto answer = server.post(server.bob, "{'type':'Note','content':'r','inReplyTo':'" +
                                                  server.note + "'," + kToPublic + "}");
  REQUIRE(answer);
  const std::string others = collection_of(other->object, Role::Replies);
  server.posted(server.bob, update(answer->object, "'inReplyTo':'" + other->object + "'"));
  CHECK(server.members(server.replies()).empty());
  CHECK(server.members(others) == Ids{answer->object});
  CHECK(server.seen_json(other->object)["replies"]["totalItems"] == 1);
  CHECK(server.seen_json(server.note)["replies"]["totalItems"] == 0);
  server.posted(server.bob, update(answer->object, "'inReplyTo':null"));
  CHECK(server.members(others).empty());
}

TEST_CASE("numbers and lists that the server keeps are not set under names of a client's own") {
  Effects server;
  const auto created = [&](const std::string& context, const std::string& members) {
    return server.post(server.alice, "{'@context':['https://www.w3.org/ns/activitystreams'" +
                                         (context.empty() ? "" : "," + context) + "]," + kToPublic +
                                         "," + members + "}");
  };
  const std::string many = "{'type':'Collection','totalItems':99}";
  const std::string options = "[{'type':'Note','name':'a','replies':" + many + "},{'name':'b'}]";
  const auto plain = created("", "'type':'Question','as:oneOf':" + options);
  REQUIRE(plain);
  const json counted = server.seen_json(plain->object)["oneOf"];
  CHECK(counted.size() == 2);
  for (const json& option : counted) {
    CHECK(option["replies"]["totalItems"] == 0);
  }
  const std::vector<std::pair<std::string, std::string>> refused = {
      {"{'wahl':'as:oneOf'}", "'type':'Question','wahl':" + options},
      {"{'wahl':'as:oneOf'}", "'type':'Question','wahl':[{'name':'a'}]"},
      {"{'n':'as:replies'}", "'type':'Question','oneOf':[{'name':'a','n':" + many + "}]"},
      {"", "'type':'Question','as:oneOf':[{'name':'a'}],'anyOf':[{'name':'b'}]"},
      {"{'vc':'http://joinmastodon.org/ns#votersCount'}",
       "'type':'Question','oneOf':[{'name':'a'}],'vc':7"},
      {"{'stuff':{'@id':'as:items','@type':'@id'}}",
       "'type':'OrderedCollection','stuff':['" + server.note + "']"},
      {"{'num':'as:totalItems'}", "'type':'Collection','num':999"},
      {"{'erste':{'@id':'as:first','@type':'@id'}}",
       "'type':'Collection','erste':'https://evil.example/page'"},
      {"{'lk':'as:likes'}", "'type':'Note','content':'x','lk':" + many},
      {"{'rp':{'@id':'as:replies','@type':'@id'}}",
       "'type':'Note','content':'x','rp':'https://evil.example/replies'"},
  };
  for (const auto& [context, members] : refused) {
    const auto outcome = created(context, members);
    CHECK_MESSAGE(!outcome, members);
    if (!outcome) CHECK(outcome.error().code == qp::Code::BadInput);
  }
}

TEST_CASE("an option keeps its votes by any of its names, and false closes no Question") {
  Effects server;
  const auto asked = server.post(
      server.alice, "{'type':'Question'," + kToPublic +
                        ",'closed':false,'oneOf':[{'type':'Note','nameMap':{'en':'a','de':'ä'}},"
                        "{'type':'Note','nameMap':{'en':'b'}}]}");
  REQUIRE(asked);
  server.posted(server.bob, "{'type':'Note','name':'a','inReplyTo':'" + asked->object + "','to':'" +
                                server.alice.iri + "'}");
  const auto votes = [&] {
    std::string counts;
    const json options = server.seen_json(asked->object)["oneOf"];
    for (const json& option : options) {
      counts += option["replies"]["totalItems"].dump();
    }
    return counts;
  };
  CHECK(votes() == "10");
  server.posted(server.alice, update(asked->object, "'content':'words'"));
  CHECK(votes() == "10");
  const auto forged = server.post(
      server.alice,
      "{'@context':['https://www.w3.org/ns/activitystreams',{'wahl':'as:oneOf'}],'type':'Update',"
      "'object':{'id':'" +
          asked->object +
          "','wahl':[{'type':'Note','name':'c','replies':{'type':'Collection','totalItems':9}}]}}");
  CHECK_FALSE(forged);
  CHECK(votes() == "10");
}

TEST_CASE("a Relationship, and a Note with its actor, are objects and get their Create") {
  Effects server;
  for (const std::string& object :
       {"{'type':'Relationship','subject':'" + server.alice.iri + "','object':'" + server.bob.iri +
            "'," + kToPublic + "}",
        "{'type':'Note','content':'x','actor':'" + server.alice.iri + "'," + kToPublic + "}"}) {
    const auto posted = server.post(server.alice, object);
    REQUIRE_MESSAGE(posted, object);
    CHECK(server.seen_json(posted->activity)["type"] == "Create");
    CHECK_FALSE(posted->object.empty());
    server.posted(server.alice, update(posted->object, "'summary':'words'"));
    CHECK(server.seen_json(posted->object)["summary"] == "words");
  }
  const auto both =
      server.post(server.alice, "{'type':['Create','Follow'],'object':{'type':'Note'}}");
  REQUIRE_FALSE(both);
  CHECK(both.error().code == qp::Code::BadInput);
}

TEST_CASE("nobody's words are put into the mouth of another actor, whatever member has them") {
  Effects server;
  const auto bobs = server.post(server.bob, kPublicNote);
  const auto own = server.post(server.alice, kPublicNote);
  REQUIRE(bobs);
  REQUIRE(own);
  const auto fake = [&](const std::string& id) {
    return "{'id':'" + id + "','type':'Note','attributedTo':'" + server.bob.iri +
           "','content':'FAKED','name':[null,'FAKED']}";
  };
  const std::string nowhere = "http://localhost:8000/objects/01900000-0000-7000-8000-000000000000";
  for (const std::string& id : {bobs->object, nowhere}) {
    for (const std::string member : {"attachment", "tag", "as:attachment", "unheardOf"}) {
      const auto posted =
          server.post(server.alice, "{'type':'Note','content':'x'," + kToPublic + ",'" + member +
                                        "':" + fake(id) + ",'inReplyTo':" + fake(id) + "}");
      REQUIRE(posted);
      for (const std::string& iri : {posted->activity, posted->object}) {
        CHECK_MESSAGE(server.seen(iri).find("FAKED") == std::string::npos, server.seen(iri));
        CHECK(server.seen(iri).find(id) != std::string::npos);
      }
    }
    const auto unknown = server.post(server.alice, "{'type':'https://x.example/Foo'," + kToPublic +
                                                       ",'object':" + fake(id) + "}");
    REQUIRE(unknown);
    CHECK(server.seen(unknown->activity).find("FAKED") == std::string::npos);
  }
  const auto key = server.post(server.alice, "{'type':'Note'," + kToPublic + ",'tag':{'id':'" +
                                                 server.bob.iri + "#main-key','name':'FAKED'}}");
  REQUIRE(key);
  CHECK(server.seen(key->object).find("FAKED") == std::string::npos);
  const auto quoting = server.post(
      server.alice, "{'type':'Note'," + kToPublic + ",'attachment':[{'id':'" + own->object +
                        "','type':'Note','name':'mine'},{'id':'https://x.example/1','type':'Note',"
                        "'name':'theirs','shares':{'type':'Collection','totalItems':3}}]}");
  REQUIRE(quoting);
  const json shown = server.seen_json(quoting->object)["attachment"];
  CHECK(shown[0]["name"] == "mine");
  CHECK(shown[1]["name"] == "theirs");
  CHECK(shown[1]["shares"]["totalItems"] == 3);
}
