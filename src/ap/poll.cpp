#include "ap/poll.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "vocab/terms.hpp"

namespace qp::ap {

namespace {

using json::Arena;
using json::Value;

constexpr std::array<std::string_view, 2> kChoices = {"oneOf", "anyOf"};
constexpr std::array<std::string_view, 4> kNames = {"name", "nameMap", "as:name", as::name.iri};

using Texts = std::vector<std::string_view>;

/// One text, several, or one in each of some languages.
void add_texts(Value value, Texts& texts) {
  if (value.is_string()) texts.push_back(value.text());
  for (const Value item : value.items()) add_texts(item, texts);
  for (const json::Member& member : value.members()) {
    if (member.key != "@language" && member.key != "@type") add_texts(member.value, texts);
  }
}

bool is_same_option(Value a, Value b) {
  Texts names_of_a, names_of_b;
  for (const std::string_view key : kNames) {
    add_texts(a.get(key), names_of_a);
    add_texts(b.get(key), names_of_b);
  }
  return std::ranges::any_of(names_of_a, [&](std::string_view name) {
    return std::ranges::find(names_of_b, name) != names_of_b.end();
  });
}

/// The options, be it one or several.
template <typename Act>
void each_option(Value question, Act act) {
  for (const std::string_view key : kChoices) {
    const Value options = question.get(key);
    if (options.is_object()) act(options);
    if (!options.is_array()) continue;
    for (const Value option : options.items()) {
      if (option.is_object()) act(option);
    }
  }
}

Value no_votes(Arena& arena) {
  const Value votes = Value::object(arena, 2);
  votes.set(arena, "type", Value::string("Collection"));
  votes.set(arena, "totalItems", Value::number(arena, 0));
  return votes;
}

Result<void> check_choices(Value question) {
  if (question.contains("oneOf") && question.contains("anyOf")) {
    return bad_input("a Question has oneOf or anyOf, not both");
  }
  return {};
}

/// The number of votes that an option has, in its expanded form; none where it is not one number.
std::string_view votes_of(Value option) {
  const Value replies = option.get(as::replies.iri);
  const Value number = replies.size() == 1 ? replies.items()[0].get(as::totalItems.iri) : Value();
  return number.size() == 1 ? number.items()[0].get("@value").text() : std::string_view();
}

Error not_plain(std::string_view what) {
  return bad_input("the server counts votes: " + std::string(what) +
                   " is not to be written under a name of your own");
}

/// In expanded form, out of a list too.
std::vector<Value> options_of(Value node) {
  std::vector<Value> options;
  for (const Word& choice : {as::oneOf, as::anyOf}) {
    for (const Value item : node.get(choice.iri).items()) {
      const auto listed = item.get("@list").items();
      options.insert(options.end(), listed.begin(), listed.end());
      if (!item.contains("@list")) options.push_back(item);
    }
  }
  std::erase_if(options, [](Value one) { return one.size() < 2 && one.contains("@id"); });
  return options;
}

}  // namespace

void name_choices(Value question, Arena& arena) {
  for (const std::string_view key : kChoices) {
    for (const std::string_view prefix : {std::string_view("as:"), as::kNamespace}) {
      const std::string_view other = arena.concat(prefix, key);
      if (!question.contains(other) || question.contains(key)) continue;
      question.set(arena, key, question.get(other));
      question.erase(other);
    }
  }
}

Result<void> check_votes(Value question, Value node, bool is_plain) {
  if (!node.get(as::oneOf.iri).empty() && !node.get(as::anyOf.iri).empty()) {
    return bad_input("a Question has oneOf or anyOf, not both");
  }
  Texts counted;
  std::size_t written = 0;
  each_option(question, [&](Value option) {
    ++written;
    counted.push_back(option.get("replies").get("totalItems").text());
  });
  const auto options = options_of(node);
  if (is_plain && options.size() > written) return not_plain("oneOf or anyOf");
  for (const Value option : options) {
    if (option.get(as::replies.iri).empty()) continue;
    const auto found = std::ranges::find(counted, votes_of(option));
    if (found == counted.end() || found->empty()) return not_plain("replies");
    counted.erase(found);
  }
  const Value voters = node.get(toot::votersCount.iri);
  const bool is_kept = voters.size() == 1 &&
                       voters.items()[0].get("@value").text() == question.get("votersCount").text();
  return voters.empty() || is_kept ? Result<void>() : not_plain("votersCount");
}

Result<void> begin_votes(Value question, Arena& arena) {
  QP_TRY(check_choices(question));
  each_option(question, [&](Value option) {
    option.erase("as:replies");
    option.set(arena, "replies", no_votes(arena));
  });
  if (question.contains("votersCount")) {
    question.set(arena, "votersCount", Value::number(arena, 0));
  }
  return {};
}

Result<void> keep_votes(Value before, Value question, Arena& arena) {
  QP_TRY(check_choices(question));
  each_option(question, [&](Value option) {
    Value votes = no_votes(arena);
    each_option(before, [&](Value known) {
      if (known.contains("replies") && is_same_option(known, option)) votes = known.get("replies");
    });
    option.erase("as:replies");
    option.set(arena, "replies", json::deep_copy(votes, arena));
  });
  if (before.contains("votersCount")) {
    question.set(arena, "votersCount", before.get("votersCount"));
  } else {
    question.erase("votersCount");
  }
  return {};
}

}  // namespace qp::ap
