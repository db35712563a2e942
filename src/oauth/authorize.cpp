#include "oauth/authorize.hpp"

#include "oauth/answer.hpp"
#include "oauth/redirect.hpp"

namespace qp::oauth {

namespace {

using Outcome = std::variant<Authorization, AuthorizationRefusal>;

/// The redirect URI that the request names, or the client's only one; "" where it does not hold.
std::string redirect_of(const Client& client, const text::Form& query) {
  const auto given = parameter(query, "redirect_uri");
  if (given) return client.has_redirect(*given) ? std::string(*given) : "";
  return client.redirect_uris.size() == 1 ? client.redirect_uris.front() : "";
}

std::string with_state_and_issuer(std::string location, std::string_view state,
                                  std::string_view issuer) {
  if (!state.empty()) location = with_parameter(location, "state", state);
  return with_parameter(location, "iss", issuer);
}

struct Complaint {
  std::string_view error, description;
};

/// RFC 6749 4.1.2.1.
std::string error_location(const Authorization& request, const Complaint& complaint,
                           std::string_view issuer) {
  std::string location = with_parameter(request.redirect_uri, "error", complaint.error);
  location = with_parameter(location, "error_description", complaint.description);
  return with_state_and_issuer(std::move(location), request.state, issuer);
}

/// What is wrong with the rest, once it is known where to send the browser; "" for nothing.
/// Fills in the scopes and the challenge.
Complaint read_rest(const text::Form& query, Authorization& request) {
  const auto type = parameter(query, "response_type");
  if (!type) return {"invalid_request", "response_type is missing"};
  if (type != "code") return {"unsupported_response_type", "response_type is not code"};
  if (!request.client.may_use(grant::kCode)) {
    return {"unauthorized_client", "the client was not made for this grant"};
  }
  // RFC 9700 2.1.1: no code without PKCE, and not with method plain.
  const auto challenge = parameter(query, "code_challenge");
  if (!challenge || !is_code_challenge(*challenge) ||
      parameter(query, "code_challenge_method") != "S256") {
    return {"invalid_request", "PKCE with code_challenge_method S256 is required"};
  }
  request.code_challenge = *challenge;
  const auto scope = parameter(query, "scope");
  const auto scopes = scope ? Scopes::parse(*scope) : Result<Scopes>(request.client.scopes);
  if (!scopes || scopes->empty() || !scopes->within(request.client.scopes)) {
    return {"invalid_scope", "unknown, or not for this client"};
  }
  request.scopes = *scopes;
  return {};
}

Outcome refused_on_page(std::string_view description) {
  return AuthorizationRefusal{"invalid_request", std::string(description), ""};
}

}  // namespace

Outcome check_authorization(std::optional<Client> client, const text::Form& query,
                            std::string_view issuer) {
  if (repeats_a_parameter(query)) return refused_on_page("a parameter is there twice");
  if (!client) return refused_on_page("unknown client_id");
  Authorization request;
  request.redirect_uri = redirect_of(*client, query);
  if (request.redirect_uri.empty()) {
    return refused_on_page("redirect_uri is not one that the client registered");
  }
  request.client = *std::move(client);
  request.state = parameter(query, "state").value_or("");
  const Complaint complaint = read_rest(query, request);
  if (complaint.error.empty()) return request;
  return AuthorizationRefusal{std::string(complaint.error), std::string(complaint.description),
                              error_location(request, complaint, issuer)};
}

std::string consent_location(const Authorization& request, std::string_view code,
                             std::string_view issuer) {
  return with_state_and_issuer(with_parameter(request.redirect_uri, "code", code), request.state,
                               issuer);
}

std::string denial_location(const Authorization& request, std::string_view issuer) {
  return error_location(request, {"access_denied", "the user said no"}, issuer);
}

}  // namespace qp::oauth
