#include "oauth/accounts.hpp"

#include "base/text.hpp"
#include "oauth/json_object.hpp"
#include "oauth/secret.hpp"
#include "oauth/tables.hpp"
#include "oauth/users.hpp"

namespace qp::oauth {

namespace {

constexpr std::int64_t kVersion = 1;
constexpr std::string_view kActorCounter = "actors";

std::string encode(const OwnedActor& owned) {
  return ObjectWriter()
      .number("v", kVersion)
      .number("number", owned.number)
      .text("user", owned.user)
      .text("actor", owned.actor)
      .number("created", owned.created.count())
      .finish();
}

Result<OwnedActor> decode(std::string_view text) {
  const RecordReader record = QP_TRY(RecordReader::open(text, kVersion));
  return OwnedActor{record.number("number"), record.text("user"), record.text("actor"),
                    Millis(record.number("created"))};
}

/// An IRI may be longer than a key.
std::string actor_key(std::string_view actor) { return secret_hash(actor); }

/// Sorts by number. A user's name has no '/'.
std::string user_key(const OwnedActor& owned) {
  std::string digits = std::to_string(owned.number);
  return owned.user + '/' + std::string(20 - digits.size(), '0') + digits;
}

Result<std::int64_t> next_number(store::WriteTxn& txn) {
  const auto last = QP_TRY(txn.get(kCounters, kActorCounter));
  const std::uint64_t number = (last ? text::to_uint(*last).value_or(0) : 0) + 1;
  QP_TRY(txn.put(kCounters, kActorCounter, std::to_string(number)));
  return static_cast<std::int64_t>(number);
}

}  // namespace

Result<OwnedActor> add_actor(store::WriteTxn& txn, std::string_view user, std::string_view actor,
                             Millis now) {
  const auto owner = QP_TRY(find_user(txn, user));
  if (!owner) return error(Code::NotFound, "there is no such user");
  const std::string key = actor_key(actor);
  if (QP_TRY(txn.get(kActorUsers, key))) {
    return error(Code::Conflict, "that actor has a user already");
  }
  OwnedActor owned{QP_TRY(next_number(txn)), owner->name, std::string(actor), now};
  QP_TRY(txn.put(kUserActors, user_key(owned), encode(owned)));
  QP_TRY(txn.put(kActorUsers, key, encode(owned)));
  return owned;
}

Result<std::optional<OwnedActor>> find_actor(const store::Txn& txn, std::string_view actor) {
  const auto record = QP_TRY(txn.get(kActorUsers, actor_key(actor)));
  if (!record) return std::optional<OwnedActor>();
  return std::optional<OwnedActor>(QP_TRY(decode(*record)));
}

Result<std::vector<OwnedActor>> actors_of(const store::Txn& txn, std::string_view user) {
  const auto name = user_name(user);
  if (!name) return std::vector<OwnedActor>();
  return read_all(txn, kUserActors, *name + '/', decode);
}

}  // namespace qp::oauth
