// The W3C suites of JSON-LD 1.1 API for toRdf and fromRdf, run whole. Cases that are for JSON-LD
// 1.0 processors only are run too, and counted apart: what fails there is right for 1.1.
#include <doctest/doctest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "jsonld/jsonld.hpp"
#include "rdf/isomorphic.hpp"
#include "rdf/nquads.hpp"
#include "suite.hpp"

using namespace qp;
using namespace qp::jsonld;

namespace {

using Case = nlohmann::json;
using Folder = std::filesystem::path;

constexpr std::string_view kBase = "https://w3c.github.io/json-ld-api/tests/";

std::string text_of(const Case& object, const char* key) {
  return object.contains(key) ? object[key].get<std::string>() : std::string();
}

bool is_of_type(const Case& each, std::string_view type) {
  for (const auto& name : each["@type"]) {
    if (name.get<std::string>() == type) return true;
  }
  return false;
}

RdfOptions rdf_options(const Case& option) {
  RdfOptions options;
  options.produce_generalized_rdf = option.value("produceGeneralizedRdf", false);
  options.use_native_types = option.value("useNativeTypes", false);
  options.use_rdf_type = option.value("useRdfType", false);
  if (text_of(option, "rdfDirection") == "i18n-datatype") {
    options.rdf_direction = RdfDirection::I18nDatatype;
  } else if (text_of(option, "rdfDirection") == "compound-literal") {
    options.rdf_direction = RdfDirection::CompoundLiteral;
  }
  return options;
}

json::Value read_json(std::string_view text, json::Arena& arena) {
  json::ParseLimits limits;
  limits.allow_duplicate_keys = true;
  const auto value = json::parse(arena.copy(text), arena, limits);
  REQUIRE(value.has_value());
  return *value;
}

Options expand_options(const Case& each, const Case& option, const Folder& suite,
                       json::Arena& arena) {
  Options options;
  options.base = option.value("base", std::string(kBase) + text_of(each, "input"));
  if (text_of(option, "processingMode") == "json-ld-1.0") {
    options.processing_mode = ProcessingMode::JsonLd10;
  }
  if (option.contains("expandContext")) {
    options.expand_context =
        read_json(tests::read_file(suite / text_of(option, "expandContext")), arena);
  }
  options.loader = [suite](std::string_view url) -> Result<RemoteDocument> {
    if (!url.starts_with(kBase)) return error(Code::NotFound, std::string(url));
    const std::string path(url.substr(kBase.size()));
    const std::string text = tests::read_file(suite / path);
    if (text.empty()) return error(Code::NotFound, std::string(url));
    return RemoteDocument{std::string(url), text, {}};
  };
  return options;
}

/// toRdf as API 9.3 has it: a dataset, or what went wrong.
Result<rdf::Dataset> dataset_of(const Case& each, const Case& option, const Folder& suite) {
  json::Arena arena;
  const json::Value document = read_json(tests::read_file(suite / text_of(each, "input")), arena);
  const json::Value expanded =
      QP_TRY(expand(document, expand_options(each, option, suite, arena), arena));
  rdf::Dataset dataset;
  for (const EmittedQuad& emitted : QP_TRY(to_rdf(expanded, rdf_options(option), arena))) {
    dataset.push_back(rdf::copy(emitted.quad));
  }
  return dataset;
}

/// Generalized RDF is not N-Quads: blank predicates are read as IRIs of a scheme of their own, on
/// both sides of the comparison.
std::string without_blank_predicates(const std::string& nquads) {
  std::string out = nquads;
  for (std::size_t at = 0; (at = out.find(" _:", at)) != std::string::npos; at += 3) {
    const std::size_t line = out.rfind('\n', at) + 1;
    const std::size_t first_space = out.find(' ', line);
    if (first_space != at) continue;
    const std::size_t end = out.find(' ', at + 1);
    out.replace(at, end - at, " <blank:predicate>");
  }
  return out;
}

std::string to_rdf_trouble(const Case& each, const Folder& suite) {
  const Case option = each.value("option", Case::object());
  auto dataset = dataset_of(each, option, suite);
  if (is_of_type(each, "jld:NegativeEvaluationTest")) {
    if (dataset) return "accepted; expected " + text_of(each, "expectErrorCode");
    const bool matches = dataset.error().detail.starts_with(text_of(each, "expectErrorCode"));
    return matches ? "" : dataset.error().detail + "; expected " + text_of(each, "expectErrorCode");
  }
  if (!dataset) return dataset.error().detail;
  if (is_of_type(each, "jld:PositiveSyntaxTest")) return "";
  std::string text = tests::read_file(suite / text_of(each, "expect"));
  if (option.value("produceGeneralizedRdf", false)) {
    text = without_blank_predicates(text);
    dataset =
        rdf::parse_quads(without_blank_predicates(rdf::to_nquads(*dataset)), rdf::Syntax::NQuads);
  }
  const auto expected = rdf::parse_quads(text, rdf::Syntax::NQuads);
  if (!expected) return "expected quads: " + expected.error().detail;
  return rdf::isomorphic(*dataset, *expected) ? "" : "other quads:\n" + rdf::to_nquads(*dataset);
}

/// Equal as JSON-LD documents: the order of arrays matters in lists only.
bool equivalent(const nlohmann::json& a, const nlohmann::json& b, bool ordered) {
  if (a.type() != b.type() && !(a.is_number() && b.is_number())) return false;
  if (a.size() != b.size()) return false;
  if (a.is_object()) {
    for (const auto& [key, value] : a.items()) {
      if (!b.contains(key) || !equivalent(value, b[key], key == "@list")) return false;
    }
    return true;
  }
  if (!a.is_array()) return a == b;
  std::vector<bool> taken(b.size(), false);
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t j = ordered ? i : 0;
    while (j < b.size() && (taken[j] || !equivalent(a[i], b[j], false))) {
      j = ordered ? b.size() : j + 1;
    }
    if (j >= b.size()) return false;
    taken[j] = true;
  }
  return true;
}

std::string from_rdf_trouble(const Case& each, const Folder& suite) {
  const auto dataset =
      rdf::parse_quads(tests::read_file(suite / text_of(each, "input")), rdf::Syntax::NQuads);
  if (!dataset) return dataset.error().detail;
  std::vector<rdf::QuadView> quads;
  for (const rdf::Quad& quad : *dataset) quads.push_back({quad.s, quad.p, quad.o, quad.g});
  json::Arena arena;
  const auto document = from_rdf(quads, rdf_options(each.value("option", Case::object())), arena);
  if (is_of_type(each, "jld:NegativeEvaluationTest")) {
    if (document) return "accepted";
    const bool matches = document.error().detail.starts_with(text_of(each, "expectErrorCode"));
    return matches ? "" : document.error().detail;
  }
  if (!document) return document.error().detail;
  const auto expected = nlohmann::json::parse(tests::read_file(suite / text_of(each, "expect")));
  const std::string text = json::to_text(*document);
  return equivalent(nlohmann::json::parse(text), expected, false) ? "" : "other document: " + text;
}

void run(const std::string& name, std::size_t total,
         std::string (*trouble)(const Case&, const Folder&),
         const std::map<std::string, std::string>& known_failures) {
  const auto suite = tests::suite_folder("json-ld-api");
  if (!suite) return;
  const auto manifest =
      nlohmann::json::parse(tests::read_file(*suite / (name + "-manifest.jsonld")));
  tests::Tally tally(name, known_failures);
  tests::Tally old(name + ", 1.0 only", {});
  for (const Case& each : manifest["sequence"]) {
    const Case option = each.value("option", Case::object());
    const bool is_old = text_of(option, "specVersion") == "json-ld-1.0";
    (is_old ? old : tally).record(text_of(each, "@id"), trouble(each, *suite));
  }
  tally.finish(total);
  old.print();
}

}  // namespace

TEST_CASE("toRdf suite") { run("toRdf", 456, to_rdf_trouble, {}); }
TEST_CASE("fromRdf suite") { run("fromRdf", 53, from_rdf_trouble, {}); }
