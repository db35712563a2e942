#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/text.hpp"

/// Requests and answers of the OAuth endpoints, without HTTP around them: the web layer fills the
/// one and sends the other.
namespace qp::oauth {

/// A form that was posted to an endpoint.
struct FormRequest {
  text::Form form;
  std::optional<std::string> authorization;  ///< the Authorization field's value
  std::string peer;       ///< the client's address; empty: exempt from limits per address
  bool loopback = false;  ///< that address is of this machine
};

struct Answer {
  int status = 200;
  std::string body;  ///< JSON, or empty
  std::vector<std::pair<std::string, std::string>> headers;
};

/// With the fields that keep it out of caches (RFC 6749 5.1).
Answer json_answer(int status, std::string body);

/// `{"error", "error_description"}`: 401 for invalid_client, otherwise 400 (RFC 6749 5.2).
/// `description` is a literal of ours: nothing from the request is sent back.
Answer error_answer(std::string_view error, std::string_view description);
/// For trouble on our side: 503 where it may pass, else 500. Tells nothing, and logs the detail.
Answer trouble_answer(const Error& error);

/// A parameter; one without a value counts as left out (RFC 6749 3.1).
std::optional<std::string_view> parameter(const text::Form& form, std::string_view name);
/// RFC 6749 3.1: no parameter may come twice.
bool repeats_a_parameter(const text::Form& form);

}  // namespace qp::oauth
