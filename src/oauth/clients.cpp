#include "oauth/clients.hpp"

#include <algorithm>
#include <array>

#include "base/random.hpp"
#include "base/text.hpp"
#include "oauth/json_object.hpp"
#include "oauth/limits.hpp"
#include "oauth/redirect.hpp"
#include "oauth/secret.hpp"
#include "oauth/tables.hpp"
#include "oauth/tokens.hpp"
#include "oauth/users.hpp"

namespace qp::oauth {

namespace {

constexpr std::int64_t kVersion = 1;
constexpr std::array kGrants = {grant::kPassword, grant::kCode, grant::kRefreshToken,
                                grant::kClientCredentials};

std::string encode(const Client& client) {
  return ObjectWriter()
      .number("v", kVersion)
      .text("id", client.id)
      .text("name", client.name)
      .text("secret", client.secret_hash)
      .flag("confidential", client.type == ClientType::Confidential)
      .texts("grants", client.grants)
      .texts("redirects", client.redirect_uris)
      .text("scopes", client.scopes.text())
      .text("user", client.user)
      .number("created", client.created.count())
      .number("fetched", client.fetched.count())
      .finish();
}

Result<Client> decode(std::string_view text) {
  const RecordReader record = QP_TRY(RecordReader::open(text, kVersion));
  Client client;
  client.id = record.text("id");
  client.name = record.text("name");
  client.secret_hash = record.text("secret");
  client.type = record.flag("confidential") ? ClientType::Confidential : ClientType::Public;
  client.grants = record.texts("grants");
  client.redirect_uris = record.texts("redirects");
  client.scopes = QP_TRY(Scopes::parse(record.text("scopes")));
  client.user = record.text("user");
  client.created = Millis(record.number("created"));
  client.fetched = Millis(record.number("fetched"));
  return client;
}

Result<std::string> owner_of(const store::Txn& txn, const NewClient& wanted) {
  if (wanted.user.empty()) return std::string();
  const auto user = QP_TRY(find_user(txn, wanted.user));
  if (!user) return error(Code::NotFound, "there is no such user");
  return user->name;
}

}  // namespace

std::string Client::title() const {
  if (!text::trim(name).empty()) return name;
  if (redirect_uris.empty()) return id;
  const auto [scheme, rest] = text::split_once(redirect_uris.front(), ':');
  if (!rest || !rest->starts_with("//")) return std::string(scheme);
  return std::string(rest->substr(2, rest->substr(2).find_first_of("/?#")));
}

bool Client::may_use(std::string_view grant) const {
  return std::ranges::find(grants, grant) != grants.end();
}

bool Client::has_redirect(std::string_view uri) const {
  return std::ranges::any_of(redirect_uris, [&](const std::string& registered) {
    return redirect_matches(registered, uri);
  });
}

Result<void> check_client(const Client& client) {
  if (client.name.size() > limits::kClientNameBytes || !text::is_utf8(client.name)) {
    return bad_input("the client's name is over 200 bytes or not UTF-8");
  }
  for (const std::string& name : client.grants) {
    if (std::ranges::find(kGrants, name) == kGrants.end()) return bad_input("unknown grant type");
    // RFC 6749 4.4
    if (name == grant::kClientCredentials && client.type == ClientType::Public) {
      return bad_input("client_credentials is for confidential clients");
    }
  }
  if (client.redirect_uris.size() > limits::kRedirectUris)
    return bad_input("too many redirect URIs");
  for (const std::string& uri : client.redirect_uris) QP_TRY(check_redirect_uri(uri));
  return {};
}

Result<AddedClient> add_client(store::WriteTxn& txn, const NewClient& wanted, Millis now) {
  AddedClient added;
  Client& client = added.client;
  client.id = text::hex(random::bytes(16));
  client.name = wanted.name;
  client.type = wanted.type;
  client.grants = wanted.grants;
  client.redirect_uris = wanted.redirect_uris;
  client.scopes = wanted.scopes;
  client.created = now;
  QP_TRY(check_client(client));
  client.user = QP_TRY(owner_of(txn, wanted));
  if (wanted.type == ClientType::Confidential) {
    added.secret = new_secret("qps_");
    client.secret_hash = secret_hash(added.secret);
  }
  QP_TRY(put_client(txn, client));
  return added;
}

Result<void> put_client(store::WriteTxn& txn, const Client& client) {
  return txn.put(kClients, client.id, encode(client));
}

Result<bool> remove_client(store::WriteTxn& txn, std::string_view id) {
  if (!QP_TRY(find_client(txn, id))) return false;
  QP_TRY(revoke_client(txn, id));
  return txn.erase(kClients, id);
}

Result<std::optional<Client>> find_client(const store::Txn& txn, std::string_view id) {
  if (id.empty() || id.size() > limits::kClientIdBytes) return std::optional<Client>();
  const auto record = QP_TRY(txn.get(kClients, id));
  if (!record) return std::optional<Client>();
  return std::optional<Client>(QP_TRY(decode(*record)));
}

Result<std::vector<Client>> list_clients(const store::Txn& txn) {
  return read_all(txn, kClients, "", decode);
}

bool authenticates(const std::optional<Client>& client, std::optional<std::string_view> secret) {
  if (!client) return false;
  if (client->type == ClientType::Public) return true;
  return secret && text::equals_in_constant_time(client->secret_hash, secret_hash(*secret));
}

}  // namespace qp::oauth
