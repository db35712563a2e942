#include <algorithm>
#include <random>
#include <set>

#include "temporary_store.hpp"
#include "vocab/terms.hpp"

// What every backend promises: only the interface is used here.
namespace qp::store {

using rdf::Term;

static TermId intern(TemporaryStore& db, const Term& term) {
  TermId id{};
  db.write([&](WriteTxn& txn) -> Result<void> {
    id = QP_TRY(txn.intern(term));
    return {};
  });
  return id;
}

static TermId iri(TemporaryStore& db, const std::string& name) {
  return intern(db, Term::iri("https://example.org/" + name));
}

static std::vector<OrderedQuad> scan(const Txn& txn, const Pattern& pattern,
                                     const Txn::ScanOptions& options = {}) {
  std::vector<OrderedQuad> found;
  must(txn.scan(pattern, options, [&](const OrderedQuad& quad) {
    found.push_back(quad);
    return true;
  }));
  return found;
}

static std::string xsd_iri(const char* name) { return std::string(xsd::kNamespace) + name; }

TEST_CASE("a language tag is the same in any case, and has one in the store") {
  TemporaryStore db;
  const auto chat = [](const char* tag) {
    return Term{rdf::TermKind::Literal, "chat", std::string(rdf::langString.iri), tag};
  };
  const TermId id = intern(db, chat("FR-ca"));
  CHECK(intern(db, chat("fr-CA")) == id);
  const auto txn = db.read();
  CHECK(must(txn->find(chat("fr-ca"))) == id);
  CHECK(must(txn->resolve(id)).language == "fr-CA");
}

TEST_CASE("every kind of term comes back as it was given, also after reopening") {
  TemporaryStore db;
  std::vector<Term> terms = {
      Term::iri("https://example.org/a"),
      Term::iri(""),
      Term::iri(std::string(as::Note.iri)),
      Term::iri("https://example.org/" + std::string(600, 'x')),
      Term::literal("", xsd_iri("string")),
      Term::literal("h\xC3\xA4", xsd_iri("string")),
      Term::literal(std::string(100'000, 'z'), xsd_iri("string")),
      Term::literal("true", xsd_iri("boolean")),
      Term::literal("1", xsd_iri("boolean")),
      Term::literal("5", "https://example.org/datatype"),
      Term::literal("https://example.org/a", xsd_iri("anyURI")),
      {rdf::TermKind::Literal, "chat", std::string(rdf::langString.iri), "fr"},
      {rdf::TermKind::Literal, "chat", std::string(rdf::langString.iri), "fr-CA"},
      {rdf::TermKind::Literal, "chat", std::string(rdf::langString.iri), "en"}};
  for (const char* text :
       {"0", "-0", "+1", "007", "42", "-42", "576460752303423487", "-576460752303423488",
        "576460752303423488", "99999999999999999999999999"}) {
    terms.push_back(Term::literal(text, xsd_iri("integer")));
  }
  for (const char* text : {"1.0", "1", "1.50", "-0.25", "-0.0", "0.000001", "0.0000001", ".5", "5.",
                           "123456.789", "-0.5"}) {
    terms.push_back(Term::literal(text, xsd_iri("decimal")));
  }
  for (const char* text :
       {"2026-11-24T00:26:01Z", "2026-11-24T00:26:01.123Z", "2026-11-24T00:26:01.12Z",
        "2026-11-24T00:26:01.123456Z", "2026-11-24T00:26:01+00:00", "2026-11-24T00:26:01+09:00",
        "2026-11-24T00:26:01", "1969-12-31T23:59:59.001Z", "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z", "2026-02-30T00:00:00Z", "2026-11-24T24:00:00Z",
        "2026-11-24T00:26:60Z", "2026-11-24", "nonsense", "2026-11-24T00:26:01.Z"}) {
    terms.push_back(Term::literal(text, xsd_iri("dateTime")));
  }
  std::vector<TermId> ids;
  for (const Term& term : terms) ids.push_back(intern(db, term));
  CHECK(std::set<TermId>(ids.begin(), ids.end()).size() == terms.size());
  for (int round = 0; round < 2; ++round) {
    const auto txn = db.read();
    for (std::size_t i = 0; i < terms.size(); ++i) {
      CAPTURE(terms[i].value.substr(0, 80));
      CHECK(must(txn->resolve(ids[i])) == rdf::TermView(terms[i]));
      CHECK(must(txn->find(terms[i])) == ids[i]);
    }
    if (round == 0) continue;
    CHECK_FALSE(must(txn->find_iri("https://example.org/never")).has_value());
    CHECK(txn->resolve(static_cast<TermId>(999'999)).error().code == Code::NotFound);
  }
  db.check_clean();
  db.reopen();
  CHECK(must(db.read()->resolve(ids[0])).value == "https://example.org/a");
}

TEST_CASE("a word has its row as id, and inlined literals sort by value") {
  TemporaryStore db;
  CHECK(intern(db, Term::iri(std::string(as::Note.iri))) == as::Note.id);
  CHECK(must(db.read()->find_iri(as::Note.iri)) == as::Note.id);
  const auto less = [&](const char* a, const char* b, const char* datatype) {
    return intern(db, Term::literal(a, xsd_iri(datatype))) <
           intern(db, Term::literal(b, xsd_iri(datatype)));
  };
  CHECK(less("-5", "3", "integer"));
  CHECK(less("9", "10", "integer"));
  CHECK(less("-0.5", "-0.25", "decimal"));
  CHECK(less("1969-12-31T23:59:59Z", "1970-01-01T00:00:00+00:00", "dateTime"));
  CHECK(less("2026-11-24T00:26:01Z", "2026-11-24T00:26:01.001Z", "dateTime"));
}

TEST_CASE("a blank node is new each time and found again by its label") {
  TemporaryStore db;
  TermId a{}, b{};
  db.write([&](WriteTxn& txn) -> Result<void> {
    a = QP_TRY(txn.new_blank());
    b = QP_TRY(txn.new_blank());
    CHECK(QP_TRY(txn.resolve(b)).kind == rdf::TermKind::Blank);
    return {};
  });
  CHECK(a != b);
  const auto txn = db.read();
  CHECK(must(txn->find(must(txn->resolve(a)))) == a);
  CHECK_FALSE(must(txn->find(Term::blank("x"))).has_value());
}

TEST_CASE("any pattern gives the quads that brute force gives") {
  TemporaryStore db;
  std::mt19937 random(7);
  std::vector<TermId> terms;
  for (int i = 0; i < 12; ++i) terms.push_back(iri(db, "t" + std::to_string(i)));
  terms.push_back(intern(db, Term::literal("5", xsd_iri("integer"))));
  terms.push_back(as::Note);
  const auto any = [&] { return terms[random() % terms.size()]; };
  std::set<QuadIds> expected;
  for (int round = 0; round < 20; ++round) {
    std::vector<QuadIds> out;
    std::vector<OrderedQuad> in;
    for (int i = 0; i < 60; ++i) out.push_back({terms[random() % 3], any(), any(), any()});
    for (int i = 0; i < 150; ++i) in.push_back({{terms[random() % 3], any(), any(), any()}, 0});
    db.write([&](WriteTxn& txn) { return txn.apply(out, in); });
    for (const QuadIds& quad : out) expected.erase(quad);
    for (const OrderedQuad& quad : in) expected.insert(quad.quad);
  }
  const auto txn = db.read();
  for (int i = 0; i < 800; ++i) {
    const Pattern pattern{i & 1 ? terms[random() % 3] : TermId::None, i & 2 ? any() : TermId::None,
                          i & 4 ? any() : TermId::None, i & 8 ? any() : TermId::None};
    std::set<QuadIds> wanted, found;
    for (const QuadIds& q : expected) {
      if ((pattern.g == TermId::None || q.g == pattern.g) &&
          (pattern.s == TermId::None || q.s == pattern.s) &&
          (pattern.p == TermId::None || q.p == pattern.p) &&
          (pattern.o == TermId::None || q.o == pattern.o)) {
        wanted.insert(q);
      }
    }
    const auto rows = scan(*txn, pattern);
    for (const OrderedQuad& row : rows) found.insert(row.quad);
    CHECK(rows.size() == found.size());
    CHECK(found == wanted);
    CHECK(must(txn->probe(pattern, {})) == !wanted.empty());
    CHECK((must(txn->estimate(pattern)) > 0) == !wanted.empty());
  }
  db.check_clean();
}

TEST_CASE("values of a property come in their order, and a replaced graph has only the new") {
  TemporaryStore db;
  const TermId g = iri(db, "g"), p = iri(db, "p"), a = iri(db, "a"), b = iri(db, "b"),
               c = iri(db, "c");
  GraphRecord record;
  record.audience = AudienceId::Public;
  const auto put = [&](std::vector<OrderedQuad> quads) {
    db.write([&](WriteTxn& txn) { return txn.replace_graph(g, quads, record); });
  };
  const auto values = [&] {
    std::vector<TermId> found;
    for (const OrderedQuad& row : scan(*db.read(), {g, g, p, {}})) found.push_back(row.quad.o);
    return found;
  };
  put({{{g, g, p, a}, 2}, {{g, g, p, b}, 1}, {{g, g, p, c}, 0}, {{g, g, p, c}, 3}});
  CHECK(values() == std::vector{c, b, a});
  const GraphRecord first = must(db.read()->graph(g)).value();
  CHECK(first.quads == 3);
  put({{{g, g, p, a}, 0}, {{g, g, p, b}, 1}});
  CHECK(values() == std::vector{a, b});
  const GraphRecord second = must(db.read()->graph(g)).value();
  CHECK(second.quads == 2);
  CHECK(second.version > first.version);
  db.check_clean();
  db.write([&](WriteTxn& txn) { return txn.erase_graph(g); });
  CHECK(values().empty());
  CHECK_FALSE(must(db.read()->graph(g)).has_value());
  db.check_clean();
}

TEST_CASE("an object is found in a large graph with its ordinal") {
  TemporaryStore db;
  const TermId g = iri(db, "g"), p = iri(db, "p"), o = iri(db, "o");
  std::vector<OrderedQuad> quads;
  db.write([&](WriteTxn& txn) -> Result<void> {
    quads.clear();
    for (int i = 0; i < 600; ++i) {
      const TermId s = QP_TRY(txn.intern_iri("https://example.org/s" + std::to_string(i)));
      quads.push_back({{g, s, p, i % 100 == 0 ? o : s}, 7});
    }
    return txn.replace_graph(g, quads, {});
  });
  for (const Pattern& pattern : {Pattern{g, {}, p, o}, Pattern{g, {}, {}, o}}) {
    const auto rows = scan(*db.read(), pattern);
    CHECK(rows.size() == 6);
    CHECK(std::all_of(rows.begin(), rows.end(),
                      [](const OrderedQuad& row) { return row.ordinal == 7; }));
    CHECK(std::is_sorted(rows.begin(), rows.end(),
                         [](const auto& a, const auto& b) { return a.quad.s < b.quad.s; }));
  }
}

TEST_CASE("a scan shows only visible graphs, and claims only when asked") {
  TemporaryStore db;
  const TermId s = iri(db, "s"), p = iri(db, "p"), alice = iri(db, "alice"), open = iri(db, "open"),
               secret = iri(db, "secret"), claims = iri(db, "claims");
  AudienceId for_alice{};
  db.write([&](WriteTxn& txn) -> Result<void> {
    for_alice = QP_TRY(txn.intern_audience(std::vector{alice}));
    const auto put = [&](TermId g, AudienceId audience, GraphKind kind) {
      GraphRecord record;
      record.audience = audience;
      record.kind = kind;
      return txn.replace_graph(g, std::vector<OrderedQuad>{{{g, s, p, g}, 0}}, record);
    };
    QP_TRY(put(open, AudienceId::Public, GraphKind::Source));
    QP_TRY(put(secret, for_alice, GraphKind::Source));
    return put(claims, AudienceId::Public, GraphKind::Claims);
  });
  const auto txn = db.read();
  const auto graphs = [&](const Visible& visible, bool with_claims) {
    std::set<TermId> found;
    for (const auto& row : scan(*txn, {{}, s, {}, {}}, {visible, with_claims})) {
      found.insert(row.quad.g);
    }
    return found;
  };
  CHECK(graphs(Visible::only_public(), false) == std::set{open});
  CHECK(graphs(Visible::only_public(), true) == std::set{open, claims});
  CHECK(graphs(must(txn->visible_to(std::vector{alice})), false) == std::set{open, secret});
  CHECK(graphs(Visible::everything(), false) == std::set{open, secret});
  CHECK_FALSE(must(txn->probe({secret, {}, {}, {}}, {Visible::only_public(), true})));
  db.write([&](WriteTxn& w) { return w.set_audience(open, AudienceId::Nobody); });
  CHECK(scan(*db.read(), {open, {}, {}, {}}, {Visible::only_public(), true}).empty());
}

TEST_CASE("an audience is one set in any order, seen by members of its collections") {
  TemporaryStore db;
  const TermId alice = iri(db, "alice"), bob = iri(db, "bob"), followers = iri(db, "followers");
  AudienceId both{}, again{}, to_followers{}, open{}, open_too{}, nobody{};
  db.write([&](WriteTxn& txn) -> Result<void> {
    both = QP_TRY(txn.intern_audience(std::vector{alice, bob}));
    again = QP_TRY(txn.intern_audience(std::vector{bob, alice, bob}));
    to_followers = QP_TRY(txn.intern_audience(std::vector{followers}));
    open = QP_TRY(txn.intern_audience(std::vector{as::Public.id}));
    open_too = QP_TRY(txn.intern_audience(std::vector{as::Public.id, followers}));
    nobody = QP_TRY(txn.intern_audience({}));
    QP_TRY(txn.sequence_append(followers, bob, AudienceId::Public));
    return {};
  });
  CHECK(both == again);
  CHECK(open == AudienceId::Public);
  CHECK(nobody == AudienceId::Nobody);
  const auto txn = db.read();
  const Visible to_bob = must(txn->visible_to(std::vector{bob, as::Public.id}));
  CHECK(to_bob.sees(both));
  CHECK(to_bob.sees(to_followers));
  CHECK(to_bob.sees(open_too));
  CHECK(to_bob.sees(AudienceId::Public));
  CHECK_FALSE(to_bob.sees(AudienceId::Nobody));
  const Visible to_alice = must(txn->visible_to(std::vector{alice}));
  CHECK(to_alice.sees(both));
  CHECK_FALSE(to_alice.sees(to_followers));
  std::vector<TermId> members = must(txn->audience_members(both));
  CHECK(std::is_permutation(members.begin(), members.end(), std::vector{bob, alice}.begin()));
  db.check_clean();
}

TEST_CASE("who is excepted from an audience does not see it, by whatever name it is in") {
  TemporaryStore db;
  const TermId alice = iri(db, "alice"), bob = iri(db, "bob"), carol = iri(db, "carol");
  const TermId followers = iri(db, "followers"), blocked = iri(db, "blocked");
  AudienceId guarded{}, again{}, open{}, plain{};
  db.write([&](WriteTxn& txn) -> Result<void> {
    const std::vector members{alice, bob, followers}, except{blocked};
    guarded = QP_TRY(txn.intern_audience(members, except));
    again = QP_TRY(txn.intern_audience(members, except));
    plain = QP_TRY(txn.intern_audience(members));
    open = QP_TRY(txn.intern_audience(std::vector{as::Public.id}, except));
    QP_TRY(txn.sequence_append(followers, bob, AudienceId::Public));
    QP_TRY(txn.sequence_append(followers, carol, AudienceId::Public));
    QP_TRY(txn.sequence_append(blocked, bob, AudienceId::Nobody));
    return {};
  });
  CHECK(guarded == again);
  CHECK(guarded != plain);
  CHECK(open == AudienceId::Public);
  const auto txn = db.read();
  const auto sees = [&](TermId reader, AudienceId audience) {
    return must(txn->visible_to(std::vector{reader, as::Public.id})).sees(audience);
  };
  CHECK(sees(alice, guarded));
  CHECK(sees(carol, guarded));
  CHECK_FALSE(sees(bob, guarded));
  CHECK(sees(bob, plain));
  CHECK(sees(bob, open));
  CHECK(must(txn->audience_members(guarded)).size() == 3);
  db.check_clean();
}

TEST_CASE("a reader pages over and counts exactly the items that it may see") {
  TemporaryStore db;
  const TermId list = iri(db, "outbox"), other = iri(db, "other");
  std::vector<AudienceId> sets = {AudienceId::Public};
  std::vector<SequenceItem> all;
  db.write([&](WriteTxn& txn) -> Result<void> {
    sets = {AudienceId::Public};
    all.clear();
    for (int i = 0; i < 20; ++i) {
      const TermId member = QP_TRY(txn.intern_iri("https://example.org/m" + std::to_string(i)));
      sets.push_back(QP_TRY(txn.intern_audience(std::vector{member})));
    }
    for (int i = 0; i < 200; ++i) {
      const TermId member = QP_TRY(txn.intern_iri("https://example.org/i" + std::to_string(i)));
      const AudienceId audience = sets[static_cast<std::size_t>(i * 7 % 21)];
      CHECK(QP_TRY(txn.sequence_append(list, member, audience)));
      CHECK_FALSE(QP_TRY(txn.sequence_append(list, member, audience)));
      all.push_back(QP_TRY(txn.sequence_item(list, member)).value());
    }
    QP_TRY(txn.sequence_append(other, list, AudienceId::Public));
    return {};
  });
  const auto txn = db.read();
  // A few sets (merged cursors), most sets (a walk), all, none.
  for (const std::size_t take : {std::size_t{2}, std::size_t{18}, std::size_t{0}}) {
    const Visible visible(std::vector<AudienceId>(sets.begin(), sets.begin() + take));
    std::vector<std::uint64_t> wanted, newest_first, oldest_first;
    for (const SequenceItem& item : all) {
      if (visible.sees(item.audience)) wanted.push_back(item.key);
    }
    CHECK(must(txn->sequence_count(list, visible)) == wanted.size());
    for (std::uint64_t before = 0;;) {
      const auto page = must(txn->sequence_before(list, before, 3, visible));
      if (page.empty()) break;
      for (const SequenceItem& item : page) newest_first.push_back(item.key);
      before = page.back().key;
    }
    for (std::uint64_t after = 0;;) {
      const auto page = must(txn->sequence_after(list, after, 3, visible));
      if (page.empty()) break;
      for (const SequenceItem& item : page) oldest_first.push_back(item.key);
      after = page.back().key;
    }
    CHECK(oldest_first == wanted);
    std::reverse(newest_first.begin(), newest_first.end());
    CHECK(newest_first == wanted);
  }
  CHECK(must(txn->sequence_count(list, Visible::everything())) == 200);
  CHECK(must(txn->sequences_of(list)) == std::vector{other});
  CHECK(must(txn->sequence_contains(list, all[5].member)));
  db.check_clean();
}

TEST_CASE("a removed item is gone from every index, and a taken key gives the next") {
  TemporaryStore db;
  const TermId list = iri(db, "list"), a = iri(db, "a"), b = iri(db, "b"), c = iri(db, "c");
  db.write([&](WriteTxn& txn) -> Result<void> {
    QP_TRY(txn.sequence_append(list, a, AudienceId::Public, 1000));
    QP_TRY(txn.sequence_append(list, b, AudienceId::Public, 1000));
    QP_TRY(txn.sequence_append(list, c, AudienceId::Public));
    CHECK(QP_TRY(txn.sequence_item(list, b))->key == 1001);
    CHECK(QP_TRY(txn.sequence_item(list, c))->key == 1002);
    CHECK(QP_TRY(txn.sequence_remove(list, b)));
    CHECK_FALSE(QP_TRY(txn.sequence_remove(list, b)));
    return {};
  });
  const auto txn = db.read();
  CHECK(must(txn->sequence_count(list, Visible::only_public())) == 2);
  CHECK_FALSE(must(txn->sequence_contains(list, b)));
  CHECK(must(txn->sequences_of(b)).empty());
  db.check_clean();
}

TEST_CASE("the queue gives the head of each lane when it is due, and no later item before it") {
  TemporaryStore db;
  std::uint64_t first{}, second{}, other{};
  db.write([&](WriteTxn& txn) -> Result<void> {
    first = QP_TRY(txn.queue_push(100, "a.example", "one"));
    second = QP_TRY(txn.queue_push(50, "a.example", "two"));
    other = QP_TRY(txn.queue_push(70, "b.example", "three"));
    return {};
  });
  const auto due = [&](std::int64_t now) {
    std::vector<std::uint64_t> ids;
    for (const QueueItem& item : must(db.read()->queue_due(now, 10))) ids.push_back(item.id);
    return ids;
  };
  CHECK(due(60).empty());
  CHECK(due(80) == std::vector{other});
  CHECK(due(100) == std::vector{other, first});
  CHECK(must(db.read()->queue_next_due()) == 70);
  db.write([&](WriteTxn& txn) { return txn.queue_reschedule(first, 500, "timeout"); });
  CHECK(due(400) == std::vector{other});
  const QueueItem item = must(db.read()->queue_due(500, 10)).back();
  CHECK(item.attempts == 1);
  CHECK(item.last_result == "timeout");
  CHECK(item.payload == "one");
  db.check_clean();
  db.write([&](WriteTxn& txn) { return txn.queue_move(first, 300); });
  const QueueItem moved = must(db.read()->queue_due(300, 10)).back();
  CHECK(moved.id == first);
  CHECK(moved.attempts == 1);  // none was made
  CHECK(moved.last_result == "timeout");
  CHECK(db.store->write([&](WriteTxn& txn) { return txn.queue_move(99, 1); }).error().code ==
        Code::NotFound);
  db.check_clean();
  db.write([&](WriteTxn& txn) { return txn.queue_remove(first); });
  CHECK(due(60) == std::vector{second});
  CHECK(must(db.read()->queue_list(10)).size() == 2);
  db.check_clean();
}

TEST_CASE("rendered bytes come back by IRI and view, and go together") {
  TemporaryStore db;
  Rendered page{"application/activity+json", "\"x\"", AudienceId::Public, 200,
                std::string(10'000, 'b')};
  db.write([&](WriteTxn& txn) -> Result<void> {
    QP_TRY(txn.put_rendered("https://example.org/a", 1, page));
    QP_TRY(txn.put_rendered("https://example.org/a", 255, page));
    return txn.put_rendered("https://example.org/b", 1, page);
  });
  {
    const auto txn = db.read();
    const auto found = must(txn->rendered("https://example.org/a", 1));
    REQUIRE(found.has_value());
    CHECK(found->body == page.body);
    CHECK(found->etag == page.etag);
    CHECK(found->content_type == page.content_type);
    CHECK(found->audience == AudienceId::Public);
    CHECK_FALSE(must(txn->rendered("https://example.org/a", 2)).has_value());
  }
  db.check_clean();
  db.write([&](WriteTxn& txn) { return txn.erase_rendered("https://example.org/a"); });
  CHECK_FALSE(must(db.read()->rendered("https://example.org/a", 255)).has_value());
  CHECK(must(db.read()->rendered("https://example.org/b", 1)).has_value());
}

TEST_CASE("a table keeps values apart from other tables and lists them by prefix") {
  TemporaryStore db;
  const Table one{1}, two{2};
  db.write([&](WriteTxn& txn) -> Result<void> {
    QP_TRY(txn.put(one, "user/b", "2"));
    QP_TRY(txn.put(one, "user/a", "1"));
    QP_TRY(txn.put(one, "token", ""));
    QP_TRY(txn.put(two, "user/c", "3"));
    CHECK(txn.put(one, std::string(481, 'k'), "x").error().code == Code::BadInput);
    return txn.put(one, std::string(480, 'k'), "x");
  });
  const auto txn = db.read();
  CHECK(must(txn->get(one, "user/a")) == "1");
  CHECK(must(txn->get(one, "token")) == "");
  CHECK_FALSE(must(txn->get(two, "user/a")).has_value());
  std::string listed;
  must(txn->each(one, "user/", [&](std::string_view key, std::string_view value) {
    listed.append(key).append(value);
    return true;
  }));
  CHECK(listed == "user/a1user/b2");
  db.write([&](WriteTxn& w) -> Result<void> {
    CHECK(QP_TRY(w.erase(one, "token")));
    CHECK_FALSE(QP_TRY(w.erase(one, "token")));
    return {};
  });
  db.check_clean();
}

TEST_CASE("a document's bytes come back exactly, and erasure leaves the record") {
  TemporaryStore db;
  DocumentRecord record;
  record.id = iri(db, "document");
  record.context = "\"https://www.w3.org/ns/activitystreams\"";
  record.sha256[31] = 7;
  record.attested_how = "cavage";
  record.received = 1234;
  record.graphs = {iri(db, "g1"), iri(db, "g2")};
  record.fidelity = std::string("\0\1", 2);
  const std::string bytes = "{\"a\": " + std::string(5000, '1') + "}";
  db.write([&](WriteTxn& txn) { return txn.put_document(record, bytes); });
  CHECK(must(db.read()->document_bytes(record.id)) == bytes);
  db.check_clean();
  db.write([&](WriteTxn& txn) { return txn.erase_document_bytes(record.id); });
  const auto txn = db.read();
  CHECK(txn->document_bytes(record.id).error().code == Code::NotFound);
  const DocumentRecord kept = must(txn->document(record.id)).value();
  CHECK(kept.context == record.context);
  CHECK(kept.sha256 == record.sha256);
  CHECK(kept.graphs == record.graphs);
  CHECK(kept.fidelity == record.fidelity);
  CHECK(kept.received == 1234);
}

}  // namespace qp::store
