#include <lmdb.h>
#include <malloc.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <ctime>
#include <fstream>
#include <map>
#include <random>
#include <thread>

#include "rounds.hpp"
#include "temporary_store.hpp"
#include "vocab/terms.hpp"

// What an operator does with a store, and what is done for it.
namespace qp::store {

static constexpr Table kTable{1};
static constexpr std::uint64_t kPage = 4096;

static std::string example(const std::string& name) { return "https://example.org/" + name; }

// A document with everything that a store keeps of one.
static Result<TermId> write_document(WriteTxn& txn, int number) {
  const std::string iri = example("note" + std::to_string(number));
  const TermId g = QP_TRY(txn.intern_iri(iri));
  const TermId box = QP_TRY(txn.intern_iri(example("box")));
  const TermId text = QP_TRY(txn.intern(
      rdf::Term::literal("text " + std::to_string(number), std::string(xsd::string.iri))));
  const TermId typed = QP_TRY(txn.intern(rdf::Term::literal(
      "v" + std::to_string(number), example("type" + std::to_string(number % 3)))));
  const AudienceId audience = QP_TRY(txn.intern_audience(std::vector{box, g}));
  GraphRecord record;
  record.audience = audience;
  record.document = g;
  QP_TRY(txn.replace_graph(g,
                           std::vector<OrderedQuad>{{{g, g, rdf::type, as::Note}, 0},
                                                    {{g, g, as::content, text}, 0},
                                                    {{g, g, as::name, typed}, 0},
                                                    {{g, g, as::to, box}, 1},
                                                    {{g, g, as::to, g}, 0}},
                           record));
  DocumentRecord document;
  document.id = g;
  document.root = g;
  document.graphs = {g};
  document.fidelity = "f";
  QP_TRY(txn.put_document(document, std::string(500, 'd') + iri));
  QP_TRY(txn.sequence_append(box, g, audience));
  QP_TRY(txn.put_rendered(iri, 1, {"a/b", "\"e\"", audience, 200, std::string(700, 'r') + iri}));
  QP_TRY(txn.queue_push(number, "host" + std::to_string(number % 7), iri));
  QP_TRY(txn.put(kTable, iri, "value"));
  return g;
}

static void fill(TemporaryStore& db, int from, int to) {
  for (int i = from; i < to; i += 50) {
    db.write([&](WriteTxn& txn) -> Result<void> {
      for (int k = i; k < std::min(i + 50, to); ++k) QP_TRY(write_document(txn, k));
      return {};
    });
  }
}

TEST_CASE("a file is opened once in a process, and not by a child of its opener (row 10)") {
  TemporaryStore db;
  CHECK(Store::open(db.options()).error().code == Code::Conflict);
  const pid_t child = ::fork();
  if (child == 0) ::_exit(db.store->read() ? 0 : 7);
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(WEXITSTATUS(status) == 7);
  db.reopen();
  CHECK(db.store->read().has_value());
}

TEST_CASE("a read that takes too long is refused its next question") {
  TemporaryStore db;
  fill(db, 0, 50);
  db.store.reset();
  Options options = db.options();
  options.read_time = std::chrono::milliseconds(500);
  db.store = must(Store::open(options));
  const auto txn = db.read();
  const auto scan = must(txn->open_scan({}, Order::Spog, {}));
  std::vector<QuadIds> rows(10);
  CHECK(scan->next(rows).has_value());
  std::this_thread::sleep_for(options.read_time + std::chrono::milliseconds(20));
  CHECK(scan->next(rows).error().code == Code::Unavailable);
  CHECK(txn->probe({}, {}).error().code == Code::Unavailable);
  CHECK(db.read()->probe({}, {}).has_value());
}

TEST_CASE("1,000 transactions read at once, and 10,000 that were given up leave no slot (row 3)") {
  TemporaryStore db;
  fill(db, 0, 50);
  {
    std::vector<std::unique_ptr<Txn>> readers;
    for (int i = 0; i < 1000; ++i) readers.push_back(db.read());
    for (const auto& reader : readers) CHECK(must(reader->probe({}, {})));
    CHECK(must(db.store->statistics()).readers == 1000);
  }
  CHECK(must(db.store->statistics()).readers == 0);
  // There are 1,024 slots.
  for (int i = 0; i < 10'000; ++i) {
    const auto txn = db.read();
    const auto scan = must(txn->open_scan({}, Order::Posg, {}));
    QuadIds row;
    must(scan->next(std::span(&row, 1)));
  }
  CHECK(must(db.store->statistics()).readers == 0);
}

TEST_CASE("1,000 readers that come and go beside a writer leave the file in bounds (row 2)") {
  const int seconds = asked_for("QUADPUB_READER_SECONDS", 0);
  const auto time = std::chrono::milliseconds(seconds != 0 ? 1000 * seconds : 500);
  static constexpr int kWrites = 400;
  TemporaryStore db;
  fill(db, 0, 100);
  std::atomic<bool> stop = false;
  std::atomic<std::uint64_t> reads = 0, failures = 0, oldest = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 20; ++t) {
    threads.emplace_back([&] {
      std::vector<std::unique_ptr<Txn>> open(50);
      auto last = std::chrono::steady_clock::now();
      for (std::size_t i = 0; !stop; i = (i + 1) % open.size()) {
        if (i == 0) {
          const auto now = std::chrono::steady_clock::now();
          const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(now - last);
          std::uint64_t known = oldest;
          while (known < std::uint64_t(took.count()) &&
                 !oldest.compare_exchange_weak(known, std::uint64_t(took.count()))) {
          }
          last = now;
        }
        open[i].reset();
        auto txn = db.store->read();
        if (!txn || !(*txn)->probe({{}, {}, rdf::type, as::Note}, {}).value_or(false)) ++failures;
        if (txn) open[i] = *std::move(txn);
        ++reads;
      }
    });
  }
  const auto pages = [&] { return must(db.store->statistics()).file_bytes / 4096; };
  const auto start = std::chrono::steady_clock::now();
  // The first half is for growing to what the readers' age asks for.
  std::uint64_t early = 0, late = 0;
  int writes = 0;
  for (; writes < kWrites || std::chrono::steady_clock::now() - start < time; ++writes) {
    db.write([&](WriteTxn& txn) -> Result<void> {
      QP_TRY(write_document(txn, writes % 100));
      return {};
    });
    late = pages();
    if (writes < kWrites / 2 || std::chrono::steady_clock::now() - start < time / 2) early = late;
  }
  const std::uint64_t reading = must(db.store->statistics()).readers;
  stop = true;
  for (std::thread& thread : threads) thread.join();
  CHECK(must(db.store->statistics()).readers == 0);
  MESSAGE(writes << " writes, " << reads.load() << " reads, the oldest " << oldest.load()
                 << " ms, pages " << early << " then " << late);
  CHECK(failures == 0);
  CHECK(reading <= 1000);
  CHECK(reading >= 900);
  CHECK(late <= early * 3);
  db.check_clean();
}

TEST_CASE("a reader that was killed does not keep pages for ever (row 2)") {
  TemporaryStore db;
  fill(db, 0, 50);
  db.store.reset();
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto store = Store::open(db.options());
    const auto txn = store ? (*store)->read() : Result<std::unique_ptr<Txn>>(Error{});
    const char answer = txn ? 'y' : 'n';
    if (::write(ends[1], &answer, 1) != 1) ::_exit(1);
    ::pause();
  }
  char answer = 0;
  REQUIRE(::read(ends[0], &answer, 1) == 1);
  CHECK(answer == 'y');
  db.reopen();
  CHECK(must(db.store->statistics()).readers == 1);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(ends[0]);
  ::close(ends[1]);
  db.reopen();  // looks for dead readers; so does the writer every minute
  CHECK(must(db.store->statistics()).readers == 0);
  const auto file_bytes = [&] { return must(db.store->statistics()).file_bytes; };
  fill(db, 0, 50);
  const auto before = file_bytes();
  for (int i = 0; i < 60; ++i) {
    db.write([&](WriteTxn& txn) -> Result<void> {
      return txn.put(kTable, "k", std::string(5000, 'x'));
    });
  }
  CHECK(file_bytes() < before + 100 * kPage);
}

TEST_CASE("the map grows from 1 MiB under 16 readers, each write counted once (row 1)") {
  const int mib = asked_for("QUADPUB_MAP_MIB", 64);
  static constexpr int kStep = 4;
  TemporaryStore db(std::size_t{1} << 20);
  const auto count_of = [](const Txn& txn) {
    const auto found = must(txn.get(kTable, "count"));
    return found ? std::stoi(std::string(*found)) : 0;
  };
  std::atomic<bool> stop = false;
  std::atomic<int> failures = 0;
  std::vector<std::thread> readers;
  for (int t = 0; t < 16; ++t) {
    readers.emplace_back([&] {
      while (!stop) {
        const auto txn = db.store->read();
        // One inside the other, as where something is looked up on the way.
        const auto inner = txn ? db.store->read() : Result<std::unique_ptr<Txn>>(Error{});
        if (!inner || !(*inner)->get(kTable, "count")) ++failures;
      }
    });
  }
  for (int i = 0; i < mib / kStep; ++i) {
    db.write([&](WriteTxn& txn) -> Result<void> {
      QP_TRY(txn.put(kTable, "count", std::to_string(count_of(txn) + 1)));
      return txn.put(kTable, "big" + std::to_string(i), std::string(kStep << 20, 'v'));
    });
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
  CHECK(failures == 0);
  CHECK(count_of(*db.read()) == mib / kStep);
  CHECK(must(db.store->statistics()).file_bytes > std::uint64_t(mib) << 20);
  db.check_clean();
}

TEST_CASE("no read and no write fails while another process lets the map grow (row 1)") {
  const int mib = asked_for("QUADPUB_MAP_MIB", 64) / 2;
  TemporaryStore db(std::size_t{1} << 20);
  db.store.reset();
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    char ready = 0;
    if (::read(ends[0], &ready, 1) != 1) ::_exit(3);
    const auto store = Store::open(db.options(std::size_t{1} << 20));
    if (!store) ::_exit(1);
    for (int i = 0; i < mib; ++i) {
      const auto done = (*store)->write([&](WriteTxn& txn) {
        return txn.put(kTable, "big" + std::to_string(i), std::string(1 << 20, 'b'));
      });
      if (!done) ::_exit(2);
    }
    ::_exit(0);
  }
  db.store = must(Store::open(db.options(std::size_t{1} << 20)));
  fill(db, 0, 10);
  std::atomic<bool> stop = false;
  std::atomic<int> failures = 0, writes = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 6; ++t) {
    threads.emplace_back([&] {
      while (!stop) {
        const auto txn = db.store->read();
        if (!txn || !(*txn)->probe({{}, {}, rdf::type, as::Note}, {}).value_or(false)) ++failures;
      }
    });
    threads.emplace_back([&, t] {
      for (int i = 0; !stop; ++i) {
        const std::string key = std::to_string(t) + "-" + std::to_string(i % 20);
        const auto done = db.store->write([&](WriteTxn& txn) -> Result<void> {
          // A read beside the write, as where a document names a context.
          const auto beside = QP_TRY(db.store->read());
          QP_TRY(beside->get(kTable, key));
          return txn.put(kTable, key, "small");
        });
        if (!done) ++failures;
        ++writes;
      }
    });
  }
  REQUIRE(::write(ends[1], "x", 1) == 1);
  int status = 0;
  ::waitpid(child, &status, 0);
  stop = true;
  for (std::thread& thread : threads) thread.join();
  ::close(ends[0]);
  ::close(ends[1]);
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(failures == 0);
  CHECK(writes > 0);
  CHECK(must(db.read()->get(kTable, "big" + std::to_string(mib - 1)))->size() == 1 << 20);
  fill(db, 10, 20);
  db.check_clean();
}

TEST_CASE("a hundred restarts leave the file as large as it was, and starting as quick (row 11)") {
  TemporaryStore db;
  fill(db, 0, 50);
  const auto size = [&] { return std::filesystem::file_size(db.folder.path() / "quads.mdb"); };
  const auto restart = [&](int times) {
    std::vector<std::clock_t> took;  // of this process: others may be at work meanwhile
    for (int i = 0; i < times; ++i) {
      const std::clock_t start = std::clock();
      db.reopen();
      took.push_back(std::clock() - start);
      db.write([&](WriteTxn& txn) -> Result<void> {
        QP_TRY(write_document(txn, i % 50));
        return {};
      });
    }
    std::sort(took.begin(), took.end());
    return took[took.size() / 2];
  };
  const auto early = restart(20);
  const auto before = size();
  const auto late = restart(100);
  CHECK(size() <= before + 64 * kPage);
  CHECK(late <= early * 4);
}

TEST_CASE("compact gives the free pages back while readers come and go (row 6)") {
  TemporaryStore db;
  fill(db, 0, 200);
  const auto size = [&] { return std::filesystem::file_size(db.folder.path() / "quads.mdb"); };
  for (int i = 0; i < 200; ++i) {
    db.write([&](WriteTxn& txn) -> Result<void> {
      return txn.put(kTable, "k", std::string(static_cast<std::size_t>(i % 7) * 100'000, 'x'));
    });
  }
  db.write([&](WriteTxn& txn) -> Result<void> {
    QP_TRY(txn.erase(kTable, "k"));
    return {};
  });
  const auto before = size();
  std::atomic<bool> stop = false;
  std::atomic<int> failures = 0, reads = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; !stop; ++i) {
        {
          const auto txn = db.store->read();
          if (!txn || !(*txn)->probe({{}, {}, rdf::type, as::Note}, {}).value_or(false)) ++failures;
        }
        ++reads;
        if (t != 0) continue;
        const auto done = db.store->write(
            [&](WriteTxn& w) { return w.put(kTable, "w" + std::to_string(i % 10), "x"); });
        if (!done) ++failures;
      }
    });
  }
  must(db.store->compact());
  must(db.store->compact());
  stop = true;
  for (std::thread& thread : threads) thread.join();
  CHECK(failures == 0);
  CHECK(reads > 0);
  CHECK(size() < before / 2);
  db.check_clean();
  db.reopen();
  fill(db, 200, 250);
  db.check_clean();
  CHECK(must(db.read()->estimate({{}, {}, rdf::type, as::Note})) == 250);
  // A reader that stays keeps it from happening, and nothing is lost.
  const auto reader = db.read();
  CHECK(db.store->compact().error().code == Code::Unavailable);
  CHECK(must(reader->probe({}, {})));
  db.check_clean();
}

// Whether the kernel was told that the file's map is read here and there (`rr` in proc(5), smaps).
static bool is_read_at_random(const std::filesystem::path& file) {
  std::ifstream maps("/proc/self/smaps");
  bool ours = false;
  for (std::string line; std::getline(maps, line);) {
    if (line.find(" rw-") != line.npos || line.find(" r--") != line.npos) {
      ours = line.ends_with(file.string());
    }
    if (ours && line.starts_with("VmFlags:")) return line.find(" rr") != line.npos;
  }
  FAIL("the file is not mapped");
  return false;
}

TEST_CASE("the generation tells every state of the store from the ones before") {
  TemporaryStore db;
  fill(db, 0, 1);
  const auto newest = [&] { return db.store->generation(); };
  std::uint64_t last = newest();
  CHECK(last > 0);
  CHECK(db.read()->generation() == last);
  const auto grows = [&] {
    const std::uint64_t before = std::exchange(last, newest());
    CHECK(last > before);
    CHECK(db.read()->generation() == last);
  };
  SUBCASE("a commit") {
    const auto reader = db.read();
    fill(db, 1, 2);
    CHECK(reader->generation() == last);
    grows();
  }
  SUBCASE("a file in the place of the old one") {
    must(db.store->compact());
    grows();
    fill(db, 1, 2);
    grows();
    must(db.store->compact());
    grows();
  }
  SUBCASE("nothing: none that failed") {
    const auto failed =
        db.store->write([](WriteTxn&) -> Result<void> { return Error{Code::BadInput, "no", {}}; });
    CHECK_FALSE(failed);
    CHECK(db.read()->generation() == newest());
  }
}

TEST_CASE("a store to write in is read without the system's reading ahead, compacted or not") {
  TemporaryStore db;
  const auto file = db.folder.path() / "quads.mdb";
  fill(db, 0, 10);
  CHECK(is_read_at_random(file));
  must(db.store->compact());
  CHECK(is_read_at_random(file));
  db.store.reset();
  Options reading = db.options();
  reading.read_only = true;
  db.store = must(Store::open(reading));  // to go through all of it
  CHECK_FALSE(is_read_at_random(file));
}

TEST_CASE("a store that was emptied and filled again is about as large as a new one (row 6)") {
  TemporaryStore db, fresh;
  fill(db, 0, 300);
  for (int i = 0; i < 300; ++i) {
    db.write([&](WriteTxn& txn) -> Result<void> {
      const auto g = QP_TRY(txn.find_iri(example("note" + std::to_string(i))));
      return txn.erase_graph(*g);
    });
  }
  fill(db, 0, 300);
  fill(fresh, 0, 300);
  must(db.store->compact());
  must(fresh.store->compact());
  const auto size = [](TemporaryStore& of) {
    return std::filesystem::file_size(of.folder.path() / "quads.mdb");
  };
  CHECK(static_cast<double>(size(db)) <= 1.2 * static_cast<double>(size(fresh)));
}

TEST_CASE("a sweep takes the terms that nothing names, and ids are not given out again (row 12)") {
  TemporaryStore db;
  fill(db, 0, 60);
  TermId alone{};
  db.write([&](WriteTxn& txn) -> Result<void> {
    alone = QP_TRY(txn.intern_iri(example("alone")));
    // Erased with all that names them, but for the document and its audience.
    for (int i = 0; i < 20; ++i) {
      QP_TRY(txn.erase_graph(*QP_TRY(txn.find_iri(example("note" + std::to_string(i))))));
    }
    return {};
  });
  const std::uint64_t before = must(db.store->statistics()).terms;
  const SweepReport report = must(db.store->sweep());
  CHECK(report.terms == before);
  CHECK(report.removed == 41);  // a text and a typed value of each, and the one alone
  CHECK(must(db.store->statistics()).terms == before - 41);
  db.check_clean();
  CHECK(must(db.store->sweep()).removed == 0);
  CHECK_FALSE(must(db.read()->find_iri(example("alone"))).has_value());
  CHECK(db.read()->resolve(alone).error().code == Code::NotFound);
  db.write([&](WriteTxn& txn) -> Result<void> {
    CHECK(QP_TRY(txn.intern_iri(example("alone"))) != alone);
    return {};
  });
  fill(db, 0, 60);
  db.check_clean();
}

TEST_CASE("what replaced documents leave in the dictionary is swept, all of it (row 12)") {
  const int documents = asked_for("QUADPUB_REPLACED", 1000);
  static constexpr int kNames = 100, kTexts = 3;
  TemporaryStore db;
  for (int i = 0; i < documents; i += 50) {
    db.write([&](WriteTxn& txn) -> Result<void> {
      for (int k = i; k < i + 50; ++k) {
        const TermId g = QP_TRY(txn.intern_iri(example("note" + std::to_string(k % kNames))));
        std::vector<OrderedQuad> quads;
        for (int t = 0; t < kTexts; ++t) {
          const auto text =
              rdf::Term::literal(std::to_string(k) + "-" + std::to_string(t), example("type"));
          quads.push_back({{g, g, as::content, QP_TRY(txn.intern(text))}, 0});
        }
        QP_TRY(txn.replace_graph(g, quads, {}));
      }
      return {};
    });
  }
  const SweepReport report = must(db.store->sweep());
  CHECK(report.removed == static_cast<std::uint64_t>(documents - kNames) * kTexts);
  CHECK(must(db.store->statistics()).terms == kNames + kNames * kTexts + 1);
  db.check_clean();
}

TEST_CASE("a word that a store had before it was one gets its row's id everywhere (rekey)") {
  const std::size_t all = vocab::rows().size();
  const Word& word = vocab::rows()[all - 1];
  TemporaryStore db;
  db.store.reset();
  std::filesystem::remove(db.folder.path() / "quads.mdb");
  Options older = db.options();
  older.words = all - 2;
  db.store = must(Store::open(older));
  TermId old{}, other{}, document{}, typed{};
  AudienceId audience{};
  db.write([&](WriteTxn& txn) -> Result<void> {
    old = QP_TRY(txn.intern_iri(word.iri));
    other = QP_TRY(txn.intern_iri(example("other")));
    document = QP_TRY(txn.intern_iri(example("document")));
    typed = QP_TRY(txn.intern(rdf::Term::literal("v", std::string(word.iri))));
    audience = QP_TRY(txn.intern_audience(std::vector{old, other}));
    GraphRecord record;
    record.audience = audience;
    record.document = old;
    QP_TRY(txn.replace_graph(
        old, std::vector<OrderedQuad>{{{old, old, old, typed}, 2}, {{old, other, old, old}, 1}},
        record));
    QP_TRY(txn.replace_graph(other, std::vector<OrderedQuad>{{{other, other, old, other}, 0}},
                             record));
    DocumentRecord row;
    row.id = old;
    row.root = old;
    row.graphs = {other, old};
    QP_TRY(txn.put_document(row, "bytes"));
    row.id = document;
    QP_TRY(txn.put_document(row, "more"));
    QP_TRY(txn.sequence_append(old, other, audience, 77));
    QP_TRY(txn.sequence_append(other, old, audience, 78));
    return {};
  });
  CHECK(number(old) >= 65536);
  db.check_clean();
  // First for reading only: that has to change the ids too.
  db.store.reset();
  Options reading = db.options();
  reading.read_only = true;
  db.store = must(Store::open(reading));
  CHECK(must(db.read()->find_iri(word.iri)) == word.id);
  db.reopen();
  db.check_clean();
  auto txn = db.read();
  CHECK(must(txn->find_iri(word.iri)) == word.id);
  CHECK(txn->resolve(old).error().code == Code::NotFound);
  CHECK(must(txn->resolve(typed)).datatype == word.iri);
  CHECK(must(txn->find(rdf::Term::literal("v", std::string(word.iri)))) == typed);
  std::vector<OrderedQuad> rows;
  must(txn->scan({word.id, {}, {}, {}}, {}, [&](const OrderedQuad& row) {
    rows.push_back(row);
    return true;
  }));
  REQUIRE(rows.size() == 2);
  for (const OrderedQuad& row : rows) {
    CHECK(row.quad.p == word.id);
    CHECK(row.ordinal == (row.quad.s == word.id ? 2 : 1));
  }
  CHECK(must(txn->graph(word.id))->audience == audience);
  CHECK(must(txn->graph(other))->document == word.id);
  CHECK_FALSE(must(txn->graph(old)).has_value());
  CHECK(must(txn->document_bytes(word.id)) == "bytes");
  CHECK(must(txn->document(document))->graphs == std::vector{other, word.id});
  CHECK(must(txn->sequence_item(word.id, other))->key == 77);
  CHECK(must(txn->sequence_item(other, word.id))->key == 78);
  CHECK(must(txn->visible_to(std::vector{word.id})).sees(audience));
  txn.reset();
  db.store.reset();
  // Back to the older program: it does not know what the newer one wrote.
  CHECK(Store::open(older).error().code == Code::Storage);
}

TEST_CASE("restore puts a verified backup in place and keeps the old store beside it (row 5)") {
  TemporaryStore db;
  fill(db, 0, 30);
  TemporaryFolder elsewhere;
  const auto backup = elsewhere.path() / "backup.mdb";
  must(db.store->backup(backup));
  fill(db, 30, 60);
  CHECK_FALSE(restore(db.options(), backup));  // it is open
  db.store.reset();
  must(restore(db.options(), backup));
  db.reopen();
  CHECK(must(db.read()->estimate({{}, {}, rdf::type, as::Note})) == 30);
  db.check_clean();
  CHECK(std::filesystem::exists(db.folder.path() / "quads.mdb.old"));
  db.store.reset();
  std::filesystem::resize_file(backup, std::filesystem::file_size(backup) / 2);
  CHECK_FALSE(restore(db.options(), backup));
  CHECK_FALSE(restore(db.options(), elsewhere.path() / "nothing"));
  db.reopen();
  CHECK(must(db.read()->estimate({{}, {}, rdf::type, as::Note})) == 30);
}

// Every row of every database, as LMDB gives it in a walk and by its key. For a child: damaged
// pages may crash it.
static std::string dump(const std::filesystem::path& file) {
  std::string all;
  MDB_env* env = nullptr;
  mdb_env_create(&env);
  mdb_env_set_maxdbs(env, 64);
  mdb_env_set_mapsize(env, std::size_t{256} << 20);
  MDB_txn* txn = nullptr;
  if (mdb_env_open(env, file.c_str(), MDB_NOSUBDIR | MDB_RDONLY | MDB_NOLOCK, 0600) != 0 ||
      mdb_txn_begin(env, nullptr, MDB_RDONLY, &txn) != 0) {
    mdb_env_close(env);
    return all;
  }
  const auto each = [&](MDB_dbi dbi, auto&& row) {
    MDB_cursor* cursor = nullptr;
    if (mdb_cursor_open(txn, dbi, &cursor) != 0) return;
    MDB_val key, value;
    std::size_t rows = 0;
    int code = 0;
    while ((code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0 && ++rows < 1'000'000) {
      row(std::string(static_cast<char*>(key.mv_data), key.mv_size),
          std::string(static_cast<char*>(value.mv_data), value.mv_size));
      MDB_val found{};
      if (mdb_get(txn, dbi, &key, &found) != 0 || found.mv_data != value.mv_data) all += "lost\n";
    }
    all += "end " + std::to_string(code) + "\n";
    mdb_cursor_close(cursor);
  };
  MDB_dbi main = 0;
  mdb_dbi_open(txn, nullptr, 0, &main);
  std::vector<std::string> names;
  each(main, [&](const std::string& key, const std::string&) { names.push_back(key); });
  for (const std::string& name : names) {
    MDB_dbi dbi = 0;
    all += name + std::to_string(mdb_dbi_open(txn, name.c_str(), 0, &dbi)) + "\n";
    each(dbi, [&](const std::string& key, const std::string& value) {
      all += key + "=" + value + "\n";
    });
  }
  mdb_txn_abort(txn);
  mdb_env_close(env);
  return all;
}

// Whether the rows are other than `expected`, are not found, or reading them crashes.
static bool is_changed(const std::filesystem::path& file, const std::string& expected) {
  const pid_t child = ::fork();
  if (child == 0) {
    for (const int crash : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE}) ::signal(crash, SIG_DFL);
    ::alarm(20);
    ::_exit(dump(file) == expected ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

// Changes the longest list of free pages: `change` gets it, how many first.
template <class Change>
static void change_free_list(const std::filesystem::path& file, const Change& change) {
  MDB_env* env = nullptr;
  REQUIRE(mdb_env_create(&env) == 0);
  mdb_env_set_mapsize(env, std::size_t{64} << 20);
  REQUIRE(mdb_env_open(env, file.c_str(), MDB_NOSUBDIR | MDB_RDONLY, 0600) == 0);
  MDB_txn* txn = nullptr;
  MDB_cursor* cursor = nullptr;
  MDB_val key, value;
  REQUIRE(mdb_txn_begin(env, nullptr, MDB_RDONLY, &txn) == 0);
  REQUIRE(mdb_cursor_open(txn, 0, &cursor) == 0);
  std::string list;
  while (mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0) {
    if (value.mv_size > list.size()) list.assign(static_cast<char*>(value.mv_data), value.mv_size);
  }
  mdb_cursor_close(cursor);
  mdb_txn_abort(txn);
  mdb_env_close(env);
  std::ifstream in(file, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(in)), {});
  std::vector<std::uint64_t> changed(list.size() / 8);
  list.copy(reinterpret_cast<char*>(changed.data()), list.size());
  change(changed);
  const std::string_view now(reinterpret_cast<const char*>(changed.data()), list.size());
  for (auto at = bytes.find(list); at != bytes.npos; at = bytes.find(list, at + 1)) {
    bytes.replace(at, now.size(), now);
  }
  std::ofstream(file, std::ios::binary) << bytes;
}

TEST_CASE("verify finds a free list that names a page in use, one twice, or one too few (row 16)") {
  for (int round = 0; round < 5; ++round) {
    CAPTURE(round);
    TemporaryStore db;
    fill(db, 0, 100);
    db.check_clean();
    db.store.reset();
    change_free_list(db.folder.path() / "quads.mdb", [&](std::vector<std::uint64_t>& list) {
      REQUIRE(list[0] > 2);
      if (round == 1) list[1] = list[2];    // twice
      if (round == 2) list[1] = 1'000'000;  // nowhere
      if (round == 3) list[0] -= 1;         // the last is forgotten
      if (round != 4) return;
      // In use: the next commit would write over it.
      for (list[1] = 2; std::count(list.begin() + 1, list.end(), list[1]) > 1;) ++list[1];
    });
    CHECK(must(verify_apart(db.options())).problems.empty() == (round == 0));
  }
}

TEST_CASE("verify finds every flipped byte in live pages that changed data (row 16)") {
  TemporaryStore db;
  fill(db, 0, 150);
  must(db.store->compact());  // no free pages: all but the two meta pages are live
  db.store.reset();
  const auto file = db.folder.path() / "quads.mdb";
  std::ifstream in(file, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(in)), {});
  in.close();
  REQUIRE(must(verify_apart(db.options())).problems.empty());
  const std::string expected = dump(file);
  REQUIRE(expected.size() > 100'000);
  std::mt19937 random(23);
  malloc_trim(0);  // a child is made for each flip: what the tests before left is not to be copied
  const int rounds = asked_for("QUADPUB_FLIPS", kSanitized ? 60 : 1000);
  int changed = 0, found = 0;
  for (int i = 0; i < rounds; ++i) {
    const std::size_t at = 2 * kPage + random() % (bytes.size() - 2 * kPage);
    const char flip = static_cast<char>(1U << random() % 8);
    bytes[at] = static_cast<char>(bytes[at] ^ flip);
    std::fstream out(file, std::ios::binary | std::ios::in | std::ios::out);
    out.seekp(static_cast<std::streamoff>(at));
    out.put(bytes[at]);
    out.close();
    if (is_changed(file, expected)) {
      ++changed;
      const auto verified = verify_apart(db.options());
      const bool caught = !verified || !verified->problems.empty();
      found += caught;
      CAPTURE(at);
      CHECK(caught);
    }
    bytes[at] = static_cast<char>(bytes[at] ^ flip);
    std::fstream back(file, std::ios::binary | std::ios::in | std::ios::out);
    back.seekp(static_cast<std::streamoff>(at));
    back.put(bytes[at]);
  }
  MESSAGE("flips: " << rounds << ", changed data: " << changed << ", found: " << found);
  CHECK(changed > rounds / 4);
  CHECK(must(verify_apart(db.options())).problems.empty());
}

}  // namespace qp::store
