#include "sparql_suite.hpp"

#include <doctest/doctest.h>

#include <map>

#include "rdf/nquads.hpp"
#include "suite.hpp"
#include "vocab/terms.hpp"

namespace qp::tests {

namespace {

std::string local_name(std::string_view iri) {
  return std::string(iri.substr(iri.find_last_of("#/") + 1));
}

/// One manifest as a graph that can be walked.
class Manifest {
 public:
  Manifest(const std::filesystem::path& folder, const std::string& base)
      : folder_(folder), base_(base) {
    const auto quads =
        rdf::parse_quads(read_file(folder / "manifest.ttl"), rdf::Syntax::Turtle, base);
    REQUIRE_MESSAGE(quads.has_value(), folder);
    for (const rdf::Quad& quad : *quads) {
      values_[quad.s.value][local_name(quad.p.value)].push_back(quad.o.value);
    }
  }

  std::vector<SparqlCase> cases() {
    std::vector<SparqlCase> made;
    for (auto& [subject, properties] : values_) {
      if (!properties.contains("entries")) continue;
      std::string cell = properties["entries"][0];
      for (; cell != rdf::nil.iri; cell = one(cell, "rest"))
        made.push_back(read(one(cell, "first")));
      return made;
    }
    return made;
  }

 private:
  std::string one(const std::string& subject, const std::string& property) {
    const auto& found = values_[subject][property];
    return found.empty() ? std::string() : found[0];
  }

  SparqlCase read(const std::string& subject) {
    SparqlCase made;
    made.name = folder_.filename().string() + "/" + local_name(subject);
    made.kind = local_name(one(subject, "type"));
    made.folder = folder_;
    made.base = base_;
    const std::string action = one(subject, "action"), result = one(subject, "result");
    made.query = one(action, "query");
    if (made.query.empty()) made.query = one(action, "request");
    if (made.query.empty()) made.query = action;
    made.data = graphs(action);
    if (result.starts_with(base_)) made.result = result;
    made.result_data = graphs(result);
    made.lax_cardinality = local_name(one(subject, "resultCardinality")) == "LaxCardinality";
    return made;
  }

  SparqlCase::GraphFiles graphs(const std::string& node) {
    SparqlCase::GraphFiles made;
    for (const std::string& file : values_[node]["data"]) made.emplace_back("", file);
    for (const std::string& graph : values_[node]["graphData"]) {
      const std::string file = one(graph, "graph");
      if (file.empty()) {
        made.emplace_back(graph, graph);
      } else {
        made.emplace_back(one(graph, "label"), file);
      }
    }
    return made;
  }

  std::filesystem::path folder_;
  std::string base_;
  std::map<std::string, std::map<std::string, std::vector<std::string>>> values_;
};

}  // namespace

std::vector<SparqlCase> sparql_cases(const std::filesystem::path& folder) {
  std::vector<SparqlCase> all;
  std::vector<std::filesystem::path> folders;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name == "entailment" || name == "service") continue;
    if (std::filesystem::exists(entry.path() / "manifest.ttl")) folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  for (const auto& each : folders) {
    const std::string base = "https://w3c.github.io/rdf-tests/sparql/" +
                             folder.filename().string() + "/" + each.filename().string() + "/";
    for (SparqlCase& found : Manifest(each, base).cases()) all.push_back(std::move(found));
  }
  return all;
}

void run_sparql_cases(const std::string& suite, const std::string& kind, std::size_t total,
                      const std::function<std::string(const SparqlCase&)>& trouble_with) {
  const auto folder = suite_folder(suite);
  if (!folder) return;
  Tally tally(suite + " " + kind, {});
  for (const SparqlCase& each : sparql_cases(*folder)) {
    if (each.kind == kind) tally.record(each.name, trouble_with(each));
  }
  tally.finish(total);
}

}  // namespace qp::tests
