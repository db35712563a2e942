#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

/// The manifests of the W3C's SPARQL suites.
namespace qp::tests {

struct SparqlCase {
  std::string name;  ///< folder and local name of its IRI
  std::string kind;  ///< local name of its type: QueryEvaluationTest ...
  std::filesystem::path folder;
  std::string base;   ///< of the folder, as an IRI
  std::string query;  ///< file: the query, or the update
  using GraphFiles = std::vector<std::pair<std::string, std::string>>;
  /// Before and after: IRI of the graph (empty: the default graph) and file.
  GraphFiles data, result_data;
  std::string result;  ///< file; empty where there is none
  bool lax_cardinality = false;
};

/// All cases of the suite in `folder` (`sparql10`, `sparql11`), but those for entailment and
/// SERVICE.
std::vector<SparqlCase> sparql_cases(const std::filesystem::path& folder);

/// Counts the suite's cases of one kind, of which there are `total`, by whether `trouble_with` has
/// nothing to say of them. Where the suite is not found, it says so.
void run_sparql_cases(const std::string& suite, const std::string& kind, std::size_t total,
                      const std::function<std::string(const SparqlCase&)>& trouble_with);

}  // namespace qp::tests
