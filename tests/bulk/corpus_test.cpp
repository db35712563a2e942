#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <sstream>

#include "../ap/fixture.hpp"
#include "ap/import_document.hpp"
#include "bulk/import.hpp"
#include "view/project.hpp"

namespace qp::bulk {
namespace {

namespace fs = std::filesystem;

/// Records in an order of the test's choosing.
class Listed final : public DumpReader {
 public:
  explicit Listed(std::vector<Record> records) : records_(std::move(records)) {}
  std::optional<Record> next() override {
    if (next_ == records_.size()) return std::nullopt;
    return records_[next_++];
  }

 private:
  std::vector<Record> records_;
  std::size_t next_ = 0;
};

/// What was imported: the document's IRI, and the bytes that it came as.
using Kept = std::vector<std::pair<std::string, std::string>>;

struct Imports {
  Totals totals;
  Kept kept;
};

Imports import_all(const std::vector<Record>& records, store::Store& store,
                   const ap::Services& services) {
  Listed reader(records);
  Writer writer;
  writer.document = [&](store::WriteTxn& txn, const Record& record,
                        const jsonld::StoredForm& form) {
    return ap::import_document(txn, form, *record.bytes, services);
  };
  Imports imports;
  std::size_t at = 0;
  imports.totals =
      store::must(import(reader, store, {services.contexts, services.loader}, writer,
                         Tell::Everything, [&](const Outcome& outcome) {
                           const std::string& bytes = *records[at++].bytes;
                           if (outcome.imported)
                             imports.kept.emplace_back(outcome.imported->document, bytes);
                         }));
  return imports;
}

void erase_bytes(store::Store& store, const Kept& kept) {
  store::must(store.write([&](store::WriteTxn& txn) -> Result<void> {
    for (const auto& [document, bytes] : kept) {
      const auto id = QP_TRY(txn.find_iri(document));
      QP_TRY(txn.erase_document_bytes(*id));
      CHECK_FALSE(txn.document_bytes(*id));
    }
    return {};
  }));
}

/// How many are rebuilt as they came.
std::size_t count_equal(store::Store& store, const Kept& kept, const ap::Services& services) {
  const auto txn = store::must(store.read());
  std::size_t equal = 0;
  for (const auto& [iri, bytes] : kept) {
    json::Arena arena;
    const auto id = store::must(txn->find_iri(iri));
    const auto document = store::must(txn->document(*id));
    const auto rebuilt =
        store::must(view::rebuild(*txn, *document, {services.contexts, services.loader}, arena));
    json::ParseLimits limits;
    limits.allow_duplicate_keys = true;
    const auto original = store::must(json::parse(bytes, arena, limits));
    const bool is_equal = json::equal(rebuilt, original);
    equal += is_equal;
    if (!is_equal) std::cout << bytes << "\n became " << json::to_text(rebuilt) << '\n';
  }
  return equal;
}

std::vector<Record> records_of(const std::vector<std::string>& texts) {
  std::vector<Record> records;
  records.reserve(texts.size());
  for (const std::string& text : texts) records.push_back({"test", text});
  return records;
}

std::vector<Record> read_corpus(const fs::path& folder) {
  std::istringstream nothing;
  const auto reader = store::must(read_as2({folder}, nothing));
  std::vector<Record> records;
  while (auto record = reader->next()) records.push_back(*std::move(record));
  return records;
}

constexpr const char* kContext = R"("@context":"https://www.w3.org/ns/activitystreams")";

}  // namespace

TEST_CASE("documents that say different things of one subject all come back, in either order") {
  std::vector<std::string> texts;
  const std::string head = std::string("{") + kContext;
  texts.push_back(head + R"(,"id":"https://a.example/n","type":"Note","content":"one","tag":[]})");
  texts.push_back(head +
                  R"(,"id":"https://a.example/n","type":"Note","content":"two","name":null})");
  texts.push_back(head + R"(,"type":"Create","id":"https://a.example/c","actor":{
      "id":"https://a.example/alice","type":"Person"},"object":{"id":"https://a.example/n",
      "type":"Note","content":"three","attributedTo":"https://a.example/alice"}})");
  texts.push_back(head + R"(,"id":"https://a.example/alice","type":"Person","name":"Alice"})");
  texts.push_back(texts.front());
  for (int round = 0; round < 2; ++round) {
    ap::Fixture server;
    const auto imports = import_all(records_of(texts), server.services.store, server.services);
    CHECK(imports.totals.imported == texts.size());
    erase_bytes(server.services.store, imports.kept);
    CHECK(count_equal(server.services.store, imports.kept, server.services) == texts.size());
    std::reverse(texts.begin(), texts.end());
  }
}

TEST_CASE("documents without an id, and with blank nodes that are met twice, come back") {
  const std::string head = std::string("{") + kContext;
  const std::vector<std::string> texts = {
      head + R"(,"type":"Note","content":"no id"})",
      head + R"(,"id":null,"type":"Note","content":"an id of null"})",
      head +
          R"(,"type":"Note","tag":[{"id":"_:b0","name":"x"},{"id":"_:z","attributedTo":"_:b0"}]})",
      head + R"(,"id":"_:b7","type":"Note","replies":{"partOf":"_:b7"}})",
      head +
          R"(,"id":"https://a.example/alice#follows/1","type":"Follow","object":"https://b.example/"})",
      R"({"type":"Note","content":"no context"})",
  };
  ap::Fixture server;
  const auto imports = import_all(records_of(texts), server.services.store, server.services);
  CHECK(imports.totals.imported == texts.size());
  erase_bytes(server.services.store, imports.kept);
  CHECK(count_equal(server.services.store, imports.kept, server.services) == texts.size());
}

TEST_CASE("what cannot be mapped to quads comes back too") {
  const std::string head = std::string("{") + kContext;
  const std::vector<std::string> texts = {
      head + R"(,"type":"Delete","object":{"type":"Audio","id":["https://a/1","https://a/2"]}})",
      head + R"(,"@graph":[{"name":"x"}],"name":"y"})",
      head + R"(,"name":"y","@reverse":{"object":{"name":"z"}},"@included":[{"name":"i"}]})",
      head + R"(,"id":"no IRI at all","name":5.0,"type":["Note",null]})",
      R"({"@context":{"g":{"@id":"http://p/g","@container":"@graph"}},"g":{"http://p/":1e2}})",
      R"({})",
      R"({"id":"https://a.example/only"})",
      R"({"@context":null})",
      R"({"@context":[],"x":[[[]],[null]],"@foo":1,"@type":{"a":1}})",
      R"({"@context":5,"name":"x","a b":{"c/d":"e"},"url":"not an IRI","type":"Odd Type"})",
  };
  ap::Fixture server;
  const auto imports = import_all(records_of(texts), server.services.store, server.services);
  CHECK(imports.totals.imported == texts.size());
  erase_bytes(server.services.store, imports.kept);
  CHECK(count_equal(server.services.store, imports.kept, server.services) == texts.size());
}

TEST_CASE("every document of the corpus comes back from one store, whatever the order") {
  const fs::path folder = fs::path(QUADPUB_SOURCE_DIR) / ".." / "shared" / "corpus" / "as2";
  if (!fs::exists(folder)) {
    std::cout << "SKIPPED: no corpus at " << folder << '\n';
    return;
  }
  auto records = read_corpus(folder);
  for (int round = 0; round < 2; ++round) {
    ap::Fixture server;
    const auto imports = import_all(records, server.services.store, server.services);
    CHECK(imports.totals.refused == 0);
    erase_bytes(server.services.store, imports.kept);
    CHECK(count_equal(server.services.store, imports.kept, server.services) == records.size());
    const double share = 100.0 * static_cast<double>(imports.totals.fidelity_bytes) /
                         static_cast<double>(imports.totals.bytes);
    std::printf("corpus: %zu documents in one store; fidelity records %zu bytes, %.1f %%\n",
                records.size(), imports.totals.fidelity_bytes, share);
    CHECK(share <= 20);
    std::reverse(records.begin(), records.end());
  }
}

}  // namespace qp::bulk
