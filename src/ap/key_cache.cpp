#include "ap/key_cache.hpp"

#include "ap/activity.hpp"
#include "ap/addressing.hpp"
#include "ap/fetch.hpp"
#include "base/log.hpp"

namespace qp::ap {

namespace {

/// A host that is slow or silent holds up that many threads, and leaves the others to the keys of
/// others; so many more of its keys wait for their turn.
constexpr std::size_t kThreads = 16;
constexpr std::size_t kKeysPerHost = net::kRequestsPerHost;
constexpr std::size_t kWaitingPerHost = 64;
constexpr std::size_t kMaxKeys = 10'000;

/// Failed fetches in an hour after which a host is not asked any more: whoever signs with made-up
/// keys of a third party must not make us flood it (security.md 3.2, amplification).
constexpr std::size_t kMissesPerHour = 50;
constexpr std::size_t kMissHosts = 10'000;
constexpr std::size_t kKeysPerOwner = 16;

struct Found {
  RemoteActor actor;
  std::vector<std::pair<std::string, sig::PublicKey>> keys;  ///< by id; all are the actor's
};

std::string first(const std::vector<std::string>& values) {
  return values.empty() ? std::string() : values.front();
}

Result<sig::PublicKey> read_key(const jsonld::StoredForm& form, const std::string& key_id) {
  const auto pem = values_in(form, key_id, sec::publicKeyPem.iri);
  if (!pem.empty()) return sig::PublicKey::from_pem(pem.front());
  const auto multibase = values_in(form, key_id, sec::publicKeyMultibase.iri);
  if (!multibase.empty()) return sig::PublicKey::from_multibase(multibase.front());
  return error(Code::Unauthenticated, "the keyId's document does not hold that key");
}

std::string owner_in(const jsonld::StoredForm& form, const std::string& key_id) {
  const auto owner = first(values_in(form, key_id, sec::owner.iri));
  return owner.empty() ? first(values_in(form, key_id, sec::controller.iri)) : owner;
}

/// Two ways: the key names its owner, and the owner's own document lists the key. All of one
/// origin, each document served from its own id (FEP-fe34).
Result<Found> find_keys(const std::string& key_id, const Services& services, Freshness freshness) {
  json::Arena arena;
  const std::string url = key_id.substr(0, key_id.find('#'));
  Fetched document = QP_TRY(fetch_document(url, services, arena, freshness));
  if (origin_of(document.url) != origin_of(key_id)) {
    return error(Code::Unauthenticated, "the keyId leads to another origin");
  }
  if (is_tombstone(document)) return Error{Code::Gone, url + " is a Tombstone", {}};
  const std::string owner = owner_in(document.form, key_id);
  if (owner.empty() || origin_of(owner) != origin_of(key_id)) {
    return error(Code::Unauthenticated, "the key does not name an owner of its own origin");
  }
  if (document.form.root.value != owner || document.url != owner) {
    document = QP_TRY(fetch_document(owner, services, arena, freshness));
  }
  if (is_tombstone(document)) return Error{Code::Gone, owner + " is a Tombstone", {}};
  if (document.form.root.value != owner || origin_of(document.url) != origin_of(owner)) {
    return error(Code::Unauthenticated, "the key's owner is not served from its own id");
  }
  auto listed = values_in(document.form, owner, sec::publicKey.iri);
  for (auto& one : values_in(document.form, owner, sec::assertionMethod.iri)) {
    listed.push_back(one);
  }
  if (!contains(listed, key_id)) {
    return error(Code::Unauthenticated, "the key's owner does not list the key");
  }
  Found found{remote_actor_in(document.form.expanded), {}};
  // Where only the key's own document holds it (GoToSocial), the owner's list is a reference.
  auto wanted = read_key(document.form, key_id);
  if (!wanted) {
    const Fetched own = QP_TRY(fetch_document(url, services, arena, freshness));
    if (owner_in(own.form, key_id) == owner) wanted = read_key(own.form, key_id);
  }
  found.keys.emplace_back(key_id, QP_TRY(std::move(wanted)));
  for (const std::string& other : listed) {
    if (other == key_id || origin_of(other) != origin_of(owner)) continue;
    if (found.keys.size() == kKeysPerOwner || owner_in(document.form, other) != owner) continue;
    if (auto key = read_key(document.form, other)) found.keys.emplace_back(other, *std::move(key));
  }
  return found;
}

}  // namespace

KeyCache::KeyCache(Services& services, std::function<void(const std::string&)> on_ready)
    : services_(services),
      on_ready_(std::move(on_ready)),
      fetches_({"keys", kThreads, kMaxKeys}, [this](const std::string& key_id) { run(key_id); }) {}

KeyCache::Lookup KeyCache::find(const std::string& key_id) {
  const std::lock_guard lock(mutex_);
  const Millis now = services_.clock();
  const auto found = known_.find(key_id);
  if (found != known_.end()) {
    const Entry& entry = found->second;
    const auto kept =
        entry.state == State::Known ? Millis(limits::kKeyCacheTime) : Millis(limits::kKeyMissTime);
    if (entry.state == State::Fetching || now - entry.since < kept) {
      return {entry.state, entry.key, entry.problem, entry.gone};
    }
  }
  if (want(key_id, Entry{State::Fetching, {}, {}, false, now, {}})) {
    return {State::Fetching, {}, {}, false};
  }
  return {State::Busy, {}, "too many keys are being fetched; try again later", false};
}

bool KeyCache::refetch(const std::string& key_id) {
  const std::lock_guard lock(mutex_);
  const auto found = known_.find(key_id);
  const Millis now = services_.clock();
  if (found == known_.end() || found->second.state != State::Known) return false;
  if (now - found->second.refetched < Millis(limits::kKeyRefetchTime)) return false;
  // What was fetched moments ago is not going to be another key now.
  if (now - found->second.since < Millis(1000)) return false;
  return want(key_id, Entry{State::Fetching, {}, {}, false, now, now});
}

/// Has it fetched; makes room first: whatever is not being fetched may go. Called with the mutex
/// held.
bool KeyCache::want(const std::string& key_id, Entry entry) {
  if (known_.size() >= kMaxKeys) {
    std::erase_if(known_, [](const auto& one) { return one.second.state != State::Fetching; });
    if (known_.size() >= kMaxKeys) return false;
  }
  const std::string host = host_of(key_id);
  const auto found = fetching_.find(host);
  const bool waits = found != fetching_.end() && found->second.running >= kKeysPerHost;
  if (waits) {
    if (found->second.waiting.size() >= kWaitingPerHost) return false;
    found->second.waiting.push_back(key_id);
  } else {
    if (!fetches_.add(key_id)) return false;
    ++fetching_[host].running;
  }
  known_[key_id] = std::move(entry);
  return true;
}

/// One fetch from the host is done: the next of its keys has its turn. Returns those that cannot be
/// fetched now: whoever waits for them is to ask anew.
std::vector<std::string> KeyCache::next_of(const std::string& host) {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> given_up;
  const auto found = fetching_.find(host);
  if (found == fetching_.end()) return given_up;
  auto& [running, waiting] = found->second;
  while (!waiting.empty()) {
    std::string key_id = std::move(waiting.front());
    waiting.pop_front();
    if (fetches_.add(key_id)) return given_up;
    known_.erase(key_id);
    given_up.push_back(std::move(key_id));
  }
  if (--running == 0) fetching_.erase(found);
  return given_up;
}

void KeyCache::run(const std::string& key_id) {
  bool is_again = false;
  {
    const std::lock_guard lock(mutex_);
    is_again = known_[key_id].refetched.count() > 0;
  }
  fetch(key_id, is_again);
  const auto given_up = next_of(host_of(key_id));
  on_ready_(key_id);
  for (const std::string& other : given_up) on_ready_(other);
}

void KeyCache::fetch(const std::string& key_id, bool is_again) {
  const Millis now = services_.clock();
  const std::string host = host_of(key_id);
  if (is_exhausted(host, now)) {
    keep(key_id,
         failed(error(Code::Unauthenticated, "too many keys of that host were not found"), key_id));
    return;
  }
  auto found = find_keys(key_id, services_, is_again ? Freshness::Fresh : Freshness::Cached);
  if (found) {
    const auto kept = services_.store.write(
        [&](store::WriteTxn& txn) { return put_remote_actor(txn, found->actor); });
    if (!kept) {
      keep(key_id, failed(kept.error(), key_id));
      return;
    }
    const RemoteActor& actor = found->actor;
    for (auto& [id, key] : found->keys) {
      Entry entry;
      entry.state = State::Known;
      entry.since = now;
      entry.key = KnownKey{key, actor.iri, actor.inbox, actor.shared_inbox};
      keep(id, std::move(entry));
    }
    return;
  }
  keep(key_id, failed(found.error(), key_id));
  const std::lock_guard lock(mutex_);
  if (misses_.size() >= kMissHosts) misses_.clear();
  Misses& misses = misses_[host];
  if (misses.count++ == 0) misses.since = now;
}

void KeyCache::keep(const std::string& key_id, Entry entry) {
  const std::lock_guard lock(mutex_);
  entry.refetched = known_[key_id].refetched;
  known_[key_id] = std::move(entry);
}

KeyCache::Entry KeyCache::failed(const Error& error, const std::string& key_id) const {
  log::info("key not found", {{"key_id", key_id}, {"problem", error.detail}});
  Entry entry;
  entry.state = State::Failed;
  entry.since = services_.clock();
  entry.gone = error.code == Code::Gone;
  entry.problem = error.message;
  if (entry.problem.empty()) entry.problem = "the key behind the keyId could not be fetched";
  return entry;
}

bool KeyCache::is_exhausted(const std::string& host, Millis now) {
  const std::lock_guard lock(mutex_);
  const auto found = misses_.find(host);
  if (found == misses_.end()) return false;
  if (now - found->second.since > std::chrono::hours(1)) {
    misses_.erase(found);
    return false;
  }
  return found->second.count >= kMissesPerHour;
}

}  // namespace qp::ap
