// The gate: what it lets in is written and read again as the same value, and is within the limits.
#include "fuzz.hpp"

namespace {

using namespace qp;

std::size_t depth_of(json::Value value) {
  std::size_t deepest = 0;
  for (const json::Value item : value.items()) deepest = std::max(deepest, depth_of(item));
  for (const json::Member& member : value.members()) {
    deepest = std::max(deepest, depth_of(member.value));
  }
  return value.is_scalar() ? 0 : deepest + 1;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  json::Arena arena;
  const auto value = json::parse(fuzz::text_of(data, size), arena);
  if (!value) return 0;
  fuzz::expect(depth_of(*value) <= limits::kJsonDepth, "the limit of depth");
  for (const int indent : {-1, 2}) {
    const std::string text = json::to_text(*value, indent);
    const auto again = json::parse(text, arena);
    fuzz::expect(again.has_value(), "what is written can be read");
    fuzz::expect(json::equal(*value, *again), "what is read again is equal");
    fuzz::expect(json::to_text(*again, indent) == text, "what is written again is the same text");
  }
  fuzz::expect(json::equal(*value, json::deep_copy(*value, arena)), "a copy is equal");
  return 0;
}
