#include <algorithm>
#include <span>

#include "jsonld/errors.hpp"
#include "jsonld/expander.hpp"
#include "jsonld/keywords.hpp"
#include "rdf/iri.hpp"
#include "vocab/namespaces.hpp"

// Expansion, JSON-LD API 5.1.2; numbers are the steps there.
namespace qp::jsonld {
namespace {

using json::Member;
using json::Value;

constexpr std::string_view kProof = QP_NAMESPACE_sec "proof";

bool names(const Context& active, std::string_view key, std::string_view keyword) {
  if (key == keyword) return true;
  const TermDefinition* definition = active.find_own(key);
  return definition && definition->iri == keyword;
}

bool has_keyword(const Context& active, Value element, std::string_view keyword) {
  return std::any_of(element.members().begin(), element.members().end(),
                     [&](const Member& member) { return names(active, member.key, keyword); });
}

/// The members of an object; by key where they are wanted so, copied into `sorted` then.
std::span<const Member> members_in_order(Value object, bool ordered, std::vector<Member>& sorted) {
  const std::span<Member> members = object.members();
  if (!ordered) return members;
  sorted.assign(members.begin(), members.end());
  std::sort(sorted.begin(), sorted.end(),
            [](const Member& a, const Member& b) { return a.key < b.key; });
  return sorted;
}

bool is_empty_object(Value value) { return value.is_object() && value.empty(); }

bool is_reverse_value(Value item) { return !is_value_object(item) && !is_list_object(item); }

bool is_framing_keyword(std::string_view key) {
  return key == "@explicit" || key == "@default" || key == "@embed" || key == "@omitDefault" ||
         key == "@requireAll";
}

bool is_absolute(Value type) {
  return type.is_string() && !is_blank(type.text()) && rdf::is_absolute_iri(type.text());
}

}  // namespace

struct Expander::Node {
  ContextPtr active;
  ContextPtr type_scoped;
  Property property;
  std::string_view base_url;
  bool frame = false;
  std::string_view input_type;
  Value result;
};

struct Expander::Entry {
  std::string_view key;
  std::string_view iri;
  Value value;
  const TermDefinition* definition = nullptr;

  bool has(Container wanted) const { return definition && definition->has(wanted); }
};

Result<Value> Expander::expand(const ContextPtr& active, Property property, Value element,
                               std::string_view base_url, bool from_map, bool frame) {
  if (element.is_null()) return Value::null();  // 1
  if (property == "@default") frame = false;    // 2
  if (element.is_scalar()) return expand_scalar(active, property, element);
  if (element.is_array()) {
    return expand_array(active, property, element, base_url, from_map, frame);
  }
  return expand_object(active, property, element, base_url, from_map, frame);
}

Result<Value> Expander::expand_scalar(const ContextPtr& active, Property property, Value element) {
  if (!property || property == "@graph") return Value::null();  // 4.1
  const TermDefinition* definition = active->find(*property);
  if (!definition || !definition->context) return expand_value(*active, *property, element);
  // 4.2, 4.3
  const ContextPtr scoped =
      QP_TRY(contexts_.process_scoped(active, *definition, ContextProcessor::kOverrideProtected));
  return expand_value(*scoped, *property, element);
}

Result<Value> Expander::expand_array(const ContextPtr& active, Property property, Value element,
                                     std::string_view base_url, bool from_map, bool frame) {
  // 5
  const TermDefinition* definition = property ? active->find(*property) : nullptr;
  const bool is_list = definition && definition->has(kListContainer);
  Value result = Value::array(arena_, element.size());
  for (const Value item : element.items()) {
    Value expanded = QP_TRY(expand(active, property, item, base_url, from_map, frame));
    if (is_list && expanded.is_array()) expanded = one("@list", expanded);  // 5.2.2
    if (expanded.is_array()) {
      for (const Value inner : expanded.items()) result.push_back(arena_, inner);
    } else if (!expanded.is_null()) {
      result.push_back(arena_, expanded);
    }
  }
  return result;
}

Result<Value> Expander::expand_object(const ContextPtr& active, Property property, Value element,
                                      std::string_view base_url, bool from_map, bool frame) {
  Node node{active, nullptr, property, base_url, frame, {}, Value::object(arena_, element.size())};
  QP_TRY(enter_contexts(node, element, from_map));
  QP_TRY(expand_members(node, element));
  return finish(node);
}

Result<void> Expander::enter_contexts(Node& node, Value element, bool from_map) {
  // 3, with the definition as it was before 7.
  const TermDefinition* definition = node.property ? node.active->find(*node.property) : nullptr;
  const ContextPtr before = node.active;  // keeps `definition` alive
  if (!from_map && must_revert(node, element)) node.active = node.active->previous;  // 7
  if (definition && definition->context) {                                           // 8
    node.active = QP_TRY(
        contexts_.process_scoped(node.active, *definition, ContextProcessor::kOverrideProtected));
  }
  if (const Value* local = element.find("@context")) {  // 9
    node.active = QP_TRY(contexts_.process(node.active, *local, node.base_url));
  }
  node.type_scoped = node.active;  // 10
  return enter_type_contexts(node, element);
}

bool Expander::must_revert(const Node& node, Value element) {
  const Context& active = *node.active;
  if (!active.previous || has_keyword(active, element, "@value")) return false;
  return element.size() != 1 || !names(active, element.members()[0].key, "@id");
}

Result<void> Expander::enter_type_contexts(Node& node, Value element) {
  // 11
  std::vector<Member> types;
  for (const Member& member : element.members()) {
    if (names(*node.active, member.key, "@type")) types.push_back(member);
  }
  std::sort(types.begin(), types.end(),
            [](const Member& a, const Member& b) { return a.key < b.key; });
  for (const Member& member : types) {
    std::vector<std::string_view> terms;
    const Value values = as_array(member.value);
    for (const Value type : values.items()) {
      if (type.is_string()) terms.push_back(type.text());
    }
    std::sort(terms.begin(), terms.end());
    for (const std::string_view term : terms) {
      const TermDefinition* definition = node.type_scoped->find(term);
      if (!definition || !definition->context) continue;
      node.active = QP_TRY(
          contexts_.process_scoped(node.active, *definition, ContextProcessor::kNoPropagate));
    }
  }
  // 12
  if (types.empty()) return {};
  const Value first = types.front().value;
  const Value last = first.is_array() && !first.empty() ? first.items().back() : first;
  if (last.is_string()) node.input_type = expand_key(*node.active, last.text()).value_or("");
  return {};
}

Result<void> Expander::expand_members(Node& node, Value element) {
  // 13
  std::vector<std::string_view> nests;
  std::vector<Member> sorted;
  for (const Member& member : members_in_order(element, options_.ordered, sorted)) {
    QP_TRY(expand_member(node, member.key, member.value, nests));
  }
  // 14
  if (options_.ordered) std::sort(nests.begin(), nests.end());
  for (const std::string_view key : nests) QP_TRY(expand_nested(node, key, element));
  return {};
}

Result<void> Expander::expand_member(Node& node, std::string_view key, Value value,
                                     std::vector<std::string_view>& nests) {
  if (key == "@context") return {};  // 13.1
  // 13.2, 13.3
  const auto iri = expand_key(*node.active, key);
  if (!iri) return {};
  if (is_keyword(*iri)) {
    return expand_keyword(node, {key, *iri, value, nullptr}, nests);
  }
  if (iri->find(':') == iri->npos) return {};
  return expand_property(node, {key, *iri, value, node.active->find(key)});
}

Result<void> Expander::expand_nested(Node& node, std::string_view key, Value element) {
  const ContextPtr outer = node.active;
  const Property outer_property = node.property;
  const Value nested = as_array(element.get(key));
  const TermDefinition* definition = outer->find(key);
  for (const Value value : nested.items()) {
    // 14.2.1
    if (!value.is_object() || has_keyword(*outer, value, "@value")) {
      return fail(ErrorCode::InvalidNestValue, std::string(key));
    }
    // 14.2.2: 3 and 8, 13, 14 again.
    node.property = key;
    if (definition && definition->context) {
      node.active = QP_TRY(
          contexts_.process_scoped(outer, *definition, ContextProcessor::kOverrideProtected));
    }
    QP_TRY(expand_members(node, value));
    node.active = outer;
    node.property = outer_property;
  }
  return {};
}

Result<void> Expander::expand_keyword(Node& node, const Entry& entry,
                                      std::vector<std::string_view>& nests) {
  const std::string_view keyword = entry.iri;
  // 13.4.1
  if (node.property == "@reverse") {
    return fail(ErrorCode::InvalidReversePropertyMap, std::string(entry.key));
  }
  // 13.4.2
  const bool is_repeatable = options_.processing_mode != ProcessingMode::JsonLd10 &&
                             (keyword == "@included" || keyword == "@type");
  if (!is_repeatable && node.result.contains(keyword)) {
    return fail(ErrorCode::CollidingKeywords, std::string(keyword));
  }
  if (keyword == "@nest") {  // 13.4.14
    nests.push_back(entry.key);
    return {};
  }
  if (stores() && (keyword == "@graph" || keyword == "@included" || keyword == "@reverse")) {
    return refused(keyword);
  }
  if (keyword == "@reverse") return expand_reverse(node, entry.value);  // 13.4.13
  const auto expanded = QP_TRY(keyword_value(node, entry));
  // 13.4.16
  if (expanded) node.result.set(arena_, keyword, *expanded);
  return {};
}

/// No value: there is nothing to set.
Result<std::optional<Value>> Expander::keyword_value(Node& node, const Entry& entry) {
  const std::string_view keyword = entry.iri;
  const Value value = entry.value;
  const auto expand_as = [&](Property property) {
    return expand(node.active, property, value, node.base_url, false, node.frame);
  };
  using Optional = std::optional<Value>;
  if (keyword == "@id") return expand_id(node, value);                              // 13.4.3
  if (keyword == "@type") return Optional(QP_TRY(expand_type(node, value)));        // 13.4.4
  if (keyword == "@graph") return Optional(as_array(QP_TRY(expand_as("@graph"))));  // 13.4.5
  if (keyword == "@value") return expand_value_keyword(node, value);                // 13.4.7
  if (keyword == "@language") return expand_language(node, value);                  // 13.4.8
  if (keyword == "@direction") return expand_direction(node, value);                // 13.4.9
  if (keyword == "@included") {                                                     // 13.4.6
    if (options_.processing_mode == ProcessingMode::JsonLd10) return Optional();
    return Optional(QP_TRY(expand_included(node, value)));
  }
  if (keyword == "@index") {  // 13.4.10
    if (!value.is_string()) return fail(ErrorCode::InvalidIndexValue, json::to_text(value));
    return Optional(value);
  }
  if (keyword == "@list") {  // 13.4.11
    if (!node.property || node.property == "@graph") return Optional();
    const Value expanded = QP_TRY(expand_as(node.property));
    return Optional(expanded.is_null() ? Value::array(arena_) : as_array(expanded));
  }
  if (keyword == "@set") {  // 13.4.12
    const Value expanded = QP_TRY(expand_as(node.property));
    return expanded.is_null() ? Optional() : Optional(expanded);
  }
  if (node.frame && is_framing_keyword(keyword)) {  // 13.4.15
    const Value expanded = QP_TRY(expand_as(keyword));
    return expanded.is_null() ? Optional() : Optional(expanded);
  }
  return Optional();
}

Result<std::optional<Value>> Expander::expand_id(const Node& node, Value value) {
  const auto expand_one = [&](std::string_view text) {
    const auto iri = node.active->expand_iri(text, Reading::Document, options_.base, arena_);
    return iri ? Value::string(*iri) : Value::null();
  };
  if (stores() && value.is_null()) return std::optional<Value>();
  if (value.is_string() && !node.frame) return std::optional(expand_one(value.text()));
  // 13.4.3.1: a frame may have an empty object or several IRIs.
  const auto values = as_array(value);
  const bool is_valid =
      node.frame && (is_empty_object(value) ||
                     std::all_of(values.items().begin(), values.items().end(), [](Value item) {
                       return item.is_string() || is_empty_object(item);
                     }));
  if (!is_valid) return fail(ErrorCode::InvalidIdValue, json::to_text(value));
  Value result = Value::array(arena_);
  for (const Value item : values.items()) {
    result.push_back(arena_, item.is_string() ? expand_one(item.text()) : item);
  }
  return std::optional(result);
}

Result<Value> Expander::expand_type(const Node& node, Value value) {
  const auto expand_one = [&](Value type) {
    if (!type.is_string()) return type;
    const auto iri = node.type_scoped->expand_iri(type.text(), Reading::VocabThenDocument,
                                                  options_.base, arena_);
    return iri ? Value::string(*iri) : Value::null();
  };
  Value expanded;
  const auto all_text = [](Value array) {
    return std::all_of(array.items().begin(), array.items().end(),
                       [](Value item) { return item.is_string(); });
  };
  const Value* fallback = value.find("@default");
  if (value.is_string()) {
    expanded = expand_one(value);
  } else if (stores() && value.is_null()) {
    expanded = Value::array(arena_);
  } else if (value.is_array() && all_text(value)) {
    expanded = Value::array(arena_, value.size());
    for (const Value type : value.items()) expanded.push_back(arena_, expand_one(type));
  } else if (node.frame && (is_empty_object(value) || (value.is_array() && value.size() == 1 &&
                                                       is_empty_object(value.items()[0])))) {
    expanded = value;  // 13.4.4.2
  } else if (node.frame && fallback && value.size() == 1) {
    // 13.4.4.3
    expanded = one("@default", QP_TRY(expand_type(node, *fallback)));
  } else {
    return fail(ErrorCode::InvalidTypeValue, json::to_text(value));  // 13.4.4.1
  }
  // 13.4.4.5
  const Value* before = node.result.find("@type");
  if (!before) return expanded;
  const Value all = Value::array(arena_);
  for (const Value type : as_array(*before).items()) all.push_back(arena_, type);
  for (const Value type : as_array(expanded).items()) all.push_back(arena_, type);
  return all;
}

Result<std::optional<Value>> Expander::expand_value_keyword(const Node& node, Value value) {
  using Optional = std::optional<Value>;
  if (node.input_type == "@json") {  // 13.4.7.1
    if (options_.processing_mode == ProcessingMode::JsonLd10) {
      return fail(ErrorCode::InvalidValueObjectValue, "a JSON literal in 1.0");
    }
    return Optional(value);
  }
  if (value.is_scalar() && !node.frame) return Optional(value);  // 13.4.7.3, 13.4.7.4
  const Value values = as_array(value);
  const bool is_pattern =
      is_empty_object(value) || std::all_of(values.items().begin(), values.items().end(),
                                            [](Value item) { return item.is_scalar(); });
  if (!node.frame || !is_pattern) {
    return fail(ErrorCode::InvalidValueObjectValue, json::to_text(value));
  }
  return Optional(values);
}

Result<std::optional<Value>> Expander::expand_language(const Node& node, Value value) {
  if (value.is_string() && !node.frame) return std::optional(value);
  const Value values = as_array(value);
  const bool is_pattern = std::all_of(values.items().begin(), values.items().end(), [](Value item) {
    return item.is_string() || is_empty_object(item);
  });
  if (!node.frame || !is_pattern) {
    return fail(ErrorCode::InvalidLanguageTaggedString, json::to_text(value));
  }
  return std::optional(values);
}

Result<std::optional<Value>> Expander::expand_direction(const Node& node, Value value) {
  if (options_.processing_mode == ProcessingMode::JsonLd10) return std::optional<Value>();
  const auto is_direction = [](Value item) { return item.is("ltr") || item.is("rtl"); };
  if (is_direction(value) && !node.frame) return std::optional(value);
  const Value values = as_array(value);
  const bool is_pattern =
      std::all_of(values.items().begin(), values.items().end(),
                  [&](Value item) { return is_direction(item) || is_empty_object(item); });
  if (!node.frame || !is_pattern) {
    return fail(ErrorCode::InvalidBaseDirection, json::to_text(value));
  }
  return std::optional(values);
}

Result<Value> Expander::expand_included(const Node& node, Value value) {
  const Value expanded =
      as_array(QP_TRY(expand(node.active, std::nullopt, value, node.base_url, false, node.frame)));
  Value all = Value::array(arena_);
  if (const Value* before = node.result.find("@included")) {
    for (const Value item : before->items()) all.push_back(arena_, item);
  }
  for (const Value item : expanded.items()) {
    if (!is_node_object(item)) return fail(ErrorCode::InvalidIncludedValue, json::to_text(item));
    all.push_back(arena_, item);
  }
  return all;
}

Result<void> Expander::expand_reverse(Node& node, Value value) {
  // 13.4.13.1, 13.4.13.2
  if (!value.is_object()) return fail(ErrorCode::InvalidReverseValue, json::to_text(value));
  const Value expanded =
      QP_TRY(expand(node.active, "@reverse", value, node.base_url, false, node.frame));
  for (const Member& member : expanded.members()) {
    if (member.key == "@reverse") {
      // 13.4.13.3: what is reversed twice is not reversed.
      for (const Member& twice : member.value.members()) {
        add_to(node.result, twice.key, twice.value, arena_);
      }
      continue;
    }
    // 13.4.13.4
    for (const Value item : as_array(member.value).items()) {
      if (!is_reverse_value(item)) {
        return fail(ErrorCode::InvalidReversePropertyValue, std::string(member.key));
      }
      add_reverse(node, member.key, item);
    }
  }
  return {};
}

void Expander::add_reverse(Node& node, std::string_view property, Value item) {
  if (!node.result.contains("@reverse")) {
    node.result.set(arena_, "@reverse", Value::object(arena_));
  }
  add_to(node.result.get("@reverse"), property, item, arena_);
}

Result<void> Expander::expand_property(Node& node, const Entry& entry) {
  Value expanded = QP_TRY(property_value(node, entry));
  if (expanded.is_null()) return {};  // 13.10
  // 13.11
  if (entry.has(kListContainer) && !is_list_object(expanded)) {
    expanded = one("@list", as_array(expanded));
  }
  // 13.12
  if (!stores() && entry.has(kGraphContainer) && !entry.has(kIdContainer) &&
      !entry.has(kIndexContainer)) {
    Value graphs = Value::array(arena_);
    for (const Value item : as_array(expanded).items()) {
      graphs.push_back(arena_, one("@graph", as_array(item)));
    }
    expanded = graphs;
  }
  if (!entry.definition || !entry.definition->reverse) {
    add_to(node.result, entry.iri, expanded, arena_);  // 13.14
    return {};
  }
  // 13.13
  if (stores()) return refused("a reverse property");
  for (const Value item : as_array(expanded).items()) {
    if (!is_reverse_value(item)) {
      return fail(ErrorCode::InvalidReversePropertyValue, std::string(entry.key));
    }
    add_reverse(node, entry.iri, item);
  }
  return {};
}

Result<Value> Expander::property_value(Node& node, const Entry& entry) {
  const bool is_graph = stores() && entry.has(kGraphContainer);
  if (is_graph && entry.iri != kProof) return refused("a graph container");
  // 13.6; in storage a proof, which is a graph of its own, is kept as the JSON that it signs.
  if (is_graph || (entry.definition && entry.definition->type == "@json")) {
    Value result = one("@value", entry.value);
    result.set(arena_, "@type", Value::string("@json"));
    return result;
  }
  if (entry.value.is_object() && entry.has(kLanguageContainer)) {  // 13.7
    return expand_language_map(node, entry);
  }
  const bool is_map =
      entry.has(kIndexContainer) || entry.has(kTypeContainer) || entry.has(kIdContainer);
  if (entry.value.is_object() && is_map) return expand_index_map(node, entry);           // 13.8
  return expand(node.active, entry.key, entry.value, node.base_url, false, node.frame);  // 13.9
}

Result<Value> Expander::expand_language_map(const Node& node, const Entry& entry) {
  const Tag& own = entry.definition->direction;
  const Tag& direction = own.is_mentioned() ? own : node.active->direction;  // 13.7.2, 13.7.3
  Value result = Value::array(arena_);
  std::vector<Member> sorted;
  for (const Member& member : members_in_order(entry.value, options_.ordered, sorted)) {
    for (const Value item : as_array(member.value).items()) {
      if (item.is_null()) continue;  // 13.7.4.2.1
      if (!item.is_string()) {       // 13.7.4.2.2
        return fail(ErrorCode::InvalidLanguageMapValue, json::to_text(item));
      }
      Value tagged = one("@value", item);
      if (expand_key(*node.active, member.key) != "@none") {
        tagged.set(arena_, "@language", Value::string(member.key));
      }
      if (direction.is_set()) {
        tagged.set(arena_, "@direction", Value::string(arena_.copy(direction.text)));
      }
      result.push_back(arena_, tagged);
    }
  }
  return result;
}

Result<Value> Expander::expand_index_map(const Node& node, const Entry& entry) {
  Value result = Value::array(arena_);
  std::vector<Member> sorted;
  for (const Member& member : members_in_order(entry.value, options_.ordered, sorted)) {
    QP_TRY(expand_index_entry(node, entry, member.key, member.value, result));
  }
  return result;
}

Result<void> Expander::expand_index_entry(const Node& node, const Entry& entry,
                                          std::string_view index, Value value, Value result) {
  // 13.8.3.1
  ContextPtr map_context = node.active;
  const bool is_named = entry.has(kIdContainer) || entry.has(kTypeContainer);
  if (is_named && map_context->previous) map_context = map_context->previous;
  // 13.8.3.2
  const TermDefinition* scoped = map_context->find(index);
  if (entry.has(kTypeContainer) && scoped && scoped->context) {
    map_context = QP_TRY(contexts_.process_scoped(map_context, *scoped, ContextProcessor::kNone));
  }
  // 13.8.3.5, 13.8.3.6
  const Value expanded = as_array(
      QP_TRY(expand(map_context, entry.key, as_array(value), node.base_url, true, node.frame)));
  // 13.8.3.7
  for (Value item : expanded.items()) {
    if (entry.has(kGraphContainer) && !is_graph_object(item)) {
      item = one("@graph", as_array(item));
    }
    QP_TRY(mark_index(node, entry, index, item));
    result.push_back(arena_, item);
  }
  return {};
}

Result<void> Expander::mark_index(const Node& node, const Entry& entry, std::string_view index,
                                  Value item) {
  const auto expanded = expand_key(*node.active, index);  // 13.8.3.4
  if (expanded == "@none") return {};
  if (entry.has(kIndexContainer)) {
    if (!entry.definition->index.empty()) return mark_property_index(node, entry, index, item);
    // 13.8.3.7.3
    if (!item.contains("@index")) item.set(arena_, "@index", Value::string(index));
  } else if (entry.has(kIdContainer)) {
    // 13.8.3.7.4
    if (item.contains("@id")) return {};
    const auto id = node.active->expand_iri(index, Reading::Document, options_.base, arena_);
    if (id) item.set(arena_, "@id", Value::string(*id));
  } else if (expanded) {
    // 13.8.3.7.5
    const Value types = Value::array(arena_);
    types.push_back(arena_, Value::string(*expanded));
    if (const Value* before = item.find("@type")) {
      for (const Value type : as_array(*before).items()) types.push_back(arena_, type);
    }
    item.set(arena_, "@type", types);
  }
  return {};
}

// 13.8.3.7.2
Result<void> Expander::mark_property_index(const Node& node, const Entry& entry,
                                           std::string_view index, Value item) {
  const std::string_view index_key = entry.definition->index;
  const auto property = expand_key(*node.active, index_key);
  if (!property) return {};
  const Value values = Value::array(arena_);
  values.push_back(arena_, QP_TRY(expand_value(*node.active, index_key, Value::string(index))));
  if (const Value* before = item.find(*property)) {
    for (const Value value : as_array(*before).items()) values.push_back(arena_, value);
  }
  item.set(arena_, *property, values);
  if (is_value_object(item)) {
    return fail(ErrorCode::InvalidValueObject, std::string(index_key));
  }
  return {};
}

Result<Value> Expander::finish(const Node& node) {
  Value result = node.result;
  if (result.contains("@value")) {
    result = QP_TRY(finish_value(node));  // 15
  } else if (const Value* type = result.find("@type")) {
    if (!type->is_array()) result.set(arena_, "@type", as_array(*type));  // 16
  }
  if (result.contains("@set") || result.contains("@list")) {
    // 17
    if (result.size() > (result.contains("@index") ? 2u : 1u)) {
      return fail(ErrorCode::InvalidSetOrListObject, "with other entries");
    }
    if (const Value* set = result.find("@set")) result = *set;
  }
  if (result.is_object() && result.size() == 1 && result.contains("@language")) {
    return Value::null();  // 18
  }
  return drop_free_floating(node, result);
}

Result<Value> Expander::finish_value(const Node& node) {
  const Value result = node.result;
  const bool is_tagged = result.contains("@language") || result.contains("@direction");
  const Value* type = result.find("@type");
  // 15.1
  const bool is_clean =
      std::all_of(result.members().begin(), result.members().end(), [](const Member& member) {
        return member.key == "@value" || member.key == "@type" || member.key == "@language" ||
               member.key == "@direction" || member.key == "@index";
      });
  if (!is_clean || (type && is_tagged)) {
    return fail(ErrorCode::InvalidValueObject, json::to_text(result));
  }
  // 15.2
  if (node.input_type == "@json" && type) return result;
  const Value value = result.get("@value");
  if (value.is_null() || (value.is_array() && value.empty())) return Value::null();  // 15.3
  if (node.frame) return result;
  // 15.4
  if (!value.is_string() && result.contains("@language")) {
    return fail(ErrorCode::InvalidLanguageTaggedValue, json::to_text(value));
  }
  // 15.5
  if (type && !is_absolute(*type)) {
    return fail(ErrorCode::InvalidTypedValue, json::to_text(*type));
  }
  return result;
}

// 19
Result<Value> Expander::drop_free_floating(const Node& node, Value result) {
  const bool is_top = !node.property || node.property == "@graph";
  if (!is_top || node.frame || !result.is_object()) return result;
  if (result.empty() || is_value_object(result) || is_list_object(result)) return Value::null();
  if (result.size() == 1 && result.contains("@id")) return Value::null();
  return result;
}

// API 5.1, expand(), from its step 5 on; the document is loaded already.
Result<Value> expand(Value document, const Options& options, json::Arena& arena) {
  Expander expander(options, arena);
  ContextProcessor& contexts = expander.contexts();
  ContextPtr active = QP_TRY(contexts.initial());
  if (!options.expand_context.is_null()) {
    const Value* inner = options.expand_context.find("@context");
    const Value local = inner ? *inner : options.expand_context;
    active = QP_TRY(contexts.process(active, local, options.base));
  }
  Value result = QP_TRY(expander.expand(active, std::nullopt, document, options.base, false,
                                        options.frame_expansion));
  // 8
  if (result.is_object() && result.size() == 1 && result.contains("@graph")) {
    result = result.get("@graph");
  }
  if (result.is_null()) return Value::array(arena);
  if (result.is_array()) return result;
  return Value::array(arena, std::span<const Value>(&result, 1));
}

}  // namespace qp::jsonld
