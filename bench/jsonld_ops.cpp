// The operations of JSON-LD on documents in memory, and how many a second. Used by bench/jsonld.
//
// - bench_jsonld pack FOLDER: prints {"documents": [...], "contexts": {...}}, what is compared.
// - bench_jsonld run PACK SECONDS [NAME]: prints {"parse": documents/s, ...}, or only that one.
// - bench_jsonld heap PACK COUNT: reads COUNT documents for storage, prints the memory in use.
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "jsonld/context.hpp"
#include "jsonld/document.hpp"
#include "jsonld/jsonld.hpp"
#include "proof/rdfc.hpp"
#include "vocab/contexts.hpp"

namespace {

using namespace qp;
using json::Value;

constexpr const char* kCompactionContext =
    R"(["https://www.w3.org/ns/activitystreams","https://w3id.org/security/v1"])";

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

Result<jsonld::RemoteDocument> load(std::string_view url) {
  const auto* bundled = vocab::find_bundled_context(url);
  if (!bundled) return error(Code::NotFound, std::string(url));
  return jsonld::RemoteDocument{std::string(url), std::string(bundled->json), {}};
}

jsonld::Options options_with(jsonld::ContextCache* cache) {
  jsonld::Options options;
  options.cache = cache;
  options.loader = load;
  return options;
}

/// The documents below `folder` whose contexts are all bundled, with these contexts.
int pack(const std::filesystem::path& folder) {
  json::Arena arena;
  std::map<std::string, std::string> contexts;
  jsonld::Options options = options_with(nullptr);
  options.loader = [&](std::string_view url) {
    auto loaded = load(url);
    if (loaded) contexts.emplace(url, loaded->text);
    return loaded;
  };
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == ".json") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  const Value documents = Value::array(arena);
  for (const auto& path : paths) {
    const std::string_view text = arena.copy(read_file(path));
    const auto document = json::parse(text, arena);
    if (document && document->is_object() && jsonld::expand(*document, options, arena)) {
      documents.push_back(arena, Value::string(text));
    }
  }
  const Value all = Value::object(arena);
  for (const auto& [url, text] : contexts) {
    all.set(arena, arena.copy(url), Value::string(arena.copy(text)));
  }
  const Value result = Value::object(arena);
  result.set(arena, "documents", documents);
  result.set(arena, "contexts", all);
  std::printf("%s\n", json::to_text(result).c_str());
  return 0;
}

std::vector<std::string> unpack(const std::string& path) {
  json::Arena arena;
  json::ParseLimits limits;
  limits.string_bytes = limits.members = std::size_t{1} << 30;
  const std::string text = read_file(path);
  const auto packed = json::parse(text, arena, limits);
  std::vector<std::string> documents;
  if (!packed) return documents;
  for (const Value document : packed->get("documents").items()) {
    documents.emplace_back(document.text());
  }
  return documents;
}

/// Seconds that this thread has had a processor for: what else the machine does counts little.
double seconds_used() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

/// Documents a second, of `operation` on the n-th of `count`, after a round that is not counted.
double rate(std::size_t count, double seconds, const std::function<void(std::size_t)>& operation) {
  for (std::size_t i = 0; i < count; ++i) operation(i);
  std::size_t done = 0;
  const double begun = seconds_used();
  double took = 0;
  do {
    for (std::size_t i = 0; i < count; ++i) operation(i);
    done += count;
    took = seconds_used() - begun;
  } while (took < seconds);
  return static_cast<double>(done) / took;
}

template <class T>
T must(Result<T> result) {
  if (result) return *std::move(result);
  std::fprintf(stderr, "%s\n", result.error().detail.c_str());
  std::exit(1);
}

/// What an operation begins with, for each document.
struct Prepared {
  json::Arena arena;
  std::vector<Value> expanded;
  std::vector<std::vector<rdf::QuadView>> quads;
};

void prepare(const std::vector<std::string>& texts, const jsonld::Options& options,
             Prepared& prepared) {
  json::Arena& arena = prepared.arena;
  for (const std::string& text : texts) {
    const Value document = must(json::parse(text, arena));
    prepared.expanded.push_back(must(jsonld::expand(document, options, arena)));
    auto& quads = prepared.quads.emplace_back();
    for (const auto& emitted : must(jsonld::to_rdf(prepared.expanded.back(), {}, arena))) {
      quads.push_back(emitted.quad);
    }
  }
}

int run(const std::string& path, double seconds, std::string_view only) {
  const std::vector<std::string> texts = unpack(path);
  jsonld::ContextCache cache;
  const jsonld::Options options = options_with(&cache);
  Prepared prepared;
  prepare(texts, options, prepared);
  json::Arena arena;
  const auto parse = [&](std::size_t i) {
    arena.clear();
    return must(json::parse(texts[i], arena));
  };
  json::Arena context_arena;
  const Value context = must(json::parse(kCompactionContext, context_arena));

  std::size_t sink = 0;
  const std::pair<const char*, std::function<void(std::size_t)>> operations[] = {
      {"parse", [&](std::size_t i) { sink += parse(i).size(); }},
      {"expand",
       [&](std::size_t i) { sink += must(jsonld::expand(parse(i), options, arena)).size(); }},
      {"compact",
       [&](std::size_t i) {
         arena.clear();
         sink += must(jsonld::compact(prepared.expanded[i], context, options, arena)).size();
       }},
      {"quads",
       [&](std::size_t i) {
         const Value expanded = must(jsonld::expand(parse(i), options, arena));
         sink += must(jsonld::to_rdf(expanded, {}, arena)).size();
       }},
      {"canonicalize",
       [&](std::size_t i) { sink += must(proof::canonicalize(prepared.quads[i])).nquads.size(); }},
      {"cold",
       [&](std::size_t i) {
         jsonld::ContextCache empty;
         const jsonld::Options cold = options_with(&empty);
         sink += must(jsonld::expand(parse(i), cold, arena)).size();
       }},
      {"storage",
       [&](std::size_t i) {
         sink += must(jsonld::read_for_storage(parse(i), {cache, load}, arena,
                                               jsonld::Sender::Operator))
                     .quads.size();
       }},
  };
  std::printf("{\"documents\": %zu", texts.size());
  for (const auto& [name, operation] : operations) {
    if (!only.empty() && only != name) continue;
    std::printf(", \"%s\": %.0f", name, rate(texts.size(), seconds, operation));
    std::fflush(stdout);
  }
  std::printf("}\n");
  return sink == 0 ? 1 : 0;
}

/// Resident memory in KiB.
long resident() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::strtol(line.c_str() + 6, nullptr, 10);
  }
  return 0;
}

int heap(const std::string& path, std::size_t count) {
  const std::vector<std::string> texts = unpack(path);
  jsonld::ContextCache cache;
  json::Arena arena;
  long first = 0;
  for (std::size_t i = 0; i < count; ++i) {
    arena.clear();
    const Value document = must(json::parse(texts[i % texts.size()], arena));
    const auto form =
        must(jsonld::read_for_storage(document, {cache, load}, arena, jsonld::Sender::Operator));
    std::vector<rdf::QuadView> quads;
    for (const auto& emitted : form.quads) quads.push_back(emitted.quad);
    must(proof::canonicalize(quads));
    if ((i + 1) % (count / 10) != 0) continue;
    if (first == 0) first = resident();
    std::printf("%9zu documents: %ld KiB resident\n", i + 1, resident());
    std::fflush(stdout);
  }
  const long growth = resident() - first;
  std::printf("growth after the first tenth: %ld KiB\n", growth);
  return growth > 1024 ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string action = argc > 2 ? argv[1] : "";
  if (action == "pack") return pack(argv[2]);
  if (action == "run" && argc >= 4) {
    return run(argv[2], std::strtod(argv[3], nullptr), argc > 4 ? argv[4] : "");
  }
  if (action == "heap" && argc == 4) return heap(argv[2], std::strtoul(argv[3], nullptr, 10));
  std::fprintf(stderr,
               "usage: bench_jsonld pack FOLDER | run PACK SECONDS [NAME] | heap PACK COUNT\n");
  return 2;
}
