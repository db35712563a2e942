// How long does a resource take whose finished bytes are not there, for the anonymous reader?
//
// bench_render DATA ROUNDS IRI...: all the IRIs in turn, ROUNDS times; one transaction each.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "jsonld/context.hpp"
#include "view/serve.hpp"
#include "vocab/contexts.hpp"

namespace {

using namespace qp;

Result<jsonld::RemoteDocument> load_bundled(std::string_view url) {
  const auto* bundled = vocab::find_bundled_context(url);
  if (!bundled) return error(Code::NotFound, "not in the bundle");
  return jsonld::RemoteDocument{std::string(url), std::string(bundled->json), {}};
}

Result<std::size_t> run(char** arguments, int count) {
  store::Options options;
  options.folder = arguments[1];
  const auto store = QP_TRY(store::Store::open(options));
  jsonld::ContextCache cache;
  const view::Contexts contexts{cache, load_bundled};
  const long rounds = std::strtol(arguments[2], nullptr, 10);
  std::size_t bytes = 0;
  for (long round = 0; round < rounds; ++round) {
    for (int i = 3; i < count; ++i) {
      const auto txn = QP_TRY(store->read());
      bytes += QP_TRY(view::serve(*txn, arguments[i], {}, contexts)).body.size();
    }
  }
  return bytes;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 4) return 2;
  const auto begin = std::chrono::steady_clock::now();
  const auto bytes = run(arguments, count);
  if (!bytes) {
    std::fprintf(stderr, "bench_render: %s\n", bytes.error().detail.c_str());
    return 1;
  }
  const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begin;
  const double served = std::strtod(arguments[2], nullptr) * (count - 3);
  std::printf("%.1f us each, %.0f bytes\n", took.count() / served,
              static_cast<double>(*bytes) / served);
}
