#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "ap/admit.hpp"
#include "ap/overview.hpp"
#include "effects_fixture.hpp"

using nlohmann::json;
using namespace qp::ap;

namespace {

struct Moderated : Effects {
  using Change = qp::Result<std::string> (*)(qp::store::WriteTxn&, std::string_view);
  void enlist(Change how, const std::string& host) {
    qp::store::must(store().write([&](qp::store::WriteTxn& txn) -> qp::Result<void> {
      QP_TRY(how(txn, host));
      return {};
    }));
  }
  bool blocks(const std::string& host) {
    const auto txn = qp::store::must(store().read());
    return qp::store::must(is_blocked(*txn, host));
  }
  std::vector<Report> reports(Reports which = Reports::Open) {
    const auto txn = qp::store::must(store().read());
    return qp::store::must(list_reports(*txn, which, {})).reports;
  }
};

}  // namespace

TEST_CASE("checklist 66: a blocked host and those below it are refused, and get nothing") {
  Moderated server;
  CHECK(server.accepts(server.receive(kCarol, "Follow", server.alice.iri)));
  const auto before = server.queued();
  server.enlist(block_host, "remote.example");
  for (const std::string host : {"remote.example", "remote.example:8443", "a.remote.example"}) {
    CHECK(server.blocks(host));
  }
  for (const std::string host : {"example", "notremote.example", "remote.example.org"}) {
    CHECK_FALSE(server.blocks(host));
  }
  const auto refused = server.receive(kCarol, "Like", server.note);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == qp::Code::Forbidden);
  server.posted(server.alice, "{'type':'Note','content':'x','to':'" + server.alice.followers +
                                  "','cc':'" + kMallory + "'}");
  CHECK(server.queued() == before);
}

TEST_CASE("once a host is allowed by name, all others are refused") {
  Moderated server;
  CHECK_FALSE(server.blocks("other.example"));
  server.enlist(allow_host, "friend.example");
  CHECK(server.blocks("other.example"));
  CHECK_FALSE(server.blocks("friend.example"));
  CHECK_FALSE(server.blocks("sub.friend.example"));
  CHECK_FALSE(server.blocks("localhost:8000"));
  CHECK_FALSE(server.receive(kCarol, "Like", server.note));
  server.enlist(block_host, "sub.friend.example");
  CHECK(server.blocks("sub.friend.example"));
}

TEST_CASE("item 21: a Flag is kept as a report, and not shown to those whom it is about") {
  Moderated server;
  const auto inbox = server.members(server.alice.inbox);
  CHECK(server.accepts(server.receive(kCarol, "Flag",
                                      "['" + server.alice.iri + "','" + server.note + "']",
                                      "'content':'spam <b>'")));
  const std::string flag = server.last_id;
  const auto found = server.reports();
  REQUIRE(found.size() == 1);
  CHECK(found[0].iri == flag);
  CHECK(found[0].actor == kCarol);
  CHECK(found[0].objects == Ids{server.alice.iri, server.note});
  CHECK(found[0].content == "spam <b>");
  CHECK(server.members(server.alice.inbox) == inbox);
  CHECK(server.seen(flag, server.alice.iri).empty());

  CHECK(server.receive(kMallory, "Undo", flag));
  CHECK(server.reports().size() == 1);
  CHECK(server.accepts(server.receive(kCarol, "Undo", flag)));
  CHECK(server.reports().empty());
  CHECK(server.reports(Reports::Closed).size() == 1);
}

TEST_CASE("a report of something without an address names nothing") {
  Moderated server;
  CHECK(server.accepts(server.receive(kCarol, "Flag", "{'type':'Note','content':'rude'}",
                                      "'to':'" + server.alice.iri + "'")));
  REQUIRE(server.reports().size() == 1);
  CHECK(server.reports()[0].objects.empty());
}

TEST_CASE(
    "interop I21: a Flag that is sent goes to the server of whom it is about, and is a report here "
    "too") {
  Moderated server;
  CHECK(server.accepts(
      server.receive(kCarol, "Create", server.note_of(kCarol, "rude", kToPublic), kToPublic)));
  server.posted(server.alice,
                "{'type':'Flag','content':'rude','object':'https://remote.example/notes/rude'}");
  CHECK(server.queued() == 1);
  REQUIRE(server.reports().size() == 1);
  CHECK(server.reports()[0].actor == server.alice.iri);
  const auto inbox = server.members(server.bob.inbox);
  server.posted(server.alice,
                "{'type':'Flag','object':'" + server.bob.iri + "','to':'" + server.bob.iri + "'}");
  CHECK(server.members(server.bob.inbox) == inbox);
}
