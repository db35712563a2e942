#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <random>
#include <set>

#include "store/bulk_load.hpp"
#include "temporary_store.hpp"
#include "vocab/terms.hpp"

// Loading many quads at once.
namespace qp::store {

static rdf::Term name(std::string_view kind, std::uint64_t i) {
  return rdf::Term::iri("https://example.org/" + std::string(kind) + std::to_string(i));
}

static rdf::Quad sample(std::mt19937& random) {
  const std::uint64_t g = random() % 300;
  rdf::Term o;
  switch (random() % 4) {
    case 0:
      o = name("o", random() % 200);
      break;
    case 1:
      o = rdf::Term::literal(std::to_string(random() % 100), std::string(xsd::integer.iri));
      break;
    case 2:
      o = rdf::Term::literal("text " + std::to_string(random() % 500),
                             std::string(xsd::string.iri));
      break;
    default:
      o = rdf::Term::literal("x" + std::to_string(random() % 50), "https://example.org/type");
  }
  const rdf::Term p =
      random() % 3 == 0 ? rdf::Term::iri(std::string(rdf::type.iri)) : name("p", random() % 20);
  return {name("g", random() % 5 == 0 ? random() % 300 : g), p, o, name("g", g)};
}

static Result<void> load(const Options& options, const std::vector<rdf::Quad>& quads,
                         BulkOptions bulk, BulkReport* report = nullptr) {
  const auto running = QP_TRY(BulkLoad::begin(options, std::move(bulk)));
  for (const rdf::Quad& quad : quads) {
    QuadIds ids;
    ids.g = QP_TRY(running->intern(quad.g));
    ids.s = QP_TRY(running->intern(quad.s));
    ids.p = QP_TRY(running->intern(quad.p));
    ids.o = QP_TRY(running->intern(quad.o));
    QP_TRY(running->add(ids));
  }
  const BulkReport done = QP_TRY(running->finish());
  if (report != nullptr) *report = done;
  return {};
}

static std::set<rdf::Quad> contents(TemporaryStore& db) {
  std::set<rdf::Quad> found;
  const auto txn = db.read();
  must(txn->scan({}, {Visible::everything(), true}, [&](const OrderedQuad& row) {
    const auto term = [&](TermId id) { return rdf::Term::copy(must(txn->resolve(id))); };
    found.insert({term(row.quad.s), term(row.quad.p), term(row.quad.o), term(row.quad.g)});
    return true;
  }));
  return found;
}

TEST_CASE("a bulk load gives what was read, once, whatever memory it has") {
  std::mt19937 random(5);
  std::vector<rdf::Quad> quads;
  for (int i = 0; i < 20'000; ++i) quads.push_back(sample(random));
  quads.insert(quads.end(), quads.begin(), quads.begin() + 3'000);
  const std::set<rdf::Quad> expected(quads.begin(), quads.end());
  for (const std::size_t memory : {std::size_t{1} << 30, std::size_t{1}}) {
    TemporaryStore db;
    db.store.reset();
    int calls = 0;
    BulkOptions bulk;
    bulk.memory_bytes = memory;
    bulk.audience = AudienceId::Public;
    bulk.progress = [&](const BulkProgress& progress) {
      ++calls;
      CHECK(progress.quads <= quads.size());
    };
    BulkReport report;
    must(load(db.options(), quads, bulk, &report));
    CHECK(report.quads == expected.size());
    CHECK(report.new_quads == expected.size());
    CHECK((report.runs > 0) == (memory == 1));
    CHECK(calls >= 2);
    db.reopen();
    CHECK(contents(db) == expected);
    db.check_clean();
    const GraphRecord record = must(db.read()->graph(*must(db.read()->find(name("g", 1))))).value();
    CHECK(record.kind == GraphKind::Loaded);
    CHECK(record.audience == AudienceId::Public);
    // And it goes on as any store.
    db.write([&](WriteTxn& txn) -> Result<void> {
      const TermId fresh = QP_TRY(txn.intern(name("fresh", 1)));
      return txn.apply({}, std::vector<OrderedQuad>{{{fresh, fresh, rdf::type, as::Note}, 3}});
    });
    CHECK(contents(db).size() == expected.size() + 1);
    db.check_clean();
    for (const auto& entry : std::filesystem::directory_iterator(db.folder.path())) {
      CHECK_FALSE(entry.path().string().ends_with(".new"));
    }
  }
}

TEST_CASE("a bulk load keeps what the store has: ids, ordinals, records, sequences, tables") {
  TemporaryStore db;
  std::mt19937 random(6);
  std::vector<rdf::Quad> first, second;
  for (int i = 0; i < 4'000; ++i) first.push_back(sample(random));
  for (int i = 0; i < 4'000; ++i) second.push_back(sample(random));
  second.insert(second.end(), first.begin(), first.begin() + 500);
  const Table table{3};
  TermId kept{};
  db.write([&](WriteTxn& txn) -> Result<void> {
    std::vector<OrderedQuad> rows;
    for (const rdf::Quad& quad : first) {
      rows.push_back({{QP_TRY(txn.intern(quad.g)), QP_TRY(txn.intern(quad.s)),
                       QP_TRY(txn.intern(quad.p)), QP_TRY(txn.intern(quad.o))},
                      static_cast<std::uint32_t>(rows.size() % 5)});
    }
    QP_TRY(txn.apply({}, rows));
    kept = rows[7].quad.g;
    QP_TRY(txn.set_audience(kept, AudienceId::Public));
    QP_TRY(txn.sequence_append(kept, rows[8].quad.s, AudienceId::Public));
    QP_TRY(txn.queue_push(5, "lane", "payload"));
    DocumentRecord document;
    document.id = kept;
    QP_TRY(txn.put_document(document, "bytes"));
    QP_TRY(txn.intern_audience(std::vector{kept, rows[9].quad.s}));
    QP_TRY(txn.put_rendered("https://example.org/x", 1,
                            {"a/b", "\"e\"", AudienceId::Public, 200, "body"}));
    return txn.put(table, "key", "value");
  });
  const GraphRecord before = must(db.read()->graph(kept)).value();
  CHECK(load(db.options(), second, {}).error().code == Code::Conflict);
  db.store.reset();
  must(load(db.options(), second, {}));
  db.reopen();
  std::set<rdf::Quad> expected(first.begin(), first.end());
  expected.insert(second.begin(), second.end());
  CHECK(contents(db) == expected);
  db.check_clean();
  const auto txn = db.read();
  CHECK(must(txn->get(table, "key")) == "value");
  CHECK(must(txn->sequence_count(kept, Visible::only_public())) == 1);
  CHECK(must(txn->queue_list(9)).size() == 1);
  CHECK(must(txn->document_bytes(kept)) == "bytes");
  CHECK(must(txn->rendered("https://example.org/x", 1))->body == "body");
  const GraphRecord after = must(txn->graph(kept)).value();
  CHECK(after.audience == AudienceId::Public);
  CHECK(after.kind == GraphKind::Source);
  CHECK((after.version > before.version) == (after.quads != before.quads));
}

TEST_CASE("terms of any length survive a bulk load (row 7)") {
  TemporaryStore db;
  db.store.reset();
  std::vector<rdf::Quad> quads;
  for (const std::size_t size : {0, 1, 509, 510, 511, 512, 513, 1 << 20, 20 << 20}) {
    for (const char* type : {xsd::string.iri.data(), "https://example.org/type"}) {
      quads.push_back({name("s", 1), name("p", 1), rdf::Term::literal(std::string(size, 'l'), type),
                       name("g", 1)});
    }
  }
  quads.push_back({name("s", 2), name("p", 1),
                   rdf::Term::literal(std::string(100 << 20, 'm'), std::string(xsd::string.iri)),
                   name("g", 1)});
  quads.push_back({rdf::Term::iri("https://example.org/" + std::string(4000, 'i')),
                   name("p", 1),
                   {rdf::TermKind::Literal, "chat", std::string(rdf::langString.iri), "fr"},
                   name("g", 1)});
  BulkOptions bulk;
  bulk.memory_bytes = 1 << 20;
  must(load(db.options(), quads, bulk));
  db.reopen();
  CHECK(contents(db) == std::set<rdf::Quad>(quads.begin(), quads.end()));
  db.check_clean();
}

TEST_CASE("a language tag is the same in any case for a bulk load, too") {
  TemporaryStore db;
  const auto chat = [](const char* tag) {
    return rdf::Quad{name("s", 1),
                     name("p", 1),
                     {rdf::TermKind::Literal, "chat", std::string(rdf::langString.iri), tag},
                     name("g", 1)};
  };
  db.store.reset();
  must(load(db.options(), {chat("fr-ca"), chat("FR-CA"), chat("en")}, {}));
  must(load(db.options(), {chat("fr-CA"), chat("EN")}, {}));
  db.reopen();
  CHECK(contents(db) == std::set<rdf::Quad>{chat("fr-CA"), chat("en")});
  db.check_clean();
}

TEST_CASE("a bulk load killed anywhere leaves the old store or the new one (row 7)") {
  TemporaryStore db;
  std::mt19937 random(9);
  std::vector<rdf::Quad> old_quads, new_quads;
  for (int i = 0; i < 500; ++i) old_quads.push_back(sample(random));
  for (int i = 0; i < 30'000; ++i) new_quads.push_back(sample(random));
  db.store.reset();
  must(load(db.options(), old_quads, {}));
  const std::set<rdf::Quad> before(old_quads.begin(), old_quads.end());
  std::set<rdf::Quad> after = before;
  after.insert(new_quads.begin(), new_quads.end());
  int finished = 0;
  const auto original = db.folder.path() / "quads.mdb";
  const auto saved = db.folder.path() / "saved";
  std::filesystem::copy_file(original, saved);
  for (int round = 0; round < 12; ++round) {
    std::filesystem::copy_file(saved, original, std::filesystem::copy_options::overwrite_existing);
    const pid_t child = ::fork();
    if (child == 0) {
      BulkOptions bulk;
      bulk.memory_bytes = 1 << 20;
      ::_exit(load(db.options(), new_quads, bulk) ? 0 : 1);
    }
    // Rounds 0 and 1 run to the end.
    if (round > 1) {
      ::usleep(static_cast<useconds_t>(2'000 * round * round));
      ::kill(child, SIGKILL);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    db.reopen();
    const auto found = contents(db);
    CHECK((found == before || found == after));
    finished += found == after;
    db.check_clean();
    db.store.reset();
  }
  CHECK(finished >= 2);
}

TEST_CASE("a bulk load that is given up leaves nothing behind") {
  TemporaryStore db;
  db.store.reset();
  {
    const auto running = must(BulkLoad::begin(db.options(), {}));
    const TermId id = must(running->intern(name("g", 1)));
    must(running->add({id, id, id, id}));
    CHECK(running->add({id, id, TermId::None, id}).error().code == Code::Internal);
    CHECK(Store::open(db.options()).error().code == Code::Unavailable);
  }
  db.reopen();
  CHECK(contents(db).empty());
  CHECK(must(db.store->statistics()).terms == 0);
}

}  // namespace qp::store
