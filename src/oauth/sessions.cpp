#include "oauth/sessions.hpp"

#include <vector>

#include "oauth/json_object.hpp"
#include "oauth/limits.hpp"
#include "oauth/secret.hpp"
#include "oauth/tables.hpp"

namespace qp::oauth {

namespace {

constexpr std::int64_t kVersion = 1;

}  // namespace

Result<std::string> start_session(store::WriteTxn& txn, const User& verified, Millis now) {
  QP_TRY(check_still_holds(txn, verified));
  std::string secret = new_secret("qpb_");
  QP_TRY(txn.put(kSessions, secret_hash(secret),
                 ObjectWriter()
                     .number("v", kVersion)
                     .text("user", verified.name)
                     .number("epoch", static_cast<std::int64_t>(verified.epoch))
                     .number("created", now.count())
                     .number("expires", (now + limits::kSessionTime).count())
                     .finish()));
  return secret;
}

Result<std::optional<User>> find_session(const store::Txn& txn, std::string_view secret,
                                         Millis now) {
  const auto text = QP_TRY(txn.get(kSessions, secret_hash(secret)));
  if (!text) return std::optional<User>();
  const RecordReader record = QP_TRY(RecordReader::open(*text, kVersion));
  if (record.number("expires") <= now.count()) return std::optional<User>();
  auto user = QP_TRY(find_user(txn, record.text("user")));
  const bool holds =
      user && !user->disabled && user->epoch == static_cast<std::uint64_t>(record.number("epoch"));
  return holds ? std::move(user) : std::optional<User>();
}

Result<bool> end_session(store::WriteTxn& txn, std::string_view secret) {
  return txn.erase(kSessions, secret_hash(secret));
}

Result<std::size_t> end_sessions(store::WriteTxn& txn, std::string_view user) {
  const std::string name = QP_TRY(user_name(user));
  std::vector<std::string> keys;
  Result<void> outcome;
  QP_TRY(txn.each(kSessions, "", [&](std::string_view key, std::string_view text) {
    const auto record = RecordReader::open(text, kVersion);
    if (!record) outcome = record.error();
    if (record && record->text("user") == name) keys.emplace_back(key);
    return record.has_value();
  }));
  QP_TRY(std::move(outcome));
  for (const std::string& key : keys) QP_TRY(txn.erase(kSessions, key));
  return keys.size();
}

std::string new_visitor() { return new_secret("qpv_"); }

std::string form_token(std::string_view secret) {
  return secret_hash("form " + std::string(secret));
}

}  // namespace qp::oauth
