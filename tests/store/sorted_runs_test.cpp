#include "store/sorted_runs.hpp"

#include <random>
#include <set>

#include "store/row_file.hpp"
#include "temporary_store.hpp"

// What a bulk load keeps in files because it does not fit into memory.
namespace qp::store {

namespace {

struct Entry {
  std::uint64_t key = 0, number = 0;
};
struct ByKey {
  static bool is_before(const Entry& a, const Entry& b) { return a.key < b.key; }
  static std::uint64_t hash(const Entry& one) { return one.key * 0x9e3779b97f4a7c15U; }
};
using Runs = SortedRuns<Entry, ByKey>;

std::optional<std::uint64_t> number_of(const Runs& runs, std::uint64_t key, std::uint64_t from) {
  const auto is_it = [from](const Entry& one) -> Result<bool> { return one.number >= from; };
  const auto found = must(runs.find({key, 0}, is_it));
  return found ? std::optional(found->number) : std::nullopt;
}

std::size_t files_in_use() {
  const std::filesystem::directory_iterator begin("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin, {}));
}

}  // namespace

TEST_CASE("entries beyond memory come back sorted, all of them, and few files are open for it") {
  const TemporaryFolder folder;
  const std::size_t files = files_in_use();
  Runs runs(folder.path(), 100, 4096);
  std::mt19937_64 random(3);
  std::set<std::pair<std::uint64_t, std::uint64_t>> expected;
  for (std::uint64_t number = 0; number < 30'030; ++number) {
    const std::uint64_t key = random() % 20'000;
    must(runs.add({key, number}));
    expected.emplace(key, number);
  }
  CHECK(runs.size() == expected.size());
  CHECK(runs.waiting().size() < 100);
  CHECK(files_in_use() - files < 20);
  for (int round = 0; round < 2; ++round) {
    auto sorted = must(runs.sorted());
    std::set<std::pair<std::uint64_t, std::uint64_t>> got;
    std::uint64_t last = 0;
    bool is_sorted = true;
    while (const Entry* entry = must(sorted.next())) {
      is_sorted = is_sorted && last <= entry->key;
      last = entry->key;
      got.emplace(entry->key, entry->number);
    }
    CHECK(is_sorted);
    CHECK(got == expected);
  }
}

TEST_CASE("an entry in a file is found by its key, whatever else has that key") {
  for (const std::size_t filter : {std::size_t{0}, std::size_t{64}, std::size_t{1} << 16}) {
    const TemporaryFolder folder;
    Runs runs(folder.path(), SIZE_MAX, filter);
    CHECK_FALSE(number_of(runs, 3, 0));
    // 700 of one key lie over several blocks.
    for (std::uint64_t i = 0; i < 5'000; ++i) {
      must(runs.add({i < 4'300 ? 3 * i : 3'000, i}));
      if (i % 499 == 498) must(runs.spill());
    }
    CHECK_FALSE(number_of(runs, 3 * 4'299 + 1, 0));
    must(runs.spill());
    for (std::uint64_t i = 0; i < 4'300; ++i) REQUIRE(number_of(runs, 3 * i, i) >= i);
    for (std::uint64_t i = 0; i < 4'300; ++i) REQUIRE_FALSE(number_of(runs, 3 * i + 1, 0));
    for (std::uint64_t i = 4'300; i < 5'000; ++i) REQUIRE(number_of(runs, 3'000, i) >= i);
    CHECK_FALSE(number_of(runs, 3'000, 5'000));
    CHECK_FALSE(number_of(runs, UINT64_MAX, 0));
  }
}

TEST_CASE("rows are read back by their numbers and in a row, in memory or not") {
  const TemporaryFolder folder;
  RowList rows(folder.path(), 0);
  const auto row_of = [](std::uint64_t number) {
    const std::size_t bytes = number % 1'000 == 7 ? 400'000 : number % 90;
    return std::to_string(number) + std::string(bytes, static_cast<char>('a' + number % 26));
  };
  for (std::uint64_t number = 0; number < 20'000; ++number) must(rows.add(row_of(number)));
  CHECK(rows.size() == 20'000);
  std::string space;
  for (const std::uint64_t number :
       {0U, 1U, 7U, 8'191U, 8'192U, 9'007U, 16'384U, 19'007U, 19'999U}) {
    CHECK(must(rows.at(number, space)) == row_of(number));
  }
  std::uint64_t next = 0;
  must(rows.each([&](std::uint64_t number, std::string_view row) -> Result<void> {
    REQUIRE(number == next++);
    REQUIRE(row == row_of(number));
    return {};
  }));
  CHECK(next == 20'000);
}

}  // namespace qp::store
