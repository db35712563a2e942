#include "oauth/tokens.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "oauth/json_object.hpp"
#include "oauth/secret.hpp"
#include "oauth/tables.hpp"
#include "oauth/users.hpp"

namespace qp::oauth {

namespace {

constexpr std::int64_t kVersion = 1;

/// What one sign-in granted.
struct Family {
  std::string user, client, actor;
  std::uint64_t epoch = 0;  ///< the user's, when it began
  Millis expires{0};        ///< when the last of its tokens does
};

enum class Use : std::uint8_t { Open, Used };

/// An access or refresh token.
struct TokenRecord {
  std::string family;
  Scopes scopes;
  Millis issued{0}, expires{0};
  Use use = Use::Open;  ///< only a refresh token is used up
};

std::string encode(const Family& family) {
  return ObjectWriter()
      .number("v", kVersion)
      .text("user", family.user)
      .text("client", family.client)
      .text("actor", family.actor)
      .number("epoch", static_cast<std::int64_t>(family.epoch))
      .number("expires", family.expires.count())
      .finish();
}

Result<Family> decode_family(std::string_view text) {
  const RecordReader record = QP_TRY(RecordReader::open(text, kVersion));
  return Family{record.text("user"), record.text("client"), record.text("actor"),
                static_cast<std::uint64_t>(record.number("epoch")),
                Millis(record.number("expires"))};
}

std::string encode(const TokenRecord& token) {
  return ObjectWriter()
      .number("v", kVersion)
      .text("family", token.family)
      .text("scopes", token.scopes.text())
      .number("issued", token.issued.count())
      .number("expires", token.expires.count())
      .flag("used", token.use == Use::Used)
      .finish();
}

Result<TokenRecord> decode_token(std::string_view text) {
  const RecordReader record = QP_TRY(RecordReader::open(text, kVersion));
  const auto scopes = QP_TRY(Scopes::parse(record.text("scopes")));
  return TokenRecord{record.text("family"), scopes, Millis(record.number("issued")),
                     Millis(record.number("expires")), record.flag("used") ? Use::Used : Use::Open};
}

Result<std::optional<TokenRecord>> read_token(const store::Txn& txn, store::Table table,
                                              std::string_view token) {
  const auto record = QP_TRY(txn.get(table, secret_hash(token)));
  if (!record) return std::optional<TokenRecord>();
  return std::optional<TokenRecord>(QP_TRY(decode_token(*record)));
}

/// Of either kind.
Result<std::optional<TokenRecord>> read_any_token(const store::Txn& txn, std::string_view token) {
  auto access = QP_TRY(read_token(txn, kTokens, token));
  if (access) return access;
  return read_token(txn, kRefresh, token);
}

Result<std::optional<Family>> read_family(const store::Txn& txn, std::string_view name) {
  const auto record = QP_TRY(txn.get(kFamilies, name));
  if (!record) return std::optional<Family>();
  return std::optional<Family>(QP_TRY(decode_family(*record)));
}

/// nullopt also where the user has been disabled or changed the password since.
Result<std::optional<Family>> live_family(const store::Txn& txn, std::string_view name) {
  auto family = QP_TRY(read_family(txn, name));
  if (!family || family->user.empty()) return family;
  const auto user = QP_TRY(find_user(txn, family->user));
  if (!user || user->disabled || user->epoch != family->epoch) return std::optional<Family>();
  return family;
}

/// The user's epoch.
Result<std::uint64_t> may_sign_in(const store::Txn& txn, std::string_view name) {
  if (name.empty()) return 0U;
  const auto user = QP_TRY(find_user(txn, name));
  if (!user) return error(Code::NotFound, "there is no such user");
  if (user->disabled) return error(Code::Forbidden, "the user is disabled");
  return user->epoch;
}

struct Times {
  Millis now;
  std::chrono::seconds ttl;
};

Result<std::string> put_access(store::WriteTxn& txn, std::string_view family, Scopes scopes,
                               const Times& times) {
  std::string token = new_secret("qpa_");
  const TokenRecord record{std::string(family), scopes, times.now, times.now + times.ttl,
                           Use::Open};
  QP_TRY(txn.put(kTokens, secret_hash(token), encode(record)));
  return token;
}

Result<std::string> put_refresh(store::WriteTxn& txn, std::string_view family, Scopes scopes,
                                Millis now) {
  std::string token = new_secret("qpr_");
  const TokenRecord record{std::string(family), scopes, now, now + limits::kRefreshTime, Use::Open};
  QP_TRY(txn.put(kRefresh, secret_hash(token), encode(record)));
  return token;
}

Result<Grant> find_grant(const store::Txn& txn, store::Table table, std::string_view token,
                         Millis now) {
  Error refused = error(Code::Unauthenticated, "the token is unknown, over or revoked");
  const auto record = QP_TRY(read_token(txn, table, token));
  if (!record || record->use == Use::Used || record->expires <= now) return refused;
  const auto family = QP_TRY(live_family(txn, record->family));
  if (!family) return refused;
  return Grant{family->user,  family->client, record->scopes,
               family->actor, record->issued, record->expires};
}

/// Of `user`, or, where that is empty, of everybody.
template <class Wanted>
Result<std::size_t> erase_families(store::WriteTxn& txn, std::string_view user, Wanted wanted) {
  std::vector<std::string> names;
  Result<void> outcome;
  const std::string prefix = user.empty() ? "" : std::string(user) + '/';
  QP_TRY(txn.each(kFamilies, prefix, [&](std::string_view name, std::string_view text) {
    const auto family = decode_family(text);
    if (!family) outcome = family.error();
    if (family && wanted(*family)) names.emplace_back(name);
    return family.has_value();
  }));
  QP_TRY(std::move(outcome));
  for (const std::string& name : names) QP_TRY(txn.erase(kFamilies, name));
  return names.size();
}

/// Keys of `table` whose record is over, or whose family is not there; at most `limit`.
Result<std::vector<std::string>> dead_keys(const store::Txn& txn, store::Table table, Millis now,
                                           std::size_t limit) {
  std::vector<std::string> dead;
  Result<void> outcome;
  const auto look = [&](std::string_view value) -> Result<bool> {
    const RecordReader record = QP_TRY(RecordReader::open(value, kVersion));
    if (record.number("expires") <= now.count()) return true;
    if (table != kTokens && table != kRefresh) return false;
    return !QP_TRY(txn.get(kFamilies, record.text("family"))).has_value();
  };
  QP_TRY(txn.each(table, "", [&](std::string_view key, std::string_view value) {
    const auto is_dead = look(value);
    if (!is_dead) {
      outcome = is_dead.error();
      return false;
    }
    if (*is_dead) dead.emplace_back(key);
    return dead.size() < limit;
  }));
  QP_TRY(std::move(outcome));
  return dead;
}

}  // namespace

Result<IssuedTokens> issue(store::WriteTxn& txn, const TokenRequest& request, Millis now) {
  const std::uint64_t epoch = QP_TRY(may_sign_in(txn, request.user));
  const bool refreshable = request.refreshable == Refreshable::Yes;
  const std::string user = request.user.empty() ? "" : QP_TRY(user_name(request.user));
  IssuedTokens issued;
  issued.family = user + '/' + random::uuid_v7(now);
  const auto longest = refreshable ? std::max(request.ttl, limits::kRefreshTime) : request.ttl;
  const Family family{user, request.client, request.actor, epoch, now + longest};
  QP_TRY(txn.put(kFamilies, issued.family, encode(family)));
  issued.access_token = QP_TRY(put_access(txn, issued.family, request.scopes, {now, request.ttl}));
  if (refreshable) {
    issued.refresh_token = QP_TRY(put_refresh(txn, issued.family, request.scopes, now));
  }
  issued.expires_in = request.ttl;
  issued.scopes = request.scopes;
  issued.user = user;
  issued.actor = request.actor;
  return issued;
}

Result<Grant> find_token(const store::Txn& txn, std::string_view token, Millis now) {
  return find_grant(txn, kTokens, token, now);
}

Result<Grant> find_refresh_token(const store::Txn& txn, std::string_view token, Millis now) {
  return find_grant(txn, kRefresh, token, now);
}

Result<Redeemed> refresh(store::WriteTxn& txn, const RefreshRequest& request, Millis now) {
  auto old = QP_TRY(read_token(txn, kRefresh, request.token));
  if (!old) return Redeemed(Refusal::Unknown);
  auto family = QP_TRY(live_family(txn, old->family));
  if (!family) return Redeemed(Refusal::Unknown);
  if (family->client != request.client) return Redeemed(Refusal::OtherClient);
  if (old->use == Use::Used) {
    // Two hold this token, and only one is the client: neither may go on.
    QP_TRY(revoke_family(txn, old->family));
    return Redeemed(Refusal::Reused);
  }
  if (old->expires <= now) return Redeemed(Refusal::Unknown);
  const Scopes scopes = request.scopes.value_or(old->scopes);
  if (!scopes.within(old->scopes)) return Redeemed(Refusal::WiderScope);

  old->use = Use::Used;
  QP_TRY(txn.put(kRefresh, secret_hash(request.token), encode(*old)));
  family->expires = now + std::max(request.ttl, limits::kRefreshTime);
  QP_TRY(txn.put(kFamilies, old->family, encode(*family)));
  return Redeemed(IssuedTokens{
      QP_TRY(put_access(txn, old->family, scopes, {now, request.ttl})),
      // RFC 6749 6: the new refresh token has the scope of the old one, whatever was asked now.
      QP_TRY(put_refresh(txn, old->family, old->scopes, now)), request.ttl, scopes, family->user,
      family->actor, old->family});
}

Result<bool> revoke(store::WriteTxn& txn, std::string_view token) {
  const auto record = QP_TRY(read_any_token(txn, token));
  if (!record) return false;
  return revoke_family(txn, record->family);
}

Result<std::optional<std::string>> client_of(const store::Txn& txn, std::string_view token) {
  const auto record = QP_TRY(read_any_token(txn, token));
  if (!record) return std::optional<std::string>();
  const auto family = QP_TRY(read_family(txn, record->family));
  if (!family) return std::optional<std::string>();
  return std::optional<std::string>(family->client);
}

Result<bool> revoke_family(store::WriteTxn& txn, std::string_view family) {
  return txn.erase(kFamilies, family);
}

Result<std::size_t> revoke_all(store::WriteTxn& txn, std::string_view user) {
  return erase_families(txn, QP_TRY(user_name(user)), [](const Family&) { return true; });
}

Result<std::size_t> revoke_client(store::WriteTxn& txn, std::string_view client,
                                  std::string_view user) {
  return erase_families(txn, user, [&](const Family& family) { return family.client == client; });
}

Result<std::vector<Granted>> granted_by(const store::Txn& txn, std::string_view user, Millis now) {
  const auto known = QP_TRY(find_user(txn, user));
  if (!known) return std::vector<Granted>();
  std::vector<Granted> granted;
  for (Family& family : QP_TRY(read_all(txn, kFamilies, known->name + '/', decode_family))) {
    if (family.expires <= now || family.epoch != known->epoch) continue;
    granted.push_back({std::move(family.client), std::move(family.actor), family.expires});
  }
  return granted;
}

Result<std::size_t> sweep(store::WriteTxn& txn, Millis now, std::size_t limit) {
  std::size_t erased = 0;
  for (const store::Table table : {kFamilies, kTokens, kRefresh, kCodes, kSessions}) {
    if (erased >= limit) break;
    for (const std::string& key : QP_TRY(dead_keys(txn, table, now, limit - erased))) {
      QP_TRY(txn.erase(table, key));
      ++erased;
    }
  }
  return erased;
}

}  // namespace qp::oauth
