#include "ap/vote.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "ap/admit.hpp"
#include "ap/ballots.hpp"
#include "ap/collection.hpp"
#include "ap/ids.hpp"
#include "ap/publish.hpp"
#include "ap/recipients.hpp"
#include "ap/tables.hpp"

namespace qp::ap {

namespace {

/// Until `endTime`, and as long as nothing but `false` is `closed`.
Result<bool> is_open(const store::Txn& txn, const std::string& question, Millis now) {
  for (const std::string& text : QP_TRY(values_of(txn, question, as::closed))) {
    const auto closed = time::from_rfc3339(text);
    if (text != "false" && (!closed || *closed <= now)) return false;
  }
  for (const std::string& text : QP_TRY(values_of(txn, question, as::endTime))) {
    const auto end = time::from_rfc3339(text);
    if (end && *end <= now) return false;
  }
  return true;
}

/// Mastodon and others show the counts that they were told last. Each vote would be too often.
constexpr Millis kAnnouncePause = std::chrono::minutes(3);

std::string announced_key(std::string_view question) { return pair_key("announced", question, ""); }
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
  const store::Txn& txn = happening.txn;
  const Ballot ballot{parents.front(), names.front(), happening.activity.actor(),
                      happening.activity.id};
  const std::string& question = ballot.question;
  if (!contains(QP_TRY(values_of(txn, question, rdf::type)), as::Question.iri)) return false;
  const TermId id = QP_TRY(txn.find_iri(question)).value_or(TermId::None);
  const auto option = QP_TRY(find_option(txn, id, ballot.option));
  if (!option) return false;
  if (happening.is_from_archive) return true;
  const bool is_author = contains(QP_TRY(owners_of(txn, question)), ballot.voter);
  if (is_author || !QP_TRY(is_open_to(txn, question, ballot.voter)) ||
      !QP_TRY(is_open(txn, question, happening.services.clock()))) {
    return true;
  }
  if (!QP_TRY(count(happening.txn, ballot, *option))) return true;
  QP_TRY(plan_announcement(happening, question));
  QP_TRY(refresh_rendered(happening.txn, question, happening.services));
  return true;
}

}  // namespace qp::ap
