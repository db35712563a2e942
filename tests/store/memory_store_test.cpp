#include "memory_store.hpp"

#include "temporary_store.hpp"
#include "vocab/terms.hpp"

// What the backend of memory is for: failing when it is told to.
namespace qp::store {

static constexpr Table kTable{1};

TEST_CASE("a commit that was to fail says so, and nothing of it is there") {
  TemporaryStore db;
  auto& store = static_cast<memory::MemoryStore&>(*db.store);
  for (const Code code : {Code::Unavailable, Code::Storage}) {
    store.fail_commits(2, code);
    for (int i = 0; i < 2; ++i) {
      const auto done = store.write([](WriteTxn& txn) -> Result<void> {
        const TermId id = QP_TRY(txn.intern_iri("https://example.org/a"));
        QP_TRY(txn.apply({}, std::vector<OrderedQuad>{{{id, id, rdf::type, as::Note}, 0}}));
        return txn.put(kTable, "k", "v");
      });
      CHECK(done.error().code == code);
    }
    CHECK_FALSE(must(db.read()->get(kTable, "k")).has_value());
    CHECK_FALSE(must(db.read()->find_iri("https://example.org/a")).has_value());
  }
  db.write([](WriteTxn& txn) { return txn.put(kTable, "k", "v"); });
  CHECK(must(db.read()->get(kTable, "k")) == "v");
}

TEST_CASE("a read that was to fail says so, once") {
  TemporaryStore db;
  static_cast<memory::MemoryStore&>(*db.store).fail_reads(1, Code::Unavailable);
  CHECK(db.store->read().error().code == Code::Unavailable);
  CHECK(db.store->read().has_value());
}

TEST_CASE("an earlier read keeps its picture while others write") {
  TemporaryStore db;
  db.write([](WriteTxn& txn) { return txn.put(kTable, "k", "old"); });
  const auto before = db.read();
  db.write([](WriteTxn& txn) { return txn.put(kTable, "k", "new"); });
  CHECK(must(before->get(kTable, "k")) == "old");
  CHECK(must(db.read()->get(kTable, "k")) == "new");
}

}  // namespace qp::store
