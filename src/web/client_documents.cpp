#include "web/client_documents.hpp"

#include "base/log.hpp"
#include "web/limits.hpp"

namespace qp::web {

namespace {

constexpr std::size_t kThreads = 2;

bool is_json(std::string_view content_type) {
  const std::string type = text::lower(text::trim(text::split_once(content_type, ';').first));
  return type == "application/json" || type.ends_with("+json");
}

Result<std::string> fetch_body(net::Client& client, const std::string& url) {
  net::OutgoingRequest request;
  request.url = url;
  request.headers.add("Accept",
                      "application/json, application/activity+json;q=0.9, "
                      "application/ld+json;q=0.8");
  request.max_bytes = limits::kClientDocumentBytes;
  request.deadline = limits::kParkedTime;
  // The document is about its own address: a redirect would let somebody else speak for it.
  request.follow_redirects = false;
  net::IncomingResponse response = QP_TRY(client.send(std::move(request)));
  if (response.status != 200) {
    return error(Code::Network, "the app's document answers " + std::to_string(response.status));
  }
  if (!is_json(response.headers.get("Content-Type").value_or(""))) {
    return error(Code::Network, "the app's document is not served as JSON");
  }
  return std::move(response.body);
}

using Lookup = ClientDocuments::Lookup;

Lookup fetch(net::Client& net, const std::string& client_id, Millis now) {
  const Result<std::string> body = fetch_body(net, client_id);
  Result<oauth::Client> client = body ? oauth::read_client_document(client_id, *body, now)
                                      : Result<oauth::Client>(body.error());
  if (client) return {ClientDocuments::State::Known, std::move(*client), {}};
  const Error& problem = client.error();
  log::info("client_document_refused",
            {log::field("client", client_id), log::field("detail", problem.detail)});
  return {ClientDocuments::State::Failed,
          {},
          problem.message.empty() ? "the app's document could not be fetched" : problem.message};
}

Millis kept_time(const Lookup& lookup) {
  return lookup.state == ClientDocuments::State::Known ? Millis(limits::kClientDocumentTime)
                                                       : Millis(limits::kClientMissTime);
}

}  // namespace

ClientDocuments::ClientDocuments(net::Client& client, const Clock& clock,
                                 std::function<void(const std::string&)> on_ready)
    : documents_(
          {{"client-fetch", kThreads, limits::kClientDocumentsWanted},
           limits::kClientDocumentsKnown},
          clock, [&client, clock](const std::string& id) { return fetch(client, id, clock()); },
          kept_time, std::move(on_ready)) {}

Lookup ClientDocuments::find(const std::string& client_id) {
  auto found = documents_.find(client_id);
  if (found.value) return *std::move(found.value);
  if (found.state == net::Lookups<Lookup>::State::Fetching) return {State::Fetching, {}, {}};
  return {State::Failed, {}, "too many apps are being looked up; try again in a minute"};
}

}  // namespace qp::web
