#include <lmdb.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <thread>
#include <vector>

#include "rounds.hpp"
#include "temporary_store.hpp"

// What holds when things go wrong: kills, cut files, full maps, failing neighbours.
namespace qp::store {

static constexpr Table kTable{1};

static Result<void> write_document(WriteTxn& txn, const std::string& name) {
  const TermId g = QP_TRY(txn.intern_iri("https://example.org/" + name));
  const TermId p = QP_TRY(txn.intern_iri("https://example.org/p"));
  std::vector<OrderedQuad> quads;
  for (int i = 0; i < 5; ++i) {
    const rdf::Term value = rdf::Term::literal(name + std::to_string(i), "https://example.org/d");
    quads.push_back({{g, g, p, QP_TRY(txn.intern(value))}, static_cast<std::uint32_t>(i)});
  }
  GraphRecord record;
  record.audience = AudienceId::Public;
  QP_TRY(txn.replace_graph(g, quads, record));
  QP_TRY(txn.sequence_append(p, g, AudienceId::Public));
  QP_TRY(txn.queue_push(1, "lane", name));
  return txn.put(kTable, name, "written");
}

static bool is_whole(const Txn& txn, const std::string& name) {
  const auto g = must(txn.find_iri("https://example.org/" + name));
  const auto p = must(txn.find_iri("https://example.org/p"));
  if (!g || !p || !must(txn.get(kTable, name))) return false;
  const auto record = must(txn.graph(*g));
  return record && record->quads == 5 && must(txn.sequence_contains(*p, *g));
}

TEST_CASE("writes of 32 threads all arrive, in fewer commits than writes") {
  TemporaryStore db;
  std::vector<std::thread> threads;
  std::atomic<int> failures = 0;
  for (int t = 0; t < 32; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 10; ++i) {
        const std::string name = std::to_string(t) + "-" + std::to_string(i);
        const auto done = db.store->write([&](WriteTxn& txn) { return write_document(txn, name); });
        if (!done) ++failures;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(failures == 0);
  const auto txn = db.read();
  for (int t = 0; t < 32; ++t) {
    for (int i = 0; i < 10; ++i) {
      CHECK(is_whole(*txn, std::to_string(t) + "-" + std::to_string(i)));
    }
  }
  db.check_clean();
}

TEST_CASE("a write that fails leaves nothing, and its neighbours are whole") {
  TemporaryStore db;
  std::vector<std::thread> threads;
  std::atomic<int> refused = 0, thrown = 0;
  for (int t = 0; t < 24; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 6; ++i) {
        const std::string name = std::to_string(t) + "-" + std::to_string(i);
        const auto done = db.store->write([&](WriteTxn& txn) -> Result<void> {
          QP_TRY(write_document(txn, name));
          if (t % 3 == 1) return error(Code::Conflict, "no");
          if (t % 3 == 2) throw std::runtime_error("oops");
          return {};
        });
        if (!done && done.error().code == Code::Conflict) ++refused;
        if (!done && done.error().code == Code::Internal) ++thrown;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(refused == 48);
  CHECK(thrown == 48);
  const auto txn = db.read();
  for (int t = 0; t < 24; ++t) {
    for (int i = 0; i < 6; ++i) {
      const std::string name = std::to_string(t) + "-" + std::to_string(i);
      CHECK(is_whole(*txn, name) == (t % 3 == 0));
      CHECK(must(txn->find_iri("https://example.org/" + name)).has_value() == (t % 3 == 0));
    }
  }
  db.check_clean();
}

TEST_CASE("a write inside a write is refused, and a store for reading does not write") {
  TemporaryStore db;
  db.write([&](WriteTxn&) -> Result<void> {
    CHECK(db.store->write([](WriteTxn&) -> Result<void> { return {}; }).error().code ==
          Code::Internal);
    return {};
  });
  db.store.reset();
  Options options = db.options();
  options.read_only = true;
  db.store = must(Store::open(options));
  CHECK(db.store->write([](WriteTxn&) -> Result<void> { return {}; }).error().code ==
        Code::Storage);
  db.check_clean();
}

// Runs `body` in a child process, which ends with it.
template <class Body>
static pid_t in_child(const Body& body) {
  const pid_t child = ::fork();
  if (child == 0) {
    body();
    ::_exit(0);
  }
  return child;
}

TEST_CASE("after kill -9 every acknowledged write is there whole (row 4)") {
  TemporaryStore db;
  db.store.reset();
  int start = 0;
  const int rounds = asked_for("QUADPUB_KILLS", kSanitized ? 8 : 50);
  for (int round = 0; round < rounds; ++round) {
    int pipe_ends[2];
    REQUIRE(::pipe(pipe_ends) == 0);
    const pid_t child = in_child([&] {
      auto store = Store::open(db.options());
      if (!store) return;
      std::vector<std::thread> threads;
      for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&, t] {
          for (int i = start + t; i < start + 4000; i += 4) {
            const auto done = (*store)->write(
                [&](WriteTxn& txn) { return write_document(txn, std::to_string(i)); });
            if (!done || ::write(pipe_ends[1], &i, sizeof i) < 0) return;
          }
        });
      }
      for (std::thread& thread : threads) thread.join();
    });
    ::close(pipe_ends[1]);
    std::vector<int> acknowledged;
    int name = 0;
    const std::size_t kill_at = 5 + static_cast<std::size_t>(round) * 13 % 60;
    while (::read(pipe_ends[0], &name, sizeof name) == static_cast<ssize_t>(sizeof name)) {
      acknowledged.push_back(name);
      if (acknowledged.size() == kill_at) ::kill(child, SIGKILL);
    }
    ::close(pipe_ends[0]);
    ::waitpid(child, nullptr, 0);
    CHECK(acknowledged.size() >= kill_at);
    db.store = must(Store::open(db.options()));
    for (const int done : acknowledged) CHECK(is_whole(*db.read(), std::to_string(done)));
    db.check_clean();
    db.store.reset();
    start += 4000;
  }
}

TEST_CASE("two processes write in turns and neither loses an id or a write") {
  TemporaryStore db;
  db.store.reset();
  const auto work = [&](const std::string& who) {
    auto store = Store::open(db.options());
    if (!store) ::_exit(1);
    for (int i = 0; i < 40; ++i) {
      const auto done = (*store)->write(
          [&](WriteTxn& txn) { return write_document(txn, who + std::to_string(i)); });
      if (!done) ::_exit(1);
    }
  };
  const pid_t a = in_child([&] { work("a"); });
  const pid_t b = in_child([&] { work("b"); });
  int status_a = 0, status_b = 0;
  ::waitpid(a, &status_a, 0);
  ::waitpid(b, &status_b, 0);
  CHECK(status_a == 0);
  CHECK(status_b == 0);
  db.store = must(Store::open(db.options()));
  for (int i = 0; i < 40; ++i) {
    CHECK(is_whole(*db.read(), "a" + std::to_string(i)));
    CHECK(is_whole(*db.read(), "b" + std::to_string(i)));
  }
  db.check_clean();
}

TEST_CASE("a file that was cut short is refused and left alone (row 8)") {
  TemporaryStore db;
  for (int i = 0; i < 50; ++i) {
    db.write([&](WriteTxn& txn) { return write_document(txn, std::to_string(i)); });
  }
  db.store.reset();
  const auto file = db.folder.path() / "quads.mdb";
  const auto size = std::filesystem::file_size(file);
  for (const std::uintmax_t part :
       {size - size / 4096 / 2 * 4096, size / 2, std::uintmax_t{100}, std::uintmax_t{0}}) {
    std::filesystem::resize_file(file, part);
    const auto opened = Store::open(db.options());
    REQUIRE_FALSE(opened);
    CHECK(opened.error().code == Code::Storage);
    CHECK(std::filesystem::file_size(file) == part);
  }
}

TEST_CASE("a file whose last pages are free and were never written opens") {
  TemporaryStore db;
  for (int i = 0; i < 30; ++i) {
    // The first value's pages are taken and given back in one transaction.
    db.write([&](WriteTxn& txn) -> Result<void> {
      QP_TRY(txn.put(kTable, "big", std::string(300'000, 'x')));
      QP_TRY(txn.put(kTable, "big", std::string(3'000, 'x')));
      return txn.put(kTable, "n" + std::to_string(i), "small");
    });
    db.reopen();
  }
  db.check_clean();
}

// Does to a database of the file what only another program would.
template <class Change>
static void tamper(const std::filesystem::path& file, const char* database, const Change& change) {
  MDB_env* env = nullptr;
  REQUIRE(mdb_env_create(&env) == 0);
  mdb_env_set_maxdbs(env, 4);
  // Not the TiB that the file asks for: the sanitizers leave less address space than that.
  mdb_env_set_mapsize(env, std::size_t{64} << 20);
  REQUIRE(mdb_env_open(env, file.c_str(), MDB_NOSUBDIR, 0600) == 0);
  MDB_txn* txn = nullptr;
  MDB_dbi dbi = 0;
  REQUIRE(mdb_txn_begin(env, nullptr, 0, &txn) == 0);
  REQUIRE(mdb_dbi_open(txn, database, 0, &dbi) == 0);
  change(txn, dbi);
  REQUIRE(mdb_txn_commit(txn) == 0);
  mdb_env_close(env);
}

// The format record with another byte at `place`.
static void mark_format(const std::filesystem::path& file, std::size_t place, char byte) {
  tamper(file, "meta", [&](MDB_txn* txn, MDB_dbi meta) {
    std::string name = "format";
    MDB_val key{name.size(), name.data()}, value;
    REQUIRE(mdb_get(txn, meta, &key, &value) == 0);
    std::string record(static_cast<char*>(value.mv_data), value.mv_size);
    record[place] = byte;
    value = {record.size(), record.data()};
    REQUIRE(mdb_put(txn, meta, &key, &value, 0) == 0);
  });
}

static std::string refusal(const TemporaryStore& db) {
  const auto opened = Store::open(db.options());
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == Code::Storage);
  return opened.error().detail;
}

TEST_CASE("a store of a newer format is refused with its number (row 14)") {
  TemporaryStore db;
  db.store.reset();
  mark_format(db.folder.path() / "quads.mdb", 10, 99);  // the last byte of the version
  CHECK(refusal(db).find("99") != std::string::npos);
}

TEST_CASE(
    "a store of another byte order or page size, or with a damaged marker is refused (row 14)") {
  for (const std::size_t place : {11, 12, 15, 18, 20}) {
    TemporaryStore db;
    db.store.reset();
    mark_format(db.folder.path() / "quads.mdb", place, place == 11 ? 'b' : 77);
    const std::string said = refusal(db);
    const bool other_machine = said.find("byte order") != std::string::npos;
    CHECK(other_machine == (place <= 15));
  }
}

TEST_CASE("a file without the format marker is refused, and so is another program's (row 9)") {
  TemporaryStore db;
  db.store.reset();
  const auto file = db.folder.path() / "quads.mdb";
  tamper(file, "meta", [&](MDB_txn* txn, MDB_dbi meta) {
    std::string name = "format";
    MDB_val key{name.size(), name.data()};
    REQUIRE(mdb_del(txn, meta, &key, nullptr) == 0);
  });
  CHECK(refusal(db).find("format marker") != std::string::npos);
  std::filesystem::remove(file);
  {
    MDB_env* env = nullptr;
    REQUIRE(mdb_env_create(&env) == 0);
    REQUIRE(mdb_env_open(env, file.c_str(), MDB_NOSUBDIR, 0600) == 0);
    MDB_txn* txn = nullptr;
    MDB_dbi dbi = 0;
    REQUIRE(mdb_txn_begin(env, nullptr, 0, &txn) == 0);
    REQUIRE(mdb_dbi_open(txn, nullptr, 0, &dbi) == 0);
    std::string text = "text";
    MDB_val value{text.size(), text.data()};
    REQUIRE(mdb_put(txn, dbi, &value, &value, 0) == 0);
    REQUIRE(mdb_txn_commit(txn) == 0);
    mdb_env_close(env);
  }
  refusal(db);
  std::ofstream(file, std::ios::trunc) << std::string(100'000, 'x');
  refusal(db);
}

TEST_CASE("what is no file of its own is refused: a link, a pipe, a folder (row 9)") {
  TemporaryStore db;
  db.write([&](WriteTxn& txn) { return write_document(txn, "1"); });
  db.store.reset();
  const auto file = db.folder.path() / "quads.mdb", elsewhere = db.folder.path() / "elsewhere";
  std::filesystem::rename(file, elsewhere);
  // LMDB would lock it under the link's name, and others under its own.
  std::filesystem::create_symlink(elsewhere, file);
  CHECK(refusal(db).find("symbolic link") != std::string::npos);
  std::filesystem::remove(file);
  std::filesystem::create_symlink("/nowhere/at/all", file);
  CHECK(refusal(db).find("symbolic link") != std::string::npos);
  std::filesystem::remove(file);
  REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
  refusal(db);
  std::filesystem::remove(file);
  std::filesystem::create_directory(file);
  refusal(db);
  std::filesystem::remove(file);
  std::filesystem::rename(elsewhere, file);
  db.reopen();
  CHECK(is_whole(*db.read(), "1"));
}

TEST_CASE("a store that has not the rows that were counted is refused (row 9)") {
  for (const char* database : {"gspo", "spog", "posg", "ospg", "terms", "term_ids"}) {
    TemporaryStore db;
    db.write([&](WriteTxn& txn) { return write_document(txn, "1"); });
    db.store.reset();
    tamper(db.folder.path() / "quads.mdb", database,
           [](MDB_txn* txn, MDB_dbi dbi) { REQUIRE(mdb_drop(txn, dbi, 0) == 0); });
    CHECK(refusal(db).find("counted") != std::string::npos);
    CHECK_FALSE(verify_apart(db.options()));
  }
}

TEST_CASE("verify finds a row that says the same in other bytes (row 16)") {
  for (const char* database : {"spog", "gspo", "posg", "ospg", "sequence"}) {
    CAPTURE(database);
    TemporaryStore db;
    db.write([&](WriteTxn& txn) { return write_document(txn, "1"); });
    db.store.reset();
    tamper(db.folder.path() / "quads.mdb", database, [&](MDB_txn* txn, MDB_dbi dbi) {
      MDB_cursor* cursor = nullptr;
      REQUIRE(mdb_cursor_open(txn, dbi, &cursor) == 0);
      MDB_val at, value;
      REQUIRE(mdb_cursor_get(cursor, &at, &value, MDB_FIRST) == 0);
      std::string key(static_cast<char*>(at.mv_data), at.mv_size);
      std::string row(static_cast<char*>(value.mv_data), value.mv_size);
      if (std::string_view(database) == "spog") {
        REQUIRE(row.empty());
        row.assign(4, '\0');  // ordinal 0
      } else {
        REQUIRE(mdb_cursor_del(cursor, 0) == 0);
        ++key[0];  // a byte more
        key.insert(1, 1, '\0');
      }
      mdb_cursor_close(cursor);
      at = {key.size(), key.data()};
      value = {row.size(), row.data()};
      REQUIRE(mdb_put(txn, dbi, &at, &value, 0) == 0);
    });
    CHECK_FALSE(must(verify_apart(db.options())).problems.empty());
  }
}

TEST_CASE("one transaction may change more pages than LMDB keeps in memory (row 13)" *
          doctest::skip(kSanitized)) {
  // LMDB spills beyond 131,072 dirty pages, 512 MiB.
  static constexpr int kPages = 140'000;
  TemporaryStore db;
  db.store.reset();
  // In a child, so that this process stays small.
  const pid_t child = in_child([&] {
    const auto store = Store::open(db.options());
    const Result<void> done =
        !store ? Result<void>(store.error()) : (*store)->write([&](WriteTxn& txn) -> Result<void> {
          const std::string value(3'000, 's');
          for (int i = 0; i < kPages; ++i) QP_TRY(txn.put(kTable, std::to_string(i), value));
          QP_TRY(write_document(txn, "1"));
          // Those that were spilled are changed, too.
          for (int i = 0; i < kPages; i += 1'000)
            QP_TRY(txn.put(kTable, std::to_string(i), "small"));
          return {};
        });
    ::_exit(done ? 0 : 1);
  });
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(status == 0);
  db.reopen();
  CHECK(is_whole(*db.read(), "1"));
  for (int i = 0; i < kPages; i += 500) {
    CHECK(must(db.read()->get(kTable, std::to_string(i)))->size() == (i % 1'000 == 0 ? 5 : 3'000));
  }
  db.check_clean();
}

TEST_CASE("a backup taken under writes is a clean store (row 5)") {
  TemporaryStore db;
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    for (int i = 0; !stop; ++i) {
      if (!db.store->write([&](WriteTxn& txn) { return write_document(txn, std::to_string(i)); })) {
        return;
      }
    }
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  TemporaryFolder copy;
  must(db.store->backup(copy.path() / "quads.mdb"));
  stop = true;
  writer.join();
  CHECK(std::filesystem::status(copy.path() / "quads.mdb").permissions() ==
        std::filesystem::perms(0600));  // there are keys in it
  CHECK_FALSE(db.store->backup(copy.path() / "quads.mdb"));
  Options options;
  options.folder = copy.path();
  const auto restored = must(Store::open(options));
  const Verification found = must(restored->verify());
  CHECK(found.problems.empty());
  CHECK(found.quads > 0);
  CHECK(must(restored->statistics()).quads == found.quads);
}

TEST_CASE("verify finds a damaged value (row 16)") {
  TemporaryStore db;
  db.write([&](WriteTxn& txn) { return txn.put(kTable, "k", "SOME-VALUE-TO-FIND"); });
  db.store.reset();
  const auto file = db.folder.path() / "quads.mdb";
  std::FILE* raw = std::fopen(file.c_str(), "r+b");
  REQUIRE(raw != nullptr);
  std::string bytes(std::filesystem::file_size(file), '\0');
  REQUIRE(std::fread(bytes.data(), 1, bytes.size(), raw) == bytes.size());
  for (std::size_t at = bytes.find("SOME-VALUE"); at != std::string::npos;
       at = bytes.find("SOME-VALUE", at + 1)) {
    std::fseek(raw, static_cast<long>(at), SEEK_SET);
    std::fputc('X', raw);
  }
  std::fclose(raw);
  db.store = must(Store::open(db.options()));
  CHECK(must(db.store->verify()).problems.size() == 1);
  CHECK(db.read()->get(kTable, "k").error().code == Code::Storage);
}

}  // namespace qp::store
