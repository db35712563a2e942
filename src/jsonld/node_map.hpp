#pragma once

#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"

/// Node maps, JSON-LD API 7: what flattening and framing work on. Everything lives in the arena
/// that is given; the expanded document is not changed.
namespace qp::jsonld {

inline constexpr std::string_view kDefaultGraph = "@default";
inline constexpr std::string_view kMergedGraph = "@merged";

/// The nodes of one graph by @id, in the order in which they came up.
class NodeGraph {
 public:
  explicit NodeGraph(json::Arena& arena) : arena_(&arena) {}

  /// The node object; made, with nothing but its @id, where there is none. `id` is kept.
  json::Value node(std::string_view id);
  /// Null where there is none.
  json::Value find(std::string_view id) const;
  /// In order of appearance, or of their characters.
  std::vector<std::string_view> ids(bool ordered) const;

  /// The array `node(id)[property]`; made where it is missing.
  json::Value values(std::string_view id, std::string_view property);
  /// Appends to that array, unless an equal value is there that was added in this way.
  void add(std::string_view id, std::string_view property, json::Value value);

 private:
  json::Arena* arena_;
  std::vector<std::string_view> order_;
  std::unordered_map<std::string_view, json::Value> nodes_;
  std::unordered_set<std::string> added_;  // what `add` put where
};

/// The graphs of a document by name. The default graph is always there.
class GraphMap {
 public:
  explicit GraphMap(json::Arena& arena) : arena_(&arena) { graph(kDefaultGraph); }

  /// Node Map Generation, 7.2, of an expanded document. Blank nodes get new labels, `_:b0` and on.
  /// Fails with `conflicting indexes`.
  static Result<GraphMap> generate(json::Value expanded, json::Arena& arena);

  /// Made where there is none; stays where it is.
  NodeGraph& graph(std::string_view name);
  /// nullptr where there is none.
  const NodeGraph* find(std::string_view name) const;
  /// Without the default graph.
  std::vector<std::string_view> names(bool ordered) const;
  /// Merge Node Maps, 7.2.1: every graph's nodes in the graph `@merged`.
  void merge();

 private:
  json::Arena* arena_;
  std::vector<std::string_view> order_;
  std::unordered_map<std::string_view, NodeGraph> graphs_;
};

}  // namespace qp::jsonld
