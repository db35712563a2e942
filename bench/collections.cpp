// How long a page of a large outbox takes, for its owner, a follower and a stranger; how long it
// takes to know whether something is in it; and whether memory stays flat while paging through all.
//
// bench_collections [ITEMS [DOCUMENTS]]: an outbox of ITEMS (1,000,000) activities with mixed
// audiences, of which the DOCUMENTS (3,000) at its start, middle and end, where pages are read, are
// there as documents, with their finished bytes; the others are links. DOCUMENTS >= ITEMS: all are.
// bench_collections ITEMS DOCUMENTS bare: without finished bytes, as what comes from elsewhere.
#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "ap/actor.hpp"
#include "ap/ingest.hpp"
#include "ap/publish.hpp"
#include "jsonld/context.hpp"
#include "view/serve.hpp"
#include "vocab/contexts.hpp"

namespace {

using namespace qp;
using Clock = std::chrono::steady_clock;

constexpr std::string_view kBase = "https://example.com/";
constexpr std::size_t kBatch = 5'000;
constexpr int kFriends = 50;

[[noreturn]] void give_up(const Error& error) {
  std::fprintf(stderr, "bench_collections: %s\n", error.detail.c_str());
  std::exit(1);
}
template <class T>
T must(Result<T> result) {
  if (!result) give_up(result.error());
  return qp::detail::take(std::move(result));
}
void must(Result<void> result) {
  if (!result) give_up(result.error());
}

std::string at(std::string_view rest) { return std::string(kBase).append(rest); }
std::string activity(std::size_t number) { return at("activities/" + std::to_string(number)); }

Result<jsonld::RemoteDocument> load_bundled(std::string_view url) {
  const auto* bundled = vocab::find_bundled_context(url);
  if (!bundled) return error(Code::NotFound, "not in the bundle");
  return jsonld::RemoteDocument{std::string(url), std::string(bundled->json), {}};
}

class NoNetwork final : public net::Client {
 public:
  Result<net::IncomingResponse> send(net::OutgoingRequest, const net::Prepare&) override {
    return error(Code::Network, "there is no network here");
  }
};

class Bench {
 public:
  Bench(const std::string& folder, std::size_t items, std::size_t documents, bool is_bare)
      : folder_(folder), items_(items), documents_(documents), is_bare_(is_bare) {
    open();
  }

  void fill() {
    const auto start = Clock::now();
    must(store_->write([&](store::WriteTxn& txn) { return add_people(txn); }));
    for (std::size_t next = 0; next < items_; next += kBatch) {
      must(store_->write([&](store::WriteTxn& txn) -> Result<void> {
        for (std::size_t i = next; i < std::min(next + kBatch, items_); ++i) QP_TRY(add(txn, i));
        return {};
      }));
    }
    std::printf("%zu items in %.1f s\n", items_,
                std::chrono::duration<double>(Clock::now() - start).count());
  }

  /// The first page after a start, with nothing of the file in memory.
  void measure_cold() {
    for (const auto& [who, reader] : readers()) {
      for (const std::string& cursor : places(reader)) {
        store_.reset();
        forget_file();
        open();
        const long faults = major_faults();
        const auto start = Clock::now();
        page(reader, cursor, 20);
        std::printf("%-10s cold page at %-18s %8.3f ms, %ld reads of the disk\n", who,
                    cursor.c_str(), micros_since(start) / 1000, major_faults() - faults);
      }
    }
  }

  void measure_pages() {
    for (const auto& [who, reader] : readers()) {
      std::vector<std::string> cursors = places(reader);
      for (std::size_t i = 0; i < cursors.size(); ++i) {
        static constexpr const char* kPlaces[] = {"start", "middle", "end"};
        measure_page(who, kPlaces[i], reader, cursors[i]);
      }
    }
  }

  void measure_membership() {
    std::mt19937_64 random(1);
    const auto txn = must(store_->read());
    const TermId outbox = *must(txn->find_iri(at("outbox")));
    std::vector<double> micros;
    std::size_t found = 0;
    for (int i = 0; i < 20'000; ++i) {
      const std::string iri = activity(random() % (2 * items_));
      const auto start = Clock::now();
      const auto id = must(txn->find_iri(iri));
      found += id && must(txn->sequence_contains(outbox, *id)) ? 1 : 0;
      micros.push_back(micros_since(start));
    }
    report("membership by IRI", micros);
    std::printf("    (%zu of %zu were in it)\n", found, micros.size());
  }

  void page_through_all() {
    const auto [who, reader] = readers().front();
    const long before = resident_kib();
    std::string cursor = "first";
    std::size_t items = 0, pages = 0;
    long most = 0;
    const auto start = Clock::now();
    while (!cursor.empty()) {
      const std::string body = page(reader, cursor, 200);
      items += count(body, "\"actor\":") + count(body, "\"https://example.com/activities/");
      cursor = next_cursor(body);
      if (++pages % 200 == 0) most = std::max(most, anonymous_kib());
    }
    std::printf(
        "paging through all as %s: %zu pages in %.1f s; heap at most %ld KiB; resident "
        "(with the mapped file) %ld -> %ld KiB\n",
        who, pages, std::chrono::duration<double>(Clock::now() - start).count(), most, before,
        resident_kib());
    (void)items;
  }

 private:
  void open() { store_ = must(store::Store::open({.folder = folder_})); }

  void forget_file() const {
    const std::string name = folder_ + "/quads.mdb";
    const int file = ::open(name.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return;
    fsync(file);
    posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
    close(file);
  }

  Result<void> add_people(store::WriteTxn& txn) {
    followers_ = QP_TRY(ap::audience_of(txn, std::vector{at("followers"), at("owner")}));
    const TermId followers = QP_TRY(txn.intern_iri(at("followers")));
    const TermId follower = QP_TRY(txn.intern_iri(at("follower")));
    QP_TRY(txn.sequence_append(followers, follower, store::AudienceId::Public));
    QP_TRY(ap::add_domain(txn, QP_TRY(ap::parse_domain("https://example.com"))));
    friends_.clear();
    for (int i = 0; i < kFriends; ++i) {
      friends_.push_back(
          QP_TRY(ap::audience_of(txn, std::vector{at("friend" + std::to_string(i)), at("owner")})));
    }
    return write(txn, at("outbox"),
                 R"({"@context":"https://www.w3.org/ns/activitystreams","id":")" + at("outbox") +
                     R"(","type":"OrderedCollection","attributedTo":")" + at("owner") + "\"}",
                 {}, store::AudienceId::Public);
  }

  /// Half public, a third for followers, the others for one friend each.
  store::AudienceId audience(std::size_t number) const {
    const std::size_t share = number * 7919 % 100;
    if (share < 50) return store::AudienceId::Public;
    return share < 83 ? followers_ : friends_[number % friends_.size()];
  }

  bool has_document(std::size_t number) const {
    const std::size_t third = documents_ / 3;
    const auto near = [&](std::size_t place) {
      return number + third / 2 >= place && number <= place + third / 2;
    };
    return documents_ >= items_ || number < third || number + third >= items_ || near(items_ / 2);
  }

  Result<void> add(store::WriteTxn& txn, std::size_t number) {
    const std::string iri = activity(number), object = at("objects/" + std::to_string(number));
    if (has_document(number)) {
      const std::string text =
          R"({"@context":"https://www.w3.org/ns/activitystreams","id":")" + iri +
          R"(","type":"Create","actor":")" + at("owner") +
          R"(","published":"2024-01-01T00:00:00Z","to":[")" + at("somebody") +
          R"("],"object":{"id":")" + object + R"(","type":"Note","attributedTo":")" + at("owner") +
          R"(","content":"<p>Item number )" + std::to_string(number) +
          R"( of an outbox that has a lot of them</p>","published":"2024-01-01T00:00:00Z"}})";
      QP_TRY(write(txn, iri, text, object, audience(number)));
      const ap::Services services{*store_, contexts_, load_bundled, network_,
                                  [] { return Millis(0); }};
      if (!is_bare_) QP_TRY(ap::refresh_rendered(txn, iri, services));
    }
    const TermId outbox = QP_TRY(txn.intern_iri(at("outbox")));
    QP_TRY(txn.sequence_append(outbox, QP_TRY(txn.intern_iri(iri)), audience(number)));
    return {};
  }

  Result<void> write(store::WriteTxn& txn, const std::string& iri, const std::string& text,
                     const std::string& object, store::AudienceId audience) {
    json::Arena arena;
    const auto parsed = QP_TRY(json::parse(text, arena));
    const auto form = QP_TRY(jsonld::read_for_storage(parsed, {contexts_, load_bundled}, arena));
    std::vector<ap::Owned> owned{{iri, audience}};
    if (!object.empty()) owned.push_back({object, audience});
    QP_TRY(ap::write_document(txn, form, text, owned, {}));
    return {};
  }

  std::vector<std::pair<const char*, view::Reader>> readers() const {
    return {{"owner", view::Reader(at("owner"))},
            {"follower", view::Reader(at("follower"))},
            {"stranger", view::Reader()}};
  }

  std::string page(const view::Reader& reader, const std::string& cursor, std::size_t limit) {
    const auto txn = must(store_->read());
    return must(view::serve_collection(*txn, at("outbox"), view::Page{cursor, limit}, reader,
                                       {contexts_, load_bundled}))
        .body;
  }

  /// Start, middle, end: keys grow by one an item.
  std::vector<std::string> places(const view::Reader&) const {
    return {"first", "before:" + std::to_string(items_ / 2), "last"};
  }

  void measure_page(const char* who, const char* where, const view::Reader& reader,
                    const std::string& cursor) {
    std::vector<double> micros;
    for (int i = 0; i < 300; ++i) {
      const auto start = Clock::now();
      page(reader, cursor, 20);
      micros.push_back(micros_since(start));
    }
    report(std::string(who) + ", " + where + ": page of 20", micros);
  }

  static double micros_since(Clock::time_point start) {
    return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
  }

  static void report(const std::string& what, std::vector<double>& micros) {
    std::sort(micros.begin(), micros.end());
    std::printf("%-32s p50 %8.3f ms  p99 %8.3f ms\n", what.c_str(),
                micros[micros.size() / 2] / 1000, micros[micros.size() * 99 / 100] / 1000);
  }

  static std::size_t count(const std::string& text, std::string_view word) {
    std::size_t found = 0;
    for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++found;
    return found;
  }

  static std::string next_cursor(const std::string& body) {
    constexpr std::string_view kNext = "\"next\":\"";
    const auto next = body.find(kNext);
    if (next == std::string::npos) return {};
    const auto begin = body.find("page=", next) + 5;
    return body.substr(begin, body.find_first_of("&\"", begin) - begin);
  }

  static long major_faults() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_majflt;
  }
  static long resident_kib() {
    std::ifstream file("/proc/self/statm");
    long size = 0, resident = 0;
    file >> size >> resident;
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
  }
  static long anonymous_kib() {
    const auto info = mallinfo2();
    return static_cast<long>((info.uordblks + info.hblkhd) / 1024);
  }

  std::string folder_;
  std::unique_ptr<store::Store> store_;
  jsonld::ContextCache contexts_;
  NoNetwork network_;
  std::size_t items_, documents_;
  bool is_bare_;
  store::AudienceId followers_{};
  std::vector<store::AudienceId> friends_;
};

}  // namespace

int main(int argc, char** argv) {
  const std::size_t items = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  const std::size_t documents = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 3'000;
  std::string folder = (std::filesystem::temp_directory_path() / "views-bench-XXXXXX").string();
  if (!mkdtemp(folder.data())) return 1;
  {
    Bench bench(folder, items, documents, argc > 3);
    bench.fill();
    bench.measure_cold();
    bench.measure_pages();
    bench.measure_membership();
    bench.page_through_all();
  }
  std::filesystem::remove_all(folder);
  return 0;
}
