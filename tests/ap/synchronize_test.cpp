#include "ap/synchronize.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <map>

#include "ap/addressing.hpp"
#include "effects_fixture.hpp"
#include "sig/digest.hpp"

using namespace qp;
using namespace qp::ap;

namespace {

const std::string kOrigin = "http://localhost:8000";
const std::string kFollowers = kCarol + "/followers";
const std::string kUrl = "https://remote.example/partial";

/// Serves one collection, and says when it was asked for it.
class List final : public net::Client {
 public:
  Result<net::IncomingResponse> send(net::OutgoingRequest request, const net::Prepare&) override {
    net::IncomingResponse response;
    response.url = request.url;
    response.status = status;
    response.headers.set("Content-Type", "application/activity+json");
    const auto found = pages.find(request.url);
    response.body = found == pages.end() ? "{}" : found->second;
    if (before_answer) before_answer();
    ++asked;
    return response;
  }
  std::map<std::string, std::string> pages;
  std::function<void()> before_answer;
  int status = 200;
  std::atomic<int> asked = 0;
};

/// Carol, of another server, whom bob and alice may follow.
struct Synchronizing : Effects {
  Synchronizing()
      : as_seen{store(), services.contexts, load_bundled, list, services.clock},
        domain(store::must(parse_domain(kOrigin))) {
    store::must(store().write([&](store::WriteTxn& txn) {
      return put_remote_actor(txn, {kCarol, kCarol + "/inbox", "", kFollowers});
    }));
  }
  std::string ask(const Actor& actor) {
    return post(actor, "{'type':'Follow','object':'" + kCarol + "'}")->activity;
  }
  void follow(const Actor& actor) { CHECK(accepts(receive(kCarol, "Accept", ask(actor)))); }

  void serves(const std::vector<std::string>& members, const std::string& more = "") {
    list.pages[kUrl] = nlohmann::json{
        {"@context", "https://www.w3.org/ns/activitystreams"},
        {"id", kUrl},
        {"type", "OrderedCollection"},
        {"orderedItems",
         members}}.dump();
    if (!more.empty()) list.pages[kUrl] = more;
  }
  static std::string digest(const std::vector<std::string>& ids) {
    IdsDigest digest;
    for (const auto& id : ids) digest.add(id);
    return digest.text();
  }
  /// Carol's server says that `members` follow her; waits until that was looked at.
  void said(const std::string& digest, const std::string& collection = kFollowers,
            const std::string& url = kUrl, const std::string& actor = kCarol) {
    Synchronizer synchronizer(as_seen, [] {});
    synchronizer.heed(to_text({collection, url, digest}), actor, domain);
    synchronizer.wait();
  }

  List list;
  Services as_seen;
  Domain domain;
};

}  // namespace

TEST_CASE("I26: the digest is the XOR of SHA-256 of the ids, in any order") {
  const std::string a = "https://x.example/a", b = "https://x.example/b";
  IdsDigest one, both, turned;
  CHECK(one.text() == std::string(64, '0'));
  one.add(a);
  CHECK(one.text() == text::hex(sig::sha256_text(a)));
  both.add(a);
  both.add(b);
  turned.add(b);
  turned.add(a);
  CHECK(both.text() == turned.text());
  both.add(a);
  CHECK(both.text() == text::hex(sig::sha256_text(b)));
}

TEST_CASE("I26: a malformed field, or one that speaks of two servers, says nothing") {
  const std::string digest(64, 'a');
  const auto read = [&](const std::string& collection, const std::string& url,
                        const std::string& hex) {
    return read_synchronization(to_text({collection, url, hex})).has_value();
  };
  CHECK(read(kFollowers, kUrl, digest));
  CHECK(read(kFollowers, kUrl, std::string(64, 'A')));
  CHECK_FALSE(read(kFollowers, "https://other.example/x", digest));
  CHECK_FALSE(read(kFollowers, "http://remote.example/x", digest));
  CHECK_FALSE(read(kFollowers, kUrl, digest.substr(1)));
  CHECK_FALSE(read(kFollowers, kUrl, std::string(64, 'g')));
  CHECK_FALSE(read("followers", "partial", digest));
  CHECK_FALSE(read(kFollowers + "\n", kUrl, digest));
  CHECK_FALSE(read(kFollowers + "\xFF", kUrl, digest));  // it becomes JSON
  for (const char* text :
       {"", "collectionId", "collectionId=\"", "collectionId=\"\",url=\"\",digest=\"\"", ",,,",
        "collectionId=x,url=y,digest=z"}) {
    CHECK_FALSE(read_synchronization(text));
  }
  const auto spaced = read_synchronization("digest=\"" + digest + "\" ,  url=\"" + kUrl +
                                           "\",collectionId=\"" + kFollowers + "\",more=\"1\"");
  REQUIRE(spaced);
  CHECK(spaced->collection == kFollowers);
}

TEST_CASE("I26: each server is told of its own actors only") {
  Synchronizing server;
  CHECK(server.receive(kCarol, "Follow", server.alice.iri));
  CHECK(server.receive(kMallory, "Follow", server.alice.iri));
  const std::string dave = "https://third.example/users/dave";
  CHECK(server.receive_text(dave,
                            "{'@context':'https://www.w3.org/ns/activitystreams','type':'Follow',"
                            "'id':'https://third.example/f','actor':'" +
                                dave + "','object':'" + server.alice.iri + "'}"));
  const auto txn = store::must(server.store().read());
  const auto digests = store::must(follower_digests(*txn, server.alice));
  CHECK(digests.size() == 2);
  CHECK(digests.at("https://remote.example") == Synchronizing::digest({kMallory, kCarol}));
  const std::string iri = partial_followers(server.alice.followers);
  CHECK(store::must(find_partial_followers(*txn, iri))->iri == server.alice.iri);
  CHECK_FALSE(store::must(find_partial_followers(*txn, partial_followers(server.alice.inbox))));
  CHECK_FALSE(store::must(find_partial_followers(*txn, "/synchronization")));
  const auto listed = [&](const std::string& origin) {
    return nlohmann::json::parse(
        store::must(partial_followers_document(*txn, server.alice, iri, origin)));
  };
  CHECK(listed("https://third.example")["orderedItems"] == nlohmann::json::array({dave}));
  CHECK(listed("https://remote.example")["totalItems"] == 2);
  CHECK(listed("https://fourth.example")["orderedItems"] == nlohmann::json::array());
  CHECK(listed("https://third.example")["id"] == iri);
}

TEST_CASE("I26: where both agree nothing is asked for") {
  Synchronizing server;
  server.follow(server.bob);
  server.said(Synchronizing::digest({server.bob.iri}));
  CHECK(server.list.asked == 0);
  CHECK(server.members(server.bob.following) == Ids{kCarol});
}

TEST_CASE("I26: who is none of the sender's followers any more does not follow it here either") {
  Synchronizing server;
  server.follow(server.bob);
  server.follow(server.alice);
  server.serves({server.alice.iri});
  server.said(Synchronizing::digest({server.alice.iri}));
  CHECK(server.list.asked == 1);
  CHECK(server.members(server.bob.following).empty());
  CHECK(server.members(server.alice.following) == Ids{kCarol});
}

TEST_CASE("I26: who is there and not here is told apart: asked before, or by mistake") {
  Synchronizing server;
  server.ask(server.bob);  // its Accept was lost
  const auto queued = server.queued();
  server.serves({server.bob.iri, server.alice.iri, "http://localhost:8000/actors/nobody",
                 "https://other.example/x"});
  server.said(Synchronizing::digest({server.bob.iri, server.alice.iri}));
  CHECK(server.members(server.bob.following) == Ids{kCarol});
  CHECK(server.members(collection_of(server.bob.iri, Role::PendingFollowing)).empty());
  CHECK(server.members(server.alice.following).empty());
  CHECK(server.queued() == queued + 1);  // Alice's Undo, which says of what
  const nlohmann::json undo =
      server.seen_json(server.members(server.alice.outbox).front(), server.alice.iri);
  CHECK(undo["type"] == "Undo");
  CHECK(undo["object"]["type"] == "Follow");
  CHECK(undo["object"]["actor"] == server.alice.iri);
  CHECK(undo["object"]["object"] == kCarol);
  // Said again, it is not answered again on the same day.
  server.said(Synchronizing::digest({server.bob.iri, server.alice.iri}));
  CHECK(server.queued() == queued + 1);
}

TEST_CASE("I26: who began to follow while the list was on its way is not taken off") {
  Synchronizing server;
  server.follow(server.bob);
  server.serves({server.bob.iri});
  server.list.before_answer = [&] {
    server.list.before_answer = {};
    server.follow(server.alice);
  };
  server.said(Synchronizing::digest({server.bob.iri, kMallory}));
  CHECK(server.list.asked == 1);
  CHECK(server.members(server.alice.following) == Ids{kCarol});
  CHECK(server.members(server.bob.following) == Ids{kCarol});
}

TEST_CASE("I26: nobody speaks for the followers of another, and what is no list changes nothing") {
  Synchronizing server;
  server.follow(server.bob);
  server.serves({});
  const std::string none(64, '0');
  server.said(none, kFollowers, kUrl, kMallory);
  server.said(none, kCarol + "/other");
  CHECK(server.list.asked == 0);
  CHECK(server.members(server.bob.following) == Ids{kCarol});
  for (const char* body :
       {"{}", "[]", "nonsense",
        R"({"type":"Note","@context":"https://www.w3.org/ns/activitystreams"})",
        R"({"@context":"https://www.w3.org/ns/activitystreams","type":"OrderedCollection",)"
        R"("first":"https://other.example/page"})",
        R"({"@context":"https://www.w3.org/ns/activitystreams","type":"OrderedCollection",)"
        R"("first":"https://remote.example/partial"})"}) {
    CAPTURE(body);
    server.serves({}, body);
    server.said(none);
    CHECK(server.members(server.bob.following) == Ids{kCarol});
  }
  server.list.status = 404;
  server.said(none);
  CHECK(server.members(server.bob.following) == Ids{kCarol});
  // To its last page, it is one.
  server.list.status = 200;
  server.serves({}, R"({"@context":"https://www.w3.org/ns/activitystreams",)"
                    R"("type":"OrderedCollection","first":"https://remote.example/p1"})");
  server.list.pages["https://remote.example/p1"] =
      R"({"@context":"https://www.w3.org/ns/activitystreams","type":"OrderedCollectionPage",)"
      R"("orderedItems":[],"next":"https://remote.example/p2"})";
  server.list.pages["https://remote.example/p2"] =
      R"({"@context":"https://www.w3.org/ns/activitystreams","type":"OrderedCollectionPage",)"
      R"("orderedItems":[")" +
      server.alice.iri + R"("]})";
  server.said(none);
  CHECK(server.members(server.bob.following).empty());
}
