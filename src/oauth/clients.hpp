#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "oauth/scopes.hpp"
#include "store/store.hpp"

/// Applications that ask for tokens (RFC 6749 2).
namespace qp::oauth {

/// How a client gets tokens: the values of `grant_type`. Every client may refresh what it got.
namespace grant {
inline constexpr std::string_view kPassword = "password";
inline constexpr std::string_view kCode = "authorization_code";
inline constexpr std::string_view kRefreshToken = "refresh_token";
inline constexpr std::string_view kClientCredentials = "client_credentials";
}  // namespace grant

enum class ClientType : std::uint8_t { Public, Confidential };

struct Client {
  std::string id;
  std::string name;         ///< for people
  std::string secret_hash;  ///< of a confidential client, its secret's SHA-256; else empty
  ClientType type = ClientType::Public;
  std::vector<std::string> grants;
  std::vector<std::string> redirect_uris;
  Scopes scopes = Scopes::all();  ///< the most that it is given
  std::string user;               ///< who made it; its own tokens (client_credentials) act for them
  Millis created{0};
  Millis fetched{0};  ///< when its document was read (client_document.hpp); 0: registered here

  /// For people: its name, or where it has none the host that it sends them back to, or its id.
  std::string title() const;
  bool may_use(std::string_view grant) const;
  bool has_redirect(std::string_view uri) const;
};

struct NewClient {
  std::string name;
  ClientType type = ClientType::Confidential;
  std::vector<std::string> grants = {std::string(grant::kCode)};
  std::vector<std::string> redirect_uris = {};
  Scopes scopes = Scopes::all();
  std::string user = {};  ///< empty, or one that exists
};

struct AddedClient {
  Client client;
  std::string secret;  ///< shown once; empty for a public client
};

/// BadInput: an unknown grant, a bad redirect URI, more than 16 of them, a name over 200 bytes,
/// client_credentials for a public client. NotFound: no such user.
Result<AddedClient> add_client(store::WriteTxn& txn, const NewClient& wanted, Millis now);

/// What holds for every client, wherever it comes from; errors as those of add_client.
Result<void> check_client(const Client& client);
/// Writes the record as it is.
Result<void> put_client(store::WriteTxn& txn, const Client& client);
/// Ends also every token that the client was given. False where there is no such client.
Result<bool> remove_client(store::WriteTxn& txn, std::string_view id);

Result<std::optional<Client>> find_client(const store::Txn& txn, std::string_view id);
/// By id.
Result<std::vector<Client>> list_clients(const store::Txn& txn);

/// Whether it is that client who asks. A public client has nothing to show, so what it shows is
/// ignored; an unknown client never is.
bool authenticates(const std::optional<Client>& client, std::optional<std::string_view> secret);

}  // namespace qp::oauth
