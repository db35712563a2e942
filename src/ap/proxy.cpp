#include "ap/proxy.hpp"

#include "ap/activity.hpp"
#include "ap/actor.hpp"
#include "ap/fetch.hpp"
#include "ap/ids.hpp"
#include "base/text.hpp"
#include "sig/sign.hpp"
#include "vocab/views.hpp"

namespace qp::ap {

namespace {

constexpr std::size_t kThreads = 2;
constexpr std::size_t kMaxEntries = 64;
constexpr Millis kKeptTime{10'000};

Result<net::IncomingResponse> get(const std::string& url, const std::string& actor, sig::Form form,
                                  Services& services) {
  std::optional<sig::PrivateKey> key;
  {
    const auto txn = QP_TRY(services.store.read());
    key = QP_TRY(private_key(*txn, actor));
  }
  net::OutgoingRequest request;
  request.url = url;
  request.headers.add("Accept", kActivityTypes);
  // What one actor may see is not for the next one who asks.
  request.headers.add("Cache-Control", "no-store");
  return services.client.send(std::move(request), [&](net::OutgoingRequest& hop) {
    return sig::sign(hop, *key, main_key_of(actor), form, services.clock());
  });
}

/// As LD+JSON without a profile, too: it is the client that asked who reads it.
bool is_json_ld(std::string_view content_type) {
  const auto [type, parameters] = text::split_once(content_type, ';');
  const std::string name = text::lower(text::trim(type));
  return name == "application/activity+json" || name == "application/ld+json";
}

/// Who else got it is for nobody to learn, whatever its server says of it.
void strip_hidden(json::Value value) {
  if (value.is_object()) {
    for (const std::string_view name : vocab::kHiddenNames) value.erase(name);
    for (const json::Member& member : value.members()) strip_hidden(member.value);
  } else if (value.is_array()) {
    for (const json::Value item : value.items()) strip_hidden(item);
  }
}

/// Strict JSON whose id is of the origin that answered: a page of collection items has ids of
/// others inside, and they are links to follow, not claims to believe (FEP-fe34).
Result<std::string> checked(const net::IncomingResponse& response) {
  if (!is_json_ld(response.headers.get("Content-Type").value_or(""))) {
    return error(Code::Network, "What is there is not served as ActivityStreams");
  }
  json::Arena arena;
  const json::Value document = QP_TRY(json::parse(response.body, arena));
  json::Value id = document.get("id");
  if (id.is_null()) id = document.get("@id");
  if (!document.is_object() || (!id.is_null() && origin_of(id.text()) != origin_of(response.url))) {
    return error(Code::Network, "What is there claims an id of another origin");
  }
  strip_hidden(document);
  return json::to_text(document);
}

Result<std::string> fetch(const std::string& url, const std::string& actor, Services& services) {
  auto response = QP_TRY(get(url, actor, sig::Form::Cavage, services));
  if (response.status == 401 || response.status == 403) {
    response = QP_TRY(get(url, actor, sig::Form::Rfc9421, services));
  }
  switch (response.status) {
    case 200: {
      auto body = checked(response);
      // Whatever is wrong with it, it is not the fault of who asked.
      if (!body && body.error().code == Code::BadInput) {
        return error(Code::Network, "What is there is not JSON");
      }
      return body;
    }
    case 404:
    case 401:
    case 403:
      return error(Code::NotFound, "The other server does not show it");
    case 410:
      return error(Code::Gone, "It is no longer there");
    default:
      return error(Code::Network, "The other server answered " + std::to_string(response.status));
  }
}

/// What key_of put together.
Result<std::string> fetch_named(const std::string& key, Services& services) {
  const auto space = key.rfind(' ');
  return fetch(key.substr(0, space), key.substr(space + 1), services);
}

}  // namespace

Proxy::Proxy(Services& services, std::function<void(const std::string&)> on_ready)
    : answers_(
          {{"proxy", kThreads, kMaxEntries}, kMaxEntries}, services.clock,
          [&services](const std::string& key) { return fetch_named(key, services); },
          [](const Result<std::string>&) { return kKeptTime; }, std::move(on_ready)) {}

Proxy::~Proxy() { stop(); }

std::string Proxy::key_of(const std::string& url, const std::string& actor) {
  return url + " " + actor;
}

std::optional<Result<std::string>> Proxy::take(const std::string& url, const std::string& actor) {
  auto found = answers_.find(key_of(url, actor));
  if (found.state == decltype(answers_)::State::Full) {
    return Result<std::string>(error(Code::Unavailable, "Too much is being fetched; try again"));
  }
  return std::move(found.value);
}

}  // namespace qp::ap
