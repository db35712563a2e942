#include "ap/deliver.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <limits>
#include <mutex>
#include <thread>

#include <nlohmann/json.hpp>

#include "ap/addressing.hpp"
#include "ap/hosts.hpp"
#include "ap/overview.hpp"
#include "ap/rotate.hpp"
#include "ap/synchronize.hpp"
#include "fixture.hpp"
#include "proof/data_integrity.hpp"
#include "sig/digest.hpp"
#include "sig/verify.hpp"

using namespace qp;
using namespace qp::ap;
using namespace std::chrono_literals;

namespace {

/// Hosts that exist only here. Signs as the real client does, and answers what the test says.
class FakeNetwork final : public net::Client {
 public:
  struct Seen {
    std::string host, url, body;
    net::Headers headers;
    Millis at;
    bool is_rfc9421() const { return headers.get("Signature-Input").has_value(); }
  };
  using Answer = std::function<Result<net::IncomingResponse>(const Seen&)>;

  explicit FakeNetwork(Clock clock) : clock_(std::move(clock)) {}

  Result<net::IncomingResponse> send(net::OutgoingRequest request,
                                     const net::Prepare& prepare) override {
    if (prepare) QP_TRY(prepare(request));
    Seen seen{host_of(request.url), request.url, request.body, request.headers, clock_()};
    Answer answer;
    {
      const std::lock_guard lock(mutex_);
      seen_.push_back(seen);
      answer = answers_[seen.host];
    }
    if (!answer) return status(202);
    return answer(seen);
  }

  void on(const std::string& host, Answer answer) {
    const std::lock_guard lock(mutex_);
    answers_[host] = std::move(answer);
  }
  std::vector<Seen> seen(const std::string& host) {
    const std::lock_guard lock(mutex_);
    std::vector<Seen> found;
    for (const Seen& one : seen_) {
      if (one.host == host) found.push_back(one);
    }
    return found;
  }
  static net::IncomingResponse status(int code) {
    net::IncomingResponse response;
    response.status = code;
    return response;
  }

 private:
  Clock clock_;
  std::mutex mutex_;
  std::vector<Seen> seen_;
  std::map<std::string, Answer> answers_;
};

/// Alice's server, its queue, and a network of hosts that exist only here.
class World {
 public:
  World()
      : network([this] { return home.now; }),
        services{home.services.store, home.services.contexts,         load_bundled, network,
                 home.services.clock, Millis(std::chrono::minutes(1))},
        delivery(services) {}

  /// Somebody on `host`; behind its shared inbox where `shared`.
  std::string actor(const std::string& host, const std::string& name, bool shared = false) {
    const std::string iri = "https://" + host + "/users/" + name;
    store::must(home.store().write([&](store::WriteTxn& txn) {
      return put_remote_actor(
          txn, {iri, iri + "/inbox", shared ? "https://" + host + "/inbox" : "", ""});
    }));
    return iri;
  }
  std::string post_to(const std::string& recipient, const std::string& more = "") {
    const auto made = home.post(home.alice,
                                "{'@context':'https://www.w3.org/ns/activitystreams','type':'Note',"
                                "'content':'n','to':['" +
                                    recipient + "']" + more + "}");
    REQUIRE_MESSAGE(made, (made ? "" : made.error().detail));
    return made->activity;
  }
  void work() {
    while (delivery.work()) {
    }
  }
  /// Time goes by, and what becomes due is done, minute by minute.
  void pass(Millis time, Millis step = 1min) {
    for (const Millis end = home.now + time; home.now < end;) {
      home.now += step;
      work();
    }
  }
  std::size_t waiting() { return home.queued(); }
  HostState host(const std::string& name) {
    const auto txn = store::must(home.store().read());
    return store::must(find_host(*txn, name, home.now));
  }

  Fixture home;
  FakeNetwork network;
  Services services;
  Delivery delivery;
};

std::vector<std::string> ids(const std::vector<FakeNetwork::Seen>& seen) {
  std::vector<std::string> found;
  for (const auto& one : seen) found.push_back(nlohmann::json::parse(one.body)["id"]);
  return found;
}

FakeNetwork::Answer always(int code) {
  return [code](const FakeNetwork::Seen&) { return FakeNetwork::status(code); };
}

}  // namespace

TEST_CASE("interop I7, I13: a delivery is a signed POST of activity+json that verifies") {
  World world;
  world.post_to(world.actor("a.example", "x"));
  world.work();
  const auto seen = world.network.seen("a.example");
  REQUIRE(seen.size() == 1);
  CHECK(*seen[0].headers.get("Content-Type") == "application/activity+json");
  net::Request request;
  request.method = "POST";
  request.target = "/users/x/inbox";
  request.headers = seen[0].headers;
  request.headers.add("Host", "a.example");
  request.body = seen[0].body;
  sig::VerifyOptions options;
  options.scheme = "https";
  options.host = "a.example";
  options.now = world.home.now;
  const auto verified = sig::verify(request, options, [&](std::string_view id) {
    CHECK(id == world.home.alice.iri + "#main-key");
    const auto txn = store::must(world.home.store().read());
    return Result<sig::PublicKey>(
        store::must(private_key(*txn, world.home.alice.iri)).public_key());
  });
  REQUIRE(verified);
  CHECK(verified->how == "rfc9421");
  CHECK(world.waiting() == 0);
}

TEST_CASE("interop I10: a host that takes only cavage is asked twice once, then for a week not") {
  World world;
  const auto x = world.actor("old.example", "x");
  for (const int refusal : {401, 403, 400, 500}) {
    CAPTURE(refusal);
    const auto before = world.network.seen("old.example").size();
    world.network.on("old.example", [&](const FakeNetwork::Seen& seen) {
      return FakeNetwork::status(seen.is_rfc9421() ? refusal : 202);
    });
    world.post_to(x);
    world.work();
    auto seen = world.network.seen("old.example");
    REQUIRE(seen.size() == before + 2);
    CHECK(seen[before].is_rfc9421());
    CHECK_FALSE(seen[before + 1].is_rfc9421());
    world.home.now += 24h * 6;
    world.post_to(x);
    world.work();
    seen = world.network.seen("old.example");
    REQUIRE(seen.size() == before + 3);
    CHECK_FALSE(seen.back().is_rfc9421());
    world.home.now += 24h * 8;  // forgotten: the better form gets another chance
  }
  CHECK(world.waiting() == 0);
}

TEST_CASE("interop I10: a host that changes to RFC 9421 is followed") {
  World world;
  const auto x = world.actor("b.example", "x");
  world.network.on("b.example", [](const FakeNetwork::Seen& seen) {
    return FakeNetwork::status(seen.is_rfc9421() ? 401 : 202);
  });
  world.post_to(x);
  world.work();
  CHECK(world.host("b.example").form == sig::Form::Cavage);
  world.network.on("b.example", [](const FakeNetwork::Seen& seen) {
    return FakeNetwork::status(seen.is_rfc9421() ? 202 : 401);
  });
  world.post_to(x);
  world.work();
  CHECK(world.host("b.example").form == sig::Form::Rfc9421);
  CHECK(world.network.seen("b.example").size() == 4);
}

TEST_CASE("interop I10: Accept-Signature in a refusal is answered with what it asks for") {
  World world;
  world.network.on("c.example", [](const FakeNetwork::Seen& seen) {
    const auto input = seen.headers.get("Signature-Input").value_or("");
    if (input.find("\"content-type\"") != std::string_view::npos &&
        input.find("nonce=\"abc\"") != std::string_view::npos) {
      return FakeNetwork::status(202);
    }
    auto refusal = FakeNetwork::status(401);
    refusal.headers.set("Accept-Signature",
                        R"(sig1=("@method" "content-type");created;nonce="abc")");
    return refusal;
  });
  world.post_to(world.actor("c.example", "x"));
  world.work();
  CHECK(world.waiting() == 0);
  CHECK(world.network.seen("c.example").size() == 2);
}

TEST_CASE("interop I9: an inbox with a query is tried without it in the signature") {
  World world;
  const std::string iri = "https://q.example/users/x";
  store::must(world.home.store().write([&](store::WriteTxn& txn) {
    return put_remote_actor(txn, {iri, "https://q.example/inbox?user=x", "", ""});
  }));
  world.network.on("q.example", always(401));
  world.post_to(iri);
  world.work();
  CHECK(world.network.seen("q.example").size() == 3);
}

TEST_CASE(
    "checklist 67, hostile play: 5xx for an hour of virtual time; then all arrives, in order, "
    "once") {
  World world;
  const auto x = world.actor("down.example", "x");
  Millis back{};
  std::vector<std::string> sent, arrived;
  world.network.on("down.example", [&](const FakeNetwork::Seen& seen) {
    if (seen.at < back) return FakeNetwork::status(503);
    arrived.push_back(nlohmann::json::parse(seen.body)["id"]);
    return FakeNetwork::status(202);
  });
  for (int i = 0; i < 20; ++i) sent.push_back(world.post_to(x));
  back =
      world.home.now + 61min;  // posting takes a second each; what the hour ends with is still 503
  world.pass(1h);
  const auto tries = world.network.seen("down.example").size();
  CHECK(tries >= 4);
  CHECK(tries <= 10);  // one probe a host, not one a delivery
  CHECK(arrived.empty());
  world.pass(70min);  // the wait after the hour's last probe is 64 minutes at most
  CHECK(arrived == sent);
  CHECK(world.waiting() == 0);
  CHECK_FALSE(world.host("down.example").is_away());
}

TEST_CASE("hostile play: a host away for a week gets everything within minutes of its first word") {
  World world;
  const auto x = world.actor("away.example", "x");
  bool is_away = true;
  std::vector<std::string> arrived;
  world.network.on("away.example",
                   [&](const FakeNetwork::Seen& seen) -> Result<net::IncomingResponse> {
                     if (is_away) return Error{Code::Network, "no answer", {}};
                     arrived.push_back(nlohmann::json::parse(seen.body)["id"]);
                     return FakeNetwork::status(202);
                   });
  std::vector<std::string> sent;
  for (int day = 0; day < 7; ++day) {
    sent.push_back(world.post_to(x));
    world.pass(24h, 10min);
  }
  CHECK(world.waiting() == 7);
  const auto tries = world.network.seen("away.example").size();
  CHECK(tries >= 10);
  CHECK(tries <= 40);  // 12 h apart in the end
  is_away = false;
  world.delivery.heard_from("elsewhere.example");
  world.delivery.heard_from("away.example");
  world.pass(15min);
  CHECK(arrived == sent);
  CHECK(world.waiting() == 0);
}

TEST_CASE("a host away for a week and silent then gets everything within half a day") {
  World world;
  const auto x = world.actor("silent.example", "x");
  bool is_away = true;
  world.network.on("silent.example",
                   [&](const FakeNetwork::Seen&) -> Result<net::IncomingResponse> {
                     if (is_away) return Error{Code::Network, "no answer", {}};
                     return FakeNetwork::status(202);
                   });
  for (int i = 0; i < 10; ++i) world.post_to(x);
  world.pass(24h * 7, 10min);
  is_away = false;
  world.pass(12h, 10min);
  CHECK(world.waiting() == 0);
}

TEST_CASE("what nobody took for ten days is given up, and the host's state goes with time") {
  World world;
  world.network.on("gone.example", [](const FakeNetwork::Seen&) -> Result<net::IncomingResponse> {
    return Error{Code::Network, "no answer", {}};
  });
  const auto x = world.actor("gone.example", "x");
  for (int i = 0; i < 3; ++i) world.post_to(x);
  world.pass(24h * 11, 30min);
  CHECK(world.waiting() == 0);
  world.home.now += 24h * 15;
  CHECK(world.host("gone.example") == HostState());
  store::must(world.home.store().write(
      [&](store::WriteTxn& txn) { return sweep_hosts(txn, world.home.now); }));
  const auto txn = store::must(world.home.store().read());
  CHECK(store::must(all_hosts(*txn, Millis(0))).empty());
}

TEST_CASE("hostile play: 429 and 503 with Retry-After are left alone for that long") {
  for (const bool as_date : {false, true}) {
    World world;
    const auto x = world.actor("busy.example", "x");
    const Millis back = world.home.now + 40min;
    world.network.on("busy.example", [&](const FakeNetwork::Seen& seen) {
      if (seen.at >= back) return FakeNetwork::status(202);
      auto response = FakeNetwork::status(as_date ? 503 : 429);
      const auto left = std::chrono::ceil<std::chrono::seconds>(back + 1min - seen.at);
      response.headers.set("Retry-After",
                           as_date ? time::http_date(back + 1min) : std::to_string(left.count()));
      return response;
    });
    world.post_to(x);
    world.pass(50min);
    CHECK(world.network.seen("busy.example").size() == 2);
    CHECK(world.waiting() == 0);
  }
}

TEST_CASE("a Retry-After of years, of nonsense or of the past is no way to stop us") {
  for (const char* field : {"99999999999999", "-5", "soon", "", "Thu, 01 Jan 1970 00:00:00 GMT"}) {
    CAPTURE(field);
    World world;
    const auto x = world.actor("odd.example", "x");
    bool is_back = false;
    world.network.on("odd.example", [&](const FakeNetwork::Seen&) {
      if (is_back) return FakeNetwork::status(202);
      auto response = FakeNetwork::status(429);
      response.headers.set("Retry-After", field);
      return response;
    });
    world.post_to(x);
    world.work();
    is_back = true;
    world.pass(25h, 10min);
    CHECK(world.waiting() == 0);
  }
}

TEST_CASE("interop I13: 404, 410 and other refusals of the thing itself are final") {
  for (const int code : {400, 404, 405, 406, 410, 413, 415, 422}) {
    CAPTURE(code);
    World world;
    world.network.on("f.example", always(code));
    world.post_to(world.actor("f.example", "x"));
    world.work();
    CHECK(world.waiting() == 0);
    CHECK(world.delivery.counters().dropped == 1);
    CHECK_FALSE(world.host("f.example").is_away());
  }
}

TEST_CASE("one recipient who refuses everything does not keep mail from the others on its host") {
  World world;
  const auto mean = world.actor("g.example", "mean"), kind = world.actor("g.example", "kind");
  world.network.on("g.example", [&](const FakeNetwork::Seen& seen) {
    return FakeNetwork::status(seen.url == mean + "/inbox" ? 403 : 202);
  });
  world.post_to(mean);
  const auto good = world.post_to(kind);
  world.pass(1h);
  CHECK(world.waiting() == 0);
  CHECK(ids(world.network.seen("g.example")).back() == good);
}

TEST_CASE("checklist 31, 71: bto and bcc are used, and never sent") {
  World world;
  const auto open = world.actor("h.example", "open"), hidden = world.actor("i.example", "hidden");
  world.post_to(open, ",'bcc':['" + hidden + "'],'bto':['" + hidden + "']");
  world.work();
  for (const char* host : {"h.example", "i.example"}) {
    const auto seen = world.network.seen(host);
    REQUIRE(seen.size() == 1);
    CHECK(seen[0].body.find("hidden") == std::string::npos);
    // As names: a signature or an id may have the letters by chance.
    CHECK(seen[0].body.find("\"bto\"") == std::string::npos);
    CHECK(seen[0].body.find("\"bcc\"") == std::string::npos);
  }
}

TEST_CASE("FEP-8b32: what goes out has a proof of its author's Ed25519 key, one for all hosts") {
  World world;
  const auto x = world.actor("j.example", "x"), y = world.actor("k.example", "y");
  world.post_to(x, ",'cc':['" + y + "']");
  world.work();
  const auto body = world.network.seen("j.example").at(0).body;
  CHECK(world.network.seen("k.example").at(0).body == body);
  json::Arena arena;
  const auto proof = proof::take_proof(*json::parse(body, arena), arena);
  REQUIRE(proof);
  REQUIRE(*proof);
  CHECK((*proof)->method == world.home.alice.iri + "#ed25519-key");
  const auto txn = store::must(world.home.store().read());
  const auto key = store::must(private_key(*txn, world.home.alice.iri + "#ed25519-key"));
  CHECK(key.public_key().verifies((*proof)->message, (*proof)->signature));
}

TEST_CASE("interop I11: after a rotation the new key signs at once, under the old id") {
  World world;
  const auto x = world.actor("l.example", "x");
  world.post_to(x);
  world.work();
  const auto rsa = store::must(sig::PrivateKey::generate(sig::KeyType::Rsa));
  const auto ed25519 = store::must(sig::PrivateKey::generate(sig::KeyType::Ed25519));
  store::must(world.home.store().write([&](store::WriteTxn& txn) {
    return rotate_key(txn, world.home.alice.iri, rsa, ed25519, world.services);
  }));
  const std::string shown = world.home.seen(world.home.alice.iri);
  const auto document = nlohmann::json::parse(shown);
  CHECK(document["publicKey"]["id"] == world.home.alice.iri + "#main-key");
  CHECK(document["publicKey"]["publicKeyPem"] == rsa.public_key().pem());
  CHECK(shown.find(ed25519.public_key().multibase()) != std::string::npos);
  CHECK(document["inbox"] == world.home.alice.inbox);
  world.post_to(x);
  world.work();
  const auto seen = world.network.seen("l.example");
  REQUIRE(seen.size() == 2);
  net::Request request;
  request.method = "POST";
  request.target = "/users/x/inbox";
  request.headers = seen[1].headers;
  request.headers.add("Host", "l.example");
  request.body = seen[1].body;
  sig::VerifyOptions options;
  options.scheme = "https";
  options.host = "l.example";
  options.now = world.home.now;
  CHECK(sig::verify(request, options,
                    [&](std::string_view) -> Result<sig::PublicKey> { return rsa.public_key(); }));
}

TEST_CASE("checklist 49: a slow host holds up nobody else, and gets one request at a time") {
  World world;
  const auto slow = world.actor("slow.example", "x");
  std::atomic<int> at_once = 0, most = 0;
  std::atomic<bool> release = false;
  world.network.on("slow.example", [&](const FakeNetwork::Seen&) {
    most = std::max(most.load(), ++at_once);
    while (!release) std::this_thread::sleep_for(1ms);
    --at_once;
    return FakeNetwork::status(202);
  });
  for (int i = 0; i < 3; ++i) world.post_to(slow);
  for (int i = 0; i < 8; ++i) world.post_to(world.actor("m" + std::to_string(i) + ".example", "x"));
  world.delivery.start();
  world.delivery.wake();
  const auto until = std::chrono::steady_clock::now() + 10s;
  while (world.waiting() > 3 && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(5ms);
  }
  CHECK(world.waiting() == 3);
  release = true;
  while (world.waiting() > 0 && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(5ms);
  }
  world.delivery.stop();
  CHECK(world.waiting() == 0);
  CHECK(most == 1);
}

TEST_CASE(
    "checklist 47, 52: the exact set of inboxes: shared ones once, each actor once, no sender") {
  World world;
  std::vector<std::string> followers;
  for (int host = 0; host < 3; ++host) {
    for (int n = 0; n < 4; ++n) {
      followers.push_back(
          world.actor("s" + std::to_string(host) + ".example", "f" + std::to_string(n), host != 2));
    }
  }
  store::must(world.home.store().write([&](store::WriteTxn& txn) -> Result<void> {
    const auto sequence = QP_TRY(txn.intern_iri(world.home.alice.followers));
    for (const auto& one : followers) {
      const auto id = QP_TRY(txn.intern_iri(one));
      QP_TRY(txn.sequence_append(sequence, id, store::AudienceId::Public));
    }
    return {};
  }));
  const auto lone = world.actor("s9.example", "lone");
  world.post_to("https://www.w3.org/ns/activitystreams#Public",
                ",'cc':['" + world.home.alice.followers + "','" + world.home.alice.iri + "','" +
                    lone + "','" + lone + "']");
  CHECK(world.waiting() == 1 + 1 + 4 + 1);
  world.work();
  CHECK(world.network.seen("s0.example").size() == 1);
  CHECK(world.network.seen("s0.example")[0].url == "https://s0.example/inbox");
  CHECK(world.network.seen("s2.example").size() == 4);
  CHECK(world.network.seen("s9.example").size() == 1);
}

TEST_CASE("item 52: who is named and is behind a shared inbox that gets it needs no second copy") {
  World world;
  const auto follower = world.actor("t.example", "f", true);
  const auto named = world.actor("t.example", "named", true);
  const auto lone = world.actor("t.example", "lone");
  const auto hidden = world.actor("t.example", "hidden", true);
  store::must(world.home.store().write([&](store::WriteTxn& txn) -> Result<void> {
    const auto sequence = QP_TRY(txn.intern_iri(world.home.alice.followers));
    const auto id = QP_TRY(txn.intern_iri(follower));
    QP_TRY(txn.sequence_append(sequence, id, store::AudienceId::Public));
    return {};
  }));
  // Named before and after the collection; bcc is told to nobody, so that only its own inbox knows.
  world.post_to(named, ",'cc':['" + world.home.alice.followers + "','" + named + "','" + lone +
                           "'],'bcc':['" + hidden + "']");
  world.work();
  std::vector<std::string> urls;
  for (const auto& one : world.network.seen("t.example")) urls.push_back(one.url);
  std::sort(urls.begin(), urls.end());
  CHECK(urls ==
        std::vector<std::string>{"https://t.example/inbox", hidden + "/inbox", lone + "/inbox"});
}

TEST_CASE("item 52: followers who are addressed by bcc only get it in their own inboxes") {
  World world;
  const auto follower = world.actor("u.example", "f", true);
  store::must(world.home.store().write([&](store::WriteTxn& txn) -> Result<void> {
    const auto sequence = QP_TRY(txn.intern_iri(world.home.alice.followers));
    const auto id = QP_TRY(txn.intern_iri(follower));
    QP_TRY(txn.sequence_append(sequence, id, store::AudienceId::Public));
    return {};
  }));
  world.post_to(world.actor("v.example", "x"), ",'bcc':['" + world.home.alice.followers + "']");
  world.work();
  REQUIRE(world.network.seen("u.example").size() == 1);
  CHECK(world.network.seen("u.example")[0].url == follower + "/inbox");
}

TEST_CASE("I26: what goes to followers says, signed, who of its host is one of them") {
  World world;
  const auto a = world.actor("w.example", "a", true), b = world.actor("w.example", "b", true);
  const auto c = world.actor("z.example", "c");
  store::must(world.home.store().write([&](store::WriteTxn& txn) -> Result<void> {
    const auto sequence = QP_TRY(txn.intern_iri(world.home.alice.followers));
    for (const auto& one : {a, b, c}) {
      const auto id = QP_TRY(txn.intern_iri(one));
      QP_TRY(txn.sequence_append(sequence, id, store::AudienceId::Public));
    }
    return {};
  }));
  const auto named = world.actor("y.example", "named");
  world.network.on("z.example", [](const FakeNetwork::Seen& seen) {
    return FakeNetwork::status(seen.is_rfc9421() ? 401 : 202);
  });
  world.post_to(world.home.alice.followers, ",'cc':['" + named + "']");
  world.work();
  const auto field = [&](const char* host) {
    const auto seen = world.network.seen(host);
    REQUIRE(!seen.empty());
    const auto value = seen.back().headers.get("Collection-Synchronization");
    return value ? std::string(*value) : std::string();
  };
  IdsDigest of_w, of_z;
  of_w.add(b);
  of_w.add(a);
  of_z.add(c);
  const auto said = read_synchronization(field("w.example"));
  REQUIRE(said);
  CHECK(said->collection == world.home.alice.followers);
  CHECK(said->url == partial_followers(world.home.alice.followers));
  CHECK(said->digest == of_w.text());
  CHECK(read_synchronization(field("z.example"))->digest == of_z.text());
  CHECK(field("y.example").empty());
  // Both forms of signatures cover it.
  CHECK(world.network.seen("w.example")
            .back()
            .headers.get("Signature-Input")
            ->find("\"collection-synchronization\"") != std::string::npos);
  CHECK(world.network.seen("z.example")
            .back()
            .headers.get("Signature")
            ->find(" collection-synchronization\"") != std::string::npos);
  // Not with what followers do not get as such.
  world.post_to(a);
  world.work();
  CHECK(field("w.example").empty());
}

TEST_CASE("checklist 64: nothing is sent to what is no address of the web, or one of our own") {
  World world;
  world.post_to("mailto:x@a.example",
                ",'cc':['javascript:alert(1)','data:text/plain,x','urn:x:y',"
                "'" +
                    world.home.alice.iri + "/none','file:///etc/passwd']");
  CHECK(world.waiting() == 0);
}

TEST_CASE("checklist 65: a collection in a collection is not followed, nor one that holds itself") {
  World world;
  const auto list = world.home.post(
      world.home.alice, "{'type':'Collection','name':'l','to':'" + world.home.alice.iri + "'}");
  REQUIRE(list);
  const auto x = world.actor("x1.example", "x");
  for (const std::string& one : {list->object, x, world.home.alice.followers}) {
    REQUIRE(world.home.post(
        world.home.alice, "{'type':'Add','object':'" + one + "','target':'" + list->object + "'}"));
  }
  const auto before = world.waiting();
  world.post_to(list->object);
  CHECK(world.waiting() == before + 1);
}

TEST_CASE("checklist 50: single recipients and the members of the sender's own lists get it") {
  World world;
  const auto list = world.home.post(world.home.alice, "{'type':'Collection','name':'l'}");
  const auto in_it = world.actor("x2.example", "in"), single = world.actor("x3.example", "one");
  REQUIRE(world.home.post(
      world.home.alice, "{'type':'Add','object':'" + in_it + "','target':'" + list->object + "'}"));
  const auto of_bob = world.home.post(world.home.bob, "{'type':'Collection','name':'b'}");
  const auto others = world.actor("x4.example", "others");
  REQUIRE(world.home.post(world.home.bob, "{'type':'Add','object':'" + others + "','target':'" +
                                              of_bob->object + "'}"));
  world.work();
  const auto sent =
      world.post_to(list->object, ",'cc':['" + of_bob->object + "'],'audience':'" + single + "'");
  world.work();
  CHECK(ids(world.network.seen("x2.example")).back() == sent);
  CHECK(ids(world.network.seen("x3.example")).back() == sent);
  CHECK(world.network.seen("x4.example").empty());
}

TEST_CASE("checklist 66: what waits for a host that is blocked meanwhile is not sent") {
  World world;
  world.network.on("rude.example", always(503));
  const auto one = world.actor("rude.example", "one");
  world.post_to(one);
  world.post_to("https://rude.example/users/two");  // whose inbox is not known yet
  world.post_to(world.actor("door.rude.example", "three"));
  world.work();
  const auto before = world.network.seen("rude.example").size();
  store::must(world.home.store().write([](store::WriteTxn& txn) -> qp::Result<void> {
    QP_TRY(block_host(txn, "rude.example"));
    return {};
  }));
  world.post_to(world.actor("other.example", "four"));
  world.pass(3h);
  CHECK(world.network.seen("rude.example").size() == before);
  CHECK(world.network.seen("other.example").size() == 1);
  CHECK(world.waiting() == 0);
}

namespace {

/// Bob follows Alice, who moves to somebody of another server that was never seen here.
struct Moving : World {
  Moving() {
    const auto made = home.post(home.bob, "{'type':'Follow','object':'" + home.alice.iri + "'}");
    REQUIRE(made);
    follow = made->activity;
    network.on("new.example",
               [this](const FakeNetwork::Seen& seen) -> Result<net::IncomingResponse> {
                 if (!seen.body.empty()) return FakeNetwork::status(202);
                 if (status != 200) return FakeNetwork::status(status);
                 auto response = FakeNetwork::status(200);
                 response.url = seen.url;
                 response.headers.set("Content-Type", "application/activity+json");
                 response.body = nlohmann::json{
                     {"@context", "https://www.w3.org/ns/activitystreams"},
                     {"id", target},
                     {"type", "Person"},
                     {"inbox", target + "/inbox"},
                     {"outbox", target + "/outbox"},
                     {"alsoKnownAs",
                      lists}}.dump();
                 return response;
               });
  }
  std::string move() {
    const auto made =
        home.post(home.alice, "{'type':'Move','object':'" + home.alice.iri + "','target':'" +
                                  target + "','to':'" + home.alice.followers + "'}");
    REQUIRE(made);
    return made->activity;
  }
  /// Types of what was posted to the target's inbox.
  std::vector<std::string> told() {
    std::vector<std::string> types;
    for (const auto& seen : network.seen("new.example")) {
      if (!seen.body.empty()) types.push_back(nlohmann::json::parse(seen.body)["type"]);
    }
    return types;
  }
  std::vector<std::string> followed() { return home.members(home.bob.following); }

  const std::string target = "https://new.example/users/alice";
  std::string follow;
  std::vector<std::string> lists{home.alice.iri};
  int status = 200;
};

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("I23: local followers go along with a local actor to a target that was never seen") {
  Moving world;
  world.move();
  CHECK(world.network.seen("new.example").empty());  // nobody waits for it
  CHECK(world.followed() == Words{world.home.alice.iri});
  world.work();
  CHECK(world.told() == Words{"Follow"});
  CHECK(world.followed().empty());
  CHECK(world.home.members(world.home.alice.followers).empty());
  CHECK(world.waiting() == 0);
}

TEST_CASE("I23: a target that is away is asked again until it answers") {
  Moving world;
  world.status = 503;
  world.move();
  world.work();
  CHECK(world.waiting() == 1);
  world.pass(1h);
  CHECK(world.followed() == Words{world.home.alice.iri});
  world.status = 200;
  world.pass(3h);
  CHECK(world.told() == Words{"Follow"});
  CHECK(world.waiting() == 0);
}

TEST_CASE("I23: a target that does not list the local actor, or is gone, moves nobody") {
  for (const int status : {200, 404, 410}) {
    Moving world;
    world.lists = {world.home.bob.iri};
    world.status = status;
    world.move();
    world.work();
    CHECK(world.told().empty());
    CHECK(world.followed() == Words{world.home.alice.iri});
    CHECK(world.waiting() == 0);
  }
}

TEST_CASE("I23: what the target said before it knew of the Move does not count") {
  Moving world;
  world.lists = {};
  world.move();
  world.work();
  CHECK(world.followed() == Words{world.home.alice.iri});
  world.lists = {world.home.alice.iri};
  world.move();
  world.work();
  CHECK(world.told() == Words{"Follow"});
}

TEST_CASE("I23: a Move that was taken back meanwhile moves nobody") {
  Moving world;
  const auto move = world.move();
  REQUIRE(world.home.post(world.home.alice, "{'type':'Undo','object':'" + move + "'}"));
  world.work();
  CHECK(world.told().empty());
  CHECK(world.followed() == Words{world.home.alice.iri});
  CHECK(world.waiting() == 0);
}

TEST_CASE("I23: of a local actor that nobody here follows, no target is asked") {
  Moving world;
  REQUIRE(world.home.post(world.home.bob, "{'type':'Undo','object':'" + world.follow + "'}"));
  world.move();
  world.work();
  CHECK(world.network.seen("new.example").empty());
}
