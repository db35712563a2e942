#include "ap/deliver.hpp"

#include <algorithm>
#include <array>
#include <random>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "ap/activity.hpp"
#include "ap/actor.hpp"
#include "ap/addressing.hpp"
#include "ap/fetch.hpp"
#include "ap/tables.hpp"
#include "base/log.hpp"
#include "sig/sign.hpp"
#include "view/serve.hpp"

namespace qp::ap {

namespace {

constexpr auto kLongestWait = std::chrono::hours(12);
constexpr auto kGiveUp = std::chrono::hours(24 * 7);
constexpr std::array kFinalStatuses = {400, 404, 405, 410, 413, 415, 422};

struct Job {
  std::string activity, sender, recipient, inbox;
};

Result<Job> read_job(const std::string& payload) {
  const auto record = nlohmann::json::parse(payload, nullptr, false);
  if (!record.is_object()) return Error{Code::Storage, "a queued delivery is damaged", {}};
  return Job{record.value("activity", ""), record.value("sender", ""),
             record.value("recipient", ""), record.value("inbox", "")};
}

/// What is sent, and with what it is signed.
struct Message {
  std::string body;
  sig::PrivateKey key;
};

void hide_recipients(json::Value value) {
  value.erase("bto");
  value.erase("bcc");
  for (const json::Member& member : value.members()) hide_recipients(member.value);
  for (const json::Value item : value.items()) hide_recipients(item);
}

/// The activity as its author sees it, without bto and bcc (ActivityPub 6).
Result<Message> compose(const Job& job, const Services& services) {
  const auto txn = QP_TRY(services.store.read());
  const auto served =
      QP_TRY(view::serve(*txn, job.activity, {job.sender}, {services.contexts, services.loader}));
  json::Arena arena;
  json::ParseLimits limits;
  limits.depth *= 2;
  const json::Value document = QP_TRY(json::parse(served.body, arena, limits));
  hide_recipients(document);
  const auto key = QP_TRY(private_key(*txn, job.sender));
  return Message{json::to_text(document), key};
}

/// Where the recipient wants it; asked of its own document where it is not known yet.
Result<std::string> find_inbox(const Job& job, const Services& services) {
  if (!job.inbox.empty()) return job.inbox;
  {
    const auto txn = QP_TRY(services.store.read());
    const auto known = QP_TRY(find_remote_actor(*txn, job.recipient));
    if (known && !known->inbox.empty()) return known->inbox;
  }
  json::Arena arena;
  const Fetched document = QP_TRY(fetch_document(job.recipient, services, arena));
  if (document.form.root.value != job.recipient) {
    return Error{Code::NotFound, job.recipient + " serves another id", {}};
  }
  const auto inbox = values_in(document.form, job.recipient, ldp::inbox.iri);
  if (inbox.empty()) return Error{Code::NotFound, job.recipient + " has no inbox", {}};
  RemoteActor actor{job.recipient, inbox.front(), {}, {}};
  const auto followers = values_in(document.form, job.recipient, as::followers.iri);
  if (!followers.empty()) actor.followers = followers.front();
  QP_TRY(services.store.write([&](store::WriteTxn& txn) { return put_remote_actor(txn, actor); }));
  return actor.inbox;
}

Result<int> post(const std::string& inbox, const Job& job, const Message& message, sig::Form form,
                 const Services& services) {
  net::OutgoingRequest request;
  request.method = "POST";
  request.url = inbox;
  request.body = message.body;
  request.follow_redirects = false;
  request.headers.add("Content-Type", "application/activity+json");
  request.headers.add("Accept", "application/activity+json");
  const auto response =
      QP_TRY(services.client.send(std::move(request), [&](net::OutgoingRequest& hop) {
        return sig::sign(hop, message.key, job.sender + "#main-key", form, services.clock());
      }));
  return response.status;
}

struct Outcome {
  bool delivered = false;
  bool final = false;
  std::string what;
};

Outcome deliver(const Job& job, const Services& services) {
  const auto inbox = find_inbox(job, services);
  if (!inbox) {
    const Code code = inbox.error().code;
    return {false, code == Code::Gone || code == Code::NotFound || code == Code::BadInput,
            inbox.error().detail};
  }
  const auto message = compose(job, services);
  if (!message) return {false, true, message.error().detail};
  for (const sig::Form form : {sig::Form::Cavage, sig::Form::Rfc9421}) {
    const auto status = post(*inbox, job, *message, form, services);
    if (!status) return {false, status.error().code == Code::BadInput, status.error().detail};
    const std::string what = std::to_string(*status);
    if (*status >= 200 && *status < 300) return {true, true, what};
    // Double-knock (interop.md I10): the other form, once.
    if ((*status == 401 || *status == 403) && form == sig::Form::Cavage) continue;
    const bool final =
        std::find(kFinalStatuses.begin(), kFinalStatuses.end(), *status) != kFinalStatuses.end();
    return {false, final, what};
  }
  return {};
}

/// Doubles with each attempt, up to half a day, less up to a quarter so that they do not meet.
Millis wait_after(std::uint32_t attempts, Millis base) {
  thread_local std::minstd_rand source(std::random_device{}());
  const auto doubled = base * (std::int64_t{1} << std::min(attempts, 20u));
  const auto wait = std::min<Millis>(doubled, kLongestWait);
  std::uniform_int_distribution<std::int64_t> less(0, wait.count() / 4);
  return wait - Millis(less(source));
}

}  // namespace

Delivery::Delivery(Services& services, std::size_t threads)
    : services_(services), thread_count_(threads) {}

Delivery::~Delivery() { stop(); }

void Delivery::start() {
  for (std::size_t i = 0; i < thread_count_; ++i) threads_.emplace_back([this] { run(); });
}

void Delivery::wake() {
  {
    const std::lock_guard lock(mutex_);
    woken_ = true;
  }
  wake_.notify_all();
}

void Delivery::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
  threads_.clear();
}

/// An item whose lane nobody works on; marks the lane as taken.
bool Delivery::take(store::QueueItem& item) {
  const auto txn = services_.store.read();
  if (!txn) return false;
  const auto due = (*txn)->queue_due(services_.clock().count(), 256);
  if (!due) return false;
  const std::lock_guard lock(mutex_);
  for (const auto& one : *due) {
    if (!busy_lanes_.insert(one.lane).second) continue;
    item = one;
    return true;
  }
  return false;
}

void Delivery::run() {
  while (true) {
    store::QueueItem item;
    if (take(item)) {
      attempt(item);
      const std::lock_guard lock(mutex_);
      busy_lanes_.erase(item.lane);
      if (stopping_) return;
      continue;
    }
    std::unique_lock lock(mutex_);
    if (stopping_) return;
    wake_.wait_for(lock, std::chrono::milliseconds(500), [this] { return stopping_ || woken_; });
    woken_ = false;
    if (stopping_) return;
  }
}

void Delivery::attempt(const store::QueueItem& item) {
  const auto job = read_job(item.payload);
  const Outcome outcome = job ? deliver(*job, services_) : Outcome{false, true, job.error().detail};
  const Millis now = services_.clock();
  const auto kept = services_.store.write([&](store::WriteTxn& txn) -> Result<void> {
    // Taken out or moved by `quadpub queue` meanwhile, or sent before by another process.
    if (job) {
      const std::string key = fmt::format("{} {}", job->activity, item.lane);
      const nlohmann::json record = {{"recipient", job->recipient},
                                     {"at", now.count()},
                                     {"attempts", item.attempts + 1},
                                     {"delivered", outcome.delivered},
                                     {"result", outcome.what}};
      if (key.size() <= kMaxKey) QP_TRY(txn.put(kDeliveries, key, record.dump()));
    }
    if (outcome.final) return txn.queue_remove(item.id);
    const Millis wait = wait_after(item.attempts, services_.delivery_retry_base);
    if (wait >= kLongestWait / 2 && item.attempts > 2 * (kGiveUp / kLongestWait)) {
      return txn.queue_remove(item.id);
    }
    return txn.queue_reschedule(item.id, (now + wait).count(), outcome.what);
  });
  if (!kept) log::error("delivery's result not kept", {{"problem", kept.error().detail}});
  (outcome.delivered ? delivered_ : outcome.final ? dropped_ : failed_)++;
  log::info(outcome.delivered ? "delivered" : "not delivered",
            {log::field("activity", job ? job->activity : ""), log::field("lane", item.lane),
             log::field("result", outcome.what)});
}

}  // namespace qp::ap
