#include "ap/activity.hpp"

#include <algorithm>
#include <unordered_set>

#include "ap/kept.hpp"
#include "base/text.hpp"
#include "vocab/views.hpp"

namespace qp::ap {

bool contains(const std::vector<std::string>& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

std::vector<std::string> values_of(json::Value node, std::string_view property) {
  std::vector<std::string> values;
  const auto add = [&](json::Value item) {
    for (const std::string_view key : {"@id", "@value"}) {
      if (const json::Value* found = item.find(key); found && found->is_string()) {
        values.emplace_back(found->text());
      }
    }
  };
  for (const json::Value item : node.get(property).items()) {
    if (!item.contains("@list")) add(item);
    for (const json::Value member : item.get("@list").items()) add(member);
  }
  return values;
}

std::vector<std::string> types_of(json::Value node) {
  std::vector<std::string> types;
  for (const json::Value type : node.get("@type").items()) types.emplace_back(type.text());
  return types;
}

bool has_type(json::Value node, const Word& type) { return contains(types_of(node), type.iri); }

bool is_activity(json::Value node) {
  const auto types = types_of(node);
  // A Question asks, and that is all: with or without its actor it is for a Create.
  if (contains(types, as::Question.iri) && !node.contains(as::object.iri)) return false;
  // A Relationship has an object, and anything may have an actor.
  if (is_plain_object(types)) return false;
  const bool known = std::any_of(vocab::kActivityTypes.begin(), vocab::kActivityTypes.end(),
                                 [&](const Word& type) { return contains(types, type.iri); });
  return known || node.contains(as::actor.iri) || node.contains(as::object.iri);
}

bool Activity::is(const Word& type) const { return contains(types, type.iri); }

std::vector<std::string> Activity::recipients() const {
  std::vector<std::string> all;
  std::unordered_set<std::string_view> known;
  for (const auto* list : {&to, &bto, &cc, &bcc, &audience}) {
    for (const std::string& one : *list) {
      if (known.insert(one).second) all.push_back(one);
    }
  }
  return all;
}

Activity read_activity(json::Value node) {
  Activity activity;
  activity.id = node.get("@id").text();
  activity.types = types_of(node);
  activity.actors = values_of(node, as::actor.iri);
  activity.objects = values_of(node, as::object.iri);
  activity.targets = values_of(node, as::target.iri);
  activity.to = values_of(node, as::to.iri);
  activity.cc = values_of(node, as::cc.iri);
  activity.bto = values_of(node, as::bto.iri);
  activity.bcc = values_of(node, as::bcc.iri);
  activity.audience = values_of(node, as::audience.iri);
  const json::Value objects = node.get(as::object.iri);
  if (!objects.empty()) {
    const json::Value first = objects.items()[0];
    const bool is_reference = first.size() == 1 && first.contains("@id");
    if (first.is_object() && !is_reference && !first.contains("@value")) activity.object = first;
  }
  return activity;
}

std::string origin_of(std::string_view iri) {
  const auto scheme = iri.find("://");
  if (scheme == std::string_view::npos) return {};
  const auto end = iri.find_first_of("/?#", scheme + 3);
  return text::lower(iri.substr(0, end));
}

std::string host_of(std::string_view iri) {
  const std::string origin = origin_of(iri);
  return origin.empty() ? origin : origin.substr(origin.find("://") + 3);
}

}  // namespace qp::ap
