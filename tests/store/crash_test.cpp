#include <algorithm>
#include <cerrno>
#include <fstream>
#include <map>
#include <random>
#include <thread>

#include "io_shim.hpp"
#include "rounds.hpp"
#include "store/bulk_load.hpp"
#include "temporary_store.hpp"

// What is on disk when the power goes, and what is answered when the disk refuses (store.md 5, rows
// 4, 8 and 16).
namespace qp::store {

static constexpr Table kTable{1};

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
    "whatever a power cut leaves of unsynced sectors opens, verifies, has what was acknowledged "
    "(row 4)") {
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

  const int images = asked_for("QUADPUB_CRASHES", kSanitized ? 150 : 2000);
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

// The call of number `at` since the store was made fails, and so do those after it: `calls` in all,
// -1: all, until the trouble is over.
static void fail_write(int at, int calls, int code) {
  CAPTURE(at);
  TemporaryFolder folder;
  Options options;
  options.folder = folder.path();
  const Code expected = code == ENOSPC ? Code::Unavailable : Code::Storage;
  io::fail(at, calls, code);
  auto opened = Store::open(options);
  std::vector<std::uint64_t> acknowledged, refused;
  std::uint64_t next = 0;
  if (!opened) {
    CHECK(opened.error().code == expected);
    io::heal();
    opened = Store::open(options);
  }
  REQUIRE(opened);
  std::unique_ptr<Store> store = *std::move(opened);
  // Until it has failed, and some more.
  while (io::failed() == 0 || (!refused.empty() && next < refused.front() + 3)) {
    const auto done = store->write([&](WriteTxn& txn) { return write_document(txn, next); });
    (done ? acknowledged : refused).push_back(next++);
    if (done) continue;
    CHECK(done.error().code == expected);
    // Reads go on meanwhile.
    const auto txn = must(store->read());
    for (const std::uint64_t number : acknowledged) CHECK(is_whole(*txn, number));
  }
  io::heal();
  for (int i = 0; i < 2; ++i) {
    CHECK(store->write([&](WriteTxn& txn) { return write_document(txn, next); }).has_value());
    acknowledged.push_back(next++);
  }
  // What was refused is not there, or not visible at all: never half.
  for (int round = 0; round < 2; ++round) {
    auto txn = must(store->read());
    for (const std::uint64_t number : acknowledged) CHECK(is_whole(*txn, number));
    for (const std::uint64_t number : refused) {
      CHECK_FALSE(must(txn->get(kTable, std::to_string(number))).has_value());
    }
    txn.reset();
    for (const std::string& problem : must(store->verify()).problems) FAIL_CHECK(problem);
    if (round == 1) break;
    store.reset();
    store = must(Store::open(options));
  }
}

TEST_CASE("a full disk at each of the first 200 writes is never a false acknowledgement (row 8)") {
  const int writes = asked_for("QUADPUB_WRITE_FAULTS", 200);
  for (int at = 0; at < writes; at += kSanitized ? 7 : 1) fail_write(at, -1, ENOSPC);
}
TEST_CASE("an input/output error at each of the first 200 writes is none either (row 8)") {
  const int writes = asked_for("QUADPUB_WRITE_FAULTS", 200);
  for (int at = 0; at < writes; at += kSanitized ? 7 : 1) fail_write(at, 1, EIO);
}

static std::uint64_t notes(const Store& store) {
  return must(const_cast<Store&>(store).statistics()).documents;
}

TEST_CASE("a compaction, a backup and a bulk load that the disk refuses change nothing (row 8)") {
  TemporaryStore db;
  for (std::uint64_t i = 0; i < 40; ++i) {
    db.write([&](WriteTxn& txn) { return write_document(txn, i); });
  }
  TemporaryFolder elsewhere;
  int refused = 0, done = 0;
  for (int at = 0; at < 8; ++at) {
    for (const int code : {ENOSPC, EIO}) {
      CAPTURE(at);
      io::fail(at, -1, code);
      const bool compacted = db.store->compact().has_value();
      io::heal();
      io::fail(at, -1, code);
      const auto copy = elsewhere.path() / (std::to_string(at) + "-" + std::to_string(code));
      std::filesystem::create_directory(copy);
      const bool copied = db.store->backup(copy / "quads.mdb").has_value();
      CHECK(std::filesystem::exists(copy / "quads.mdb") == copied);
      io::heal();
      CHECK(notes(*db.store) == 40);
      db.check_clean();
      db.store.reset();
      io::fail(at, -1, code);
      const bool loaded = [&] {
        auto load = BulkLoad::begin(db.options(), {});
        if (!load) return false;
        const auto id = (*load)->intern(rdf::Term::iri("https://example.org/bulk"));
        return id && (*load)->add({*id, *id, *id, *id}) && (*load)->finish().has_value();
      }();
      io::heal();
      for (const bool one : {compacted, copied, loaded}) ++(one ? done : refused);
      db.reopen();
      CHECK(notes(*db.store) == 40);
      const auto bulk = must(db.read()->find_iri("https://example.org/bulk"));
      CHECK((!loaded || bulk.has_value()));
      db.check_clean();
      for (const auto& entry : std::filesystem::directory_iterator(db.folder.path())) {
        CHECK_FALSE(entry.path().string().ends_with(".new"));
      }
    }
  }
  MESSAGE("refused " << refused << ", done " << done);
  CHECK(refused >= 12);
}

TEST_CASE("a store on a network or FUSE file system is refused, unless forced (row 9)") {
  // Numbers of statfs(2): NFS, CIFS, SMB2, 9p, FUSE.
  for (const long type : {0x6969L, 0xFF534D42L, 0xFE534D42L, 0x01021997L, 0x65735546L}) {
    TemporaryStore db;
    db.write([](WriteTxn& txn) { return write_document(txn, 1); });
    db.store.reset();
    io::pretend_filesystem(type);
    const auto refused = Store::open(db.options());
    Options forced = db.options();
    forced.force_filesystem = true;
    const auto opened = Store::open(forced);
    io::pretend_filesystem(0);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::Storage);
    REQUIRE(opened);
    CHECK(is_whole(*must((*opened)->read()), 1));
  }
}

}  // namespace qp::store
