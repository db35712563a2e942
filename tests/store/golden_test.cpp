#include <zstd.h>

#include <cstdlib>
#include <fstream>
#include <map>

#include "temporary_store.hpp"
#include "vocab/terms.hpp"

// A store file that an earlier program wrote: every later one opens it and reads the same.
//
// Until the format is released a change of it may write the file anew:
//   QUADPUB_WRITE_GOLDEN=1 build/release/tests/store_test -tc="the golden*"
namespace qp::store {

static constexpr Table kTable{7};
static const std::string kGolden =
    std::string(QUADPUB_SOURCE_DIR) + "/tests/store/golden/format-1.mdb.zst";
// The rows of terms.def when it was written. Later ones are re-keyed.
static constexpr std::size_t kGoldenWords = 100;

static std::string example(const char* name) { return std::string("https://example.org/") + name; }

static Result<void> fill(WriteTxn& txn) {
  const TermId note = QP_TRY(txn.intern_iri(example("note")));
  const TermId reader = QP_TRY(txn.intern_iri(example("reader")));
  const TermId blank = QP_TRY(txn.new_blank());
  // Words of today that were none then.
  const TermId late = QP_TRY(txn.intern_iri(vocab::rows()[kGoldenWords].iri));
  const TermId last = QP_TRY(txn.intern_iri(vocab::rows()[kGoldenWords + 1].iri));
  std::vector<TermId> values;
  for (const auto& [text, type] : std::vector<std::pair<std::string, std::string>>{
           {"text", std::string(xsd::string.iri)},
           {"-5", std::string(xsd::integer.iri)},
           {"2.50", std::string(xsd::decimal.iri)},
           {"true", std::string(xsd::boolean.iri)},
           {"2026-11-24T00:26:01.5Z", std::string(xsd::dateTime.iri)},
           {"2026-11-24T00:26:01.500+00:00", std::string(xsd::dateTime.iri)},
           {"1.5", example("type")}}) {
    values.push_back(QP_TRY(txn.intern(rdf::Term::literal(text, type))));
  }
  values.push_back(QP_TRY(txn.intern({rdf::TermKind::Literal, "chat", rdf::langString.iri, "fr"})));
  std::vector<OrderedQuad> quads = {{{note, note, rdf::type, late}, 0},
                                    {{note, note, last, blank}, 0},
                                    {{note, blank, last, late}, 0}};
  for (std::uint32_t i = 0; i < values.size(); ++i) {
    quads.push_back({{note, note, late, values[i]}, 10 - i});
  }
  GraphRecord record;
  record.document = note;
  record.audience = QP_TRY(txn.intern_audience(std::vector{reader, as::Public.id}));
  record.kind = GraphKind::Loaded;
  QP_TRY(txn.replace_graph(note, quads, record));
  DocumentRecord document;
  document.id = note;
  document.context = "\"c\"";
  document.sha256.fill(9);
  document.source_url = "u";
  document.attested_by = "by";
  document.attested_how = "how";
  document.via = "via";
  document.received = -7;
  document.root = note;
  document.graphs = {note, reader};
  document.claims = reader;
  document.fidelity = std::string("\0f", 2);
  QP_TRY(txn.put_document(document, "the bytes"));
  QP_TRY(txn.sequence_append(reader, note, record.audience, 41));
  QP_TRY(txn.queue_push(-5, "lane", "payload"));
  QP_TRY(txn.queue_reschedule(1, 60, "tried"));
  QP_TRY(txn.put_rendered(example("note"), 2, {"a/b", "\"e\"", AudienceId::Public, 410, "body"}));
  return txn.put(kTable, "key", "value");
}

static void write_golden() {
  TemporaryStore db;
  db.store.reset();
  std::filesystem::remove(db.folder.path() / "quads.mdb");
  Options options = db.options(std::size_t{1} << 20);
  options.words = kGoldenWords;
  db.store = must(Store::open(options));
  db.write(fill);
  must(db.store->backup(db.folder.path() / "copy"));
  std::ifstream in(db.folder.path() / "copy", std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), {});
  std::string packed(ZSTD_compressBound(bytes.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), bytes.data(), bytes.size(), 19));
  std::filesystem::create_directories(std::filesystem::path(kGolden).parent_path());
  std::ofstream(kGolden, std::ios::binary) << packed;
}

TEST_CASE("the golden store of format 1 opens, verifies and reads as it was written (row 14)") {
  if (std::getenv("QUADPUB_WRITE_GOLDEN") != nullptr) write_golden();
  std::ifstream in(kGolden, std::ios::binary);
  const std::string packed((std::istreambuf_iterator<char>(in)), {});
  REQUIRE_FALSE(packed.empty());
  std::string bytes(ZSTD_getFrameContentSize(packed.data(), packed.size()), '\0');
  REQUIRE(ZSTD_decompress(bytes.data(), bytes.size(), packed.data(), packed.size()) ==
          bytes.size());
  TemporaryStore db;
  db.store.reset();
  std::ofstream(db.folder.path() / "quads.mdb", std::ios::binary) << bytes;
  for (int round = 0; round < 2; ++round) {
    db.reopen();
    db.check_clean();
    const auto txn = db.read();
    const auto id = [&](std::string_view iri) { return must(txn->find_iri(iri)).value(); };
    const TermId note = id(example("note")), reader = id(example("reader"));
    const TermId late = vocab::rows()[kGoldenWords].id, last = vocab::rows()[kGoldenWords + 1].id;
    CHECK(id(vocab::rows()[kGoldenWords].iri) == late);
    std::map<std::uint32_t, std::string> values;
    must(txn->scan({note, note, late, {}}, {}, [&](const OrderedQuad& row) {
      const auto term = must(txn->resolve(row.quad.o));
      values[row.ordinal] = std::string(term.value) + "^" + std::string(term.language);
      return true;
    }));
    CHECK(values == std::map<std::uint32_t, std::string>{{10, "text^"},
                                                         {9, "-5^"},
                                                         {8, "2.50^"},
                                                         {7, "true^"},
                                                         {6, "2026-11-24T00:26:01.5Z^"},
                                                         {5, "2026-11-24T00:26:01.500+00:00^"},
                                                         {4, "1.5^"},
                                                         {3, "chat^fr"}});
    CHECK(must(txn->probe({note, {}, last, late}, {})));
    CHECK(must(txn->class_use(late)) == UseCounts{1, 1, 1});
    CHECK(must(txn->predicate_use(last)).quads == 2);
    const GraphRecord record = must(txn->graph(note)).value();
    CHECK(record.quads == 11);
    CHECK(record.document == note);
    CHECK(record.kind == GraphKind::Loaded);
    CHECK(must(txn->audience_members(record.audience)).size() == 2);
    const DocumentRecord document = must(txn->document(note)).value();
    CHECK(document.graphs == std::vector{note, reader});
    CHECK(document.received == -7);
    CHECK(document.via == "via");
    CHECK(document.fidelity == std::string("\0f", 2));
    CHECK(must(txn->document_bytes(note)) == "the bytes");
    CHECK(must(txn->sequence_item(reader, note))->key == 41);
    const auto queued = must(txn->queue_list(5));
    REQUIRE(queued.size() == 1);
    CHECK(queued[0].due == 60);
    CHECK(queued[0].last_result == "tried");
    const auto rendered = must(txn->rendered(example("note"), 2));
    CHECK(rendered->status == 410);
    CHECK(rendered->body == "body");
    CHECK(must(txn->get(kTable, "key")) == "value");
  }
}

}  // namespace qp::store
