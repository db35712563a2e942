#include "oauth/authenticate.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace qp::oauth {

namespace {

struct Credentials {
  std::string id;
  std::optional<std::string> secret;
};

/// RFC 6749 2.3.1: both parts are form-encoded before RFC 7617 is applied.
std::optional<std::string> form_decode(std::string_view text) {
  std::string spaced(text);
  std::ranges::replace(spaced, '+', ' ');
  return text::percent_decode(spaced);
}

std::optional<Credentials> read_basic(std::string_view authorization) {
  const auto [scheme, rest] = text::split_once(authorization, ' ');
  if (!rest || !text::equals_ignoring_case(scheme, "basic")) return std::nullopt;
  const auto pair = text::from_base64(text::trim(*rest));
  if (!pair) return std::nullopt;
  const auto [id, secret] = text::split_once(*pair, ':');
  if (!secret) return std::nullopt;
  auto decoded_id = form_decode(id);
  if (!decoded_id) return std::nullopt;
  Credentials found{std::move(*decoded_id), form_decode(*secret)};
  if (!found.secret) return std::nullopt;
  return found;
}

Answer refuse_client(const FormRequest& request) {
  Answer answer = error_answer("invalid_client", "unknown client, or its secret does not match");
  // RFC 6749 5.2: a client that used the field is told the scheme.
  if (request.authorization)
    answer.headers.emplace_back("WWW-Authenticate", "Basic realm=\"oauth\"");
  return answer;
}

}  // namespace

std::variant<Client, Answer> authenticate_client(const store::Txn& txn,
                                                 const FormRequest& request) {
  if (repeats_a_parameter(request.form)) {
    return error_answer("invalid_request", "a parameter is there twice");
  }
  const auto form_id = parameter(request.form, "client_id");
  const auto form_secret = parameter(request.form, "client_secret");
  std::optional<Credentials> given;
  if (request.authorization) {
    given = read_basic(*request.authorization);
    // RFC 6749 2.3: one method a request.
    if (form_secret || (given && form_id && *form_id != given->id)) {
      return error_answer("invalid_request", "the client authenticates in two ways");
    }
  } else if (form_id) {
    given = Credentials{std::string(*form_id), std::nullopt};
    if (form_secret) given->secret = *form_secret;
  }
  if (!given) return refuse_client(request);
  auto client = find_client(txn, given->id);
  if (!client) return trouble_answer(client.error());
  if (!authenticates(*client, given->secret)) return refuse_client(request);
  return **std::move(client);
}

}  // namespace qp::oauth
