#pragma once

#include "base/time.hpp"
#include "oauth/answer.hpp"
#include "store/store.hpp"

namespace qp::oauth {

/// POST /o/introspect/ (RFC 7662): for confidential clients, about their own tokens; everything
/// else is `{"active":false}`. `issuer`: base URL of the domain asked.
Answer answer_introspection(store::Store& store, const FormRequest& request,
                            std::string_view issuer, Millis now);

/// POST /o/revoke_token/ (RFC 7009): ends the family of an access or refresh token of the client
/// that asks. 200 also where there is nothing to end.
Answer answer_revocation(store::Store& store, const FormRequest& request);

}  // namespace qp::oauth
