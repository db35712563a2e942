#include "jsonld/fidelity.hpp"

#include <string>
#include <unordered_map>
#include <vector>

#include "base/text.hpp"

namespace qp::jsonld {

namespace {

using json::Arena;
using json::Member;
using json::Value;

/// How many pairs of members are tried for a new name of the same value.
constexpr std::size_t kRenameTries = 256;
/// How many values are compared before only what stands in the same place is: a document made for
/// it could have every object tried against every other.
constexpr std::size_t kComparisons = 400'000;

Value single(Arena& arena, std::string_view key, Value value) {
  const Value object = Value::object(arena, 1);
  object.set(arena, key, value);
  return object;
}

std::size_t cost(Value difference) { return json::to_text(difference).size(); }

bool replaces_an_item(Value in_place) {
  for (const Member& item : in_place.get("a").members()) {
    if (item.value.contains("=")) return true;
  }
  return false;
}

/// Finds the difference of one pair of documents.
class Differ {
 public:
  explicit Differ(Arena& arena) : arena_(arena) {}

  Value difference(Value restored, Value original) {
    if (same(restored, original)) return {};
    if (restored.is_object() && original.is_object()) return of_objects(restored, original);
    if (restored.is_array() && original.is_array()) return of_arrays(restored, original);
    if (original.is_array() && original.size() == 1) {
      return single(arena_, "w", difference(restored, original.items()[0]));
    }
    if (restored.is_array() && restored.size() == 1) {
      return single(arena_, "u", difference(restored.items()[0], original));
    }
    const Value inner = unwrapped(restored, original);
    return inner.is_null() ? single(arena_, "=", original) : inner;
  }

 private:
  bool may_try() const { return comparisons_ < kComparisons; }

  /// As JSON, but numbers by their spelling.
  bool same(Value a, Value b) {
    ++comparisons_;
    if (a.kind() != b.kind() || a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.items().size(); ++i) {
      if (!same(a.items()[i], b.items()[i])) return false;
    }
    for (const Member& member : a.members()) {
      const Value* other = b.find(member.key);
      if (!other || !same(member.value, *other)) return false;
    }
    return a.text() == b.text();
  }

  Value of_objects(Value restored, Value original) {
    const Value by_member = of_members(restored, original);
    if (restored.size() > 2 && original.size() != 1) return by_member;
    const Value inner = unwrapped(restored, original);
    return !inner.is_null() && cost(inner) < cost(by_member) ? inner : by_member;
  }

  Value of_members(Value restored, Value original) {
    const Value changed = Value::object(arena_);
    const Value renamed = Value::object(arena_);
    const Value added = Value::object(arena_);
    std::vector<Member> left = only_in(restored, original);
    const std::size_t missing = only_in(original, restored).size();
    const bool tries_names = missing * left.size() <= kRenameTries;
    for (const Member& member : original.members()) {
      if (const Value* found = restored.find(member.key)) {
        const Value inner = difference(*found, member.value);
        if (!inner.is_null()) changed.append_member(arena_, {member.key, inner});
        continue;
      }
      const Value pair = tries_names ? renamed_from(left, member.value) : Value();
      if (pair.is_null()) {
        added.append_member(arena_, member);
      } else {
        renamed.append_member(arena_, {member.key, pair});
      }
    }
    const Value removed = Value::array(arena_);
    for (const Member& member : left) removed.push_back(arena_, Value::string(member.key));

    const Value result = Value::object(arena_, 4);
    if (!changed.empty()) result.set(arena_, "o", changed);
    if (!renamed.empty()) result.set(arena_, "r", renamed);
    if (!removed.empty()) result.set(arena_, "-", removed);
    if (!added.empty()) result.set(arena_, "+", added);
    return result;
  }

  static std::vector<Member> only_in(Value one, Value other) {
    std::vector<Member> members;
    for (const Member& member : one.members()) {
      if (!other.contains(member.key)) members.push_back(member);
    }
    return members;
  }

  /// `[old key, difference]` for the member of `left` that is cheapest to change into `original`;
  /// it is taken out. Null where to repeat the value is as cheap.
  Value renamed_from(std::vector<Member>& left, Value original) {
    Value best;
    std::size_t best_cost = cost(original);
    std::size_t best_place = 0;
    for (std::size_t i = 0; i < left.size() && may_try(); ++i) {
      const Value pair = Value::array(arena_, 2);
      pair.push_back(arena_, Value::string(left[i].key));
      pair.push_back(arena_, difference(left[i].value, original));
      if (cost(pair) >= best_cost) continue;
      best = pair;
      best_cost = cost(pair);
      best_place = i;
    }
    if (!best.is_null()) left.erase(left.begin() + static_cast<std::ptrdiff_t>(best_place));
    return best;
  }

  Value of_arrays(Value restored, Value original) {
    if (restored.size() != original.size()) return picked(restored, original);
    const Value in_place = Value::object(arena_);
    for (std::size_t i = 0; i < original.size(); ++i) {
      const Value inner = difference(restored.items()[i], original.items()[i]);
      if (inner.is_null()) continue;
      in_place.append_member(arena_, {arena_.copy(std::to_string(i)), inner});
    }
    const Value result = single(arena_, "a", in_place);
    if (!replaces_an_item(result)) return result;
    const Value picks = picked(restored, original);
    return cost(picks) < cost(result) ? picks : result;
  }

  /// Items that were repeated, moved, dropped or joined by others.
  Value picked(Value restored, Value original) {
    std::unordered_map<std::string, std::size_t> places;
    for (std::size_t i = 0; i < restored.size(); ++i) {
      places.try_emplace(json::to_text(restored.items()[i]), i);
    }
    const Value picks = Value::array(arena_, original.size());
    for (const Value& item : original.items()) {
      const auto found = places.find(json::to_text(item));
      picks.push_back(arena_,
                      found == places.end()
                          ? Value::array(arena_, std::span(&item, 1))
                          : Value::number(arena_, static_cast<std::int64_t>(found->second)));
    }
    return single(arena_, "k", picks);
  }

  /// The original where it is what one member of the restored object holds, or the other way
  /// round; null where it is neither.
  Value unwrapped(Value restored, Value original) {
    if (!may_try()) return {};
    for (const Member& member : restored.members()) {
      if (member.value.kind() != original.kind()) continue;
      const Value inner = difference(member.value, original);
      if (!inner.contains("=")) return at_key("m", member.key, inner);
    }
    if (original.size() != 1 || !original.is_object()) return {};
    const Member& only = original.members()[0];
    const Value inner = difference(restored, only.value);
    return inner.contains("=") ? Value() : at_key("i", only.key, inner);
  }

  Value at_key(std::string_view how, std::string_view key, Value inner) {
    const Value object = single(arena_, how, Value::string(key));
    if (!inner.is_null()) object.set(arena_, "d", inner);
    return object;
  }

  Arena& arena_;
  std::size_t comparisons_ = 0;
};

Value apply_to_object(Value restored, Value difference, Arena& arena) {
  if (!restored.is_object()) return restored;
  for (const Member& member : difference.get("o").members()) {
    if (Value* found = restored.find(member.key)) {
      *found = apply_difference(*found, member.value, arena);
    }
  }
  for (const Member& member : difference.get("r").members()) {
    if (member.value.size() != 2 || restored.contains(member.key)) continue;
    const std::string_view old_key = member.value.items()[0].text();
    const Value* found = restored.find(old_key);
    if (!found) continue;
    const Value moved = apply_difference(*found, member.value.items()[1], arena);
    restored.erase(old_key);
    restored.append_member(arena, {member.key, moved});
  }
  for (const Value key : difference.get("-").items()) restored.erase(key.text());
  for (const Member& member : difference.get("+").members()) {
    if (restored.contains(member.key)) continue;
    restored.append_member(arena, {member.key, json::deep_copy(member.value, arena)});
  }
  return restored;
}

Value apply_in_place(Value restored, Value items, Arena& arena) {
  for (const Member& member : items.members()) {
    const auto index = text::to_uint(member.key);
    if (!restored.is_array() || !index || *index >= restored.size()) continue;
    Value& item = restored.items()[*index];
    item = apply_difference(item, member.value, arena);
  }
  return restored;
}

Value apply_picks(Value restored, Value picks, Arena& arena) {
  if (!restored.is_array()) return restored;
  const Value result = Value::array(arena, picks.size());
  for (const Value pick : picks.items()) {
    if (pick.is_array() && pick.size() == 1) {
      result.push_back(arena, json::deep_copy(pick.items()[0], arena));
      continue;
    }
    const auto index = text::to_uint(pick.text());
    if (index && *index < restored.size()) {
      result.push_back(arena, json::deep_copy(restored.items()[*index], arena));
    }
  }
  return result;
}

}  // namespace

Value difference(Value restored, Value original, Arena& arena) {
  return Differ(arena).difference(restored, original);
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
  if (const Value* key = difference.find("m")) {
    const Value* found = restored.find(key->text());
    return found ? apply_difference(*found, difference.get("d"), arena) : restored;
  }
  if (const Value* key = difference.find("i")) {
    return single(arena, key->text(), apply_difference(restored, difference.get("d"), arena));
  }
  if (const Value* items = difference.find("a")) return apply_in_place(restored, *items, arena);
  if (const Value* picks = difference.find("k")) return apply_picks(restored, *picks, arena);
  return apply_to_object(restored, difference, arena);
}

Value difference_at(Value difference, std::string_view key) { return difference.get("o").get(key); }

}  // namespace qp::jsonld
