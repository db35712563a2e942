#pragma once

#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>

#include "store/store.hpp"
#ifdef QUADPUB_MEMORY_STORE
#include "memory_store.hpp"
#endif

namespace qp::store {

/// A folder that goes with the test.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "quadpub-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// The value; a failed check with the error's words where there is none.
template <class T>
T must(Result<T> result) {
  if (!result) FAIL(result.error().detail);
  return detail::take(std::move(result));
}

/// A store that goes with the test: of LMDB in a folder of its own, or of memory.
struct TemporaryStore {
#ifdef QUADPUB_MEMORY_STORE
  memory::Disk disk;
  std::unique_ptr<Store> store;

  TemporaryStore() { reopen(); }
  void reopen() { store = std::make_unique<memory::MemoryStore>(disk); }
#else
  TemporaryFolder folder;
  std::unique_ptr<Store> store;

  explicit TemporaryStore(std::size_t map_bytes = std::size_t{1} << 40) {
    store = must(Store::open(options(map_bytes)));
  }
  Options options(std::size_t map_bytes = std::size_t{1} << 40) const {
    Options options;
    options.folder = folder.path();
    options.initial_map_bytes = map_bytes;
    return options;
  }
  void reopen() {
    store.reset();
    store = must(Store::open(options()));
  }
#endif
  std::unique_ptr<Txn> read() { return must(store->read()); }
  void write(const Store::Write& work) { must(store->write(work)); }
  void check_clean() {
    const Verification found = must(store->verify());
    for (const std::string& problem : found.problems) FAIL_CHECK(problem);
  }
};

}  // namespace qp::store
