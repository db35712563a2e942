#include "web/client_documents.hpp"

#include <pthread.h>

#include "base/limits.hpp"
#include "base/log.hpp"

namespace qp::web {

namespace {

constexpr std::size_t kThreads = 2;
constexpr std::size_t kMaxWanted = 32;
constexpr std::size_t kMaxKnown = 1'000;
constexpr std::size_t kDocumentBytes = 64 * limits::kKiB;
constexpr auto kKnownTime = std::chrono::hours(1);  // how long a document is believed
constexpr auto kMissTime = std::chrono::minutes(1);

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
  request.max_bytes = kDocumentBytes;
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

}  // namespace

ClientDocuments::ClientDocuments(net::Client& client, Clock clock,
                                 std::function<void(const std::string&)> on_ready)
    : client_(client), clock_(std::move(clock)), on_ready_(std::move(on_ready)) {}

void ClientDocuments::start() {
  for (std::size_t i = 0; i < kThreads; ++i) {
    threads_.emplace_back([this] {
      pthread_setname_np(pthread_self(), "client-fetch");
      run();
    });
  }
}

void ClientDocuments::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

ClientDocuments::Lookup ClientDocuments::find(const std::string& client_id) {
  const std::lock_guard lock(mutex_);
  const Millis now = clock_();
  const auto found = known_.find(client_id);
  if (found != known_.end()) {
    const Entry& entry = found->second;
    const Millis kept = entry.lookup.state == State::Known ? Millis(kKnownTime) : Millis(kMissTime);
    if (entry.lookup.state == State::Fetching || now - entry.since < kept) return entry.lookup;
  }
  if (wanted_.size() >= kMaxWanted) {
    return {State::Failed, {}, "too many apps are being looked up; try again in a minute"};
  }
  if (known_.size() >= kMaxKnown) {
    std::erase_if(known_,
                  [](const auto& one) { return one.second.lookup.state != State::Fetching; });
  }
  known_[client_id] = Entry{{State::Fetching, {}, {}}, now};
  wanted_.push_back(client_id);
  wake_.notify_one();
  return {State::Fetching, {}, {}};
}

void ClientDocuments::run() {
  while (true) {
    std::string client_id;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !wanted_.empty(); });
      if (stopping_) return;
      client_id = std::move(wanted_.front());
      wanted_.pop_front();
    }
    Lookup lookup = fetch(client_id);
    {
      const std::lock_guard lock(mutex_);
      known_[client_id] = Entry{std::move(lookup), clock_()};
    }
    on_ready_(client_id);
  }
}

ClientDocuments::Lookup ClientDocuments::fetch(const std::string& client_id) const {
  const Result<std::string> body = fetch_body(client_, client_id);
  Result<oauth::Client> client = body ? oauth::read_client_document(client_id, *body, clock_())
                                      : Result<oauth::Client>(body.error());
  if (client) return {State::Known, std::move(*client), {}};
  const Error& problem = client.error();
  log::info("client_document_refused",
            {log::field("client", client_id), log::field("detail", problem.detail)});
  return {State::Failed,
          {},
          problem.message.empty() ? "the app's document could not be fetched" : problem.message};
}

}  // namespace qp::web
