#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>

#include "base/json.hpp"
#include "jsonld/jsonld.hpp"

// The expand and compact manifests of the W3C JSON-LD API test suite, run whole.
namespace {

using namespace qp;
using json::Value;
namespace fs = std::filesystem;

constexpr std::string_view kBase = "https://w3c.github.io/json-ld-api/tests/";
// How many pass; these numbers only grow.
constexpr int kExpandPassing = 376;
constexpr int kCompactPassing = 244;

fs::path suite() {
  const char* given = std::getenv("QUADPUB_W3C");
  const fs::path source(QUADPUB_SOURCE_DIR);
  const fs::path places[] = {given ? fs::path(given) : fs::path(), source / "tests/spec/suites",
                             source / "../shared/w3c"};
  for (const fs::path& place : places) {
    if (!place.empty() && fs::exists(place / "json-ld-api")) return place / "json-ld-api";
  }
  return {};
}

Result<std::string> read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return error(Code::NotFound, path.string());
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

Result<Value> read_json(const fs::path& path, json::Arena& arena) {
  const std::string text = QP_TRY(read_file(path));
  json::ParseLimits limits;
  limits.allow_duplicate_keys = true;
  return json::parse(arena.copy(text), arena, limits);
}

// JSON-LD object comparison: arrays are unordered, except the values of @list.
bool same(Value a, Value b, bool ordered) {
  if (a.is_array() && b.is_array()) {
    if (a.size() != b.size()) return false;
    std::vector<bool> used(b.size(), false);
    for (std::size_t i = 0; i < a.size(); ++i) {
      bool found = false;
      for (std::size_t j = ordered ? i : 0; j < (ordered ? i + 1 : b.size()) && !found; ++j) {
        if (used[j] || !same(a.items()[i], b.items()[j], false)) continue;
        used[j] = found = true;
      }
      if (!found) return false;
    }
    return true;
  }
  if (!a.is_object() || !b.is_object()) return json::equal(a, b);
  if (a.size() != b.size()) return false;
  for (const json::Member& member : a.members()) {
    const Value* other = b.find(member.key);
    if (!other || !same(member.value, *other, member.key == "@list")) return false;
  }
  return true;
}

class Runner {
 public:
  explicit Runner(std::string name) : name_(std::move(name)), folder_(suite()) {}

  bool is_present() const { return !folder_.empty(); }
  int passed() const { return passed_; }

  void run() {
    json::Arena arena;
    const auto manifest = read_json(folder_ / (name_ + "-manifest.jsonld"), arena);
    REQUIRE(manifest);
    int total = 0;
    int old = 0;
    for (const Value test : manifest->get("sequence").items()) {
      if (test.get("option").get("specVersion").is("json-ld-1.0")) {
        ++old;
        continue;
      }
      ++total;
      const std::string trouble = run_case(test);
      if (trouble.empty()) {
        ++passed_;
      } else {
        std::cout << name_ << test.get("@id").text() << " " << test.get("name").text() << ": "
                  << trouble << "\n";
      }
    }
    std::cout << "json-ld-api " << name_ << ": " << passed_ << "/" << total << " (" << old
              << " only for 1.0, not run)\n";
  }

 private:
  // Empty where it passes.
  std::string run_case(Value test) const {
    json::Arena arena;
    const auto actual = execute(test, arena);
    if (const Value* wanted = test.find("expectErrorCode")) {
      if (actual) return "no error, but " + json::to_text(*actual);
      const bool right = actual.error().detail.starts_with(wanted->text());
      return right ? ""
                   : "wanted " + std::string(wanted->text()) + ", got " + actual.error().detail;
    }
    if (!actual) return actual.error().detail;
    const auto expected = read_json(folder_ / test.get("expect").text(), arena);
    if (!expected) return expected.error().detail;
    if (same(*expected, *actual, false)) return "";
    return "got " + json::to_text(*actual) + "\n   wanted " + json::to_text(*expected);
  }

  Result<Value> execute(Value test, json::Arena& arena) const {
    const std::string input(test.get("input").text());
    const Value document = QP_TRY(read_json(folder_ / input, arena));
    jsonld::Options options = options_of(test.get("option"));
    if (options.base.empty()) options.base = std::string(kBase) + input;
    if (const Value* context = test.get("option").find("expandContext")) {
      options.expand_context = QP_TRY(read_json(folder_ / context->text(), arena));
    }
    if (name_ == "expand") return jsonld::expand(document, options, arena);
    const Value context = QP_TRY(read_json(folder_ / test.get("context").text(), arena));
    jsonld::Options for_expansion = options;
    for_expansion.ordered = false;
    const Value expanded = QP_TRY(jsonld::expand(document, for_expansion, arena));
    return jsonld::compact(expanded, context, options, arena);
  }

  jsonld::Options options_of(Value given) const {
    jsonld::Options options;
    options.base = given.get("base").text();
    if (given.get("processingMode").is("json-ld-1.0")) {
      options.processing_mode = jsonld::ProcessingMode::JsonLd10;
    }
    if (const Value* flag = given.find("compactArrays")) options.compact_arrays = flag->is_true();
    if (const Value* flag = given.find("compactToRelative")) {
      options.compact_to_relative = flag->is_true();
    }
    options.loader = [this](std::string_view url) -> Result<jsonld::RemoteDocument> {
      if (!url.starts_with(kBase)) return error(Code::NotFound, std::string(url));
      const std::string text = QP_TRY(read_file(folder_ / url.substr(kBase.size())));
      return jsonld::RemoteDocument{std::string(url), text, {}};
    };
    return options;
  }

  std::string name_;
  fs::path folder_;
  int passed_ = 0;
};

int passing(const std::string& name) {
  Runner runner(name);
  if (!runner.is_present()) {
    std::cout << "SKIPPED: json-ld-api is not here\n";
    return -1;
  }
  runner.run();
  return runner.passed();
}

}  // namespace

TEST_CASE("expansion passes the W3C suite") {
  const int passed = passing("expand");
  if (passed >= 0) CHECK(passed >= kExpandPassing);
}

TEST_CASE("compaction passes the W3C suite") {
  const int passed = passing("compact");
  if (passed >= 0) CHECK(passed >= kCompactPassing);
}
