#include "jsonld/jsonld.hpp"
#include "jsonld/node_map.hpp"

// Flattening, JSON-LD API 7.1; numbers are the steps there.
namespace qp::jsonld {
namespace {

using json::Value;

/// The nodes of which more is known than their name.
Value described_nodes(const NodeGraph& graph, bool ordered, json::Arena& arena) {
  const Value result = Value::array(arena);
  for (const std::string_view id : graph.ids(ordered)) {
    const Value node = graph.find(id);
    if (node.size() > 1) result.push_back(arena, node);
  }
  return result;
}

}  // namespace

Result<Value> flatten(Value expanded, Value context, const Options& options, json::Arena& arena) {
  GraphMap graphs = QP_TRY(GraphMap::generate(expanded, arena));  // 1, 2
  NodeGraph& default_graph = graphs.graph(kDefaultGraph);         // 3
  for (const std::string_view name : graphs.names(options.ordered)) {
    // 4
    const Value content = described_nodes(*graphs.find(name), options.ordered, arena);
    default_graph.node(name).set(arena, "@graph", content);
  }
  const Value flattened = described_nodes(default_graph, options.ordered, arena);  // 5, 6
  // flatten() of API 9.3
  return context.is_null() ? flattened : compact(flattened, context, options, arena);
}

}  // namespace qp::jsonld
