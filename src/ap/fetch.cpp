#include "ap/fetch.hpp"

#include "base/text.hpp"

namespace qp::ap {

namespace {

constexpr std::string_view kProfile = "https://www.w3.org/ns/activitystreams";

bool is_activity_type(std::string_view content_type) {
  const auto [type, parameters] = text::split_once(content_type, ';');
  const std::string name = text::lower(text::trim(type));
  if (name == "application/activity+json") return true;
  return name == "application/ld+json" && parameters &&
         parameters->find(kProfile) != std::string_view::npos;
}

}  // namespace

Result<Fetched> fetch_document(const std::string& url, const Services& services,
                               json::Arena& arena) {
  net::OutgoingRequest request;
  request.url = url;
  request.headers.add("Accept",
                      "application/activity+json, application/ld+json; "
                      "profile=\"https://www.w3.org/ns/activitystreams\"");
  const auto response = QP_TRY(services.client.send(std::move(request)));
  if (response.status == 410) return Error{Code::Gone, url + " answers 410", {}};
  if (response.status == 404) return Error{Code::NotFound, url + " answers 404", {}};
  if (response.status != 200) {
    return Error{Code::Network, url + " answers " + std::to_string(response.status), {}};
  }
  if (!is_activity_type(response.headers.get("Content-Type").value_or(""))) {
    return Error{Code::Network, url + " is not served as ActivityStreams", {}};
  }
  Fetched fetched;
  fetched.url = response.url;
  const auto parsed = QP_TRY(json::parse(arena.copy(response.body), arena));
  fetched.form =
      QP_TRY(jsonld::read_for_storage(parsed, {services.contexts, services.loader}, arena));
  return fetched;
}

std::vector<std::string> values_in(const jsonld::StoredForm& form, std::string_view subject,
                                   std::string_view property) {
  std::vector<std::string> values;
  for (const jsonld::EmittedQuad& emitted : form.quads) {
    if (emitted.quad.s.value == subject && emitted.quad.p.value == property) {
      values.emplace_back(emitted.quad.o.value);
    }
  }
  return values;
}

}  // namespace qp::ap
