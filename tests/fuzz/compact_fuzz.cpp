// Compaction, flattening and framing, with the document's own context: what comes out can be
// written and read. The document's member "frame" is the frame.
#include "fuzz.hpp"

namespace {

using namespace qp;

void check(const Result<json::Value>& result, json::Arena& arena) {
  if (!result) return;
  json::ParseLimits limits;
  limits.depth = limits.members = limits.string_bytes = limits.number_bytes = std::size_t{1} << 30;
  const auto again = json::parse(arena.copy(json::to_text(*result)), arena, limits);
  fuzz::expect(again && json::equal(*again, *result), "what comes out is JSON");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  json::Arena arena;
  const auto document = json::parse(fuzz::text_of(data, size), arena);
  if (!document) return 0;
  const json::Value context = document->get("@context");
  const json::Value frame = document->get("frame");
  jsonld::Options options = fuzz::options();
  const auto expanded = jsonld::expand(json::deep_copy(*document, arena), options, arena);
  if (!expanded) return 0;
  const auto copy = [&] { return json::deep_copy(*expanded, arena); };
  check(jsonld::compact(copy(), context, options, arena), arena);
  check(jsonld::flatten(copy(), context, options, arena), arena);
  check(jsonld::frame(copy(), frame.is_object() ? frame : json::Value::object(arena), options, {},
                      arena),
        arena);
  options.compact_arrays = false;
  options.ordered = true;
  check(jsonld::compact(copy(), context, options, arena), arena);
  return 0;
}
