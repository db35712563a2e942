#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "jsonld/context.hpp"
#include "jsonld/jsonld.hpp"

namespace qp::jsonld {

/// Compaction of one document, JSON-LD API 6. Used by `compact`.
class Compactor {
 public:
  Compactor(const Options& options, json::Arena& arena)
      : options_(options), arena_(arena), contexts_(options, arena) {}

  ContextProcessor& contexts() { return contexts_; }

  using Property = std::optional<std::string_view>;
  /// 6.1.2
  Result<json::Value> compact(const ContextPtr& active, Property property, json::Value element);
  /// 6.2.2 for a property, type or keyword (through the vocabulary). The text is in the arena.
  Result<std::string_view> compact_iri(const Context& active, std::string_view iri,
                                       const json::Value* value = nullptr, bool reverse = false);
  /// 6.2.2 for a node: against the base.
  Result<std::string_view> compact_id(const Context& active, std::string_view iri);

 private:
  struct Node;    // one object that is being compacted
  struct Slot;    // where one item of a property goes
  struct Wanted;  // what a term must be like to stand for a property with a certain value

  Result<json::Value> compact_array(const ContextPtr& active, Property property,
                                    json::Value element);
  Result<json::Value> compact_object(const ContextPtr& active, Property property,
                                     json::Value element);
  Result<void> enter_type_contexts(Node& node, json::Value element);
  Result<void> compact_member(Node& node, std::string_view key, json::Value value);
  Result<bool> compact_keyword(Node& node, std::string_view key, json::Value value);
  Result<void> compact_ids(Node& node, json::Value value);
  Result<void> compact_types(Node& node, json::Value value);
  Result<void> compact_reverse(Node& node, json::Value value);
  Result<Slot> slot_of(Node& node, std::string_view iri, const json::Value& value);
  Result<void> compact_item(Node& node, std::string_view iri, json::Value item);
  Result<void> place_list(const Node& node, const Slot& slot, json::Value item,
                          json::Value compacted);
  Result<void> place_graph(const Node& node, const Slot& slot, json::Value item,
                           json::Value compacted);
  Result<void> place_in_map(const Node& node, const Slot& slot, json::Value item,
                            json::Value compacted);
  Result<json::Value> take_key(const Node& node, const Slot& slot, json::Value item,
                               json::Value& compacted);
  std::string_view key_of(const Context& active, json::Value object, std::string_view index);
  json::Value take_first(json::Value object, std::string_view key);
  json::Value map_at(const Slot& slot);

  /// 6.3.2
  Result<json::Value> compact_value(const Context& active, Property property, json::Value value);
  Result<json::Value> compact_entries(const Context& active, json::Value value, bool keeps_index);

  std::string_view select_term(const Context& active, std::string_view iri,
                               const json::Value* value, bool reverse);
  void want_list(Wanted& wanted, const Context& active, json::Value value) const;
  void want_graph(Wanted& wanted, json::Value value) const;
  void want_single(Wanted& wanted, const json::Value* value) const;
  std::vector<std::string_view> preferred_of(const Wanted& wanted, const Context& active,
                                             const json::Value* value);
  std::string_view best_prefix(const Context& active, std::string_view iri, bool has_value);
  Result<void> check_not_confused(const Context& active, std::string_view iri) const;

  void add(json::Value object, std::string_view key, json::Value value, bool as_array);
  bool is_10() const { return options_.processing_mode == ProcessingMode::JsonLd10; }

  const Options& options_;
  json::Arena& arena_;
  ContextProcessor contexts_;
};

}  // namespace qp::jsonld
