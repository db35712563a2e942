#include "ap/compose.hpp"

#include <algorithm>

#include "ap/activity.hpp"
#include "ap/collection.hpp"
#include "ap/ids.hpp"
#include "ap/recipients.hpp"
#include "ap/synchronize.hpp"
#include "ap/tables.hpp"
#include "base/own_json.hpp"
#include "proof/data_integrity.hpp"
#include "view/serve.hpp"
#include "vocab/views.hpp"

namespace qp::ap {

namespace {

constexpr std::size_t kMessages = 256;
constexpr std::size_t kKeys = 1024;
constexpr auto kMessageTime = std::chrono::seconds(30);

/// The proofs of others hold for their own documents only, byte for byte, and not for what is
/// embedded here.
constexpr std::string_view kProofs[] = {"proof",
                                        "signature",
                                        "sec:proof",
                                        "sec:signature",
                                        "https://w3id.org/security#proof",
                                        "https://w3id.org/security#signature"};

/// What a delivery never carries.
void withhold(json::Value value) {
  for (const std::string_view name : vocab::kHiddenNames) value.erase(name);
  for (const std::string_view name : kProofs) value.erase(name);
  for (const json::Member& member : value.members()) {
    if (member.key != "@context") withhold(member.value);
  }
  for (const json::Value item : value.items()) withhold(item);
}

/// What came from elsewhere and is forwarded (ActivityPub 7.1.2), as it came.
Result<std::string> received_bytes(const store::Txn& txn, const std::string& activity) {
  const auto id = QP_TRY(txn.find_iri(activity));
  const auto record = id ? QP_TRY(txn.graph(*id)) : std::nullopt;
  if (!record) return Error{Code::NotFound, "no longer here: " + activity, {}};
  return txn.document_bytes(record->document);
}

Result<bool> is_for_followers(const store::Txn& txn, const std::string& activity,
                              const Actor& sender) {
  for (const auto& [name, property] : kAddressing) {
    if (contains(QP_TRY(values_of(txn, activity, property)), sender.followers)) return true;
  }
  return false;
}

}  // namespace

Result<std::shared_ptr<const Message>> Composer::compose(const std::string& activity,
                                                         const std::string& sender) {
  const Millis now = services_.clock();
  const auto name = std::pair(activity, sender);
  {
    const std::lock_guard lock(mutex_);
    const auto found = messages_.find(name);
    if (found != messages_.end() && now - found->second.since < kMessageTime) {
      return found->second.message;
    }
  }
  auto message = QP_TRY(make(activity, sender));
  const std::lock_guard lock(mutex_);
  if (messages_.size() >= kMessages) {
    std::erase_if(messages_,
                  [&](const auto& one) { return now - one.second.since > kMessageTime; });
  }
  if (messages_.size() >= kMessages) messages_.clear();
  messages_.insert_or_assign(name, Kept{message, now});
  return message;
}

/// Parsed again only where the stored text is another one: keys may be rotated at any time.
Result<Composer::Keys> Composer::keys_of(const store::Txn& txn, const std::string& sender) {
  const auto pem = QP_TRY(txn.get(kPrivateKeys, sender));
  if (!pem) return Error{Code::NotFound, "no private key for " + sender, {}};
  const auto ed25519 = QP_TRY(txn.get(kPrivateKeys, ed25519_key_of(sender)));
  const std::lock_guard lock(mutex_);
  if (keys_.size() >= kKeys) keys_.clear();
  Keys& kept = keys_[sender];
  if (kept.pem != *pem || !kept.key) {
    kept.key = QP_TRY(sig::PrivateKey::from_pem(*pem));
    kept.pem = *pem;
  }
  if (ed25519 && (kept.ed25519_pem != *ed25519 || !kept.ed25519)) {
    kept.ed25519 = QP_TRY(sig::PrivateKey::from_pem(*ed25519));
    kept.ed25519_pem = *ed25519;
  }
  return kept;
}

Result<std::shared_ptr<const Message>> Composer::make(const std::string& activity,
                                                      const std::string& sender) {
  const auto txn = QP_TRY(services_.store.read());
  if (!QP_TRY(is_local(*txn, activity))) {
    auto bytes = QP_TRY(received_bytes(*txn, activity));
    const Keys keys = QP_TRY(keys_of(*txn, sender));
    return std::make_shared<const Message>(
        Message{std::move(bytes), *keys.key, main_key_of(sender)});
  }
  const auto served =
      QP_TRY(view::serve(*txn, activity, {sender}, {services_.contexts, services_.loader}));
  json::Arena arena;
  const json::Value document = QP_TRY(json::parse(served.body, arena, json::kOwnJson));
  withhold(document);
  const Keys keys = QP_TRY(keys_of(*txn, sender));
  if (keys.ed25519) {
    QP_TRY(proof::add_proof(
        document, ed25519_key_of(sender), services_.clock(),
        [&](std::string_view text) { return keys.ed25519->sign(text); }, arena));
  }
  Message message{json::to_text(document), *keys.key, main_key_of(sender)};
  const auto actor = QP_TRY(find_actor(*txn, sender));
  if (actor && QP_TRY(is_for_followers(*txn, activity, *actor))) {
    message.followers = actor->followers;
    message.digests = QP_TRY(follower_digests(*txn, *actor));
  }
  return std::make_shared<const Message>(std::move(message));
}

}  // namespace qp::ap
