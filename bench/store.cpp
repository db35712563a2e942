// How many durable writes and rendered reads the store does in a second.
#include <stdlib.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "store/store.hpp"

namespace {

using namespace qp;
using Seconds = std::chrono::duration<double>;
constexpr auto kRun = std::chrono::seconds(2);

// One document as an inbox stores it: ten quads, a record, a sequence item, rendered bytes.
Result<void> write_document(store::WriteTxn& txn, const std::string& iri) {
  const TermId g = QP_TRY(txn.intern_iri(iri));
  const TermId box = QP_TRY(txn.intern_iri("https://example.org/inbox"));
  std::vector<store::OrderedQuad> quads;
  for (int i = 0; i < 10; ++i) {
    const TermId p = QP_TRY(txn.intern_iri("https://example.org/p" + std::to_string(i)));
    quads.push_back({{g, g, p, i % 2 == 0 ? g : p}, 0});
  }
  store::GraphRecord record;
  record.audience = store::AudienceId::Public;
  QP_TRY(txn.replace_graph(g, quads, record));
  store::DocumentRecord document;
  document.id = g;
  QP_TRY(txn.put_document(document, std::string(1500, 'd') + iri));
  QP_TRY(txn.sequence_append(box, g, record.audience));
  return txn.put_rendered(
      iri, 0, {"application/activity+json", "\"e\"", record.audience, 200, std::string(1200, 'r')});
}

void measure_writes(store::Store& db, int threads, std::atomic<int>& next) {
  const auto start = std::chrono::steady_clock::now();
  std::atomic<int> written = 0;
  std::vector<std::thread> running;
  for (int t = 0; t < threads; ++t) {
    running.emplace_back([&] {
      while (std::chrono::steady_clock::now() - start < kRun) {
        const std::string iri = "https://example.org/objects/" + std::to_string(next++);
        if (!db.write([&](store::WriteTxn& txn) { return write_document(txn, iri); })) return;
        ++written;
      }
    });
  }
  for (std::thread& thread : running) thread.join();
  const Seconds took = std::chrono::steady_clock::now() - start;
  std::printf("durable document writes, %2d threads: %8.0f /s\n", threads, written / took.count());
}

void measure_reads(store::Store& db, int documents) {
  const auto start = std::chrono::steady_clock::now();
  std::size_t reads = 0, bytes = 0;
  while (std::chrono::steady_clock::now() - start < kRun) {
    const auto txn = db.read();
    if (!txn) return;
    const std::string iri =
        "https://example.org/objects/" + std::to_string(reads++ % static_cast<unsigned>(documents));
    const auto found = (*txn)->rendered(iri, 0);
    if (found && *found) bytes += (*found)->body.size();
  }
  const Seconds took = std::chrono::steady_clock::now() - start;
  std::printf("rendered gets, own read txn each:   %8.0f /s (%zu bytes seen)\n",
              static_cast<double>(reads) / took.count(), bytes);
}

}  // namespace

int main(int argc, char** argv) {
  std::string folder = std::string(argc > 1 ? argv[1] : "/tmp") + "/quadpub-bench-XXXXXX";
  if (mkdtemp(folder.data()) == nullptr) return 1;
  {
    qp::store::Options options;
    options.folder = folder;
    const auto db = qp::store::Store::open(options);
    if (!db) {
      std::fprintf(stderr, "%s\n", db.error().detail.c_str());
      return 1;
    }
    std::atomic<int> next = 0;
    for (const int threads : {1, 8, 32}) measure_writes(**db, threads, next);
    measure_reads(**db, next);
  }
  std::filesystem::remove_all(folder);
  return 0;
}
