#include <doctest/doctest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include "jsonld/context.hpp"
#include "jsonld/document.hpp"
#include "jsonld/fidelity.hpp"
#include "vocab/contexts.hpp"

namespace json = qp::json;
namespace jsonld = qp::jsonld;
namespace fs = std::filesystem;

namespace {

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

qp::Result<jsonld::RemoteDocument> load_bundled(std::string_view url) {
  const auto* bundled = qp::vocab::find_bundled_context(url);
  if (!bundled) return qp::error(qp::Code::NotFound, "not in the bundle");
  return jsonld::RemoteDocument{std::string(url), std::string(bundled->json), {}};
}

struct Totals {
  int documents = 0, unread = 0, unequal = 0;
  std::size_t bytes = 0, kept_bytes = 0;
};

void try_document(const fs::path& path, jsonld::ContextCache& cache, Totals& totals) {
  json::Arena arena;
  const std::string text = read_file(path);
  const auto parsed = json::parse(text, arena);
  if (!parsed || !parsed->is_object()) return;
  ++totals.documents;
  totals.bytes += json::to_text(*parsed).size();
  const json::Value original = json::deep_copy(*parsed, arena);
  const jsonld::ContextSource contexts{cache, load_bundled};
  const auto form = jsonld::read_for_storage(*parsed, contexts, arena);
  if (!form) {
    ++totals.unread;
    std::cout << path.filename() << ": " << form.error().detail << '\n';
    return;
  }
  if (!form->difference.is_null()) totals.kept_bytes += json::to_text(form->difference).size();
  std::vector<jsonld::Statement> statements;
  for (const auto& emitted : form->quads) {
    statements.push_back({emitted.quad.s, emitted.quad.p, emitted.quad.o, emitted.ordinal});
  }
  const auto restored = jsonld::restore(statements, form->root, form->context, contexts, arena);
  REQUIRE(restored);
  const auto back = jsonld::apply_difference(*restored, form->difference, arena);
  if (!json::equal(back, original)) {
    ++totals.unequal;
    std::cout << path.filename() << " differs\n";
  }
}

}  // namespace

TEST_CASE("documents of real servers come back from their quads as they were") {
  const fs::path folder = fs::path(QUADPUB_SOURCE_DIR) / ".." / "shared" / "corpus" / "as2";
  if (!fs::exists(folder)) {
    std::cout << "SKIPPED: no corpus at " << folder << '\n';
    return;
  }
  jsonld::ContextCache cache;
  Totals totals;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == ".json") try_document(entry.path(), cache, totals);
  }
  std::printf("corpus: %d documents, %d not read, %d not equal; kept beside the quads: %.1f %%\n",
              totals.documents, totals.unread, totals.unequal,
              100.0 * static_cast<double>(totals.kept_bytes) / static_cast<double>(totals.bytes));
  CHECK(totals.documents >= 500);
  CHECK(totals.unequal == 0);
  CHECK(totals.unread <= totals.documents / 100);
}
