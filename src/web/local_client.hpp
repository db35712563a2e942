#pragma once

#include <string>

#include "oauth/clients.hpp"
#include "store/store.hpp"
#include "web/context.hpp"

/// Apps that are objects of this server (FEP-d8c2). Whoever has an account can post one, so that it
/// has to say that it is an app, and people are told who made it.
namespace qp::web {

struct LocalClient {
  oauth::Client client;
  std::string maker;  ///< `@name@host` of the actor that made it
};

/// True if the id is an address on a domain of this server.
bool is_local_client(Context& context, std::string_view client_id);

/// As everybody may read it. NotFound, or BadInput, with a message for the person in front of the
/// browser: there is no app, or no longer.
Result<LocalClient> read_local_client(const Context& context, const store::Txn& txn,
                                      const std::string& client_id);

/// Ends what a local client was given where it is no client any more.
Result<void> end_if_no_client(Context& context, const std::string& client_id);

}  // namespace qp::web
