#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "vocab/terms.hpp"

/// What the server needs to know of an activity, read from its expanded form: never from the
/// spelling of its keys.
namespace qp::ap {

struct Activity {
  std::string id;
  std::vector<std::string> types;
  std::vector<std::string> actors;
  std::vector<std::string> objects;  ///< ids; embedded objects without one are not among them
  std::vector<std::string> targets;
  std::vector<std::string> to, cc, bto, bcc, audience;
  /// The first object, if it is embedded: a node object in expanded form. Lives in the arena.
  json::Value object;

  bool is(const Word& type) const;
  std::string actor() const { return actors.size() == 1 ? actors.front() : std::string(); }
  /// All of to, bto, cc, bcc, audience; each once.
  std::vector<std::string> recipients() const;
};

Activity read_activity(json::Value expanded_node);

/// Values of `property` in an expanded node object: ids of node objects, texts of literals.
std::vector<std::string> values_of(json::Value expanded_node, std::string_view property);
std::vector<std::string> types_of(json::Value expanded_node);
bool has_type(json::Value expanded_node, const Word& type);
/// ActivityStreams 2.0 vocabulary, 3.1: what is not one of these, and has neither actor nor
/// object, is an object and gets wrapped in a Create.
bool is_activity(json::Value expanded_node);

/// scheme://host[:port] of an IRI (FEP-fe34); empty where it has none.
std::string origin_of(std::string_view iri);
std::string host_of(std::string_view iri);
bool contains(const std::vector<std::string>& list, std::string_view text);

}  // namespace qp::ap
