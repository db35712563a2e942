#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "jsonld/context.hpp"
#include "jsonld/jsonld.hpp"

namespace qp::jsonld {

/// Expansion of one document, JSON-LD API 5.1.2. Used by `expand`.
class Expander {
 public:
  Expander(const Options& options, json::Arena& arena)
      : options_(options), arena_(arena), contexts_(options, arena) {}

  ContextProcessor& contexts() { return contexts_; }

  /// Null, an object, or an array. `property` is none for the document itself.
  Result<json::Value> expand(const ContextPtr& active, std::optional<std::string_view> property,
                             json::Value element, std::string_view base_url, bool from_map,
                             bool frame);

 private:
  using Property = std::optional<std::string_view>;
  /// One object that is being expanded, with what its members share.
  struct Node;
  /// One member of it.
  struct Entry;

  Result<json::Value> expand_scalar(const ContextPtr& active, Property property,
                                    json::Value element);
  Result<json::Value> expand_array(const ContextPtr& active, Property property, json::Value element,
                                   std::string_view base_url, bool from_map, bool frame);
  Result<json::Value> expand_object(const ContextPtr& active, Property property,
                                    json::Value element, std::string_view base_url, bool from_map,
                                    bool frame);
  Result<void> enter_contexts(Node& node, json::Value element, bool from_map);
  Result<void> enter_type_contexts(Node& node, json::Value element);
  bool must_revert(const Node& node, json::Value element);

  Result<void> expand_members(Node& node, json::Value element);
  Result<void> expand_member(Node& node, std::string_view key, json::Value value,
                             std::vector<std::string_view>& nests);
  Result<void> expand_nested(Node& node, std::string_view key, json::Value element);
  Result<void> expand_keyword(Node& node, const Entry& entry, std::vector<std::string_view>& nests);
  Result<std::optional<json::Value>> keyword_value(Node& node, const Entry& entry);
  Result<std::optional<json::Value>> expand_id(const Node& node, json::Value value);
  Result<json::Value> expand_type(const Node& node, json::Value value);
  Result<std::optional<json::Value>> expand_value_keyword(const Node& node, json::Value value);
  Result<std::optional<json::Value>> expand_language(const Node& node, json::Value value);
  Result<std::optional<json::Value>> expand_direction(const Node& node, json::Value value);
  Result<json::Value> expand_included(const Node& node, json::Value value);
  Result<void> expand_reverse(Node& node, json::Value value);

  Result<void> expand_property(Node& node, const Entry& entry);
  Result<json::Value> property_value(Node& node, const Entry& entry);
  Result<json::Value> expand_language_map(const Node& node, const Entry& entry);
  Result<json::Value> expand_index_map(const Node& node, const Entry& entry);
  Result<void> expand_index_entry(const Node& node, const Entry& entry, std::string_view index,
                                  json::Value value, json::Value result);
  Result<void> mark_index(const Node& node, const Entry& entry, std::string_view index,
                          json::Value item);
  Result<void> mark_property_index(const Node& node, const Entry& entry, std::string_view index,
                                   json::Value item);
  Result<json::Value> finish(const Node& node);
  Result<json::Value> finish_value(const Node& node);
  Result<json::Value> drop_free_floating(const Node& node, json::Value result);

  /// 5.3.2
  Result<json::Value> expand_value(const Context& active, std::string_view property,
                                   json::Value value);
  json::Value expand_text(const Context& active, const TermDefinition* definition,
                          json::Value value);
  json::Value iri_value(const Context& active, std::string_view text, Reading reading);
  std::optional<std::string_view> expand_key(const Context& active, std::string_view key);
  void add_reverse(Node& node, std::string_view property, json::Value item);
  Error refused(std::string_view what) const;
  bool stores() const { return options_.mode == Mode::Storage; }
  json::Value as_array(json::Value value);
  json::Value one(std::string_view key, json::Value value);

  const Options& options_;
  json::Arena& arena_;
  ContextProcessor contexts_;
};

bool is_value_object(json::Value value);
bool is_list_object(json::Value value);
bool is_graph_object(json::Value value);
bool is_node_object(json::Value value);
/// Adds `value` (of an array: its items) to the array that is member `key` of `object`.
void add_to(json::Value object, std::string_view key, json::Value value, json::Arena& arena);

}  // namespace qp::jsonld
