// The W3C suite of RDFC-1.0, run whole.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "proof/rdfc.hpp"
#include "rdf/nquads.hpp"
#include "suite.hpp"

using namespace qp;

namespace {

using Case = nlohmann::json;

/// The result in the shape of the suite's files: N-Quads, or a map of labels as JSON.
std::string result_of(const proof::CanonicalDataset& canonical, bool is_map) {
  if (!is_map) return canonical.nquads;
  Case map = Case::object();
  for (std::size_t n = 0; n < canonical.labels.size(); ++n) {
    map[std::string(canonical.labels[n])] = "c14n" + std::to_string(n);
  }
  return map.dump();
}

/// What is wrong with how the case comes out; empty when nothing is.
std::string trouble_with(const Case& each, const std::filesystem::path& suite) {
  const std::string type = each["type"];
  const auto dataset = rdf::parse_quads(tests::read_file(suite / each["action"].get<std::string>()),
                                        rdf::Syntax::NQuads);
  if (!dataset) return dataset.error().detail;
  const std::vector<rdf::QuadView> quads(dataset->begin(), dataset->end());
  proof::CanonicalizeOptions options;
  if (each.value("hashAlgorithm", "") == "SHA384") options.hash = proof::HashAlgorithm::Sha384;
  const auto canonical = proof::canonicalize(quads, options);
  if (type == "rdfc:RDFC10NegativeEvalTest") return canonical ? "canonicalized" : "";
  if (!canonical) return canonical.error().detail;
  const bool is_map = type == "rdfc:RDFC10MapTest";
  std::string expected = tests::read_file(suite / each["result"].get<std::string>());
  if (is_map) expected = Case::parse(expected).dump();
  const std::string result = result_of(*canonical, is_map);
  return result == expected ? "" : "other result:\n" + result;
}

}  // namespace

TEST_CASE("RDFC-1.0 suite") {
  const auto suite = tests::suite_folder("rdf-canon");
  if (!suite) return;
  tests::Tally tally("RDFC-1.0", {});
  const Case manifest = Case::parse(tests::read_file(*suite / "manifest.jsonld"));
  for (const Case& each : manifest["entries"]) tally.record(each["id"], trouble_with(each, *suite));
  tally.finish(86);
}
