#include "ap/fetch.hpp"

#include "ap/activity.hpp"
#include "ap/hosts.hpp"
#include "base/text.hpp"

namespace qp::ap {

namespace {

Result<net::IncomingResponse> get(const std::string& url, const Services& services,
                                  Freshness freshness, std::optional<sig::Form> form) {
  net::OutgoingRequest request;
  request.url = url;
  request.headers.add("Accept", kActivityTypes);
  if (freshness == Freshness::Fresh) request.headers.add("Cache-Control", "no-cache");
  if (freshness == Freshness::Own) request.headers.add("Cache-Control", "no-store");
  net::Prepare prepare;
  if (form) {
    prepare = [&services, form](net::OutgoingRequest& hop) {
      return services.sign_fetch(hop, *form);
    };
  }
  return services.client.send(std::move(request), prepare);
}

/// Signed in the form that the host is known to take, else in RFC 9421; then in the other.
Result<net::IncomingResponse> signed_get(const std::string& url, const Services& services,
                                         Freshness freshness) {
  if (!services.sign_fetch) return get(url, services, freshness, {});
  sig::Form form = sig::Form::Rfc9421;
  if (const auto txn = services.store.read()) {
    const auto host = find_host(**txn, host_of(url), services.clock()).value_or(HostState());
    form = host.form.value_or(form);
  }
  auto response = QP_TRY(get(url, services, freshness, form));
  const int status = response.status;
  if (status != 400 && status != 401 && status != 403) return response;
  return get(url, services, freshness,
             sig::is_rfc9421(form) ? sig::Form::Cavage : sig::Form::Rfc9421);
}

}  // namespace

bool is_activity_type(std::string_view media_type) {
  constexpr std::string_view kProfile = "https://www.w3.org/ns/activitystreams";
  const auto [type, parameters] = text::split_once(media_type, ';');
  const std::string name = text::lower(text::trim(type));
  if (name == "application/activity+json") return true;
  return name == "application/ld+json" && parameters &&
         parameters->find(kProfile) != std::string_view::npos;
}

Result<Fetched> fetch_document(const std::string& url, const Services& services, json::Arena& arena,
                               Freshness freshness) {
  auto response = QP_TRY(signed_get(url, services, freshness));
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
  fetched.body = std::move(response.body);
  const auto parsed = QP_TRY(json::parse(arena.copy(fetched.body), arena));
  fetched.form =
      QP_TRY(jsonld::read_for_storage(parsed, {services.contexts, services.loader}, arena));
  return fetched;
}

Result<Fetched> fetch_resource(const std::string& iri, const Services& services, json::Arena& arena,
                               Freshness freshness) {
  Fetched fetched = QP_TRY(fetch_document(iri, services, arena, freshness));
  std::string id(fetched.form.root.value);
  if (id != iri || origin_of(fetched.url) != origin_of(id)) {
    // security.md 1.1: what it says of another id counts only from there; asked once.
    if (origin_of(id) != origin_of(iri)) {
      return error(Code::Unauthenticated, iri + " serves an id of another origin");
    }
    fetched = QP_TRY(fetch_document(id, services, arena, freshness));
    if (fetched.form.root.value != id || origin_of(fetched.url) != origin_of(id)) {
      return error(Code::Unauthenticated, iri + " serves another id than its own");
    }
  }
  return fetched;
}

bool is_tombstone(const Fetched& fetched) {
  return read_activity(fetched.form.expanded).is(as::Tombstone);
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
