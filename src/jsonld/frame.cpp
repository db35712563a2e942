#include <algorithm>
#include <string>
#include <unordered_map>

#include "jsonld/compactor.hpp"
#include "jsonld/expander.hpp"
#include "jsonld/framer.hpp"
#include "jsonld/keywords.hpp"

// frame() of JSON-LD Framing 5.1; numbers are the steps there.
namespace qp::jsonld {
namespace {

using json::Member;
using json::Value;
using Counts = std::unordered_map<std::string_view, std::size_t>;

/// The result of the framing algorithm, made ready for compaction.
class Tidier {
 public:
  Tidier(bool prunes, json::Arena& arena) : prunes_(prunes), arena_(arena) {}

  Value run(Value results) {
    if (prunes_) count(results);
    return tidy(results);
  }

 private:
  /// How often each blank node is named.
  void count(Value value) {
    if (is_value_object(value)) return;
    for (const Value item : value.items()) count_name_or(item);
    for (const Member& member : value.members()) {
      if (member.key == "@id") {
        count_name_or(member.value);
      } else if (member.key != "@index") {
        count(member.value);
      }
    }
  }

  void count_name_or(Value value) {
    if (value.is_string() && is_blank(value.text())) ++counts_[value.text()];
    count(value);
  }

  bool is_pruned(const Member& member) const {
    if (member.key != "@id" || !member.value.is_string()) return false;
    const auto found = counts_.find(member.value.text());
    return found != counts_.end() && found->second == 1;
  }

  Value tidy(Value value) {
    if (value.is_array()) {
      const Value result = Value::array(arena_, value.size());
      for (const Value item : value.items()) {
        const Value kept = item.get("@preserve");
        if (item.contains("@preserve") && kept.empty()) continue;
        result.push_back(arena_, kept.empty() ? tidy(item) : kept.items()[0]);
      }
      return result;
    }
    if (!value.is_object() || is_value_object(value)) return value;
    const Value result = Value::object(arena_, value.size());
    for (const Member& member : value.members()) {
      if (!is_pruned(member)) result.set(arena_, member.key, tidy(member.value));
    }
    return result;
  }

  bool prunes_;
  json::Arena& arena_;
  Counts counts_;
};

/// 18: `@null` becomes null, and an array of nothing else empty.
Value with_nulls(Value value, json::Arena& arena) {
  if (value.is("@null")) return Value::null();
  if (value.is_array()) {
    const Value result = Value::array(arena, value.size());
    for (const Value item : value.items()) result.push_back(arena, with_nulls(item, arena));
    const bool is_only_null = result.size() == 1 && result.items()[0].is_null();
    return is_only_null ? Value::array(arena) : result;
  }
  if (!value.is_object()) return value;
  const Value result = Value::object(arena, value.size());
  for (const Member& member : value.members()) {
    result.set(arena, member.key, with_nulls(member.value, arena));
  }
  return result;
}

Value first_object(Value document) {
  return document.is_array() && document.size() == 1 ? document.items()[0] : document;
}

/// 12: the frame has a property of its own that stands for @graph.
bool asks_for_graph(Value frame, const Context& active, const Options& options,
                    json::Arena& arena) {
  return std::ranges::any_of(frame.members(), [&](const Member& member) {
    return active.expand_iri(member.key, Reading::Vocab, options.base, arena) == "@graph";
  });
}

/// 17, 19: one node stands alone only where the graph may be omitted.
Result<Value> wrapped(Value nodes, const Context& active, bool omits_graph, Compactor& compactor,
                      json::Arena& arena) {
  const bool is_alone = !nodes.is_array();
  if (is_alone && omits_graph) return nodes;
  const Value result = Value::object(arena, 2);
  if (omits_graph && nodes.empty()) return result;
  const Value content = is_alone ? Value::array(arena, std::span<const Value>(&nodes, 1)) : nodes;
  result.set(arena, QP_TRY(compactor.compact_iri(active, "@graph")), content);
  return result;
}

}  // namespace

Result<Value> frame(Value expanded, Value document, const Options& options,
                    const FrameOptions& frame_options, json::Arena& arena) {
  Options for_frame = options;
  for_frame.frame_expansion = true;
  for_frame.ordered = false;
  const Value expanded_frame = QP_TRY(expand(document, for_frame, arena));  // 7
  const Value context = first_object(document).get("@context");             // 8
  Compactor compactor(options, arena);
  ContextProcessor& contexts = compactor.contexts();
  ContextPtr active = QP_TRY(contexts.initial());
  const bool has_context = context.is_string() || !context.empty();
  if (has_context) active = QP_TRY(contexts.process(active, context, options.base));  // 10
  // 12, 13
  const bool is_default = frame_options.frame_default ||
                          asks_for_graph(first_object(document), *active, options, arena);
  GraphMap graphs = QP_TRY(GraphMap::generate(expanded, arena));
  if (!is_default) graphs.merge();
  Framer framer(graphs, options, frame_options, arena);
  const Value framed =
      QP_TRY(framer.run(is_default ? kDefaultGraph : kMergedGraph, expanded_frame));  // 14, 15
  const bool is_11 = options.processing_mode != ProcessingMode::JsonLd10;
  const bool prunes = frame_options.prune_blank_node_identifiers.value_or(is_11);
  const Value tidy = Tidier(prunes, arena).run(framed);  // 16
  // 17 to 19
  const Value nodes = QP_TRY(compactor.compact(active, std::nullopt, tidy));
  const bool omits_graph = frame_options.omit_graph.value_or(is_11);
  const Value content = QP_TRY(wrapped(nodes, *active, omits_graph, compactor, arena));
  const Value result = Value::object(arena, content.size() + 1);
  if (has_context) result.set(arena, "@context", context);
  for (const Member& member : content.members()) {
    result.set(arena, member.key, with_nulls(member.value, arena));
  }
  return result;
}

}  // namespace qp::jsonld
