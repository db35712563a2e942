// Compares what we make of documents with what jsonld.js made of them: lines of differential.cjs on
// standard input. Exit 1 where something differs.
#include <cstdio>
#include <iostream>
#include <map>
#include <string>

#include "base/json.hpp"
#include "jsonld/context.hpp"
#include "jsonld/jsonld.hpp"
#include "rdf/isomorphic.hpp"
#include "rdf/nquads.hpp"
#include "same_document.hpp"

namespace {

using namespace qp;
using json::Value;

/// Empty where it is as jsonld.js has it; else what is different.
std::string difference(Value line, jsonld::ContextCache& cache, json::Arena& arena) {
  jsonld::Options options;
  options.base = "https://example.org/folder/document";
  options.cache = &cache;
  const auto expanded =
      jsonld::expand(json::deep_copy(line.get("document"), arena), options, arena);
  const Result<std::vector<jsonld::EmittedQuad>> emitted =
      expanded ? jsonld::to_rdf(*expanded, {}, arena) : expanded.error();
  const std::string failure = emitted ? "" : emitted.error().detail;
  if (const Value* wanted = line.find("error")) {
    if (failure.starts_with(wanted->text())) return "";
    return "error \"" + failure + "\", not \"" + std::string(wanted->text()) + "\"";
  }
  if (!failure.empty()) return "error " + failure;
  if (!tests::same_document(*expanded, line.get("expanded"))) {
    return "expanded\n  ours   " + json::to_text(*expanded) + "\n  theirs " +
           json::to_text(line.get("expanded"));
  }
  rdf::Dataset quads;
  for (const auto& each : *emitted) quads.push_back(rdf::copy(each.quad));
  const auto theirs = rdf::parse_quads(line.get("quads").text(), rdf::Syntax::NQuads);
  if (!theirs) return "quads that cannot be read: " + theirs.error().detail;
  if (rdf::isomorphic(quads, *theirs)) return "";
  return "quads\n  ours\n" + rdf::to_nquads(quads) + "  theirs\n" + rdf::to_nquads(*theirs);
}

}  // namespace

int main() {
  jsonld::ContextCache cache;
  std::map<std::string, std::size_t> errors;
  std::size_t count = 0;
  std::size_t failed = 0;
  std::size_t differing = 0;
  json::ParseLimits limits;
  limits.depth = 1000;
  limits.members = limits.string_bytes = std::size_t{1} << 30;
  for (std::string text; std::getline(std::cin, text);) {
    json::Arena arena;
    const auto line = json::parse(text, arena, limits);
    if (!line) {
      std::fprintf(stderr, "not a line: %s\n", line.error().detail.c_str());
      return 1;
    }
    ++count;
    failed += line->contains("error");
    const std::string trouble = difference(*line, cache, arena);
    if (trouble.empty()) continue;
    if (++differing <= 20) {
      std::printf("%s\n %s\n", json::to_text(line->get("document")).c_str(), trouble.c_str());
    }
  }
  std::printf("%zu documents (%zu that both refuse): %zu differ from jsonld.js\n", count, failed,
              differing);
  return count == 0 || differing != 0 ? 1 : 0;
}
