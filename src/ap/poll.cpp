#include "ap/poll.hpp"

#include <array>

namespace qp::ap {

namespace {

using json::Arena;
using json::Value;

constexpr std::array<std::string_view, 2> kChoices = {"oneOf", "anyOf"};

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

}  // namespace

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
      if (known.contains("replies") && json::equal(known.get("name"), option.get("name"))) {
        votes = known.get("replies");
      }
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
