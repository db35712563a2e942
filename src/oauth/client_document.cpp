#include "oauth/client_document.hpp"

#include <algorithm>
#include <array>

#include "base/json.hpp"
#include "base/text.hpp"
#include "oauth/limits.hpp"
#include "oauth/redirect.hpp"

namespace qp::oauth {

namespace {

/// Spellings of FEP-d8c2's property; its own context maps the first.
constexpr std::array<std::string_view, 3> kRedirectKeys = {
    "redirectURI", "oauth:redirectURI", "https://purl.archive.org/socialweb/oauth#redirectURI"};

bool has_dot_segments(std::string_view path) {
  for (const std::string_view segment : text::split(path, '/')) {
    const auto decoded = text::percent_decode(segment);
    if (!decoded || *decoded == "." || *decoded == "..") return true;
  }
  return false;
}

/// One text or a list of them; an object stands for its id.
std::vector<std::string> texts(json::Value value) {
  std::vector<std::string> found;
  const auto add = [&](json::Value item) {
    if (item.is_object()) item = item.get("id");
    if (item.is_string()) found.emplace_back(item.text());
  };
  if (value.is_array()) {
    for (const json::Value item : value.items()) add(item);
  } else {
    add(value);
  }
  return found;
}

/// A document may name scopes of other servers; those are not ours to give.
Scopes known_scopes(std::string_view names) {
  Scopes scopes;
  for (const std::string_view name : text::split(names, ' ')) {
    if (const auto scope = Scopes::parse(name)) scopes = scopes | *scope;
  }
  return scopes.empty() ? Scopes::all() : scopes;
}

Result<void> read_metadata(json::Value document, Client& client) {
  if (document.get("client_id").text() != client.id) {
    return bad_input("the app's document is about another client_id");
  }
  if (document.contains("client_secret")) {
    return bad_input("the app's document holds a secret that everybody can read");
  }
  const std::string_view method = document.get("token_endpoint_auth_method").text();
  if (!method.empty() && method != "none") {
    return bad_input("the app's document asks for an authentication that is not known here");
  }
  client.name = document.get("client_name").text();
  client.redirect_uris = texts(document.get("redirect_uris"));
  client.scopes = known_scopes(document.get("scope").text());
  return {};
}

Result<void> read_object(json::Value document, Client& client) {
  const std::string_view id = document.get(document.contains("id") ? "id" : "@id").text();
  if (id != client.id) return bad_input("the app's document is about another id");
  client.name = document.get("name").text();
  for (const std::string_view key : kRedirectKeys) {
    for (std::string& uri : texts(document.get(key))) {
      client.redirect_uris.push_back(std::move(uri));
    }
  }
  return {};
}

}  // namespace

bool names_document(std::string_view client_id) {
  const auto [scheme, rest] = text::split_once(client_id, ':');
  if (!rest || !rest->starts_with("//") || (scheme != "https" && scheme != "http")) return false;
  const std::string_view after = rest->substr(2);
  const std::size_t slash = after.find('/');
  const bool printable = std::ranges::all_of(client_id, [](char c) { return c > ' ' && c < 0x7F; });
  if (!printable || slash == std::string_view::npos || slash == 0 || slash + 1 == after.size() ||
      client_id.size() > limits::kClientIdBytes ||
      client_id.find_first_of("#\\\"<>") != std::string_view::npos ||
      after.substr(0, slash).find_first_of("@?") != std::string_view::npos) {
    return false;
  }
  return !has_dot_segments(text::split_once(after.substr(slash), '?').first);
}

Result<Client> read_client_document(std::string_view client_id, std::string_view document,
                                    Millis now) {
  json::Arena arena;
  const auto parsed = json::parse(document, arena);
  if (!parsed || !parsed->is_object()) {
    return bad_input("the app's document is not a JSON object");
  }
  Client client;
  client.id = client_id;
  client.type = ClientType::Public;
  client.grants = {std::string(grant::kCode), std::string(grant::kRefreshToken)};
  client.created = now;
  client.fetched = now;
  QP_TRY(parsed->contains("client_id") ? read_metadata(*parsed, client)
                                       : read_object(*parsed, client));
  if (client.name.empty()) client.name = client.id;
  if (client.redirect_uris.empty()) {
    return bad_input("the app's document names no redirect URI");
  }
  QP_TRY(check_client(client));
  return client;
}

Result<void> keep_client(store::WriteTxn& txn, const Client& client) {
  const auto known = QP_TRY(find_client(txn, client.id));
  if (known && known->fetched == Millis(0)) {
    return error(Code::Conflict, "a client with that id is registered here");
  }
  Client kept = client;
  if (known) kept.created = known->created;
  return put_client(txn, kept);
}

}  // namespace qp::oauth
