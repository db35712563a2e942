#include "jsonld/errors.hpp"
#include "jsonld/expander.hpp"
#include "jsonld/keywords.hpp"

// Value expansion, JSON-LD API 5.3.2, and helpers of expansion; numbers are the steps there.
namespace qp::jsonld {

using json::Value;

bool is_value_object(Value value) { return value.contains("@value"); }
bool is_list_object(Value value) { return value.contains("@list"); }

bool is_graph_object(Value value) {
  if (!value.contains("@graph")) return false;
  for (const json::Member& member : value.members()) {
    if (member.key != "@graph" && member.key != "@index" && member.key != "@id" &&
        member.key != "@context") {
      return false;
    }
  }
  return true;
}

bool is_node_object(Value value) {
  return value.is_object() && !value.contains("@value") && !value.contains("@list") &&
         !value.contains("@set");
}

void add_to(Value object, std::string_view key, Value value, json::Arena& arena) {
  Value* found = object.find(key);
  Value target = found ? *found : object.set(arena, key, Value::array(arena));
  if (!target.is_array()) {
    target = object.set(arena, key, Value::array(arena, std::span<const Value>(&target, 1)));
  }
  if (!value.is_array()) return target.push_back(arena, value);
  for (const Value item : value.items()) target.push_back(arena, item);
}

Result<Value> Expander::expand_value(const Context& active, std::string_view property,
                                     Value value) {
  const TermDefinition* definition = active.find(property);
  const std::string_view type = definition ? std::string_view(definition->type) : "";
  // 1, 2
  if (value.is_string() && type == "@id") {
    return iri_value(active, value.text(), Reading::Document);
  }
  if (value.is_string() && type == "@vocab") {
    return iri_value(active, value.text(), Reading::VocabThenDocument);
  }
  // 4
  if (!type.empty() && type != "@id" && type != "@vocab" && type != "@none") {
    Value result = one("@value", value);
    result.set(arena_, "@type", Value::string(arena_.copy(type)));
    return result;
  }
  // 5
  if (value.is_string()) return expand_text(active, definition, value);
  return one("@value", value);  // 3, 6
}

Value Expander::expand_text(const Context& active, const TermDefinition* definition, Value value) {
  Value result = one("@value", value);
  const auto choose = [&](const Tag TermDefinition::* own, const Tag& fallback) -> const Tag& {
    return definition && (definition->*own).is_mentioned() ? definition->*own : fallback;
  };
  const Tag& language = choose(&TermDefinition::language, active.language);
  if (language.is_set()) {
    result.set(arena_, "@language", Value::string(arena_.copy(language.text)));
  }
  const Tag& direction = choose(&TermDefinition::direction, active.direction);
  if (direction.is_set()) {
    result.set(arena_, "@direction", Value::string(arena_.copy(direction.text)));
  }
  return result;
}

Value Expander::iri_value(const Context& active, std::string_view text, Reading reading) {
  const auto iri = active.expand_iri(text, reading, options_.base, arena_);
  return one("@id", iri ? Value::string(*iri) : Value::null());
}

std::optional<std::string_view> Expander::expand_key(const Context& active, std::string_view key) {
  return active.expand_iri(key, Reading::Vocab, options_.base, arena_);
}

Error Expander::refused(std::string_view what) const {
  return bad_input(std::string(what) + " is not accepted in documents that are to be stored");
}

Value Expander::as_array(Value value) {
  if (value.is_array()) return value;
  return Value::array(arena_, std::span<const Value>(&value, 1));
}

Value Expander::one(std::string_view key, Value value) {
  Value result = Value::object(arena_, 1);
  result.set(arena_, key, value);
  return result;
}

}  // namespace qp::jsonld
