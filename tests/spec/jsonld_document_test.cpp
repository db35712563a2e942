// The W3C suites of JSON-LD 1.1 whose results are JSON-LD documents, run whole: expand, compact,
// flatten, frame, remote-doc. Cases that are for JSON-LD 1.0 processors only are run too, and
// counted apart: what fails there is right for 1.1.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <string>

#include "../jsonld/same_document.hpp"
#include "base/json.hpp"
#include "jsonld/jsonld.hpp"
#include "jsonld/remote_document.hpp"
#include "suite.hpp"

namespace {

using namespace qp;
using namespace qp::jsonld;
using json::Value;
namespace fs = std::filesystem;
using KnownFailures = std::map<std::string, std::string>;

Result<Value> read_json(const fs::path& path, json::Arena& arena) {
  if (!fs::exists(path)) return error(Code::NotFound, path.string());
  json::ParseLimits limits;
  limits.allow_duplicate_keys = true;
  return json::parse(arena.copy(tests::read_file(path)), arena, limits);
}

/// One case, with the folder and the address of its suite.
struct Case {
  fs::path folder;
  std::string base;
  Value test;

  std::string_view text(std::string_view key) const { return test.get(key).text(); }
  Value option(std::string_view key) const { return test.get("option").get(key); }
  fs::path path(std::string_view key) const { return folder / text(key); }
};

Options options_of(const Case& each, json::Arena& arena) {
  Options options;
  options.base = each.option("base").is_string() ? each.option("base").text()
                                                 : each.base + std::string(each.text("input"));
  if (each.option("processingMode").is("json-ld-1.0")) {
    options.processing_mode = ProcessingMode::JsonLd10;
  }
  options.ordered = each.option("ordered").is_true();
  options.compact_arrays =
      !each.option("compactArrays").is_boolean() || each.option("compactArrays").is_true();
  options.compact_to_relative =
      !each.option("compactToRelative").is_boolean() || each.option("compactToRelative").is_true();
  if (each.option("expandContext").is_string()) {
    const auto context = read_json(each.folder / each.option("expandContext").text(), arena);
    REQUIRE(context);
    options.expand_context = *context;
  }
  options.loader = [each](std::string_view url) -> Result<RemoteDocument> {
    const fs::path file =
        url.starts_with(each.base) ? each.folder / url.substr(each.base.size()) : fs::path();
    if (!fs::is_regular_file(file)) return error(Code::NotFound, std::string(url));
    return RemoteDocument{std::string(url), tests::read_file(file), {}};
  };
  return options;
}

Result<Value> expanded(const Case& each, const Options& options, json::Arena& arena) {
  Options unordered = options;
  unordered.ordered = false;
  return expand(QP_TRY(read_json(each.path("input"), arena)), unordered, arena);
}

Result<Value> run_expand(const Case& each, json::Arena& arena) {
  return expanded(each, options_of(each, arena), arena);
}

Result<Value> run_compact(const Case& each, json::Arena& arena) {
  const Options options = options_of(each, arena);
  const Value context = QP_TRY(read_json(each.path("context"), arena));
  return compact(QP_TRY(expanded(each, options, arena)), context, options, arena);
}

Result<Value> run_flatten(const Case& each, json::Arena& arena) {
  const Options options = options_of(each, arena);
  Value context;
  if (each.test.contains("context")) context = QP_TRY(read_json(each.path("context"), arena));
  return flatten(QP_TRY(expanded(each, options, arena)), context, options, arena);
}

Result<Value> run_frame(const Case& each, json::Arena& arena) {
  const Options options = options_of(each, arena);
  FrameOptions frame_options;
  if (const Value flag = each.option("omitGraph"); flag.is_boolean()) {
    frame_options.omit_graph = flag.is_true();
  }
  const Value document = QP_TRY(read_json(each.path("frame"), arena));
  return frame(QP_TRY(expanded(each, options, arena)), document, options, frame_options, arena);
}

std::string type_by_name(const fs::path& path) {
  if (path.extension() == ".jsonld") return "application/ld+json";
  return path.extension() == ".json" ? "application/json" : "text/html";
}

/// The web as the case describes it: what it says of its input, and files for all the rest.
Result<Response> answer(const Case& each, const std::string& url) {
  Response response;
  const fs::path path = each.folder / url.substr(std::min(each.base.size(), url.size()));
  const bool is_input = url == each.base + std::string(each.text("input"));
  if (is_input && each.option("redirectTo").is_string()) {
    response.status = std::stoi(std::string(each.option("httpStatus").text()));
    response.location = each.base + std::string(each.option("redirectTo").text());
    return response;
  }
  if (!url.starts_with(each.base) || !fs::is_regular_file(path)) {
    response.status = 404;
    return response;
  }
  response.body = tests::read_file(path);
  response.content_type = is_input && each.option("contentType").is_string()
                              ? each.option("contentType").text()
                              : type_by_name(path);
  if (!is_input) return response;
  const Value link = each.option("httpLink");
  if (link.is_string()) response.links.emplace_back(link.text());
  for (const Value one : link.items()) response.links.emplace_back(one.text());
  return response;
}

Result<Value> run_remote(const Case& each, json::Arena& arena) {
  const Fetch fetch = [&](std::string_view url, std::string_view) {
    return answer(each, std::string(url));
  };
  Options options;
  options.loader = context_loader(fetch);
  return expand(QP_TRY(load_document(each.base + std::string(each.text("input")), fetch)), options,
                arena);
}

using Runner = Result<Value> (*)(const Case&, json::Arena&);

/// Empty where it passes.
std::string trouble_of(const Case& each, Runner runner) {
  json::Arena arena;
  const auto actual = runner(each, arena);
  if (const Value* wanted = each.test.find("expectErrorCode")) {
    if (actual) return "no error, but " + json::to_text(*actual);
    const bool right = actual.error().detail.starts_with(wanted->text());
    return right ? "" : "wanted " + std::string(wanted->text()) + ", got " + actual.error().detail;
  }
  if (!actual) return actual.error().detail;
  const auto expected = read_json(each.path("expect"), arena);
  if (!expected) return expected.error().detail;
  if (tests::same_document(*expected, *actual)) return "";
  return "got " + json::to_text(*actual) + "\n   wanted " + json::to_text(*expected);
}

/// `total`: the cases for a 1.1 processor.
void run(const std::string& suite, const std::string& name, std::size_t total, Runner runner,
         const KnownFailures& known_failures = {}) {
  const auto folder = tests::suite_folder(suite);
  if (!folder) return;
  json::Arena arena;
  const auto manifest = read_json(*folder / (name + "-manifest.jsonld"), arena);
  REQUIRE(manifest);
  tests::Tally tally(name, known_failures);
  tests::Tally old(name + ", 1.0 only", {});
  for (const Value test : manifest->get("sequence").items()) {
    const Case each{*folder, "https://w3c.github.io/" + suite + "/tests/", test};
    const bool is_old = each.option("specVersion").is("json-ld-1.0");
    (is_old ? old : tally).record(std::string(each.text("@id")), trouble_of(each, runner));
  }
  tally.finish(total);
  old.print();
}

}  // namespace

TEST_CASE("expansion passes the W3C suite") { run("json-ld-api", "expand", 376, run_expand); }
TEST_CASE("compaction passes the W3C suite") { run("json-ld-api", "compact", 244, run_compact); }
TEST_CASE("flattening passes the W3C suite") { run("json-ld-api", "flatten", 55, run_flatten); }
TEST_CASE("framing passes the W3C suite") { run("json-ld-framing", "frame", 91, run_frame); }
TEST_CASE("remote documents pass the W3C suite but for HTML") {
  run("json-ld-api", "remote-doc", 18, run_remote,
      {{"#t0013", "its context is a script element of an HTML document, which is not read"}});
}
