#include "ap/proxy.hpp"

#include "ap/activity.hpp"
#include "ap/actor.hpp"
#include "ap/fetch.hpp"
#include "base/text.hpp"
#include "sig/sign.hpp"

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
  request.headers.add("Accept",
                      "application/activity+json, application/ld+json; "
                      "profile=\"https://www.w3.org/ns/activitystreams\"");
  return services.client.send(std::move(request), [&](net::OutgoingRequest& hop) {
    return sig::sign(hop, *key, actor + "#main-key", form, services.clock());
  });
}

bool is_activity_type(std::string_view content_type) {
  const auto [type, parameters] = text::split_once(content_type, ';');
  const std::string name = text::lower(text::trim(type));
  return name == "application/activity+json" || name == "application/ld+json";
}

/// Strict JSON whose id is of the origin that answered: a page of collection items has ids of
/// others inside, and they are links to follow, not claims to believe (FEP-fe34).
Result<std::string> checked(const net::IncomingResponse& response) {
  if (!is_activity_type(response.headers.get("Content-Type").value_or(""))) {
    return error(Code::Network, "What is there is not served as ActivityStreams");
  }
  json::Arena arena;
  const json::Value document = QP_TRY(json::parse(response.body, arena));
  json::Value id = document.get("id");
  if (id.is_null()) id = document.get("@id");
  if (!document.is_object() || (!id.is_null() && origin_of(id.text()) != origin_of(response.url))) {
    return error(Code::Network, "What is there claims an id of another origin");
  }
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

}  // namespace

Proxy::Proxy(Services& services, std::function<void(const std::string&)> on_ready)
    : services_(services), on_ready_(std::move(on_ready)) {
  for (std::size_t i = 0; i < kThreads; ++i) threads_.emplace_back([this] { run(); });
}

Proxy::~Proxy() { stop(); }

void Proxy::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

std::string Proxy::key_of(const std::string& url, const std::string& actor) {
  return url + " " + actor;
}

/// Called with the mutex held.
void Proxy::forget_old(Millis than) {
  std::erase_if(entries_,
                [&](const auto& one) { return one.second.answer && one.second.since <= than; });
}

std::optional<Result<std::string>> Proxy::take(const std::string& url, const std::string& actor) {
  const std::lock_guard lock(mutex_);
  const std::string key = key_of(url, actor);
  forget_old(services_.clock() - kKeptTime);
  const auto found = entries_.find(key);
  if (found != entries_.end()) return found->second.answer;
  if (entries_.size() >= kMaxEntries) forget_old(services_.clock());
  if (entries_.size() >= kMaxEntries) {
    return Result<std::string>(error(Code::Unavailable, "Too much is being fetched; try again"));
  }
  entries_[key] = Entry{url, actor, {}, services_.clock()};
  wanted_.push_back(key);
  wake_.notify_one();
  return std::nullopt;
}

void Proxy::run() {
  while (true) {
    std::string key, url, actor;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !wanted_.empty(); });
      if (stopping_) return;
      key = std::move(wanted_.front());
      wanted_.pop_front();
      url = entries_[key].url;
      actor = entries_[key].actor;
    }
    Result<std::string> answer = fetch(url, actor, services_);
    {
      const std::lock_guard lock(mutex_);
      Entry& entry = entries_[key];
      entry.answer = std::move(answer);
      entry.since = services_.clock();
    }
    on_ready_(key);
  }
}

}  // namespace qp::ap
