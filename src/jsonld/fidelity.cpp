#include "jsonld/fidelity.hpp"

#include "base/text.hpp"

namespace qp::jsonld {

namespace {

using json::Arena;
using json::Value;

/// As JSON, but numbers by their spelling.
bool same(Value a, Value b) {
  if (a.kind() != b.kind() || a.size() != b.size()) return false;
  if (a.is_array()) {
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (!same(a.items()[i], b.items()[i])) return false;
    }
    return true;
  }
  if (a.is_object()) {
    for (const json::Member& member : a.members()) {
      const Value* other = b.find(member.key);
      if (!other || !same(member.value, *other)) return false;
    }
    return true;
  }
  return a.text() == b.text();
}

Value single(Arena& arena, std::string_view key, Value value) {
  const Value object = Value::object(arena, 1);
  object.set(arena, key, value);
  return object;
}

Value object_difference(Value restored, Value original, Arena& arena) {
  const Value result = Value::object(arena, 3);
  const Value changed = Value::object(arena);
  const Value removed = Value::array(arena);
  const Value added = Value::object(arena);
  for (const json::Member& member : original.members()) {
    const Value* found = restored.find(member.key);
    if (!found) {
      added.append_member(arena, member);
      continue;
    }
    const Value inner = difference(*found, member.value, arena);
    if (!inner.is_null()) changed.append_member(arena, {member.key, inner});
  }
  for (const json::Member& member : restored.members()) {
    if (!original.contains(member.key)) removed.push_back(arena, Value::string(member.key));
  }
  if (!changed.empty()) result.set(arena, "o", changed);
  if (!removed.empty()) result.set(arena, "-", removed);
  if (!added.empty()) result.set(arena, "+", added);
  return result;
}

Value array_difference(Value restored, Value original, Arena& arena) {
  const Value items = Value::object(arena);
  for (std::size_t i = 0; i < original.size(); ++i) {
    const Value inner = difference(restored.items()[i], original.items()[i], arena);
    if (!inner.is_null()) items.set(arena, arena.copy(std::to_string(i)), inner);
  }
  return single(arena, "a", items);
}

Value apply_to_object(Value restored, Value difference, Arena& arena) {
  if (!restored.is_object()) return restored;
  for (const json::Member& member : difference.get("o").members()) {
    if (Value* found = restored.find(member.key)) {
      *found = apply_difference(*found, member.value, arena);
    }
  }
  for (const Value key : difference.get("-").items()) restored.erase(key.text());
  for (const json::Member& member : difference.get("+").members()) {
    if (!restored.contains(member.key)) restored.append_member(arena, member);
  }
  return restored;
}

}  // namespace

Value difference(Value restored, Value original, Arena& arena) {
  if (same(restored, original)) return {};
  if (restored.is_object() && original.is_object()) {
    return object_difference(restored, original, arena);
  }
  if (restored.is_array() && original.is_array() && restored.size() == original.size()) {
    return array_difference(restored, original, arena);
  }
  if (original.is_array() && original.size() == 1 && !restored.is_array()) {
    return single(arena, "w", difference(restored, original.items()[0], arena));
  }
  if (restored.is_array() && restored.size() == 1 && !original.is_array()) {
    return single(arena, "u", difference(restored.items()[0], original, arena));
  }
  return single(arena, "=", original);
}

Value apply_difference(Value restored, Value difference, Arena& arena) {
  if (difference.is_null()) return restored;
  if (const Value* replacement = difference.find("=")) return json::deep_copy(*replacement, arena);
  if (const Value* inner = difference.find("w")) {
    if (restored.is_array()) return restored;
    const Value only = apply_difference(restored, *inner, arena);
    return Value::array(arena, std::span(&only, 1));
  }
  if (const Value* inner = difference.find("u")) {
    if (!restored.is_array() || restored.size() != 1) return restored;
    return apply_difference(restored.items()[0], *inner, arena);
  }
  if (const Value* items = difference.find("a")) {
    for (const json::Member& member : items->members()) {
      const auto index = text::to_uint(member.key);
      if (!restored.is_array() || !index || *index >= restored.size()) continue;
      Value& item = restored.items()[*index];
      item = apply_difference(item, member.value, arena);
    }
    return restored;
  }
  return apply_to_object(restored, difference, arena);
}

Value difference_at(Value difference, std::string_view key) { return difference.get("o").get(key); }

}  // namespace qp::jsonld
