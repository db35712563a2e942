// libFuzzer target: any text is a query, an update or a fault that has a place; what is read is run
// on a small store within small limits, and ends in time.
#include <filesystem>
#include <memory>

#include "fuzz.hpp"
#include "sparql/execution.hpp"
#include "sparql/parser.hpp"
#include "sparql/results.hpp"
#include "sparql/update.hpp"

using namespace qp;

namespace {

const sparql::ParseOptions kParse{"http://base/", sparql::vocabulary_prefix};

constexpr std::string_view kData = R"(INSERT DATA {
  GRAPH <http://x/g1> { <http://x/n1> <http://x/p1> <http://x/n2>, 1, 2.5, "a", "a"@en, 1e0 .
    <http://x/n2> <http://x/p1> <http://x/n3> ; <http://x/p2> _:b . _:b <http://x/p2> true }
  GRAPH <http://x/g2> { <http://x/n3> <http://x/p1> <http://x/n1> ; a as:Note ;
    as:published "2024-01-02T03:04:05Z"^^xsd:dateTime } <http://x/n1> <http://x/p3> "" })";

sparql::RunOptions small() {
  sparql::RunOptions run;
  run.limits.time = std::chrono::milliseconds(500);
  run.limits.memory = 16 << 20;
  run.limits.rows = 10'000;
  return run;
}

store::Store& small_store() {
  static const std::unique_ptr<store::Store> store = [] {
    const auto folder = std::filesystem::temp_directory_path() / "qp-sparql-fuzz";
    std::filesystem::create_directories(folder);
    auto opened = store::Store::open({folder, std::size_t{1} << 30, true, false});
    fuzz::expect(opened.has_value(), "the store opens");
    const auto data = sparql::parse_update(kData, kParse);
    fuzz::expect(data.has_value(), "the data is read");
    const auto filled = (*opened)->write([&](store::WriteTxn& txn) -> Result<void> {
      QP_TRY(sparql::run_update(txn, *data, {small()}));
      return {};
    });
    fuzz::expect(filled.has_value(), "the data is written");
    return *std::move(opened);
  }();
  return *store;
}

/// Runs it and takes its effect back.
void run(const sparql::Update& update) {
  const auto undone = small_store().write([&](store::WriteTxn& txn) -> Result<void> {
    QP_TRY(sparql::run_update(txn, update, {small()}));
    return error(Code::Conflict, "not to be kept");
  });
  fuzz::expect(!undone.has_value(), "an update is taken back");
}

void run(sparql::Query query) {
  const auto txn = small_store().read();
  fuzz::expect(txn.has_value(), "the store is read");
  const auto begin = std::chrono::steady_clock::now();
  const auto execution = sparql::Execution::prepare(**txn, std::move(query), small());
  if (!execution) return;
  const bool graph = sparql::suits(sparql::Format::Turtle, (*execution)->form());
  const auto format = graph ? sparql::Format::Turtle : sparql::Format::Tsv;
  const auto done = sparql::write_answer(**execution, format, {},
                                         [](std::string_view) { return Result<void>(); });
  static_cast<void>(done.has_value());
  // The sanitizers are slow; an operator that never looks at the clock is slower.
  const auto took = std::chrono::steady_clock::now() - begin;
  fuzz::expect(took < std::chrono::seconds(5), "a query ends at its time limit");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  sparql::Fault fault;
  if (const auto update = sparql::parse_update(text, kParse, &fault)) {
    run(*update);
  } else {
    fuzz::expect(!fault.what.empty(), "a fault says what it is");
  }
  auto query = sparql::parse_query(text, kParse, &fault);
  if (query) {
    run(*std::move(query));
  } else {
    fuzz::expect(fault.at.line != 0 && fault.at.column != 0, "a fault has a place");
  }
  return 0;
}
