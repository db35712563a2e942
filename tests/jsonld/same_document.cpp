#include "same_document.hpp"

#include <vector>

namespace qp::tests {

using json::Value;

bool same_document(Value a, Value b, bool ordered) {
  if (a.is_array() && b.is_array()) {
    if (a.size() != b.size()) return false;
    std::vector<bool> used(b.size(), false);
    for (std::size_t i = 0; i < a.size(); ++i) {
      bool found = false;
      for (std::size_t j = ordered ? i : 0; j < (ordered ? i + 1 : b.size()) && !found; ++j) {
        if (used[j] || !same_document(a.items()[i], b.items()[j])) continue;
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
    const bool is_ordered = member.key == "@list" || member.key == "@value";
    if (!other || !same_document(member.value, *other, is_ordered)) return false;
  }
  return true;
}

}  // namespace qp::tests
