#include "ap/inbox.hpp"

#include <algorithm>

#include "ap/activity.hpp"
#include "ap/addressing.hpp"
#include "ap/admit.hpp"
#include "ap/effects.hpp"
#include "ap/ingest.hpp"
#include "ap/proofs.hpp"
#include "ap/publish.hpp"
#include "base/log.hpp"
#include "sig/verify.hpp"

namespace qp::ap {

namespace {

/// A key on its way through sig::verify: either at hand, or the reason why not.
class KeyGate {
 public:
  KeyGate(KeyCache& cache, const std::string& key_id) : found_(cache.find(key_id)) {}

  bool is_fetching() const { return found_.state == KeyCache::State::Fetching; }
  bool is_gone() const { return found_.gone; }
  std::string owner() const { return found_.key ? found_.key->owner : std::string(); }

  sig::KeyLookup lookup() const {
    return [this](std::string_view) -> Result<sig::PublicKey> {
      if (found_.key) return found_.key->key;
      return error(Code::Unauthenticated, found_.problem);
    };
  }

 private:
  KeyCache::Lookup found_;
};

Error key_is_fetched() {
  return error(Code::Unavailable, "the sender's key is being fetched; try again");
}

/// Delete of an actor by itself: its key is gone with it (interop.md I11).
bool is_own_delete(const Activity& activity) {
  return activity.is(as::Delete) && contains(activity.objects, activity.actor());
}

struct Sender {
  std::string actor;
  std::string key_id;
  std::string how;
};

/// A received activity, read; all that needs no transaction.
struct Received {
  json::Arena arena;
  jsonld::StoredForm form;
  Activity activity;
};

Result<std::unique_ptr<Received>> read(std::string_view body, const Services& services) {
  auto received = std::make_unique<Received>();
  const auto parsed = QP_TRY(json::parse(body, received->arena));
  received->form = QP_TRY(
      jsonld::read_for_storage(parsed, {services.contexts, services.loader}, received->arena));
  received->activity = read_activity(received->form.expanded);
  return received;
}

Result<std::vector<Owned>> owned_graphs(store::WriteTxn& txn, const Received& received,
                                        std::span<const std::string> readers) {
  const Activity& activity = received.activity;
  const auto audience = QP_TRY(audience_of(txn, readers));
  std::vector<Owned> owned{{activity.id, audience}};
  const std::string object = QP_TRY(admitted_object(txn, activity));
  if (object.empty()) return owned;
  // The object's readers may be others than the activity's: followers of the one who answers.
  std::vector<std::string> object_readers{readers.begin(), readers.end()};
  for (auto& one : read_activity(activity.object).recipients()) object_readers.push_back(one);
  const auto object_audience = QP_TRY(audience_of(txn, object_readers));
  owned.push_back({object, object_audience});
  return owned;
}

}  // namespace

Inbox::Inbox(Services& services, KeyCache& keys, std::function<void()> wake_delivery,
             std::function<void(std::string_view host)> heard_from)
    : services_(services),
      keys_(keys),
      wake_delivery_(std::move(wake_delivery)),
      heard_from_(std::move(heard_from)) {}

Result<Receipt> Inbox::receive(const net::Request& request, const Domain& domain,
                               std::string_view inbox, int attempt,
                               std::optional<std::string>& wait_for) {
  sig::VerifyOptions options;
  options.scheme = domain.url.substr(0, domain.url.find("://"));
  options.host = domain.host;
  options.now = services_.clock();
  const std::string key_id = QP_TRY(sig::required_key(request, options));

  const KeyGate key(keys_, key_id);
  if (key.is_fetching()) {
    if (attempt == 0) wait_for = key_id;
    return key_is_fetched();
  }
  auto verified = sig::verify(request, options, key.lookup());
  if (!verified && attempt == 0 && keys_.refetch(key_id)) {  // rotated, perhaps
    wait_for = key_id;
    return key_is_fetched();
  }
  const auto received = QP_TRY(read(request.body, services_));
  const Activity& activity = received->activity;
  if (!verified) {
    if (key.is_gone() && is_own_delete(activity)) return Receipt::Ignored;
    return std::move(verified).error();
  }
  const auto proven = check_proof(request.body, keys_, services_.clock(), wait_for);
  if (!proven) {
    if (attempt > 1) wait_for.reset();
    return proven.error();
  }
  // A proof holds whoever brings the document: forwarded from an inbox, or by a relay.
  QP_TRY(admit(activity, *proven ? (*proven)->actor : key.owner()));

  Receipt receipt = Receipt::Accepted;
  QP_TRY(services_.store.write([&](store::WriteTxn& txn) -> Result<void> {
    receipt = Receipt::Accepted;
    QP_TRY(admit_here(txn, activity));
    const auto known = QP_TRY(txn.find_iri(activity.id));
    if (known && QP_TRY(txn.graph(*known))) {
      receipt = Receipt::Duplicate;
      return {};
    }
    auto recipients = QP_TRY(local_recipients(txn, activity));
    const auto collection = QP_TRY(find_collection(txn, inbox));
    if (collection && std::none_of(recipients.begin(), recipients.end(), [&](const Actor& one) {
          return one.iri == collection->owner;
        })) {
      if (auto owner = QP_TRY(find_actor(txn, collection->owner))) recipients.push_back(*owner);
    }
    auto readers = activity.recipients();
    readers.push_back(activity.actor());
    for (const Actor& recipient : recipients) readers.push_back(recipient.iri);

    const auto owned = QP_TRY(owned_graphs(txn, *received, readers));
    const Provenance provenance{activity.id, verified->key_id, verified->how, std::string(inbox),
                                services_.clock().count()};
    QP_TRY(write_document(txn, received->form, request.body, owned, provenance));
    for (const Owned& one : owned) QP_TRY(refresh_rendered(txn, one.iri, services_));
    QP_TRY(apply_origin_effects({txn, activity, services_}));
    return receive_locally(txn, activity, recipients, services_);
  }));
  if (receipt == Receipt::Accepted) wake_delivery_();
  if (heard_from_) heard_from_(host_of(activity.actor()));
  return receipt;
}

}  // namespace qp::ap
