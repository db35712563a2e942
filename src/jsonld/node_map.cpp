#include "jsonld/node_map.hpp"

#include <algorithm>
#include <string>

#include "jsonld/errors.hpp"
#include "jsonld/jcs.hpp"
#include "jsonld/keywords.hpp"

// Node Map Generation, JSON-LD API 7.2; numbers are the steps there.
namespace qp::jsonld {
namespace {

using json::Member;
using json::Value;

/// The same text for equal values.
std::string identity(Value value) {
  const Result<std::string> text = to_jcs(value);
  return text ? *text : json::to_text(value);  // a number that RFC 8785 has no text for
}

class Generator {
 public:
  Generator(GraphMap& graphs, json::Arena& arena) : graphs_(graphs), arena_(arena) {}

  /// What the optional parameters of the algorithm say.
  struct Place {
    std::string_view graph = kDefaultGraph;
    std::string_view subject;
    Value referred;             ///< the active subject as a node reference, below @reverse
    std::string_view property;  ///< empty: none
    Value list;                 ///< the list object that is being filled, or null
  };

  Result<void> run(Value element, const Place& place) {
    if (element.is_array()) {  // 1
      for (const Value item : element.items()) QP_TRY(run(item, place));
      return {};
    }
    if (element.contains("@value")) {  // 4
      put(with_own_type(element), place);
      return {};
    }
    if (element.contains("@list")) return list(element.get("@list"), place);  // 5
    return node(element, place);                                              // 6
  }

 private:
  NodeGraph& graph(const Place& place) { return graphs_.graph(place.graph); }

  std::string_view fresh() { return arena_.concat("_:b", std::to_string(next_++)); }

  /// Generate Blank Node Identifier, 7.4.
  std::string_view relabelled(std::string_view id) {
    if (!is_blank(id)) return id;
    const auto [known, is_new] = labels_.try_emplace(id);
    if (is_new) known->second = fresh();
    return known->second;
  }

  /// 3, of a value object: blank nodes are relabelled where they are types too.
  Value with_own_type(Value object) {
    const Value type = object.get("@type");
    if (!type.is_string() || !is_blank(type.text())) return object;
    const Value copy = Value::object(arena_, object.size());
    for (const Member& member : object.members()) copy.set(arena_, member.key, member.value);
    copy.set(arena_, "@type", Value::string(relabelled(type.text())));
    return copy;
  }

  Value reference(std::string_view id) {
    const Value object = Value::object(arena_, 1);
    object.set(arena_, "@id", Value::string(id));
    return object;
  }

  /// 4.1, 4.2, 6.6.2, 6.6.3
  void put(Value value, const Place& place) {
    if (!place.list.is_null()) {
      place.list.get("@list").push_back(arena_, value);
    } else if (!place.property.empty()) {
      graph(place).add(place.subject, place.property, value);
    }
  }

  Result<void> list(Value items, const Place& place) {
    const Value result = Value::object(arena_, 1);  // 5.1
    result.set(arena_, "@list", Value::array(arena_, items.size()));
    Place inside = place;
    inside.list = result;
    QP_TRY(run(items, inside));  // 5.2
    if (!place.list.is_null()) {
      place.list.get("@list").push_back(arena_, result);  // 5.4
    } else if (!place.property.empty()) {
      graph(place).values(place.subject, place.property).push_back(arena_, result);  // 5.3
    }
    return {};
  }

  Result<void> node(Value element, const Place& place) {
    // 6.1, 6.2; an @id that expansion had to give up is null, and no name.
    const Value given = element.get("@id");
    const std::string_view id = given.is_string() ? relabelled(given.text()) : fresh();
    NodeGraph& nodes = graph(place);
    const Value node = nodes.node(id);  // 6.3, 6.4
    if (!place.referred.is_null()) {
      nodes.add(id, place.property, place.referred);  // 6.5
    } else {
      put(reference(id), place);  // 6.6
    }
    for (const Value type : element.get("@type").items()) {  // 3, 6.7
      nodes.add(id, "@type", type.is_string() ? Value::string(relabelled(type.text())) : type);
    }
    if (const Value* index = element.find("@index")) {  // 6.8
      const Value* before = node.find("@index");
      if (before && !json::equal(*before, *index)) {
        return fail(ErrorCode::ConflictingIndexes, std::string(id));
      }
      node.set(arena_, "@index", *index);
    }
    return members(element, id, place.graph);
  }

  Result<void> members(Value element, std::string_view id, std::string_view graph_name) {
    for (const Member& reverse : element.get("@reverse").members()) {  // 6.9
      const std::string_view property = relabelled(reverse.key);
      QP_TRY(run(reverse.value, {graph_name, {}, reference(id), property, {}}));
    }
    if (const Value* content = element.find("@graph")) {  // 6.10
      graphs_.graph(id);
      QP_TRY(run(*content, {id, {}, {}, {}, {}}));
    }
    if (const Value* included = element.find("@included")) {  // 6.11
      QP_TRY(run(*included, {graph_name, {}, {}, {}, {}}));
    }
    // 6.12, always in this order: it decides which label a blank node gets.
    std::vector<Member> properties(element.members().begin(), element.members().end());
    std::erase_if(properties, [](const Member& member) { return is_keyword(member.key); });
    std::ranges::sort(properties, {}, &Member::key);
    for (const Member& member : properties) {
      const std::string_view property = relabelled(member.key);
      graphs_.graph(graph_name).values(id, property);
      QP_TRY(run(member.value, {graph_name, id, {}, property, {}}));
    }
    return {};
  }

  GraphMap& graphs_;
  json::Arena& arena_;
  std::size_t next_ = 0;
  std::unordered_map<std::string_view, std::string_view> labels_;
};

}  // namespace

Value NodeGraph::node(std::string_view id) {
  const auto [found, is_new] = nodes_.try_emplace(id);
  if (is_new) {
    order_.push_back(id);
    found->second = Value::object(*arena_);
    found->second.set(*arena_, "@id", Value::string(id));
  }
  return found->second;
}

Value NodeGraph::find(std::string_view id) const {
  const auto found = nodes_.find(id);
  return found == nodes_.end() ? Value() : found->second;
}

std::vector<std::string_view> NodeGraph::ids(bool ordered) const {
  std::vector<std::string_view> result = order_;
  if (ordered) std::ranges::sort(result);
  return result;
}

Value NodeGraph::values(std::string_view id, std::string_view property) {
  const Value subject = node(id);
  const Value* found = subject.find(property);
  return found ? *found : subject.set(*arena_, property, Value::array(*arena_));
}

void NodeGraph::add(std::string_view id, std::string_view property, Value value) {
  std::string place = std::to_string(id.size()) + ' ' + std::to_string(property.size()) + ' ';
  place.append(id).append(property).append(identity(value));
  if (added_.insert(std::move(place)).second) values(id, property).push_back(*arena_, value);
}

Result<GraphMap> GraphMap::generate(Value expanded, json::Arena& arena) {
  GraphMap graphs(arena);
  QP_TRY(Generator(graphs, arena).run(expanded, {}));
  return graphs;
}

NodeGraph& GraphMap::graph(std::string_view name) {
  const auto [found, is_new] = graphs_.try_emplace(name, *arena_);
  if (is_new) order_.push_back(name);
  return found->second;
}

const NodeGraph* GraphMap::find(std::string_view name) const {
  const auto found = graphs_.find(name);
  return found == graphs_.end() ? nullptr : &found->second;
}

std::vector<std::string_view> GraphMap::names(bool ordered) const {
  std::vector<std::string_view> result(order_.begin() + 1, order_.end());
  if (ordered) std::ranges::sort(result);
  return result;
}

void GraphMap::merge() {
  NodeGraph merged(*arena_);
  for (const std::string_view name : order_) {
    const NodeGraph& source = graphs_.at(name);
    for (const std::string_view id : source.ids(false)) {
      const Value target = merged.node(id);
      for (const Member& member : source.find(id).members()) {
        if (is_keyword(member.key) && member.key != "@type") {
          target.set(*arena_, member.key, member.value);
          continue;
        }
        merged.values(id, member.key);
        for (const Value value : member.value.items()) merged.add(id, member.key, value);
      }
    }
  }
  graph(kMergedGraph) = std::move(merged);
}

}  // namespace qp::jsonld
