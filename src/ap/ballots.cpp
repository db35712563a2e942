#include "ap/ballots.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "ap/collection.hpp"
#include "ap/effects.hpp"
#include "ap/import_document.hpp"
#include "ap/recipients.hpp"
#include "ap/tables.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"
#include "vocab/terms.hpp"

namespace qp::ap {

namespace {

using json::Arena;
using json::Value;
using store::Txn;
using store::WriteTxn;

constexpr std::size_t kVotesOfALine = 256;

std::string voter_key(std::string_view question, std::string_view voter) {
  return pair_key("voter", question, voter);
}
std::string chosen_key(std::string_view question, std::string_view option, std::string_view voter) {
  return pair_key("vote " + std::string(option), question, voter);
}
/// Where kVotes has those who voted.
std::string voters_prefix(std::string_view question) {
  return pair_key("voters", question, "") + ' ';
}

Result<std::vector<TermId>> objects_of(const Txn& txn, TermId graph, TermId subject,
                                       TermId property) {
  std::vector<TermId> objects;
  QP_TRY(txn.scan({graph, subject, property, {}}, {}, [&](const store::OrderedQuad& quad) {
    objects.push_back(quad.quad.o);
    return true;
  }));
  return objects;
}

Result<std::vector<std::string>> names_of(const Txn& txn, TermId question, TermId option) {
  std::vector<std::string> names;
  for (const TermId name : QP_TRY(objects_of(txn, question, option, as::name))) {
    names.emplace_back(QP_TRY(txn.resolve(name)).value);
  }
  return names;
}

Result<std::vector<Option>> options_of(const Txn& txn, TermId question) {
  std::vector<Option> options;
  for (const Word& choice : std::array{as::oneOf, as::anyOf}) {
    for (const TermId node : QP_TRY(objects_of(txn, question, question, choice))) {
      const auto replies = QP_TRY(objects_of(txn, question, node, as::replies));
      options.push_back(
          {choice == as::oneOf, node, replies.empty() ? TermId::None : replies.front()});
    }
  }
  return options;
}

/// A number in a Question's graph, as what it is written, and where.
struct Number {
  bool is_there = false;
  std::uint64_t value = 0;
  std::string datatype{xsd::nonNegativeInteger.iri};
  std::vector<store::QuadIds> quads{};
};
Result<Number> number_of(const Txn& txn, TermId graph, TermId subject, TermId property) {
  Number number;
  for (const TermId object : QP_TRY(objects_of(txn, graph, subject, property))) {
    const auto term = QP_TRY(txn.resolve(object));
    number.is_there = true;
    if (const auto value = text::to_uint(term.value)) number.value = *value;
    number.datatype = term.datatype;
    number.quads.push_back({graph, subject, property, object});
  }
  return number;
}
Result<void> set_number(WriteTxn& txn, TermId graph, TermId subject, TermId property,
                        const Number& before, std::uint64_t value) {
  const std::string text = std::to_string(value);
  const TermId object = QP_TRY(txn.intern({rdf::TermKind::Literal, text, before.datatype, {}}));
  const std::array in{store::OrderedQuad{{graph, subject, property, object}, 0}};
  return txn.apply(before.quads, in);
}

Result<void> count_up(WriteTxn& txn, TermId graph, TermId subject, TermId property) {
  const Number number = QP_TRY(number_of(txn, graph, subject, property));
  return set_number(txn, graph, subject, property, number, number.value + 1);
}

/// Votes are not taken away.
Result<void> raise(WriteTxn& txn, TermId graph, TermId subject, TermId property, Value to) {
  const auto value = text::to_uint(to.text());
  const Number number = QP_TRY(number_of(txn, graph, subject, property));
  if (!value || !number.is_there || number.value >= *value) return {};
  return set_number(txn, graph, subject, property, number, *value);
}

/// False: it was known.
Result<bool> note_voter(WriteTxn& txn, const Ballot& ballot) {
  const std::string key = voter_key(ballot.question, ballot.voter);
  if (QP_TRY(txn.get(kVotes, key))) return false;
  QP_TRY(txn.put(kVotes, key, ballot.activity));
  const std::string listed = voters_prefix(ballot.question) + pair_key("voter", ballot.voter, "");
  QP_TRY(txn.put(kVotes, listed, ballot.voter));
  return true;
}

// In archives.

Value vote_value(const Ballot& ballot, Arena& arena) {
  const Value note = Value::object(arena, 2);
  note.set(arena, "type", Value::string("Note"));
  if (!ballot.option.empty()) note.set(arena, "name", Value::string(arena.copy(ballot.option)));
  const Value vote = Value::object(arena, 4);
  vote.set(arena, "id", Value::string(arena.copy(ballot.activity)));
  vote.set(arena, "type", Value::string("Create"));
  vote.set(arena, "actor", Value::string(arena.copy(ballot.voter)));
  vote.set(arena, "object", note);
  return vote;
}

/// The first of a voter's votes is that which made a voter of the actor.
Result<std::vector<Ballot>> ballots_of(const Txn& txn, const std::string& question,
                                       const std::string& voter,
                                       const std::vector<std::string>& names) {
  std::vector<Ballot> ballots;
  for (const std::string& name : names) {
    const auto chosen = QP_TRY(txn.get(kVotes, chosen_key(question, name, voter)));
    if (chosen) ballots.push_back({question, name, voter, std::string(*chosen)});
  }
  const auto first = QP_TRY(txn.get(kVotes, voter_key(question, voter)));
  if (!first) return ballots;
  const auto found = std::find_if(ballots.begin(), ballots.end(),
                                  [&](const Ballot& one) { return one.activity == *first; });
  if (found != ballots.end()) {
    std::rotate(ballots.begin(), found, found + 1);
  } else {  // for what may no longer be chosen
    ballots.insert(ballots.begin(), {question, "", voter, std::string(*first)});
  }
  return ballots;
}

/// The Question with its options and their numbers.
Result<Value> counts_of(const Txn& txn, TermId id, const std::string& question, Arena& arena) {
  const Value value = Value::object(arena, 6);
  const Value contexts = Value::array(arena), own = Value::object(arena, 1);
  own.set(arena, "votersCount", Value::string(toot::votersCount.iri));
  contexts.push_back(arena, Value::string("https://www.w3.org/ns/activitystreams"));
  contexts.push_back(arena, own);
  value.set(arena, "@context", contexts);
  value.set(arena, "id", Value::string(arena.copy(question)));
  value.set(arena, "type", Value::string("Question"));
  const Number voters = QP_TRY(number_of(txn, id, id, toot::votersCount));
  if (voters.is_there) {
    value.set(arena, "votersCount", Value::number(arena, static_cast<std::int64_t>(voters.value)));
  }
  for (const Option& option : QP_TRY(options_of(txn, id))) {
    const auto names = QP_TRY(names_of(txn, id, option.node));
    if (names.empty()) continue;
    const Value one = Value::object(arena, 3);
    one.set(arena, "type", Value::string("Note"));
    one.set(arena, "name", Value::string(arena.copy(names.front())));
    if (option.replies != TermId::None) {
      const Number votes = QP_TRY(number_of(txn, id, option.replies, as::totalItems));
      const Value replies = Value::object(arena, 2);
      replies.set(arena, "type", Value::string("Collection"));
      replies.set(arena, "totalItems",
                  Value::number(arena, static_cast<std::int64_t>(votes.value)));
      one.set(arena, "replies", replies);
    }
    const std::string_view choice = option.is_exclusive ? "oneOf" : "anyOf";
    if (!value.contains(choice)) value.set(arena, choice, Value::array(arena));
    value.get(choice).push_back(arena, one);
  }
  return value;
}

Result<void> import_vote(WriteTxn& txn, const std::string& question, Value vote) {
  const Ballot ballot{question, std::string(vote.get("object").get("name").text()),
                      std::string(vote.get("actor").text()), std::string(vote.get("id").text())};
  for (const std::string* iri : {&ballot.voter, &ballot.activity}) {
    if (iri->find(':') == iri->npos || iri->size() > limits::kIriBytes) {
      return bad_input("a vote without an actor or an id");
    }
  }
  QP_TRY(note_voter(txn, ballot));
  const std::string key = chosen_key(question, ballot.option, ballot.voter);
  if (ballot.option.empty() || QP_TRY(txn.get(kVotes, key))) return {};
  return txn.put(kVotes, key, ballot.activity);
}

}  // namespace

Result<std::optional<Option>> find_option(const Txn& txn, TermId question, std::string_view name) {
  for (const Option& option : QP_TRY(options_of(txn, question))) {
    if (contains(QP_TRY(names_of(txn, question, option.node)), name)) return std::optional(option);
  }
  return std::optional<Option>();
}

Result<bool> count(WriteTxn& txn, const Ballot& ballot, const Option& option) {
  const std::string chosen = chosen_key(ballot.question, ballot.option, ballot.voter);
  const bool has_voted =
      QP_TRY(txn.get(kVotes, voter_key(ballot.question, ballot.voter))).has_value();
  if (QP_TRY(txn.get(kVotes, chosen)) || (option.is_exclusive && has_voted)) return false;
  QP_TRY(txn.put(kVotes, chosen, ballot.activity));
  const TermId graph = QP_TRY(txn.intern_iri(ballot.question));
  if (option.replies != TermId::None) {
    QP_TRY(count_up(txn, graph, option.replies, as::totalItems));
  }
  if (!QP_TRY(note_voter(txn, ballot))) return true;
  if (!QP_TRY(values_of(txn, ballot.question, toot::votersCount)).empty()) {
    QP_TRY(count_up(txn, graph, graph, toot::votersCount));
  }
  return true;
}

Result<std::vector<std::string>> voters_of(const Txn& txn, std::string_view question) {
  std::vector<std::string> voters;
  QP_TRY(txn.each(kVotes, voters_prefix(question), [&](std::string_view, std::string_view voter) {
    voters.emplace_back(voter);
    return true;
  }));
  return voters;
}

Result<void> export_votes_in(const Txn& txn, TermId id, const WriteVotes& write) {
  const std::string question(QP_TRY(txn.resolve(id)).value);
  const std::vector<std::string> voters = QP_TRY(voters_of(txn, question));
  if (voters.empty()) return {};
  std::vector<std::string> names;
  for (const Option& option : QP_TRY(options_of(txn, id))) {
    for (std::string& name : QP_TRY(names_of(txn, id, option.node))) {
      if (!contains(names, name)) names.push_back(std::move(name));
    }
  }
  std::span<const std::string> left = voters;
  while (!left.empty()) {
    Arena arena;
    const Value line = QP_TRY(counts_of(txn, id, question, arena));
    const Value replies = Value::object(arena, 2), items = Value::array(arena);
    const auto now = left.first(std::min(left.size(), kVotesOfALine));
    left = left.subspan(now.size());
    for (const std::string& voter : now) {
      for (const Ballot& ballot : QP_TRY(ballots_of(txn, question, voter, names))) {
        items.push_back(arena, vote_value(ballot, arena));
      }
    }
    replies.set(arena, "type", Value::string("Collection"));
    replies.set(arena, "items", items);
    line.set(arena, "replies", replies);
    QP_TRY(write(json::to_text(line), items.size()));
  }
  return {};
}

Result<void> export_votes(const Txn& txn, const WriteVotes& write) {
  for (const TermId question : QP_TRY(resources_with(txn, rdf::type, as::Question))) {
    QP_TRY(export_votes_in(txn, question, write));
  }
  return {};
}

Result<void> import_votes(WriteTxn& txn, Value said) {
  const std::string question(said.get("id").text());
  const auto id = QP_TRY(txn.find_iri(question));
  if (!id || !QP_TRY(txn.probe({*id, *id, rdf::type, as::Question}, {}))) {
    return error(Code::NotFound, question + " is no Question that is here");
  }
  if (!QP_TRY(may_replace(txn, question))) return {};
  for (const Value vote : said.get("replies").get("items").items()) {
    QP_TRY(import_vote(txn, question, vote));
  }
  QP_TRY(raise(txn, *id, *id, toot::votersCount, said.get("votersCount")));
  for (const std::string_view choice : {"oneOf", "anyOf"}) {
    for (const Value one : said.get(choice).items()) {
      const auto option = QP_TRY(find_option(txn, *id, one.get("name").text()));
      if (!option || option->replies == TermId::None) continue;
      const Value votes = one.get("replies").get("totalItems");
      QP_TRY(raise(txn, *id, option->replies, as::totalItems, votes));
    }
  }
  return txn.erase_rendered(question);
}

}  // namespace qp::ap
