// The W3C suites of the RDF 1.1 syntaxes, run whole.
#include <doctest/doctest.h>

#include <map>
#include <string>

#include "rdf/isomorphic.hpp"
#include "rdf/nquads.hpp"
#include "suite.hpp"
#include "vocab/terms.hpp"

using namespace qp;
using rdf::Syntax;

namespace {

/// A case of a manifest: its properties by local name (`type`, `action`, `result`).
using Case = std::map<std::string, std::string>;

std::string local_name(std::string_view iri) {
  return std::string(iri.substr(iri.find_last_of("#/") + 1));
}

std::map<std::string, Case> read_manifest(const std::filesystem::path& folder,
                                          const std::string& base) {
  const auto manifest = rdf::parse_quads(tests::read_file(folder / "manifest.ttl"), Syntax::Turtle,
                                         base + "manifest.ttl");
  REQUIRE(manifest.has_value());
  std::map<std::string, Case> cases;
  for (const rdf::Quad& quad : *manifest) {
    const std::string property = local_name(quad.p.value);
    if (property == "type" || property == "action" || property == "result") {
      cases[local_name(quad.s.value)][property] = local_name(quad.o.value);
    }
  }
  std::erase_if(cases, [](const auto& entry) { return !entry.second.contains("action"); });
  return cases;
}

/// What is wrong with the way in which `each` is read; empty when nothing is.
std::string trouble_with(Case& each, const std::filesystem::path& folder, Syntax syntax,
                         const std::string& base) {
  const std::string& type = each["type"];
  const auto read =
      rdf::parse_quads(tests::read_file(folder / each["action"]), syntax, base + each["action"]);
  if (type.find("Negative") != std::string::npos) return read ? "accepted" : "";
  if (!read) return read.error().detail;
  if (!each.contains("result")) return "";
  const auto expected = rdf::parse_quads(tests::read_file(folder / each["result"]), Syntax::NQuads);
  if (!expected) return "expected quads: " + expected.error().detail;
  return rdf::isomorphic(*read, *expected) ? "" : "other quads:\n" + rdf::to_nquads(*read);
}

void run(const std::string& name, Syntax syntax, std::size_t total,
         const std::map<std::string, std::string>& known_failures) {
  const auto suite = tests::suite_folder("rdf11");
  if (!suite) return;
  const std::filesystem::path folder = *suite / name;
  const std::string base = "https://w3c.github.io/rdf-tests/rdf/rdf11/" + name + "/";
  tests::Tally tally(name, known_failures);
  for (auto& [id, each] : read_manifest(folder, base)) {
    tally.record(id, trouble_with(each, folder, syntax, base));
  }
  tally.finish(total);
}

}  // namespace

TEST_CASE("N-Triples suite") { run("rdf-n-triples", Syntax::NTriples, 70, {}); }
TEST_CASE("N-Quads suite") { run("rdf-n-quads", Syntax::NQuads, 87, {}); }
TEST_CASE("Turtle suite") { run("rdf-turtle", Syntax::Turtle, 313, {}); }
TEST_CASE("TriG suite") { run("rdf-trig", Syntax::TriG, 356, {}); }
