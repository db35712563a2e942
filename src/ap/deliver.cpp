#include "ap/deliver.hpp"

#include <algorithm>
#include <limits>
#include <random>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "ap/addressing.hpp"
#include "ap/admit.hpp"
#include "ap/compose.hpp"
#include "ap/fetch.hpp"
#include "ap/hosts.hpp"
#include "ap/move.hpp"
#include "ap/synchronize.hpp"
#include "ap/tables.hpp"
#include "ap/vote.hpp"
#include "ap/wipe.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "sig/sign.hpp"

namespace qp::ap {

namespace {

constexpr auto kLongestWait = std::chrono::hours(12);
constexpr auto kLongestRetryAfter = std::chrono::hours(24);
/// Older deliveries are given up: a host that is away for a week misses nothing.
constexpr auto kGiveUp = std::chrono::hours(24 * 10);
/// A host that refuses one delivery is not away; others wait behind it no longer than this.
constexpr std::uint32_t kRefusals = 5;
constexpr auto kSweepTime = std::chrono::hours(1);
/// A host that is away and speaks to us is asked again at once, but not for each word it says.
constexpr auto kHeardTime = std::chrono::minutes(1);

struct Job {
  std::string question;  ///< whose new counts are to be announced; else empty
  std::string wiped;     ///< whose posts are to be erased; else empty
  std::string moved;     ///< who of here moved to `recipient`, which is to be asked; else empty
  std::string activity, sender, recipient, inbox;
  Millis queued{};
};

Result<Job> read_job(const std::string& payload) {
  const auto record = nlohmann::json::parse(payload, nullptr, false);
  if (!record.is_object()) return Error{Code::Storage, "a queued delivery is damaged", {}};
  return Job{record.value("question", ""), record.value("wiped", ""),
             record.value("moved", ""),    record.value("activity", ""),
             record.value("sender", ""),   record.value("recipient", ""),
             record.value("inbox", ""),    Millis(record.value("queued", std::int64_t{0}))};
}

/// An actor's document that will not be had by asking again.
bool is_hopeless(const Error& error) {
  return error.code == Code::Gone || error.code == Code::NotFound || error.code == Code::BadInput ||
         error.code == Code::Forbidden;
}

/// Its host may have been blocked since it was queued.
bool is_refused(const std::string& address, const Services& services) {
  if (address.empty()) return false;
  const auto txn = services.store.read();
  return txn && is_blocked(**txn, host_of(address)).value_or(false);
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
  const Fetched document = QP_TRY(fetch_resource(job.recipient, services, arena));
  RemoteActor actor = remote_actor_in(document.form.expanded);
  actor.iri = job.recipient;  // it may be found under another name of its origin
  if (actor.inbox.empty()) return Error{Code::NotFound, job.recipient + " has no inbox", {}};
  QP_TRY(services.store.write([&](store::WriteTxn& txn) { return put_remote_actor(txn, actor); }));
  return actor.inbox;
}

Result<net::IncomingResponse> post(const std::string& inbox, const Message& message, sig::Form form,
                                   const sig::Wanted* wanted, const Services& services) {
  net::OutgoingRequest request;
  request.method = "POST";
  request.url = inbox;
  request.body = message.body;
  request.follow_redirects = false;
  request.needs_body = false;
  request.headers.add("Content-Type", "application/activity+json");
  request.headers.add("Accept", "application/activity+json");
  std::vector<std::string_view> also;
  if (const auto digest = message.digests.find(origin_of(inbox)); digest != message.digests.end()) {
    request.headers.add(
        kSynchronizationField,
        to_text({message.followers, partial_followers(message.followers), digest->second}));
    also.push_back(kSynchronizationField);
  }
  return services.client.send(std::move(request), [&](net::OutgoingRequest& hop) {
    return sig::sign(hop, message.key, message.key_id, form, services.clock(), wanted, also);
  });
}

enum class Verdict {
  Delivered,
  Never,    ///< it makes no sense to try again
  Refused,  ///< this one, perhaps for now
  Away,     ///< the host cannot take anything now
};

struct Outcome {
  Verdict verdict = Verdict::Away;
  std::string what;
  std::optional<Millis> retry_after;
  std::optional<sig::Form> form;  ///< that was taken
};

/// Retry-After (RFC 9110 10.2.3): seconds, or a date.
std::optional<Millis> retry_after(const net::IncomingResponse& response, Millis now) {
  const auto field = response.headers.get("Retry-After");
  if (!field) return std::nullopt;
  std::optional<Millis> wait;
  if (const auto seconds = text::to_uint(text::trim(*field))) {
    wait = std::chrono::seconds(
        std::min<std::uint64_t>(*seconds, std::chrono::seconds(kLongestRetryAfter).count()));
  } else if (const auto date = time::from_http_date(text::trim(*field))) {
    wait = *date - now;
  }
  if (!wait) return std::nullopt;
  return std::clamp<Millis>(*wait, std::chrono::seconds(1), kLongestRetryAfter);
}

Outcome judge(const net::IncomingResponse& response, Millis now) {
  const int status = response.status;
  Outcome outcome{Verdict::Away, std::to_string(status), retry_after(response, now), {}};
  if (status >= 200 && status < 300) {
    outcome.verdict = Verdict::Delivered;
  } else if (status == 401 || status == 403 || (status >= 300 && status < 400)) {
    outcome.verdict = Verdict::Refused;
  } else if (status >= 400 && status < 500 && status != 408 && status != 425 && status != 429) {
    outcome.verdict = Verdict::Never;
  }
  return outcome;
}

/// Double-knocking (interop.md I10): statuses by which peers say that they cannot read a signature.
/// A host whose form is known answers 500 for other reasons.
bool may_dislike_form(int status, bool is_known) {
  return status == 400 || status == 401 || status == 403 || (status == 500 && !is_known);
}

/// RFC 9421 first, unless the host is known to take something else; then the other.
std::vector<sig::Form> knocks(const HostState& host, const std::string& inbox) {
  const sig::Form first = host.form.value_or(sig::Form::Rfc9421);
  std::vector<sig::Form> forms{first};
  forms.push_back(sig::is_rfc9421(first) ? sig::Form::Cavage : sig::Form::Rfc9421);
  if (inbox.find('?') != std::string::npos && first != sig::Form::CavageWithoutQuery) {
    forms.push_back(sig::Form::CavageWithoutQuery);
  }
  return forms;
}

Outcome knock(const std::string& inbox, const Message& message, const HostState& host,
              const Services& services) {
  Outcome outcome;
  std::optional<sig::Wanted> wanted;
  for (const sig::Form form : knocks(host, inbox)) {
    const auto response = post(inbox, message, form, wanted ? &*wanted : nullptr, services);
    if (!response) {
      const Code code = response.error().code;
      const bool is_hopeless = code == Code::BadInput || code == Code::Forbidden;
      return {is_hopeless ? Verdict::Never : Verdict::Away, response.error().detail, {}, {}};
    }
    outcome = judge(*response, services.clock());
    if (outcome.verdict == Verdict::Delivered) outcome.form = form;
    if (!may_dislike_form(response->status, host.form.has_value())) return outcome;
    // RFC 9421 5.2: it says itself what it wants to see.
    if (const auto field = response->headers.get("Accept-Signature"); field && !wanted) {
      wanted = sig::read_accept_signature(*field);
      if (wanted && sig::is_rfc9421(form)) {
        const auto again = post(inbox, message, form, &*wanted, services);
        if (again && again->status >= 200 && again->status < 300) {
          outcome = judge(*again, services.clock());
          outcome.form = form;
          return outcome;
        }
      }
    }
  }
  return outcome;
}

Outcome deliver(const Job& job, const HostState& host, Composer& composer,
                const Services& services) {
  if (services.clock() - job.queued > kGiveUp && job.queued.count() > 0) {
    return {
        Verdict::Never, "given up after " + std::to_string(kGiveUp.count() / 24) + " days", {}, {}};
  }
  if (is_refused(job.recipient, services)) return {Verdict::Never, "blocked", {}, {}};
  const auto inbox = find_inbox(job, services);
  if (inbox && is_refused(*inbox, services)) return {Verdict::Never, "blocked", {}, {}};
  if (!inbox) {
    return {
        is_hopeless(inbox.error()) ? Verdict::Never : Verdict::Away, inbox.error().detail, {}, {}};
  }
  const auto message = composer.compose(job.activity, job.sender);
  if (!message) return {Verdict::Never, message.error().detail, {}, {}};
  return knock(*inbox, **message, host, services);
}

/// Doubles with each attempt, up to half a day, less up to a quarter so that they do not meet.
Millis wait_after(std::uint32_t attempts, Millis base) {
  thread_local std::minstd_rand source(std::random_device{}());
  const auto doubled = base * (std::int64_t{1} << std::min(attempts, 20u));
  const auto wait = std::min<Millis>(doubled, kLongestWait);
  std::uniform_int_distribution<std::int64_t> less(0, wait.count() / 4);
  return wait - Millis(less(source));
}

/// What the attempt says of its host.
HostState learn(HostState host, const Outcome& outcome, Millis now, Millis base) {
  if (outcome.form &&
      (host.form != outcome.form || now - host.form_since > std::chrono::hours(1))) {
    host.form = outcome.form;
    host.form_since = now;
  }
  if (outcome.verdict != Verdict::Away) {
    host.failures = 0;
    return host;
  }
  if (host.failures == 0) host.failing_since = now;
  host.retry_at = now + outcome.retry_after.value_or(wait_after(host.failures, base));
  ++host.failures;
  return host;
}

}  // namespace

Delivery::Delivery(Services& services, std::size_t threads)
    : services_(services), composer_(services), threads_("deliver", threads, [this] { run(); }) {}

Delivery::~Delivery() { stop(); }

void Delivery::start() {
  load_away();
  {
    const std::lock_guard lock(mutex_);
    started_ = true;
  }
  threads_.start(1);
}

/// One thread at a time: who finds something wakes the next (work). All of them for each activity
/// that comes would be a fifth of what an inbox costs.
void Delivery::wake() {
  bool is_short = false;
  {
    const std::lock_guard lock(mutex_);
    if (woken_) return;
    woken_ = true;
    is_short = started_ && idle_ == 0;
  }
  if (is_short) threads_.start(1);
  wake_.notify_one();
}

void Delivery::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  threads_.join();
}

/// The hosts that were away when the process before this one ended.
void Delivery::load_away() {
  const Millis now = services_.clock();
  const auto txn = services_.store.read();
  if (!txn) return;
  const auto hosts = all_hosts(**txn, now);
  const std::lock_guard lock(mutex_);
  if (!hosts) return;
  for (const auto& [host, state] : *hosts) {
    if (state.is_away()) away_.emplace(host, Millis(0));
  }
}

void Delivery::heard_from(std::string_view host) {
  const Millis now = services_.clock();
  {
    const std::lock_guard lock(mutex_);
    const auto found = away_.find(host);
    if (found == away_.end() || now - found->second < kHeardTime) return;
    found->second = now;
  }
  const auto written = services_.store.write([&](store::WriteTxn& txn) -> Result<void> {
    constexpr std::size_t kLanes = 10'000;
    // The heads of all lanes: that of this host is due now.
    for (const auto& item :
         QP_TRY(txn.queue_due(std::numeric_limits<std::int64_t>::max(), kLanes))) {
      if (item.lane != host || item.due <= now.count()) continue;
      return txn.queue_move(item.id, now.count());
    }
    return {};
  });
  if (!written) log::warning("lane not woken", {{"problem", written.error().detail}});
  wake();
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

bool Delivery::work() {
  store::QueueItem item;
  if (!take(item)) return false;
  wake();
  attempt(item);
  const std::lock_guard lock(mutex_);
  busy_lanes_.erase(item.lane);
  return true;
}

void Delivery::sweep() {
  const Millis now = services_.clock();
  {
    const std::lock_guard lock(mutex_);
    if (now - swept_ < kSweepTime) return;
    swept_ = now;
  }
  const auto swept = services_.store.write(
      [&](store::WriteTxn& txn) -> Result<void> { return sweep_hosts(txn, now); });
  if (!swept) log::warning("hosts not swept", {{"problem", swept.error().detail}});
}

void Delivery::run() {
  while (true) {
    if (work()) {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
      continue;
    }
    sweep();
    std::unique_lock lock(mutex_);
    if (stopping_) return;
    ++idle_;
    wake_.wait_for(lock, std::chrono::milliseconds(500), [this] { return stopping_ || woken_; });
    --idle_;
    woken_ = false;
    if (stopping_) return;
  }
}

/// Does what is due here, and not at another server: once, whether it can be done or not.
void Delivery::work(const store::QueueItem& item,
                    const std::function<Result<void>(store::WriteTxn&)>& act) {
  const auto done = services_.store.write([&](store::WriteTxn& txn) -> Result<void> {
    QP_TRY(act(txn));
    return txn.queue_remove(item.id);
  });
  if (done) return wake();
  log::error("work not done", {{"lane", item.lane}, {"problem", done.error().detail}});
  const auto removed =
      services_.store.write([&](store::WriteTxn& txn) { return txn.queue_remove(item.id); });
  if (!removed) log::error("work not done", {{"problem", removed.error().detail}});
}

/// Somebody moved to `target`, whose server has to agree.
void Delivery::lead(const store::QueueItem& item, const std::string& moved,
                    const std::string& target, Millis queued) {
  const auto led = complete_move(moved, target, services_);
  const Millis now = services_.clock();
  const bool is_over = led || is_hopeless(led.error()) ||
                       led.error().code == Code::Unauthenticated || now - queued > kGiveUp;
  const auto kept = services_.store.write([&](store::WriteTxn& txn) -> Result<void> {
    if (is_over) return txn.queue_remove(item.id);
    const Millis next = now + wait_after(item.attempts, services_.delivery_retry_base);
    return txn.queue_reschedule(item.id, next.count(), led.error().detail);
  });
  if (led) return wake();
  log::info("move not completed", {{"actor", moved}, {"problem", led.error().detail}});
  if (!kept) log::error("move not kept", {{"problem", kept.error().detail}});
}

void Delivery::attempt(const store::QueueItem& item) {
  const auto job = read_job(item.payload);
  if (job && !job->question.empty()) {  // the Update that tells its counts
    return work(
        item, [&](store::WriteTxn& txn) { return announce_votes(txn, job->question, services_); });
  }
  if (job && !job->wiped.empty()) {
    return work(item, [&](store::WriteTxn& txn) { return wipe_some(txn, job->wiped, services_); });
  }
  if (job && !job->moved.empty()) return lead(item, job->moved, job->recipient, job->queued);
  HostState host;
  if (const auto txn = services_.store.read()) {
    host = find_host(**txn, item.lane, services_.clock()).value_or(HostState());
  }
  const Outcome outcome = job ? deliver(*job, host, composer_, services_)
                              : Outcome{Verdict::Never, job.error().detail, {}, {}};
  const Millis now = services_.clock();
  const HostState learned = learn(host, outcome, now, services_.delivery_retry_base);
  const bool is_final = outcome.verdict == Verdict::Delivered ||
                        outcome.verdict == Verdict::Never ||
                        (outcome.verdict == Verdict::Refused && item.attempts + 1 >= kRefusals);
  const Millis next = outcome.verdict == Verdict::Away
                          ? learned.retry_at
                          : now + outcome.retry_after.value_or(
                                      wait_after(item.attempts, services_.delivery_retry_base));
  const auto kept = services_.store.write([&](store::WriteTxn& txn) -> Result<void> {
    // Taken out or moved by `quadpub queue` meanwhile, or sent before by another process.
    if (job) {
      const std::string key = fmt::format("{} {}", job->activity, item.lane);
      const nlohmann::json record = {{"recipient", job->recipient},
                                     {"at", now.count()},
                                     {"attempts", item.attempts + 1},
                                     {"delivered", outcome.verdict == Verdict::Delivered},
                                     {"result", outcome.what}};
      if (key.size() <= kMaxKey) QP_TRY(txn.put(kDeliveries, key, record.dump()));
    }
    if (learned != host) QP_TRY(put_host(txn, item.lane, learned, now));
    if (is_final) return txn.queue_remove(item.id);
    auto moved = txn.queue_reschedule(item.id, next.count(), outcome.what);
    if (!moved && moved.error().code == Code::NotFound) return {};
    return moved;
  });
  if (!kept) log::error("delivery's result not kept", {{"problem", kept.error().detail}});
  note(item.lane, learned, outcome.verdict == Verdict::Delivered, is_final);
  log::info(outcome.verdict == Verdict::Delivered ? "delivered" : "not delivered",
            {log::field("activity", job ? job->activity : ""), log::field("lane", item.lane),
             log::field("result", outcome.what)});
}

void Delivery::note(const std::string& lane, const HostState& host, bool delivered, bool final) {
  (delivered ? delivered_ : final ? dropped_ : failed_)++;
  const std::lock_guard lock(mutex_);
  if (host.is_away()) {
    away_.try_emplace(lane, Millis(0));
  } else {
    away_.erase(lane);
  }
}

}  // namespace qp::ap
