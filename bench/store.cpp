// How fast quads are loaded, written durably and read, and how much room they take.
//   bench_store [--folder DIR] [--quads N]... [--seconds S] [--members N]
// Beside it, where node and tests/npm are there: Oxigraph loading the same file into memory.
#include <malloc.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "rdf/nquads.hpp"
#include "store/bulk_load.hpp"
#include "store/store.hpp"
#include "vocab/terms.hpp"

namespace {

using namespace qp;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

template <class T>
T must(Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "%s\n", result.error().detail.c_str());
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

// ActivityStreams as a server meets it: a Create and a Note in a graph each, some 21 quads in all.
class Sample {
 public:
  explicit Sample(std::FILE* out) : out_(out) {}

  std::uint64_t write(std::uint64_t quads) {
    for (std::uint64_t i = 0; written_ < quads; ++i) note(i);
    return written_;
  }

 private:
  static constexpr const char* kAs = "https://www.w3.org/ns/activitystreams#";

  void line(const std::string& s, const std::string& p, const std::string& o,
            const std::string& g) {
    std::fprintf(out_, "%s %s %s %s .\n", s.c_str(), p.c_str(), o.c_str(), g.c_str());
    ++written_;
  }
  static std::string as(const char* name) { return "<" + std::string(kAs) + name + ">"; }
  std::string actor(std::uint64_t i) const {
    return "<https://social" + std::to_string(i % 97) + ".example/users/user" + std::to_string(i) +
           ">";
  }
  static std::string typed(const std::string& text, const char* type) {
    return "\"" + text + "\"^^<http://www.w3.org/2001/XMLSchema#" + type + ">";
  }

  void note(std::uint64_t i) {
    static const std::string kType = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>";
    const std::uint64_t who = random_() % 5000;
    const std::string author = actor(who);
    const std::string base =
        author.substr(0, author.size() - 1) + "/statuses/" + std::to_string(i + 109000000000);
    const std::string object = base + ">", activity = base + "/activity>";
    char time[32];
    std::snprintf(time, sizeof time, "2026-%02u-%02uT%02u:%02u:%02uZ", unsigned(random_() % 12 + 1),
                  unsigned(random_() % 28 + 1), unsigned(random_() % 24), unsigned(random_() % 60),
                  unsigned(random_() % 60));
    const std::string published = typed(time, "dateTime");
    line(activity, kType, as("Create"), activity);
    line(activity, as("actor"), author, activity);
    line(activity, as("object"), object, activity);
    line(activity, as("published"), published, activity);
    line(activity, as("to"), as("Public"), activity);
    line(activity, as("cc"), author.substr(0, author.size() - 1) + "/followers>", activity);
    line(object, kType, as("Note"), object);
    line(object, as("attributedTo"), author, object);
    std::string text = "<p>Post number " + std::to_string(i) + ":";
    for (std::uint64_t k = random_() % 9 + 2; k > 0; --k)
      text += " word" + std::to_string(random_() % 4000);
    line(object, as("content"), "\"" + text + "</p>\"", object);
    line(object, as("published"), published, object);
    line(object, as("to"), as("Public"), object);
    line(object, as("cc"), author.substr(0, author.size() - 1) + "/followers>", object);
    line(object, as("url"),
         "<https://social" + std::to_string(who % 97) + ".example/@user" + std::to_string(who) +
             "/" + std::to_string(i + 109000000000) + ">",
         object);
    line(object, as("sensitive"), typed(random_() % 9 == 0 ? "true" : "false", "boolean"), object);
    if (random_() % 4 == 0) line(object, as("replies"), base + "/replies>", object);
    if (random_() % 3 == 0) line(object, as("inReplyTo"), last_, object);
    for (std::uint64_t k = random_() % 4; k > 0; --k) {
      const std::string tag = base + "#tag" + std::to_string(k) + ">";
      line(object, as("tag"), tag, object);
      line(tag, kType, as("Mention"), object);
      line(tag, as("href"), actor(random_() % 5000), object);
      line(tag, as("name"), "\"@user" + std::to_string(random_() % 5000) + "\"", object);
    }
    if (random_() % 8 != 0) last_ = object;
  }

  std::FILE* out_;
  std::mt19937_64 random_{1};
  std::uint64_t written_ = 0;
  std::string last_ = "<https://social.example/first>";
};

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double peak_mb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

void load(const std::filesystem::path& file, const store::Options& options) {
  const auto start = Clock::now();
  const double cpu = cpu_seconds();
  std::FILE* in = std::fopen(file.c_str(), "rb");
  if (in == nullptr) std::exit(1);
  store::BulkOptions bulk;
  bulk.audience = store::AudienceId::Public;
  bulk.input_bytes = std::filesystem::file_size(file);
  const auto running = must(store::BulkLoad::begin(options, std::move(bulk)));
  std::uint64_t bytes = 0;
  must(rdf::read_quads(
      [&](std::span<char> buffer) {
        const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), in);
        running->read_so_far(bytes += got);
        return got;
      },
      rdf::Syntax::NQuads, {},
      [&](const rdf::QuadView& quad) -> Result<void> {
        store::QuadIds ids;
        ids.g = QP_TRY(running->intern(quad.g));
        ids.s = QP_TRY(running->intern(quad.s));
        ids.p = QP_TRY(running->intern(quad.p));
        ids.o = QP_TRY(running->intern(quad.o));
        return running->add(ids);
      }));
  std::fclose(in);
  const double read = seconds_since(start);
  const store::BulkReport report = must(running->finish());
  const double took = seconds_since(start);
  const double worked = cpu_seconds() - cpu;
  const auto size = std::filesystem::file_size(options.folder / "quads.mdb");
  std::printf("  load, text to synced file          %9.0f quads/s (%.2f s, of it reading %.2f s)\n",
              static_cast<double>(report.quads) / took, took, read);
  std::printf("  the same by the processor's time   %9.0f quads/s (%.2f s)\n",
              static_cast<double>(report.quads) / worked, worked);
  std::printf(
      "  room                               %9.1f bytes/quad (text %.1f), %.3f terms/quad\n",
      static_cast<double>(size) / static_cast<double>(report.quads),
      static_cast<double>(std::filesystem::file_size(file)) / static_cast<double>(report.quads),
      static_cast<double>(report.new_terms) / static_cast<double>(report.quads));
  std::printf("  peak memory                        %9.0f MB\n", peak_mb());
}

void read(const store::Options& options) {
  auto start = Clock::now();
  auto db = must(store::Store::open(options));
  std::vector<store::QuadIds> rows(4096);
  {
    const auto txn = must(db->read());
    const auto scan = must(txn->open_scan({{}, {}, rdf::type, as::Note}, store::Order::Posg, {}));
    must(scan->next(std::span(rows).first(1)));
  }
  std::printf("  cold open and first row            %9.2f ms\n", seconds_since(start) * 1000);

  const auto txn = must(db->read());
  for (const bool distinct : {false, true}) {
    start = Clock::now();
    store::Txn::ScanOptions all;
    all.distinct_triples = distinct;
    const auto scan = must(txn->open_scan({}, store::Order::Spog, all));
    std::uint64_t seen = 0;
    for (std::size_t got = rows.size(); got == rows.size();) seen += got = must(scan->next(rows));
    std::printf("  scan%s            %9.1f M rows/s\n",
                distinct ? ", each triple once  " : ", whole index       ",
                static_cast<double>(seen) / seconds_since(start) / 1e6);
  }
  std::vector<TermId> subjects;
  {
    const auto scan = must(txn->open_scan({{}, {}, rdf::type, as::Note}, store::Order::Posg, {}));
    for (std::size_t got = rows.size(); got == rows.size() && subjects.size() < 200'000;) {
      got = must(scan->next(rows));
      for (std::size_t i = 0; i < got; ++i) subjects.push_back(rows[i].s);
    }
  }
  std::shuffle(subjects.begin(), subjects.end(), std::mt19937(3));
  std::vector<store::Pattern> bindings;
  for (const TermId subject : subjects) bindings.push_back({{}, subject, as::attributedTo, {}});
  const auto prober = must(txn->open_probe({}));
  std::vector<store::Match> matches(4096);
  for (const bool sorted : {false, true}) {
    if (sorted) std::sort(bindings.begin(), bindings.end());
    start = Clock::now();
    prober->bind(bindings);
    for (std::size_t got = matches.size(); got == matches.size();)
      got = must(prober->next(matches));
    std::printf("  probes, %s            %9.2f M/s\n", sorted ? "in order   " : "shuffled   ",
                static_cast<double>(bindings.size()) / seconds_since(start) / 1e6);
  }
  start = Clock::now();
  std::uint64_t found = 0;
  const store::Txn::ScanOptions everything;
  for (const TermId subject : subjects) {
    must(txn->scan({subject, {}, {}, {}}, everything, [&](const store::OrderedQuad&) {
      ++found;
      return true;
    }));
  }
  std::printf("  graphs read                        %9.2f M/s (%.1f M rows/s)\n",
              static_cast<double>(subjects.size()) / seconds_since(start) / 1e6,
              static_cast<double>(found) / seconds_since(start) / 1e6);
  start = Clock::now();
  std::size_t bytes = 0;
  for (const TermId subject : subjects) bytes += must(txn->resolve(subject)).value.size();
  std::printf("  ids to text                        %9.2f M/s (%zu bytes)\n",
              static_cast<double>(subjects.size()) / seconds_since(start) / 1e6, bytes);
}

// One document as an inbox stores it: fifteen quads, a record, sequence items, rendered bytes.
Result<void> write_document(store::WriteTxn& txn, const std::string& iri, int number) {
  const TermId g = QP_TRY(txn.intern_iri(iri));
  const TermId box = QP_TRY(txn.intern_iri("https://example.org/inbox"));
  const TermId author =
      QP_TRY(txn.intern_iri("https://example.org/users/" + std::to_string(number % 500)));
  const TermId replies = QP_TRY(txn.intern_iri(iri + "/replies"));
  const TermId text = QP_TRY(txn.intern(
      rdf::Term::literal("Text of note " + std::to_string(number), std::string(xsd::string.iri))));
  const TermId time = QP_TRY(
      txn.intern(rdf::Term::literal("2026-11-24T00:26:01Z", std::string(xsd::dateTime.iri))));
  const TermId tag = QP_TRY(txn.new_blank());
  const std::vector<store::OrderedQuad> quads = {{{g, g, rdf::type, as::Note}, 0},
                                                 {{g, g, as::attributedTo, author}, 0},
                                                 {{g, g, as::content, text}, 0},
                                                 {{g, g, as::published, time}, 0},
                                                 {{g, g, as::to, as::Public}, 1},
                                                 {{g, g, as::to, author}, 2},
                                                 {{g, g, as::cc, box}, 0},
                                                 {{g, g, as::replies, replies}, 0},
                                                 {{g, replies, rdf::type, as::Collection}, 0},
                                                 {{g, replies, as::attributedTo, author}, 0},
                                                 {{g, g, as::tag, tag}, 0},
                                                 {{g, tag, rdf::type, as::Mention}, 0},
                                                 {{g, tag, as::href, author}, 0},
                                                 {{g, g, as::url, replies}, 0},
                                                 {{g, g, as::inReplyTo, author}, 0}};
  store::GraphRecord record;
  record.audience = store::AudienceId::Public;
  record.document = g;
  QP_TRY(txn.replace_graph(g, quads, record));
  store::DocumentRecord document;
  document.id = g;
  document.root = g;
  document.graphs = {g};
  QP_TRY(txn.put_document(document, std::string(1500, 'd') + iri));
  QP_TRY(txn.sequence_append(box, g, record.audience));
  QP_TRY(txn.sequence_append(author, g, record.audience));
  return txn.put_rendered(
      iri, 0, {"application/activity+json", "\"e\"", record.audience, 200, std::string(1200, 'r')});
}

double percentile(std::vector<double>& times, double part) {
  if (times.empty()) return 0;
  const auto at = static_cast<std::ptrdiff_t>(part * static_cast<double>(times.size() - 1));
  std::nth_element(times.begin(), times.begin() + at, times.end());
  return times[static_cast<std::size_t>(at)] * 1000;
}

void measure_writes(store::Store& db, int threads, std::atomic<int>& next, double seconds) {
  const auto start = Clock::now();
  std::vector<std::vector<double>> times(static_cast<std::size_t>(threads));
  std::vector<std::thread> running;
  for (int t = 0; t < threads; ++t) {
    running.emplace_back([&, t] {
      while (seconds_since(start) < seconds) {
        const int number = next++;
        const std::string iri = "https://example.org/objects/" + std::to_string(number);
        const auto begun = Clock::now();
        must(db.write([&](store::WriteTxn& txn) { return write_document(txn, iri, number); }));
        times[static_cast<std::size_t>(t)].push_back(seconds_since(begun));
      }
    });
  }
  for (std::thread& thread : running) thread.join();
  const double took = seconds_since(start);
  std::vector<double> all;
  for (const auto& some : times) all.insert(all.end(), some.begin(), some.end());
  const double rate = static_cast<double>(all.size()) / took;
  const double p50 = percentile(all, 0.5), p99 = percentile(all, 0.99);
  std::printf("  durable documents, %3d writers     %9.0f /s, p50 %.2f ms, p99 %.2f ms\n", threads,
              rate, p50, p99);
}

void measure_rendered(store::Store& db, int documents) {
  const auto start = Clock::now();
  std::size_t reads = 0, bytes = 0;
  while (seconds_since(start) < 1) {
    const auto txn = must(db.read());
    const std::string iri =
        "https://example.org/objects/" + std::to_string(reads++ % static_cast<unsigned>(documents));
    const auto found = must(txn->rendered(iri, 0));
    if (found) bytes += found->body.size();
  }
  std::printf("  rendered, own transaction each     %9.0f /s (%zu bytes)\n",
              static_cast<double>(reads) / seconds_since(start), bytes);
}

void measure_sequence(store::Store& db, int members) {
  TermId list{};
  std::vector<TermId> ids(static_cast<std::size_t>(members));
  const auto start = Clock::now();
  for (int i = 0; i < members; i += 10'000) {
    must(db.write([&](store::WriteTxn& txn) -> Result<void> {
      list = QP_TRY(txn.intern_iri("https://example.org/outbox"));
      for (int k = i; k < std::min(i + 10'000, members); ++k) {
        ids[static_cast<std::size_t>(k)] =
            QP_TRY(txn.intern_iri("https://example.org/item/" + std::to_string(k)));
        const auto audience = k % 10 == 0 ? store::AudienceId::Nobody : store::AudienceId::Public;
        QP_TRY(txn.sequence_append(list, ids[static_cast<std::size_t>(k)], audience));
      }
      return {};
    }));
  }
  std::printf("sequence of %d members (%.1f s, with interning)\n", members, seconds_since(start));
  std::vector<double> append, page, member, seek;
  for (int i = 0; i < 200; ++i) {
    const auto begun = Clock::now();
    must(db.write([&](store::WriteTxn& txn) -> Result<void> {
      const TermId id = QP_TRY(txn.intern_iri("https://example.org/late/" + std::to_string(i)));
      QP_TRY(txn.sequence_append(list, id, store::AudienceId::Public));
      return {};
    }));
    append.push_back(seconds_since(begun));
  }
  const auto txn = must(db.read());
  std::mt19937 random(4);
  const auto visible = store::Visible::only_public();
  for (int i = 0; i < 5000; ++i) {
    const TermId id = ids[random() % ids.size()];
    auto begun = Clock::now();
    must(txn->sequence_contains(list, id));
    member.push_back(seconds_since(begun));
    begun = Clock::now();
    const auto item = must(txn->sequence_item(list, id));
    must(txn->sequence_before(list, item->key, 1, visible));
    seek.push_back(seconds_since(begun));
    begun = Clock::now();
    must(txn->sequence_before(list, item->key, 20, visible));
    page.push_back(seconds_since(begun));
  }
  std::printf("  durable append, p50                %9.0f us\n", percentile(append, 0.5) * 1000);
  std::printf("  page of 20 anywhere, p50 / p99     %9.1f / %.1f us\n",
              percentile(page, 0.5) * 1000, percentile(page, 0.99) * 1000);
  std::printf("  membership, p50                    %9.1f us\n", percentile(member, 0.5) * 1000);
  std::printf("  seek to a member, p50              %9.1f us\n", percentile(seek, 0.5) * 1000);
}

// Single documents, against the same written in order at once: the pages that hold them.
void measure_growth(store::Store& db, const store::Options& again) {
  const store::Statistics live = must(db.statistics());
  must(db.backup(again.folder / "quads.mdb"));
  must(must(store::BulkLoad::begin(again, {}))->finish());
  const auto packed = std::filesystem::file_size(again.folder / "quads.mdb");
  std::printf("  live pages against a bulk load     %9.2f x\n",
              static_cast<double>(live.used_pages) * 4096 / static_cast<double>(packed));
}

void load_with_oxigraph(const std::filesystem::path& file) {
  const std::string command = "'" QUADPUB_SOURCE_DIR "/tests/npm/node' '" QUADPUB_SOURCE_DIR
                              "/bench/oxigraph_load.mjs' '" +
                              file.string() + "'";
  std::fflush(stdout);
  if (std::system(command.c_str()) != 0) std::printf("  Oxigraph: SKIPPED\n");
}

/// A folder that goes with the program.
struct Folder {
  explicit Folder(const std::string& parent) {
    std::string name = parent + "/quadpub-bench-XXXXXX";
    if (mkdtemp(name.data()) == nullptr) std::exit(1);
    path = name;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::filesystem::path path;
};

}  // namespace

int main(int argc, char** argv) {
  std::string parent = "/tmp";
  std::vector<std::uint64_t> sizes;
  double seconds = 2;
  int members = 1'000'000;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string option = argv[i];
    if (option == "--folder") parent = argv[i + 1];
    if (option == "--quads") sizes.push_back(std::strtoull(argv[i + 1], nullptr, 10));
    if (option == "--seconds") seconds = std::strtod(argv[i + 1], nullptr);
    if (option == "--members") members = std::atoi(argv[i + 1]);
  }
  if (sizes.empty()) sizes = {100'000, 1'000'000, 5'000'000};
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  for (const std::uint64_t size : sizes) {
    if (size == 0) continue;
    const Folder folder(parent);
    const auto file = folder.path / "sample.nq";
    std::FILE* out = std::fopen(file.c_str(), "wb");
    if (out == nullptr) return 1;
    const std::uint64_t written = Sample(out).write(size);
    std::fclose(out);
    std::printf("%llu quads\n", static_cast<unsigned long long>(written));
    store::Options options;
    options.folder = folder.path / "data";
    load(file, options);
    load_with_oxigraph(file);
    read(options);
    malloc_trim(0);
  }
  const Folder folder(parent), packed(parent);
  store::Options options;
  options.folder = folder.path;
  const auto db = must(store::Store::open(options));
  std::atomic<int> next = 0;
  std::printf("whole documents\n");
  for (const int threads : {1, 8, 32, 256}) measure_writes(*db, threads, next, seconds);
  measure_rendered(*db, next);
  store::Options compacted;
  compacted.folder = packed.path;
  measure_growth(*db, compacted);
  if (members > 0) measure_sequence(*db, members);
  return 0;
}
