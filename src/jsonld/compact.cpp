#include <algorithm>

#include "jsonld/compactor.hpp"
#include "jsonld/errors.hpp"
#include "jsonld/expander.hpp"
#include "jsonld/keywords.hpp"

// Compaction, JSON-LD API 6.1.2; numbers are the steps there.
namespace qp::jsonld {
namespace {

using json::Member;
using json::Value;

bool is_reference(Value element) { return element.size() == 1 && element.contains("@id"); }

bool has_container(const Context& active, std::optional<std::string_view> property,
                   Containers wanted) {
  const TermDefinition* definition = property ? active.find(*property) : nullptr;
  return definition && (definition->container & wanted) != 0;
}

}  // namespace

struct Compactor::Node {
  ContextPtr active;
  ContextPtr type_scoped;
  Property property;
  Value result;
};

struct Compactor::Slot {
  std::string_view term;
  const TermDefinition* definition = nullptr;
  Value object;  // the node's result, or a nested one
  bool as_array = false;

  bool has(Container wanted) const { return definition && definition->has(wanted); }
};

Result<Value> Compactor::compact(const ContextPtr& active, Property property, Value element) {
  if (element.is_scalar()) return element;  // 2
  if (element.is_array()) return compact_array(active, property, element);
  return compact_object(active, property, element);
}

Result<Value> Compactor::compact_array(const ContextPtr& active, Property property, Value element) {
  // 3
  Value result = Value::array(arena_, element.size());
  for (const Value item : element.items()) {
    const Value compacted = QP_TRY(compact(active, property, item));
    if (!compacted.is_null()) result.push_back(arena_, compacted);
  }
  const bool stays = result.size() != 1 || !options_.compact_arrays || property == "@graph" ||
                     property == "@set" ||
                     has_container(*active, property, kListContainer | kSetContainer);
  return stays ? result : result.items()[0];
}

Result<Value> Compactor::compact_object(const ContextPtr& given, Property property, Value element) {
  ContextPtr active = given;
  // 5
  if (active->previous && !is_value_object(element) && !is_reference(element)) {
    active = active->previous;
  }
  // 6
  const TermDefinition* definition = property ? given->find(*property) : nullptr;
  if (definition && definition->context) {
    active =
        QP_TRY(contexts_.process_scoped(active, *definition, ContextProcessor::kOverrideProtected));
  }
  // 7
  if (element.contains("@value") || element.contains("@id")) {
    const Value compacted = QP_TRY(compact_value(*active, property, element));
    if (compacted.is_scalar() || is_value_object(element)) return compacted;
  }
  // 8
  if (is_list_object(element) && has_container(*active, property, kListContainer)) {
    return compact(active, property, element.get("@list"));
  }
  Node node{active, given, property, Value::object(arena_, element.size())};
  QP_TRY(enter_type_contexts(node, element));
  // 12
  std::vector<Member> members(element.members().begin(), element.members().end());
  if (options_.ordered) {
    std::sort(members.begin(), members.end(),
              [](const Member& a, const Member& b) { return a.key < b.key; });
  }
  for (const Member& member : members) QP_TRY(compact_member(node, member.key, member.value));
  return node.result;
}

Result<void> Compactor::enter_type_contexts(Node& node, Value element) {
  // 11
  const Value type = element.get("@type");
  std::vector<std::string_view> terms;
  if (type.is_string()) terms.push_back(QP_TRY(compact_iri(*node.active, type.text())));
  for (const Value item : type.items()) {
    if (item.is_string()) terms.push_back(QP_TRY(compact_iri(*node.active, item.text())));
  }
  std::sort(terms.begin(), terms.end());
  for (const std::string_view term : terms) {
    const TermDefinition* definition = node.type_scoped->find(term);
    if (!definition || !definition->context) continue;
    node.active =
        QP_TRY(contexts_.process_scoped(node.active, *definition, ContextProcessor::kNoPropagate));
  }
  return {};
}

Result<void> Compactor::compact_member(Node& node, std::string_view key, Value value) {
  if (key.starts_with('@') && QP_TRY(compact_keyword(node, key, value))) return {};
  if (!value.is_array()) return compact_item(node, key, value);
  // 12.7
  if (value.empty()) {
    const Slot slot = QP_TRY(slot_of(node, key, value));
    add(slot.object, slot.term, value, true);
  }
  // 12.8
  for (const Value item : value.items()) QP_TRY(compact_item(node, key, item));
  return {};
}

/// False: it is compacted as a property (@graph, @included, @list and @set).
Result<bool> Compactor::compact_keyword(Node& node, std::string_view key, Value value) {
  if (key == "@id") {
    QP_TRY(compact_ids(node, value));
  } else if (key == "@type") {
    QP_TRY(compact_types(node, value));
  } else if (key == "@reverse") {
    QP_TRY(compact_reverse(node, value));
  } else if (key == "@preserve") {
    // 12.4
    const Value compacted = QP_TRY(compact(node.active, node.property, value));
    if (!compacted.is_array() || !compacted.empty()) {
      node.result.set(arena_, "@preserve", compacted);
    }
  } else if (key == "@index" || key == "@direction" || key == "@language" || key == "@value") {
    // 12.5, 12.6
    const bool is_index = key == "@index";
    if (is_index && has_container(*node.active, node.property, kIndexContainer)) return true;
    node.result.set(arena_, QP_TRY(compact_iri(*node.active, key)), value);
  } else {
    return false;
  }
  return true;
}

// 12.1
Result<void> Compactor::compact_ids(Node& node, Value value) {
  Value compacted = value;
  if (value.is_string()) {
    compacted = Value::string(QP_TRY(compact_id(*node.active, value.text())));
  } else if (value.is_array()) {
    compacted = Value::array(arena_, value.size());
    for (const Value item : value.items()) {
      compacted.push_back(arena_, item.is_string()
                                      ? Value::string(QP_TRY(compact_id(*node.active, item.text())))
                                      : item);
    }
  }
  node.result.set(arena_, QP_TRY(compact_iri(*node.active, "@id")), compacted);
  return {};
}

// 12.2
Result<void> Compactor::compact_types(Node& node, Value value) {
  const auto compact_one = [&](Value type) -> Result<Value> {
    if (!type.is_string()) return type;
    return Value::string(QP_TRY(compact_iri(*node.type_scoped, type.text())));
  };
  const std::string_view alias = QP_TRY(compact_iri(*node.active, "@type"));
  const bool as_array =
      (!is_10() && has_container(*node.active, alias, kSetContainer)) || !options_.compact_arrays;
  if (!value.is_array()) {
    add(node.result, alias, QP_TRY(compact_one(value)), as_array);
    return {};
  }
  Value types = Value::array(arena_, value.size());
  for (const Value type : value.items()) types.push_back(arena_, QP_TRY(compact_one(type)));
  add(node.result, alias, types, as_array || types.empty());
  return {};
}

// 12.3
Result<void> Compactor::compact_reverse(Node& node, Value value) {
  const Value compacted = QP_TRY(compact(node.active, "@reverse", value));
  Value rest = Value::object(arena_);
  for (const Member& member : compacted.members()) {
    const TermDefinition* definition = node.active->find(member.key);
    if (definition && definition->reverse) {
      add(node.result, member.key, member.value,
          definition->has(kSetContainer) || !options_.compact_arrays);
    } else {
      rest.set(arena_, member.key, member.value);
    }
  }
  if (!rest.empty()) node.result.set(arena_, QP_TRY(compact_iri(*node.active, "@reverse")), rest);
  return {};
}

Result<Compactor::Slot> Compactor::slot_of(Node& node, std::string_view iri, const Value& value) {
  // 12.7.1, 12.8.1
  Slot slot;
  slot.term = QP_TRY(compact_iri(*node.active, iri, &value, node.property == "@reverse"));
  slot.definition = node.active->find(slot.term);
  slot.object = node.result;
  // 12.8.5
  slot.as_array = slot.has(kSetContainer) || slot.term == "@graph" || slot.term == "@list" ||
                  !options_.compact_arrays;
  if (!slot.definition || slot.definition->nest.empty()) return slot;
  // 12.7.2, 12.8.2
  const std::string_view nest = arena_.copy(slot.definition->nest);
  const auto expanded = node.active->expand_iri(nest, Reading::Vocab, options_.base, arena_);
  if (expanded != "@nest" && options_.mode == Mode::Storage) return slot;  // a broken context
  if (expanded != "@nest") return fail(ErrorCode::InvalidNestValue, std::string(nest));
  if (!node.result.contains(nest)) node.result.set(arena_, nest, Value::object(arena_));
  slot.object = node.result.get(nest);
  return slot;
}

Result<void> Compactor::compact_item(Node& node, std::string_view iri, Value item) {
  const Slot slot = QP_TRY(slot_of(node, iri, item));
  // 12.8.6
  const bool is_list = is_list_object(item);
  const bool is_graph = is_graph_object(item);
  const Value inner = is_list ? item.get("@list") : is_graph ? item.get("@graph") : item;
  const Value compacted = QP_TRY(compact(node.active, slot.term, inner));
  if (is_list) return place_list(node, slot, item, compacted);    // 12.8.7
  if (is_graph) return place_graph(node, slot, item, compacted);  // 12.8.8
  const bool is_map = slot.has(kLanguageContainer) || slot.has(kIndexContainer) ||
                      slot.has(kIdContainer) || slot.has(kTypeContainer);
  if (is_map && !slot.has(kGraphContainer)) {
    return place_in_map(node, slot, item, compacted);  // 12.8.9
  }
  add(slot.object, slot.term, compacted, slot.as_array);  // 12.8.10
  return {};
}

Result<void> Compactor::place_list(const Node& node, const Slot& slot, Value item,
                                   Value compacted) {
  if (!compacted.is_array()) {
    compacted = Value::array(arena_, std::span<const Value>(&compacted, 1));
  }
  if (slot.has(kListContainer)) {  // 12.8.7.3
    slot.object.set(arena_, slot.term, compacted);
    return {};
  }
  // 12.8.7.2
  Value list = Value::object(arena_, 2);
  list.set(arena_, QP_TRY(compact_iri(*node.active, "@list")), compacted);
  if (const Value* index = item.find("@index")) {
    list.set(arena_, QP_TRY(compact_iri(*node.active, "@index")), *index);
  }
  add(slot.object, slot.term, list, slot.as_array);
  return {};
}

Result<void> Compactor::place_graph(const Node& node, const Slot& slot, Value item,
                                    Value compacted) {
  const Context& active = *node.active;
  const Value id = item.get("@id");
  const Value index = item.get("@index");
  if (slot.has(kGraphContainer) && slot.has(kIdContainer)) {  // 12.8.8.1
    const auto key = id.is_string() ? QP_TRY(compact_id(active, id.text()))
                                    : QP_TRY(compact_iri(active, "@none"));
    add(map_at(slot), key, compacted, slot.as_array);
  } else if (slot.has(kGraphContainer) && slot.has(kIndexContainer) && id.is_null()) {
    // 12.8.8.2
    const auto key = index.is_string() ? index.text() : QP_TRY(compact_iri(active, "@none"));
    add(map_at(slot), key, compacted, slot.as_array);
  } else if (slot.has(kGraphContainer) && id.is_null()) {
    // 12.8.8.3
    if (compacted.is_array() && compacted.size() > 1) {
      Value included = Value::object(arena_, 1);
      included.set(arena_, QP_TRY(compact_iri(active, "@included")), compacted);
      compacted = included;
    }
    add(slot.object, slot.term, compacted, slot.as_array);
  } else {
    // 12.8.8.4
    Value graph = Value::object(arena_, 3);
    graph.set(arena_, QP_TRY(compact_iri(active, "@graph")), compacted);
    if (id.is_string()) {
      graph.set(arena_, QP_TRY(compact_iri(active, "@id")),
                Value::string(QP_TRY(compact_id(active, id.text()))));
    }
    if (index.is_string()) graph.set(arena_, QP_TRY(compact_iri(active, "@index")), index);
    add(slot.object, slot.term, graph, slot.as_array);
  }
  return {};
}

Result<void> Compactor::place_in_map(const Node& node, const Slot& slot, Value item,
                                     Value compacted) {
  const Value key = QP_TRY(take_key(node, slot, item, compacted));
  // 12.8.9.9, 12.8.9.10
  const auto text = key.is_string() ? key.text() : QP_TRY(compact_iri(*node.active, "@none"));
  add(map_at(slot), text, compacted, slot.as_array);
  return {};
}

/// The map key of an item, taken out of what it became; null: it has none.
Result<Value> Compactor::take_key(const Node& node, const Slot& slot, Value item,
                                  Value& compacted) {
  const Context& active = *node.active;
  if (slot.has(kLanguageContainer)) {  // 12.8.9.3
    if (is_value_object(item)) compacted = item.get("@value");
    return item.get("@language");
  }
  const bool is_plain_index = slot.has(kIndexContainer) && slot.definition->index.empty();
  if (is_plain_index) return item.get("@index");    // 12.8.9.5
  if (is_value_object(item)) return Value::null();  // a JSON literal is left as it is
  if (slot.has(kIndexContainer)) {
    // 12.8.9.6
    return take_first(compacted, key_of(active, compacted, slot.definition->index));
  }
  if (slot.has(kIdContainer)) {  // 12.8.9.7
    const auto key = QP_TRY(compact_iri(active, "@id"));
    const Value id = compacted.get(key);
    compacted.erase(key);
    return id;
  }
  // 12.8.9.8
  const Value type = take_first(compacted, QP_TRY(compact_iri(active, "@type")));
  const bool is_id_only = compacted.size() == 1 && item.contains("@id");
  if (is_id_only && compacted.contains(QP_TRY(compact_iri(active, "@id")))) {
    Value reference = Value::object(arena_, 1);
    reference.set(arena_, "@id", item.get("@id"));
    compacted = QP_TRY(compact(node.active, slot.term, reference));
  }
  return type;
}

/// The key under which `object` has the property that `index` names; empty where it has none.
std::string_view Compactor::key_of(const Context& active, Value object, std::string_view index) {
  const auto property = active.expand_iri(index, Reading::Vocab, options_.base, arena_);
  for (const Member& member : object.members()) {
    if (active.expand_iri(member.key, Reading::Vocab, options_.base, arena_) == property) {
      return member.key;
    }
  }
  return {};
}

/// The first value of a member, where it is a text; the others stay.
Value Compactor::take_first(Value object, std::string_view key) {
  const Value all = object.get(key);
  const Value first = all.is_array() && !all.empty() ? all.items()[0] : all;
  if (!first.is_string()) return Value::null();
  object.erase(key);
  if (all.is_array()) {
    for (const Value other : all.items().subspan(1)) add(object, key, other, false);
  }
  return first;
}

Value Compactor::map_at(const Slot& slot) {
  const Value* found = slot.object.find(slot.term);
  return found ? *found : slot.object.set(arena_, slot.term, Value::object(arena_));
}

// "add value", API 2.1: one value stands alone unless an array is asked for.
void Compactor::add(Value object, std::string_view key, Value value, bool as_array) {
  if (as_array && !object.contains(key)) object.set(arena_, key, Value::array(arena_));
  if (value.is_array()) {
    for (const Value item : value.items()) add(object, key, item, as_array);
    return;
  }
  Value* found = object.find(key);
  if (!found) {
    object.set(arena_, key, value);
  } else if (found->is_array()) {
    found->push_back(arena_, value);
  } else {
    Value both = Value::array(arena_, 2);
    both.push_back(arena_, *found);
    both.push_back(arena_, value);
    *found = both;
  }
}

// API 9.3, compact(), from its step 6 on; the document is expanded already.
Result<Value> compact(Value expanded, Value context, const Options& options, json::Arena& arena) {
  Compactor compactor(options, arena);
  if (const Value* inner = context.find("@context")) context = *inner;
  const ContextPtr initial = QP_TRY(compactor.contexts().initial());
  const ContextPtr active = QP_TRY(compactor.contexts().process(initial, context, options.base));
  Value result = QP_TRY(compactor.compact(active, std::nullopt, expanded));
  if (result.is_array()) {
    Value wrapped = Value::object(arena, 2);
    if (!result.empty()) {
      wrapped.set(arena, QP_TRY(compactor.compact_iri(*active, "@graph")), result);
    }
    result = wrapped;
  }
  const bool has_context = context.is_string() || !context.empty();
  if (!result.is_object() || !has_context) return result;
  Value with_context = Value::object(arena, result.size() + 1);
  with_context.set(arena, "@context", context);
  for (const Member& member : result.members()) {
    with_context.set(arena, member.key, member.value);
  }
  return with_context;
}

}  // namespace qp::jsonld
