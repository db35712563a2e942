#include "oauth/metadata.hpp"

#include <vector>

#include "oauth/clients.hpp"
#include "oauth/json_object.hpp"

namespace qp::oauth {

namespace {

using Texts = std::vector<std::string>;

Texts offered_grants(const Settings& settings) {
  Texts grants{std::string(grant::kCode), std::string(grant::kRefreshToken),
               std::string(grant::kClientCredentials)};
  // What only this machine may use is not announced to others.
  if (settings.password_grant == PasswordGrant::On) grants.emplace_back(grant::kPassword);
  return grants;
}

}  // namespace

std::string resource_metadata(std::string_view issuer) {
  return ObjectWriter()
      .text("resource", issuer)
      .texts("authorization_servers", Texts{std::string(issuer)})
      .texts("scopes_supported", Scopes::known_names())
      .texts("bearer_methods_supported", Texts{"header"})
      .finish();
}

std::string server_metadata(std::string_view issuer, const Settings& settings) {
  const auto at = [&](std::string_view path) { return std::string(issuer) + std::string(path); };
  const Texts with_secret{"client_secret_basic", "client_secret_post"};
  const Texts with_or_without{"client_secret_basic", "client_secret_post", "none"};
  ObjectWriter out;
  out.text("issuer", issuer)
      .text("authorization_endpoint", at(kAuthorizePath))
      .text("token_endpoint", at(kTokenPath))
      .text("revocation_endpoint", at(kRevokePath))
      .text("introspection_endpoint", at(kIntrospectPath));
  if (settings.registration != Registration::Disabled) {
    out.text("registration_endpoint", at(kRegisterPath));
  }
  return out.texts("scopes_supported", Scopes::known_names())
      .texts("response_types_supported", Texts{"code"})
      .texts("response_modes_supported", Texts{"query"})
      .texts("grant_types_supported", offered_grants(settings))
      .texts("token_endpoint_auth_methods_supported", with_or_without)
      .texts("revocation_endpoint_auth_methods_supported", with_or_without)
      .texts("introspection_endpoint_auth_methods_supported", with_secret)
      .texts("code_challenge_methods_supported", Texts{"S256"})
      .flag("authorization_response_iss_parameter_supported", true)
      .flag("client_id_metadata_document_supported", true)
      .flag("activitypub_object_id_as_client_id", true)
      .finish();
}

}  // namespace qp::oauth
