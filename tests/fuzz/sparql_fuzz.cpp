// libFuzzer target: any text is a query, an update or a fault; what is read is planned and run on
// an empty store, within small limits.
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "sparql/execution.hpp"
#include "sparql/parser.hpp"

using namespace qp;

namespace {

store::Store& empty_store() {
  static const std::unique_ptr<store::Store> store = [] {
    const auto folder = std::filesystem::temp_directory_path() / "qp-sparql-fuzz";
    std::filesystem::create_directories(folder);
    auto opened = store::Store::open({folder, std::size_t{1} << 30, true, false});
    if (!opened) std::abort();
    return *std::move(opened);
  }();
  return *store;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  sparql::Fault fault;
  const sparql::ParseOptions options{"http://base/", sparql::vocabulary_prefix};
  if (!sparql::parse_update(text, options, &fault) && fault.what.empty()) std::abort();
  auto query = sparql::parse_query(text, options, &fault);
  if (!query) {
    if (fault.at.line == 0 || fault.at.column == 0) std::abort();
    return 0;
  }
  const auto txn = empty_store().read();
  if (!txn) std::abort();
  sparql::RunOptions run;
  run.limits.time = std::chrono::milliseconds(200);
  run.limits.memory = 16 << 20;
  run.limits.rows = 10'000;
  const auto execution = sparql::Execution::prepare(**txn, *std::move(query), run);
  if (!execution) return 0;
  sparql::Batch rows;
  while (true) {
    const auto more = (*execution)->next(rows);
    if (!more || !*more) return 0;
  }
}
