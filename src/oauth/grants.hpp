#pragma once

#include "base/time.hpp"
#include "oauth/answer.hpp"
#include "oauth/service.hpp"

namespace qp::oauth {

/// POST /o/token/ (RFC 6749 3.2) with the grants password, authorization_code (PKCE required),
/// refresh_token and client_credentials. Writes; a password also costs a hash: a worker's job.
///
/// `actor` is in the answer where the token is for one actor; `activitypub_actor_id` is that one,
/// or the oldest of the user's.
Answer answer_token(const Service& service, const FormRequest& request, Millis now);

}  // namespace qp::oauth
