#include "view/cache.hpp"

#include <doctest/doctest.h>

#include "../store/temporary_store.hpp"

using qp::store::must;
using qp::view::Cache;
using qp::view::Served;

namespace {

constexpr qp::store::Table kTable{200};

/// A store, a cache, and how often something was made for it.
struct Kept {
  qp::store::TemporaryFolder folder;
  std::unique_ptr<qp::store::Store> store = must(qp::store::Store::open({.folder = folder.path()}));
  Cache cache{std::size_t{64} * 1024};
  int made = 0;

  Kept() { write(); }

  std::string get(const std::string& key, const std::string& body) {
    const auto txn = must(store->read());
    return get(*txn, key, body);
  }
  std::string get(const qp::store::Txn& txn, const std::string& key, const std::string& body) {
    return must(cache.get(txn, key,
                          [&]() -> qp::Result<Served> {
                            ++made;
                            Served served;
                            served.body = body;
                            return served;
                          }))
        ->body;
  }
  void write() {
    must(store->write([](qp::store::WriteTxn& txn) { return txn.put(kTable, "k", "v"); }));
  }
};

}  // namespace

TEST_CASE("what was made for one reader is kept for that reader until something is written") {
  Kept kept;
  CHECK(kept.get("note\nalice", "for alice") == "for alice");
  CHECK(kept.get("note\nalice", "not made") == "for alice");
  CHECK(kept.get("note\nbob", "for bob") == "for bob");
  CHECK(kept.made == 2);
  kept.write();
  CHECK(kept.get("note\nalice", "newer") == "newer");
  CHECK(kept.made == 3);
}

TEST_CASE("an older snapshot neither gets what is newer nor leaves what is older") {
  Kept kept;
  const auto before = must(kept.store->read());
  kept.write();
  CHECK(kept.get("note", "new") == "new");
  CHECK(kept.get(*before, "note", "old") == "old");
  CHECK(kept.get("note", "not made") == "new");
  CHECK(kept.made == 2);
}

TEST_CASE("errors are not kept, nor what is large; the whole is bounded") {
  Kept kept;
  const auto txn = must(kept.store->read());
  const auto fail = [] { return qp::Result<Served>(qp::bad_input("no")); };
  CHECK_FALSE(kept.cache.get(*txn, "note", fail));
  CHECK(kept.get(*txn, "note", "now") == "now");
  const std::string large(std::size_t{16} * 1024, 'x');
  kept.get(*txn, "large", large);
  kept.get(*txn, "large", large);
  CHECK(kept.made == 3);
  const std::string some(std::size_t{4} * 1024, 'x');
  for (int i = 0; i < 40; ++i) kept.get(*txn, std::to_string(i), some);
  kept.made = 0;
  for (int i = 0; i < 40; ++i) kept.get(*txn, std::to_string(i), some);
  CHECK(kept.made > 20);
}
