#include "ap/vote.hpp"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

#include "ap/admit.hpp"
#include "ap/collection.hpp"
#include "ap/ids.hpp"
#include "ap/publish.hpp"
#include "ap/recipients.hpp"
#include "ap/tables.hpp"

namespace qp::ap {

namespace {

struct Ballot {
  TermId question{};
  std::string iri;
  std::string option;
};

/// One of the things that may be chosen, where the Question's graph has it.
struct Option {
  bool is_exclusive = false;  ///< of oneOf
  TermId replies{};           ///< its collection of votes; None: it has none
};

Result<std::vector<TermId>> objects_of(const store::Txn& txn, TermId graph, TermId subject,
                                       TermId property) {
  std::vector<TermId> objects;
  QP_TRY(txn.scan({graph, subject, property, {}}, {}, [&](const store::OrderedQuad& quad) {
    objects.push_back(quad.quad.o);
    return true;
  }));
  return objects;
}

Result<bool> is_named(const store::Txn& txn, TermId graph, TermId node, std::string_view name) {
  for (const TermId value : QP_TRY(objects_of(txn, graph, node, as::name))) {
    if (QP_TRY(txn.resolve(value)).value == name) return true;
  }
  return false;
}

Result<std::optional<Option>> find_option(const store::Txn& txn, const Ballot& ballot) {
  for (const Word& choice : std::array{as::oneOf, as::anyOf}) {
    for (const TermId node : QP_TRY(objects_of(txn, ballot.question, ballot.question, choice))) {
      if (!QP_TRY(is_named(txn, ballot.question, node, ballot.option))) continue;
      const auto replies = QP_TRY(objects_of(txn, ballot.question, node, as::replies));
      return std::optional(
          Option{choice == as::oneOf, replies.empty() ? TermId::None : replies.front()});
    }
  }
  return std::optional<Option>();
}

/// Until `endTime`, and as long as nothing but `false` is `closed`.
Result<bool> is_open(const store::Txn& txn, const Ballot& ballot, Millis now) {
  for (const std::string& text : QP_TRY(values_of(txn, ballot.iri, as::closed))) {
    const auto closed = time::from_rfc3339(text);
    if (text != "false" && (!closed || *closed <= now)) return false;
  }
  for (const std::string& text : QP_TRY(values_of(txn, ballot.iri, as::endTime))) {
    const auto end = time::from_rfc3339(text);
    if (end && *end <= now) return false;
  }
  return true;
}

/// One more than the number that `subject` has as `property`.
Result<void> count_up(store::WriteTxn& txn, TermId graph, TermId subject, const Word& property) {
  const auto before = QP_TRY(objects_of(txn, graph, subject, property));
  std::vector<store::QuadIds> out;
  std::uint64_t count = 0;
  std::string datatype(xsd::nonNegativeInteger.iri);
  for (const TermId value : before) {
    const auto term = QP_TRY(txn.resolve(value));
    if (const auto number = text::to_uint(term.value)) count = *number;
    datatype = term.datatype;
    out.push_back({graph, subject, property, value});
  }
  const std::string text = std::to_string(count + 1);
  const TermId value = QP_TRY(txn.intern({rdf::TermKind::Literal, text, datatype, {}}));
  const std::array in{store::OrderedQuad{{graph, subject, property, value}, 0}};
  return txn.apply(out, in);
}

/// Mastodon and others show the counts that they were told last. Each vote would be too often.
constexpr Millis kAnnouncePause = std::chrono::minutes(3);

std::string announced_key(std::string_view question) { return pair_key("announced", question, ""); }
/// Where kVotes has those who voted.
std::string voters_prefix(std::string_view question) {
  return pair_key("voters", question, "") + ' ';
}

struct Announced {
  std::int64_t at = 0;  ///< the last time
  bool is_planned = false;
};
Result<Announced> find_announced(const store::Txn& txn, std::string_view question) {
  const auto kept = QP_TRY(txn.get(kVotes, announced_key(question)));
  const auto record = kept ? nlohmann::json::parse(*kept, nullptr, false) : nlohmann::json();
  if (!record.is_object()) return Announced();
  return Announced{record.value("at", std::int64_t{0}), record.value("planned", false)};
}
Result<void> put_announced(store::WriteTxn& txn, std::string_view question,
                           const Announced& announced) {
  const nlohmann::json record = {{"at", announced.at}, {"planned", announced.is_planned}};
  return txn.put(kVotes, announced_key(question), record.dump());
}

/// At once, or when the pause since the last time is over; the queue makes sure of it.
Result<void> plan_announcement(const Happening& happening, const std::string& question) {
  store::WriteTxn& txn = happening.txn;
  Announced announced = QP_TRY(find_announced(txn, question));
  if (announced.is_planned) return {};
  announced.is_planned = true;
  QP_TRY(put_announced(txn, question, announced));
  const std::int64_t due =
      std::max(happening.services.clock().count(), announced.at + kAnnouncePause.count());
  const nlohmann::json job = {{"question", question}, {"activity", question}};
  QP_TRY(txn.queue_push(due, "votes of " + question, job.dump()));
  return {};
}

Result<void> count(const Happening& happening, const Ballot& ballot, const Option& option) {
  store::WriteTxn& txn = happening.txn;
  const std::string voter = happening.activity.actor();
  const std::string first = pair_key("voter", ballot.iri, voter);
  const std::string chosen = pair_key("vote " + ballot.option, ballot.iri, voter);
  const bool has_voted = QP_TRY(txn.get(kVotes, first)).has_value();
  if (QP_TRY(txn.get(kVotes, chosen)) || (option.is_exclusive && has_voted)) return {};
  QP_TRY(txn.put(kVotes, chosen, happening.activity.id));
  if (option.replies != TermId::None) {
    QP_TRY(count_up(txn, ballot.question, option.replies, as::totalItems));
  }
  if (!has_voted) {
    QP_TRY(txn.put(kVotes, first, happening.activity.id));
    QP_TRY(txn.put(kVotes, voters_prefix(ballot.iri) + pair_key("voter", voter, ""), voter));
    if (!QP_TRY(values_of(txn, ballot.iri, toot::votersCount)).empty()) {
      QP_TRY(count_up(txn, ballot.question, ballot.question, toot::votersCount));
    }
  }
  QP_TRY(plan_announcement(happening, ballot.iri));
  return refresh_rendered(txn, ballot.iri, happening.services);
}

Result<std::vector<std::string>> voters_of(const store::Txn& txn, std::string_view question) {
  std::vector<std::string> voters;
  QP_TRY(txn.each(kVotes, voters_prefix(question), [&](std::string_view, std::string_view voter) {
    voters.emplace_back(voter);
    return true;
  }));
  return voters;
}

}  // namespace

Result<void> announce_votes(store::WriteTxn& txn, const std::string& question,
                            const Services& services) {
  const Millis now = services.clock();
  QP_TRY(put_announced(txn, question, {now.count(), false}));
  if (!contains(QP_TRY(values_of(txn, question, rdf::type)), as::Question.iri)) return {};
  const auto owners = QP_TRY(owners_of(txn, question));
  const auto owner = owners.empty() ? std::nullopt : QP_TRY(find_actor(txn, owners.front()));
  if (!owner || owner->deleted) return {};
  nlohmann::ordered_json document = {{"@context", "https://www.w3.org/ns/activitystreams"},
                                     {"id", new_activity_iri(owner->iri, now)},
                                     {"type", "Update"},
                                     {"actor", owner->iri},
                                     {"object", question},
                                     {"published", time::rfc3339(now)}};
  for (const auto& [name, property] : kAddressing) {
    const auto readers = QP_TRY(values_of(txn, question, property));
    if (!readers.empty()) document[std::string(name)] = readers;
  }
  const auto prepared = QP_TRY(prepare(document.dump(), "", services));
  prepared->also = QP_TRY(voters_of(txn, question));
  return publish(txn, *owner, *prepared, "server", services);
}

Result<bool> vote(const Happening& happening) {
  const json::Value note = happening.activity.object;
  const auto names = values_of(note, as::name.iri);
  const auto parents = values_of(note, as::inReplyTo.iri);
  const auto contents = values_of(note, as::content.iri);
  const bool is_blank = std::all_of(contents.begin(), contents.end(),
                                    [](const std::string& one) { return one.empty(); });
  if (names.size() != 1 || parents.size() != 1 || !is_blank) return false;
  Ballot ballot;
  ballot.iri = parents.front();
  ballot.option = names.front();
  const store::Txn& txn = happening.txn;
  if (!contains(QP_TRY(values_of(txn, ballot.iri, rdf::type)), as::Question.iri)) return false;
  ballot.question = QP_TRY(txn.find_iri(ballot.iri)).value_or(TermId::None);
  const auto option = QP_TRY(find_option(txn, ballot));
  if (!option) return false;
  const std::string voter = happening.activity.actor();
  const bool is_author = contains(QP_TRY(owners_of(txn, ballot.iri)), voter);
  if (is_author || !QP_TRY(is_open_to(txn, ballot.iri, voter)) ||
      !QP_TRY(is_open(txn, ballot, happening.services.clock()))) {
    return true;
  }
  QP_TRY(count(happening, ballot, *option));
  return true;
}

}  // namespace qp::ap
