#include "jsonld/salvage.hpp"

#include <vector>

#include "base/text.hpp"
#include "rdf/iri.hpp"
#include "vocab/terms.hpp"

namespace qp::jsonld {

namespace {

using json::Arena;
using json::Member;
using json::Value;

/// Beyond it everything that is left counts as not expanding.
constexpr std::size_t kTries = 5'000;

using Test = std::function<bool(Value)>;

/// What the other members of the object are read by.
bool is_shared(std::string_view key) {
  return key == "@context" || key == "@type" || key == "type";
}

class Salvager {
 public:
  Salvager(const Test& expands, Arena& arena) : expands_(expands), arena_(arena) {}

  bool expands(Value document) { return tries_++ < kTries && expands_(document); }

  /// Replaces in `node` what fails; `inside` says whether something in the place of `node` expands.
  void heal(Value node, const Test& inside) {
    const std::vector<Member> members(node.members().begin(), node.members().end());
    for (const Member& member : members) {
      if (member.key == "@context") continue;
      const Test alone = [&](Value value) { return inside(with_shared(node, member.key, value)); };
      if (alone(member.value)) continue;
      heal_items(member.value, alone);
      if (!alone(member.value)) replace(node, member.key);
    }
  }

  Value json_literal(Value value) {
    const Value literal = Value::object(arena_, 2);
    literal.set(arena_, "@type", Value::string("@json"));
    literal.set(arena_, "@value", value);
    return literal;
  }

 private:
  void heal_items(Value value, const Test& inside) {
    if (value.is_object()) heal(value, inside);
    for (const Value item : value.items()) {
      if (!item.is_object()) continue;
      heal(item, [&](Value one) {
        return inside(Value::array(arena_, std::span<const Value>(&one, 1)));
      });
    }
  }

  Value with_shared(Value node, std::string_view key, Value value) {
    const Value reduced = Value::object(arena_, 4);
    for (const Member& member : node.members()) {
      if (is_shared(member.key) && member.key != key) reduced.append_member(arena_, member);
    }
    reduced.append_member(arena_, {key, value});
    return reduced;
  }

  void replace(Value node, std::string_view key) {
    const Value value = node.get(key);
    node.erase(key);
    const auto name = arena_.concat(undefined::kNamespace, text::percent_encode(key));
    node.set(arena_, name, json_literal(value));
  }

  const Test& expands_;
  Arena& arena_;
  std::size_t tries_ = 0;
};

/// A part that is an id or a null says nothing, but is no trouble.
Value saying_something(Value part, Arena& arena) {
  const Value whole = Value::object(arena, part.size() + 1);
  for (const Member& member : part.members()) whole.append_member(arena, member);
  whole.set(arena, QP_NAMESPACE_undefined "part", Value::boolean(true));
  return whole;
}

/// The document as one literal of the resource that it names.
Value as_one_literal(Value document, Salvager& salvager, Arena& arena) {
  const Value whole = Value::object(arena, 2);
  for (const std::string_view key : {"id", "@id"}) {
    const Value id = document.get(key);
    if (!id.is_string() || !rdf::is_absolute_iri(id.text())) continue;
    whole.set(arena, "@id", id);
    break;
  }
  whole.set(arena, QP_NAMESPACE_undefined "document", salvager.json_literal(document));
  return whole;
}

}  // namespace

Value salvage(Value document, const Test& expands, Arena& arena) {
  Salvager salvager(expands, arena);
  const Value healed = json::deep_copy(document, arena);
  salvager.heal(healed,
                [&](Value part) { return salvager.expands(saying_something(part, arena)); });
  return salvager.expands(healed) ? healed : as_one_literal(document, salvager, arena);
}

}  // namespace qp::jsonld
