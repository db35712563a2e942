#pragma once

#include <variant>

#include "oauth/answer.hpp"
#include "oauth/clients.hpp"
#include "store/store.hpp"

namespace qp::oauth {

/// The client that posted a form, by HTTP Basic or by client_id and client_secret in the form
/// (RFC 6749 2.3.1), or the answer that refuses it.
std::variant<Client, Answer> authenticate_client(const store::Txn& txn, const FormRequest& request);

}  // namespace qp::oauth
