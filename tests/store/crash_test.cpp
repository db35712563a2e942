#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <map>
#include <random>
#include <thread>

#include "io_shim.hpp"
#include "temporary_store.hpp"

// What is on disk when the power goes, and what is answered when the disk refuses (store.md 5, rows
// 4, 8 and 16).
namespace qp::store {

static constexpr Table kTable{1};

// The environment may ask for more rounds than CI has time for.
static int rounds(const char* name, int usual) {
  const char* asked = std::getenv(name);
  return asked != nullptr ? std::atoi(asked) : usual;
}

static Result<void> write_document(WriteTxn& txn, std::uint64_t number) {
  const std::string name = std::to_string(number);
  const TermId g = QP_TRY(txn.intern_iri("https://example.org/" + name));
  const TermId p = QP_TRY(txn.intern_iri("https://example.org/p"));
  std::vector<OrderedQuad> quads;
  for (std::uint32_t i = 0; i < 5; ++i) {
    const rdf::Term value =
        rdf::Term::literal(name + "-" + std::to_string(i), "https://example.org/d");
    quads.push_back({{g, g, p, QP_TRY(txn.intern(value))}, i});
  }
  GraphRecord record;
  record.audience = AudienceId::Public;
  QP_TRY(txn.replace_graph(g, quads, record));
  DocumentRecord document;
  document.id = g;
  QP_TRY(txn.put_document(document, std::string(number % 9 * 700, 'd')));
  QP_TRY(txn.sequence_append(p, g, AudienceId::Public));
  QP_TRY(txn.queue_push(1, "lane", name));
  // Now and then what was written before goes again, so that pages are used anew.
  if (number % 5 == 4) {
    const auto old = QP_TRY(txn.find_iri("https://example.org/" + std::to_string(number - 4)));
    if (old) QP_TRY(txn.set_audience(*old, AudienceId::Nobody));
  }
  return txn.put(kTable, name, "written");
}

static bool is_whole(const Txn& txn, std::uint64_t number) {
  const std::string name = std::to_string(number);
  const auto g = must(txn.find_iri("https://example.org/" + name));
  const auto p = must(txn.find_iri("https://example.org/p"));
  if (!g || !p || !must(txn.get(kTable, name))) return false;
  const auto record = must(txn.graph(*g));
  return record && record->quads == 5 && must(txn.sequence_contains(*p, *g)) &&
         must(txn.document(*g)).has_value();
}

namespace {

/// The file as a disk has it: what is synced, and writes that may or may not have arrived.
class Disk {
 public:
  void apply(const io::Event& event) {
    switch (event.kind) {
      case io::Event::Kind::Write:
        // O_DSYNC is about these bytes only; what was written before may still be on its way.
        if (event.is_synced) {
          put(synced_, event.offset, event.bytes);
        } else {
          pending_.push_back(&event);
        }
        break;
      case io::Event::Kind::Sync:
        for (const io::Event* write : pending_) put(synced_, write->offset, write->bytes);
        pending_.clear();
        break;
      case io::Event::Kind::Truncate:
        synced_.resize(event.offset);
        break;
      case io::Event::Kind::Acknowledged:
        acknowledged_.push_back(event.offset);
    }
  }
  const std::vector<std::uint64_t>& acknowledged() const { return acknowledged_; }

  /// What is there after a crash while `last` is being written.
  std::string image(const io::Event& last, std::mt19937& random) const {
    std::string bytes = synced_;
    const std::uint64_t chance =
        random() % 5;  // of four: none of the sectors arrived, ..., all of them
    for (const io::Event* write : pending_) put_sectors(bytes, *write, chance, random);
    if (last.kind == io::Event::Kind::Write) put_sectors(bytes, last, random() % 5, random);
    return bytes;
  }

 private:
  static constexpr std::size_t kSector = 512;

  static void put(std::string& file, std::uint64_t offset, std::string_view bytes) {
    if (file.size() < offset + bytes.size()) file.resize(offset + bytes.size());
    file.replace(offset, bytes.size(), bytes);
  }
  static void put_sectors(std::string& file, const io::Event& write, std::uint64_t chance,
                          std::mt19937& random) {
    for (std::size_t at = 0; at < write.bytes.size();) {
      const std::size_t size =
          std::min(kSector - (write.offset + at) % kSector, write.bytes.size() - at);
      if (random() % 4 < chance) {
        put(file, write.offset + at, std::string_view(write.bytes).substr(at, size));
      }
      at += size;
    }
  }

  std::string synced_;
  std::vector<const io::Event*> pending_;
  std::vector<std::uint64_t> acknowledged_;
};

}  // namespace

TEST_CASE(
    "whatever a power cut leaves of unsynced sectors opens, verifies, has what was acknowledged") {
  std::vector<io::Event> events;
  TemporaryFolder base;
  {
    TemporaryStore db;
    db.write([](WriteTxn& txn) { return write_document(txn, 1'000'000); });
    db.store.reset();
    std::filesystem::copy_file(db.folder.path() / "quads.mdb", base.path() / "quads.mdb");
    db.store = must(Store::open(db.options()));
    io::record();
    std::vector<std::thread> writers;
    for (std::uint64_t t = 0; t < 3; ++t) {
      writers.emplace_back([&, t] {
        for (std::uint64_t i = t; i < 120; i += 3) {
          if (db.store->write([&](WriteTxn& txn) { return write_document(txn, i); })) {
            io::acknowledge(i);
          }
        }
      });
    }
    for (std::thread& writer : writers) writer.join();
    events = io::recorded();
  }
  REQUIRE(std::count_if(events.begin(), events.end(), [](const io::Event& event) {
            return event.kind == io::Event::Kind::Sync;
          }) > 20);

  const int images = rounds("QUADPUB_CRASHES", 150);
  std::mt19937 random(31);
  std::map<std::size_t, int> cuts;  // how many images of a crash in that event
  for (int i = 0; i < images; ++i) ++cuts[random() % events.size()];
  Disk disk;
  {
    io::Event start;
    std::ifstream in(base.path() / "quads.mdb", std::ios::binary);
    start.bytes.assign(std::istreambuf_iterator<char>(in), {});
    start.is_synced = true;
    disk.apply(start);
  }
  int opened = 0;
  std::size_t most = 0;
  for (std::size_t at = 0; at < events.size(); ++at) {
    const auto cut = cuts.find(at);
    for (int i = 0; cut != cuts.end() && i < cut->second; ++i) {
      TemporaryFolder folder;
      std::ofstream(folder.path() / "quads.mdb", std::ios::binary)
          << disk.image(events[at], random);
      Options options;
      options.folder = folder.path();
      CAPTURE(at);
      auto store = Store::open(options);
      REQUIRE_MESSAGE(store.has_value(), (store ? "" : store.error().detail));
      for (const std::string& problem : must((*store)->verify()).problems) FAIL_CHECK(problem);
      const auto txn = must((*store)->read());
      for (const std::uint64_t number : disk.acknowledged()) CHECK(is_whole(*txn, number));
      most = std::max(most, disk.acknowledged().size());
      ++opened;
    }
    disk.apply(events[at]);
  }
  MESSAGE("crash images: " << opened << " of " << events.size() << " events, with up to " << most
                           << " acknowledged writes");
  CHECK(opened == images);
}

// Each of the first writes to the file fails once, and then until the trouble is over.
static void fail_each_write(int code, int calls) {
  TemporaryStore db;
  db.write([](WriteTxn& txn) { return write_document(txn, 1'000'000); });
  std::vector<std::uint64_t> acknowledged = {1'000'000}, refused;
  std::uint64_t next = 0;
  const int failures = rounds("QUADPUB_WRITE_FAULTS", 200);
  for (int at = 0; at < failures; ++at) {
    io::fail(at % 6, calls, code);
    // Until it has failed at least once.
    for (int i = 0; i < 4; ++i) {
      const auto done = db.store->write([&](WriteTxn& txn) { return write_document(txn, next); });
      (done ? acknowledged : refused).push_back(next++);
      if (!done) {
        CHECK(done.error().code == (code == ENOSPC ? Code::Unavailable : Code::Storage));
        // Reads go on meanwhile.
        CHECK(is_whole(*db.read(), 1'000'000));
      }
    }
    io::heal();
    const auto done = db.store->write([&](WriteTxn& txn) { return write_document(txn, next); });
    CHECK(done.has_value());
    acknowledged.push_back(next++);
  }
  CHECK(refused.size() >= static_cast<std::size_t>(failures) / 2);
  for (int round = 0; round < 2; ++round) {
    const auto txn = db.read();
    for (const std::uint64_t number : acknowledged) CHECK(is_whole(*txn, number));
    if (round == 0) db.check_clean();
    if (round == 0) continue;
    for (const std::uint64_t number : refused) {
      CHECK_FALSE(must(txn->get(kTable, std::to_string(number))).has_value());
    }
  }
  db.reopen();
  db.check_clean();
  const auto txn = db.read();
  for (const std::uint64_t number : acknowledged) CHECK(is_whole(*txn, number));
  // What was refused is not there, or not visible at all: never half.
  for (const std::uint64_t number : refused) {
    CHECK_FALSE(must(txn->get(kTable, std::to_string(number))).has_value());
  }
  MESSAGE("acknowledged " << acknowledged.size() << ", refused " << refused.size());
}

TEST_CASE("a full disk at any write is never a false acknowledgement, and writes recover (row 8)") {
  fail_each_write(ENOSPC, -1);
}
TEST_CASE("an input/output error at any write is never a false acknowledgement (row 8)") {
  fail_each_write(EIO, 1);
}

}  // namespace qp::store
