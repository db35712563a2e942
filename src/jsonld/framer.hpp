#pragma once

#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "jsonld/jsonld.hpp"
#include "jsonld/node_map.hpp"

namespace qp::jsonld {

/// Frame Matching, JSON-LD Framing 4.2: whether a node of a graph is what a frame object asks for.
class FrameMatcher {
 public:
  /// `graph` holds the nodes that node patterns refer to.
  FrameMatcher(const NodeGraph& graph, bool require_all)
      : graph_(graph), require_all_(require_all) {}

  bool matches(json::Value node, json::Value frame) const;

 private:
  enum class Match { Yes, No, Default, Excluded };

  Match match_property(json::Value values, json::Value patterns) const;
  bool matches_pattern(json::Value values, json::Value pattern) const;

  const NodeGraph& graph_;
  bool require_all_;
};

/// Value Pattern Matching, 4.3. A pattern without @value, @type and @language matches everything.
bool matches_value_pattern(json::Value value, json::Value pattern);

/// The Framing Algorithm, 4.1, on one node map. Used by `frame`.
class Framer {
 public:
  /// `graphs` holds the graph `@merged` where that is framed.
  Framer(const GraphMap& graphs, const Options& options, const FrameOptions& frame_options,
         json::Arena& arena)
      : graphs_(graphs), options_(options), defaults_(frame_options), arena_(arena) {}

  /// The matches among the nodes of graph `name`, with @preserve entries. Fails with
  /// `invalid frame` or `invalid @embed value`, and where a limit is met.
  Result<json::Value> run(std::string_view name, json::Value expanded_frame);

 private:
  /// Where output goes: into the array `object[property]`, or `object` itself, which is an array
  /// where there is no property.
  struct Parent {
    json::Value object;
    std::string_view property;
  };
  struct State {
    std::string_view graph;
    bool embedded = false;
    bool top = false;  ///< each match is a result of its own
  };
  struct Flags {
    Embed embed;
    bool explicit_inclusion;
    bool require_all;
  };
  /// A node that is being framed.
  struct Node {
    std::string_view id;
    json::Value object;
    json::Value frame;
    Flags flags;
    State state;
    json::Value output;
  };

  using Ids = std::vector<std::string_view>;
  Result<void> frame_nodes(const State& state, const Ids& subjects, json::Value frame,
                           const Parent& parent);
  Result<void> frame_node(Node& node, const Ids& subjects, const Parent& parent);
  bool stays_reference(const Node& node) const;
  Result<void> fill(Node& node, const Ids& subjects);
  Result<void> frame_graph(Node& node);
  Result<void> frame_properties(Node& node);
  Result<void> frame_value(Node& node, std::string_view property, json::Value value);
  Result<void> frame_list(Node& node, std::string_view property, json::Value list);
  Result<void> add_defaults(Node& node);
  Result<void> frame_reverse(Node& node);

  Result<Flags> flags_of(json::Value frame) const;
  Result<Embed> embed_of(json::Value frame) const;
  json::Value implicit_frame(const Flags& flags);
  void add(const Parent& parent, json::Value value);
  json::Value copied(json::Value value);
  json::Value one(std::string_view key, json::Value value);
  void take_back(std::string_view graph, std::string_view id);

  using Place = std::pair<std::string_view, std::string_view>;  // graph, id

  const GraphMap& graphs_;
  const Options& options_;
  const FrameOptions& defaults_;
  json::Arena& arena_;
  std::vector<Place> open_;         // from the outermost node to the one that is being framed
  std::map<Place, Parent> embeds_;  // where each node was embedded last
  std::size_t made_ = 0;
};

}  // namespace qp::jsonld
