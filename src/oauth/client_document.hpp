#pragma once

#include <string_view>

#include "oauth/clients.hpp"

/// Clients that nobody registered here: their id is the address of a document about them. Two kinds
/// are read: client id metadata documents (draft-ietf-oauth-client-id-metadata-document) and
/// ActivityStreams objects with a redirectURI (FEP-d8c2).
namespace qp::oauth {

/// True if the id is such an address: http or https with a path, no user, fragment or dot segments,
/// short enough for a key. (Over http only what the guarded client is allowed to reach counts.)
bool names_document(std::string_view client_id);

/// The client that the document served at `client_id` describes: public, for the code grant.
/// BadInput where it does not: the message is for the person in front of the browser.
Result<Client> read_client_document(std::string_view client_id, std::string_view document,
                                    Millis now);

/// Keeps what the user consented to, so that the token endpoint knows the client without a fetch.
/// Conflict where a client of that id was registered here.
Result<void> keep_client(store::WriteTxn& txn, const Client& client);

}  // namespace qp::oauth
