#include "ap/required.hpp"

#include <algorithm>
#include <array>
#include <span>

#include <fmt/core.h>

#include "rdf/iri.hpp"
#include "vocab/views.hpp"

namespace qp::ap {

namespace {

/// ActivityPub 6: these mean nothing without an object, the next ones without a target.
constexpr std::array kNeedObject = {as::Create, as::Update,   as::Delete,  as::Follow, as::Add,
                                    as::Remove, as::Like,     as::Block,   as::Undo,   as::Accept,
                                    as::Reject, as::Announce, as::Dislike, as::Flag,   as::Move};
constexpr std::array kNeedTarget = {as::Add, as::Remove, as::Move};
/// And for these what they are about has to have a name.
constexpr std::array kNeedId = {as::Follow, as::Add, as::Remove, as::Block, as::Delete, as::Move};
/// Whom these are about is somebody on a server.
constexpr std::array kNeedActor = {as::Follow, as::Block};
/// These take back or answer one thing, or ask for one answer, and say nothing of a second.
constexpr std::array kNeedOne = {as::Undo, as::Accept, as::Reject, as::Follow};

std::string_view local_name(const Word& word) { return word.iri.substr(as::kNamespace.size()); }

/// `{}` names nothing and says nothing.
bool says_something(json::Value node, std::string_view property) {
  const auto items = node.get(property).items();
  return std::any_of(items.begin(), items.end(), [](json::Value one) { return !one.empty(); });
}

/// No plain text, and no IRI that is none or relative.
bool is_named_well(json::Value one) {
  const json::Value id = one.get("@id");
  return !one.contains("@value") && (!id.is_string() || rdf::is_absolute_iri(id.text()));
}

Result<void> check_there(const Activity& activity, json::Value node) {
  for (const Word& type : kNeedObject) {
    if (activity.is(type) && !says_something(node, as::object.iri)) {
      return bad_input(fmt::format("{} needs a member \"object\"", local_name(type)));
    }
  }
  for (const Word& type : kNeedTarget) {
    if (activity.is(type) && !says_something(node, as::target.iri)) {
      return bad_input(fmt::format("{} needs a member \"target\"", local_name(type)));
    }
  }
  return {};
}

Result<void> check_objects(const Activity& activity, json::Value node) {
  const json::Value objects = node.get(as::object.iri);
  for (const Word& type : kNeedObject) {
    if (!activity.is(type)) continue;
    for (const json::Value object : objects.items()) {
      if (!is_named_well(object)) {
        return bad_input(fmt::format("the object of {} is not an IRI", local_name(type)));
      }
    }
  }
  for (const Word& type : kNeedActor) {
    const bool is_one = std::ranges::none_of(
        activity.objects, [](const std::string& object) { return origin_of(object).empty(); });
    if (activity.is(type) && !is_one) {
      return bad_input(
          fmt::format("the object of {} is not the address of an actor", local_name(type)));
    }
  }
  for (const Word& type : kNeedId) {
    if (activity.is(type) && activity.objects.size() < objects.size()) {
      return bad_input(fmt::format("the object of {} needs its id", local_name(type)));
    }
  }
  for (const Word& type : kNeedOne) {
    if (activity.is(type) && objects.size() > 1) {
      return bad_input(fmt::format("{} takes one object at a time", local_name(type)));
    }
  }
  return {};
}

Result<void> check_recipients(json::Value node) {
  for (const Word& property : {as::to, as::cc, as::bto, as::bcc, as::audience}) {
    for (const json::Value one : node.get(property.iri).items()) {
      if (!is_named_well(one)) {
        return bad_input(fmt::format("a recipient in \"{}\" is not an IRI", local_name(property)));
      }
    }
  }
  return {};
}

/// Values of `names`' members, wherever they stand.
std::size_t count_values(json::Value value, std::span<const std::string_view> names) {
  std::size_t count = 0;
  for (const json::Value item : value.items()) count += count_values(item, names);
  for (const auto& [key, member] : value.members()) {
    if (key == "@context") continue;
    if (std::ranges::find(names, key) == names.end()) {
      count += count_values(member, names);
    } else if (!member.is_null()) {
      count += member.is_array() ? member.size() : 1;
    }
  }
  return count;
}

}  // namespace

Result<void> check_required(const Activity& activity, json::Value node) {
  QP_TRY(check_there(activity, node));
  QP_TRY(check_recipients(node));
  if (!activity.is(as::Create)) return check_objects(activity, node);
  for (const Word& type : kNeedObject) {
    if (type != as::Create && activity.is(type)) {
      return bad_input(
          fmt::format("an activity is not a Create and a {} at once: post them one "
                      "by one",
                      local_name(type)));
    }
  }
  // Its object is given an id.
  return activity.object.is_object() ? check_recipients(activity.object) : Result<void>();
}

Result<void> check_hidden_recipients(json::Value document, json::Value node) {
  if (count_values(node, vocab::kHiddenNames) <= count_values(document, vocab::kHiddenNames)) {
    return {};
  }
  return bad_input(
      "name hidden recipients as bto and bcc, each once, and not by a term of your own");
}

}  // namespace qp::ap
