#include "ap/key_cache.hpp"

#include "ap/activity.hpp"
#include "ap/addressing.hpp"
#include "ap/fetch.hpp"
#include "base/log.hpp"

namespace qp::ap {

namespace {

constexpr std::size_t kThreads = 4;
constexpr std::size_t kMaxKeys = 10'000;

struct FoundKey {
  KnownKey known;
  RemoteActor actor;
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

/// Two ways: the key names its owner, and the owner's own document lists the key. All of one
/// origin, each document served from its own id (FEP-fe34).
Result<FoundKey> find_key(const std::string& key_id, const Services& services) {
  json::Arena arena;
  const std::string url = key_id.substr(0, key_id.find('#'));
  Fetched document = QP_TRY(fetch_document(url, services, arena));
  if (origin_of(document.url) != origin_of(key_id)) {
    return error(Code::Unauthenticated, "the keyId leads to another origin");
  }
  auto owner = first(values_in(document.form, key_id, sec::owner.iri));
  if (owner.empty()) owner = first(values_in(document.form, key_id, sec::controller.iri));
  if (owner.empty() || origin_of(owner) != origin_of(key_id)) {
    return error(Code::Unauthenticated, "the key does not name an owner of its own origin");
  }
  if (document.form.root.value != owner) {
    document = QP_TRY(fetch_document(owner, services, arena));
  }
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
  RemoteActor actor{owner,
                    first(values_in(document.form, owner, ldp::inbox.iri)),
                    {},
                    first(values_in(document.form, owner, as::followers.iri))};
  const auto endpoints = first(values_in(document.form, owner, as::endpoints.iri));
  if (!endpoints.empty()) {
    actor.shared_inbox = first(values_in(document.form, endpoints, as::sharedInbox.iri));
  }
  const auto key = QP_TRY(read_key(document.form, key_id));
  return FoundKey{{key, owner, actor.inbox, actor.shared_inbox}, actor};
}

}  // namespace

KeyCache::KeyCache(Services& services, std::function<void(const std::string&)> on_ready)
    : services_(services), on_ready_(std::move(on_ready)) {
  for (std::size_t i = 0; i < kThreads; ++i) threads_.emplace_back([this] { run(); });
}

KeyCache::~KeyCache() { stop(); }

void KeyCache::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

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
  trim();
  known_[key_id] = Entry{State::Fetching, {}, {}, false, now, {}};
  wanted_.push_back(key_id);
  wake_.notify_one();
  return {State::Fetching, {}, {}, false};
}

bool KeyCache::refetch(const std::string& key_id) {
  const std::lock_guard lock(mutex_);
  const auto found = known_.find(key_id);
  const Millis now = services_.clock();
  if (found == known_.end() || found->second.state != State::Known) return false;
  if (now - found->second.refetched < Millis(limits::kKeyRefetchTime)) return false;
  // What was fetched moments ago is not going to be another key now.
  if (now - found->second.since < Millis(1000)) return false;
  found->second = Entry{State::Fetching, {}, {}, false, now, now};
  wanted_.push_back(key_id);
  wake_.notify_one();
  return true;
}

/// Makes room: whatever is not being fetched may go. Called with the mutex held.
void KeyCache::trim() {
  if (known_.size() < kMaxKeys) return;
  std::erase_if(known_, [](const auto& one) { return one.second.state != State::Fetching; });
}

void KeyCache::run() {
  while (true) {
    std::string key_id;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !wanted_.empty(); });
      if (stopping_) return;
      key_id = std::move(wanted_.front());
      wanted_.pop_front();
    }
    Entry entry = fetch(key_id);
    {
      const std::lock_guard lock(mutex_);
      entry.refetched = known_[key_id].refetched;
      known_[key_id] = std::move(entry);
    }
    on_ready_(key_id);
  }
}

KeyCache::Entry KeyCache::fetch(const std::string& key_id) {
  Entry entry;
  entry.since = services_.clock();
  auto found = find_key(key_id, services_);
  if (found) {
    const auto kept = services_.store.write(
        [&](store::WriteTxn& txn) { return put_remote_actor(txn, found->actor); });
    if (kept) {
      entry.state = State::Known;
      entry.key = std::move(found->known);
      return entry;
    }
    log::warning("remote actor not kept", {{"problem", kept.error().detail}});
  } else {
    entry.gone = found.error().code == Code::Gone;
    entry.problem = found.error().message;
    log::info("key not found", {{"key_id", key_id}, {"problem", found.error().detail}});
  }
  entry.state = State::Failed;
  if (entry.problem.empty()) entry.problem = "the key behind the keyId could not be fetched";
  return entry;
}

}  // namespace qp::ap
