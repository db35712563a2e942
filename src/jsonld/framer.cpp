#include "jsonld/framer.hpp"

#include <algorithm>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "jsonld/errors.hpp"
#include "jsonld/expander.hpp"
#include "jsonld/keywords.hpp"
#include "rdf/iri.hpp"

// The Framing Algorithm, JSON-LD Framing 4.1; numbers are the steps there.
//
// What is embedded where depends on the order of nodes and properties. It is always that of their
// characters here, so that documents that say the same give the same result.
namespace qp::jsonld {
namespace {

using json::Member;
using json::Value;

bool is_reference(Value value) { return value.size() == 1 && value.contains("@id"); }

std::vector<Member> sorted_members(Value object) {
  std::vector<Member> members(object.members().begin(), object.members().end());
  std::ranges::sort(members, {}, &Member::key);
  return members;
}

/// Null where there is none.
Value first_of(Value array) { return array.items().empty() ? Value() : array.items()[0]; }

/// A wildcard, a default, or an IRI.
bool is_name_pattern(Value item, bool is_type) {
  if (item.is_object()) return item.empty() || (is_type && item.contains("@default"));
  return item.is_string() && (rdf::is_absolute_iri(item.text()) || (is_type && item.is("@json"))) &&
         !is_blank(item.text());
}

/// 1: the frame object; of an array the first item.
Result<Value> valid_frame(Value frame) {
  if (frame.is_array()) frame = first_of(frame);
  if (!frame.is_object()) {
    return fail(ErrorCode::InvalidFrame, "not one object: " + json::to_text(frame));
  }
  for (const std::string_view key : {"@id", "@type"}) {
    for (const Value item : frame.get(key).items()) {
      if (is_name_pattern(item, key == "@type")) continue;
      return fail(ErrorCode::InvalidFrame, std::string(key) + " " + json::to_text(item));
    }
  }
  return frame;
}

/// The value of a framing keyword after expansion: `[{"@value": true}]`; null where it is missing.
Value keyword_value(Value frame, std::string_view keyword) {
  Value value = frame.get(keyword);
  if (value.is_array()) value = first_of(value);
  if (const Value* inner = value.find("@value")) value = *inner;
  return value.is_array() ? first_of(value) : value;
}

Result<bool> boolean_keyword(Value frame, std::string_view keyword, bool otherwise) {
  const Value value = keyword_value(frame, keyword);
  if (value.is_null()) return otherwise;
  if (value.is_boolean()) return value.is_true();
  if (value.is("true") || value.is("false")) return value.is("true");
  return fail(ErrorCode::InvalidFrame, std::string(keyword) + " " + json::to_text(value));
}

std::string_view name_of(Embed embed) {
  switch (embed) {
    case Embed::Once:
      return "@once";
    case Embed::Always:
      return "@always";
    case Embed::Never:
      return "@never";
    case Embed::First:
      return "@first";
    case Embed::Last:
      return "@last";
  }
  return "";
}

}  // namespace

Result<Value> Framer::run(std::string_view name, Value expanded_frame) {
  if (expanded_frame.size() != 1) return fail(ErrorCode::InvalidFrame, "not one object");
  const Value results = Value::array(arena_);
  const NodeGraph* graph = graphs_.find(name);
  QP_TRY(frame_nodes({name, false, true}, graph->ids(true), expanded_frame, {results, {}}));
  return results;
}

Result<void> Framer::frame_nodes(const State& state, const Ids& subjects, Value frame,
                                 const Parent& parent) {
  frame = QP_TRY(valid_frame(frame));           // 1
  const Flags flags = QP_TRY(flags_of(frame));  // 2
  const NodeGraph* graph = graphs_.find(state.graph);
  const FrameMatcher matcher(*graph, flags.require_all);
  for (const std::string_view id : subjects) {  // 3, 4
    const Value object = graph->find(id);
    if (object.is_null() || !matcher.matches(object, frame)) continue;
    Node node{id, object, frame, flags, state, one("@id", Value::string(id))};  // 4.1
    QP_TRY(frame_node(node, subjects, parent));
  }
  return {};
}

Result<void> Framer::frame_node(Node& node, const Ids& subjects, const Parent& parent) {
  const Place place{node.state.graph, node.id};
  if (node.state.top) embeds_.clear();
  if (!node.state.embedded && embeds_.contains(place)) return {};  // 4.2
  if (++made_ > limits::kFramedNodes) return error(Code::TooLarge, "the framed document");
  if (stays_reference(node)) {  // 4.3, 4.4
    add(parent, node.output);
    return {};
  }
  if (open_.size() >= limits::kFrameDepth) return error(Code::TooLarge, "the depth of embedding");
  if (node.flags.embed == Embed::Last && embeds_.contains(place)) take_back(place.first, node.id);
  embeds_[place] = parent;
  open_.push_back(place);
  QP_TRY(fill(node, subjects));
  open_.pop_back();
  add(parent, node.output);  // 4.7.6
  return {};
}

bool Framer::stays_reference(const Node& node) const {
  if (!node.state.embedded) return false;
  const Place place{node.state.graph, node.id};
  if (node.flags.embed == Embed::Never) return true;                // 4.3
  if (std::ranges::find(open_, place) != open_.end()) return true;  // 4.3
  const bool once = node.flags.embed == Embed::Once || node.flags.embed == Embed::First;
  return once && embeds_.contains(place);  // 4.4
}

Result<void> Framer::fill(Node& node, const Ids& subjects) {
  QP_TRY(frame_graph(node));                                   // 4.5
  if (const Value* included = node.frame.find("@included")) {  // 4.6
    const State state{node.state.graph, false, false};
    QP_TRY(frame_nodes(state, subjects, *included, {node.output, "@included"}));
  }
  QP_TRY(frame_properties(node));  // 4.7
  QP_TRY(add_defaults(node));
  return frame_reverse(node);
}

// 4.5
Result<void> Framer::frame_graph(Node& node) {
  const NodeGraph* graph = graphs_.find(node.id);
  if (!graph) return {};
  const Value* given = node.frame.find("@graph");
  if (!given && node.state.graph == kMergedGraph) return {};  // 4.5.1
  Value subframe = Value::object(arena_);
  if (given && first_of(*given).is_object()) subframe = *given;  // 4.5.2
  return frame_nodes({node.id, false, false}, graph->ids(true), subframe,
                     {node.output, "@graph"});  // 4.5.3
}

// 4.7.1 to 4.7.3
Result<void> Framer::frame_properties(Node& node) {
  for (const Member& member : sorted_members(node.object)) {
    if (is_keyword(member.key)) {  // 4.7.1
      node.output.set(arena_, member.key, member.value);
      continue;
    }
    if (node.flags.explicit_inclusion && !node.frame.contains(member.key)) continue;  // 4.7.2
    for (const Value value : member.value.items()) {                                  // 4.7.3
      QP_TRY(frame_value(node, member.key, value));
    }
  }
  return {};
}

Result<void> Framer::frame_value(Node& node, std::string_view property, Value value) {
  if (is_list_object(value)) return frame_list(node, property, value);  // 4.7.3.1
  const Value* given = node.frame.find(property);
  const Value subframe = given ? *given : implicit_frame(node.flags);
  if (is_reference(value)) {  // 4.7.3.2
    return frame_nodes({node.state.graph, true, false}, {value.get("@id").text()}, subframe,
                       {node.output, property});
  }
  // 4.7.3.3; of a property with a value pattern only what matches.
  const bool is_wanted = !given || std::ranges::any_of(given->items(), [&](Value pattern) {
    return !is_list_object(pattern) && matches_value_pattern(value, pattern);
  });
  if (is_wanted) add({node.output, property}, copied(value));
  return {};
}

// 4.7.3.1
Result<void> Framer::frame_list(Node& node, std::string_view property, Value list) {
  const Value given = node.frame.get(property);
  const Value* items = first_of(given).find("@list");
  const Value subframe = items ? *items : implicit_frame(node.flags);
  const Value output = one("@list", Value::array(arena_, list.get("@list").size()));
  add({node.output, property}, output);
  for (const Value item : list.get("@list").items()) {
    if (is_reference(item)) {
      QP_TRY(frame_nodes({node.state.graph, true, false}, {item.get("@id").text()}, subframe,
                         {output, "@list"}));
    } else {
      add({output, "@list"}, copied(item));
    }
  }
  return {};
}

// 4.7.4
Result<void> Framer::add_defaults(Node& node) {
  for (const Member& member : sorted_members(node.frame)) {
    const Value first = first_of(member.value);
    const bool is_default_type = member.key == "@type" && first.contains("@default");
    if (is_keyword(member.key) && !is_default_type) continue;
    if (node.output.contains(member.key)) continue;
    if (QP_TRY(boolean_keyword(first, "@omitDefault", defaults_.omit_default))) continue;
    const Value* found = first.find("@default");
    Value fallback = found ? *found : Value::string("@null");
    if (!fallback.is_array()) fallback = Value::array(arena_, std::span<const Value>(&fallback, 1));
    add({node.output, member.key}, one("@preserve", fallback));
  }
  return {};
}

// 4.7.5
Result<void> Framer::frame_reverse(Node& node) {
  const NodeGraph* graph = graphs_.find(node.state.graph);
  for (const Member& member : sorted_members(node.frame.get("@reverse"))) {
    for (const std::string_view id : graph->ids(true)) {
      const Value values = graph->find(id).get(member.key);
      const bool refers = std::ranges::any_of(
          values.items(), [&](Value value) { return value.get("@id").is(node.id); });
      if (!refers) continue;
      if (!node.output.contains("@reverse")) {
        node.output.set(arena_, "@reverse", Value::object(arena_));
      }
      const Value reverse = node.output.get("@reverse");
      if (!reverse.contains(member.key)) reverse.set(arena_, member.key, Value::array(arena_));
      QP_TRY(frame_nodes({node.state.graph, true, false}, {id}, member.value,
                         {reverse.get(member.key), {}}));
    }
  }
  return {};
}

// 2
Result<Framer::Flags> Framer::flags_of(Value frame) const {
  const Embed embed = QP_TRY(embed_of(frame));
  const bool is_explicit =
      QP_TRY(boolean_keyword(frame, "@explicit", defaults_.explicit_inclusion));
  const bool require_all = QP_TRY(boolean_keyword(frame, "@requireAll", defaults_.require_all));
  return Flags{embed, is_explicit, require_all};
}

Result<Embed> Framer::embed_of(Value frame) const {
  const Value value = keyword_value(frame, "@embed");
  if (value.is_null()) return defaults_.embed;
  if (value.is_boolean()) return value.is_true() ? Embed::Once : Embed::Never;
  for (const Embed known : {Embed::Once, Embed::Always, Embed::Never, Embed::First, Embed::Last}) {
    const bool is_of_10 = known == Embed::First || known == Embed::Last;
    if (is_of_10 && options_.processing_mode != ProcessingMode::JsonLd10) continue;
    if (value.is(name_of(known))) return known;
  }
  return fail(ErrorCode::InvalidEmbedValue, json::to_text(value));
}

/// For a property that the frame does not mention.
Value Framer::implicit_frame(const Flags& flags) {
  const Value frame = Value::object(arena_, 3);
  frame.set(arena_, "@embed", Value::string(name_of(flags.embed)));
  frame.set(arena_, "@explicit", Value::boolean(flags.explicit_inclusion));
  frame.set(arena_, "@requireAll", Value::boolean(flags.require_all));
  return frame;
}

void Framer::add(const Parent& parent, Value value) {
  if (parent.property.empty()) return parent.object.push_back(arena_, value);
  const Value* found = parent.object.find(parent.property);
  const Value target =
      found ? *found : parent.object.set(arena_, parent.property, Value::array(arena_));
  target.push_back(arena_, value);
}

/// A language tag in lower case, as the suite expects it; the rest is shared with the input.
Value Framer::copied(Value value) {
  const Value language = value.get("@language");
  if (!language.is_string()) return value;
  const Value copy = Value::object(arena_, value.size());
  for (const Member& member : value.members()) copy.set(arena_, member.key, member.value);
  copy.set(arena_, "@language", Value::string(arena_.copy(text::lower(language.text()))));
  return copy;
}

Value Framer::one(std::string_view key, Value value) {
  const Value object = Value::object(arena_, 1);
  object.set(arena_, key, value);
  return object;
}

/// `@last` of 1.0: where the node was embedded before there is a reference from now on, and what
/// was embedded in it there counts as not embedded.
void Framer::take_back(std::string_view graph, std::string_view id) {
  const Place place{graph, id};
  const Parent parent = embeds_.at(place);
  const Value siblings =
      parent.property.empty() ? parent.object : parent.object.get(parent.property);
  for (Value& sibling : siblings.items()) {
    if (sibling.get("@id").is(id)) sibling = one("@id", Value::string(id));
  }
  embeds_.erase(place);
  std::vector<Place> inside;
  for (const auto& [other, where] : embeds_) {
    if (other.first == graph && where.object.get("@id").is(id)) inside.push_back(other);
  }
  for (const Place& other : inside) {
    if (embeds_.contains(other)) take_back(other.first, other.second);
  }
}

}  // namespace qp::jsonld
