#pragma once

#include <optional>
#include <string_view>

#include "base/time.hpp"
#include "oauth/answer.hpp"
#include "oauth/service.hpp"

namespace qp::oauth {

/// POST /o/register/ (RFC 7591 3). `bearer`: the access token that came along; it is needed, with
/// scope write, where settings say Authenticated, and then its user owns the client. Clients made
/// here may use authorization_code and refresh_token only.
Answer answer_registration(const Service& service, std::string_view body,
                           std::optional<std::string_view> bearer, Millis now);

}  // namespace qp::oauth
