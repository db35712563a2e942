#include "ap/inbox.hpp"

#include <algorithm>

#include "ap/activity.hpp"
#include "ap/addressing.hpp"
#include "ap/admit.hpp"
#include "ap/effects.hpp"
#include "ap/follow.hpp"
#include "ap/forward.hpp"
#include "ap/ingest.hpp"
#include "ap/proofs.hpp"
#include "ap/publish.hpp"
#include "ap/tables.hpp"
#include "base/log.hpp"

namespace qp::ap {

namespace {

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

/// The actor that deletes itself: its key is gone with it (interop.md I11). Empty: it is something
/// else.
std::string own_delete(std::string_view body, const Services& services) {
  if (body.find("Delete") == std::string_view::npos) return {};
  const auto received = read(body, services);
  if (!received) return {};
  const Activity& activity = (*received)->activity;
  const std::string actor = activity.actor();
  return activity.is(as::Delete) && contains(activity.objects, actor) ? actor : std::string();
}

Result<bool> is_known(const std::string& actor, const Services& services) {
  const auto txn = QP_TRY(services.store.read());
  if (QP_TRY(find_remote_actor(*txn, actor))) return true;
  const auto id = QP_TRY(txn->find_iri(actor));
  return id && QP_TRY(txn->graph(*id));
}

Result<bool> is_refused(const std::string& host, const Services& services) {
  const auto txn = QP_TRY(services.store.read());
  return is_blocked(*txn, host);
}

/// `<actor>#main-key`, or `<actor>/main-key`: no other actor of that server.
bool is_key_of(std::string_view key_id, std::string_view actor) {
  return key_id.starts_with(actor) && key_id.size() > actor.size() &&
         (key_id[actor.size()] == '#' || key_id[actor.size()] == '/');
}

/// Its own server says that it is gone: what is kept of it goes too. Nothing of the request, which
/// nobody can verify any more, is stored.
Result<void> forget_vanished(const std::string& actor, const Services& services) {
  return services.store.write([&](store::WriteTxn& txn) -> Result<void> {
    Activity nothing;
    nothing.actors = {actor};
    const Happening happening{txn, nothing, services, store::AudienceId::Nobody,
                              {},  nullptr, {},       nullptr};
    QP_TRY(forget_actor(happening, actor));
    QP_TRY(entomb(txn, actor, services));
    QP_TRY(txn.erase(kRemoteActors, actor));
    return {};
  });
}

Result<std::vector<Owned>> owned_graphs(store::WriteTxn& txn, const Received& received,
                                        std::span<const std::string> readers) {
  const Activity& activity = received.activity;
  const auto audience = QP_TRY(audience_of(txn, readers));
  std::vector<Owned> owned{{activity.id, audience}};
  const std::string object = QP_TRY(admitted_object(txn, activity));
  if (object.empty()) return owned;
  if (object == activity.actor()) {  // who an actor is can be read by all
    owned.push_back({object, store::AudienceId::Public});
    return owned;
  }
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
  const auto options = verify_options(domain, services_.clock());
  const std::string key_id = QP_TRY(sig::required_key(request, options));

  // Servers tell everybody of each account that is closed: of one that was never seen here there is
  // nothing to delete, and no key to be had (security.md 2.2).
  const std::string closed = own_delete(request.body, services_);
  if (!closed.empty() && !QP_TRY(is_known(closed, services_))) return Receipt::Ignored;
  if (QP_TRY(is_refused(host_of(key_id), services_))) {
    return error(Code::Forbidden, "your domain is blocked here");
  }

  SignerCheck check = check_signer(request, domain, keys_, services_.clock(), attempt);
  wait_for = std::move(check.wait_for);
  if (wait_for) return check.sender.error();
  if (!check.sender) {
    const std::string vanished = check.key_is_gone ? own_delete(request.body, services_) : "";
    if (vanished.empty() || !is_key_of(key_id, vanished)) return check.sender.error();
    QP_TRY(forget_vanished(vanished, services_));
    return Receipt::Ignored;
  }
  const auto proven = check_proof(request.body, keys_, services_.clock(), wait_for);
  if (!proven) {
    if (attempt > 1) wait_for.reset();
    return proven.error();
  }
  // A proof holds whoever brings the document: forwarded from an inbox, or by a relay.
  Sender sender = *check.sender;
  if (*proven) sender.actor = (*proven)->actor;
  const Receipt receipt = QP_TRY(take_in(request.body, sender, inbox, services_));
  if (receipt == Receipt::Accepted) wake_delivery_();
  if (heard_from_) heard_from_(host_of(sender.actor));
  return receipt;
}

namespace {

/// Those of this server that the activity is for, and the owner of the inbox that it came to.
Result<std::vector<Actor>> recipients_of(const store::Txn& txn, const Activity& activity,
                                         std::string_view inbox) {
  // Whom somebody blocks or reports is not told (interop.md I21).
  if (activity.is(as::Block) || activity.is(as::Flag)) return std::vector<Actor>();
  auto recipients = QP_TRY(local_recipients(txn, activity));
  const auto collection = QP_TRY(find_collection(txn, inbox));
  if (!collection || collection->owner.empty()) return recipients;
  const bool is_there = std::any_of(recipients.begin(), recipients.end(),
                                    [&](const Actor& one) { return one.iri == collection->owner; });
  if (is_there) return recipients;
  if (auto owner = QP_TRY(find_actor(txn, collection->owner))) recipients.push_back(*owner);
  return recipients;
}

Result<bool> is_shared(const store::Txn& txn, std::string_view inbox) {
  const auto collection = QP_TRY(find_collection(txn, inbox));
  return collection && collection->role == Role::SharedInbox;
}

Result<Receipt> write(store::WriteTxn& txn, const Received& received, std::string_view body,
                      const Sender& sender, std::string_view inbox, const Services& services) {
  const Activity& activity = received.activity;
  QP_TRY(admit_here(txn, activity));
  const auto known = QP_TRY(txn.find_iri(activity.id));
  if (known && QP_TRY(txn.graph(*known))) return Receipt::Duplicate;
  if (QP_TRY(comes_after_its_delete(txn, activity))) return Receipt::Ignored;

  auto recipients = QP_TRY(recipients_of(txn, activity, inbox));
  auto readers = activity.recipients();
  readers.push_back(activity.actor());
  for (const Actor& recipient : recipients) readers.push_back(recipient.iri);
  const auto owned = QP_TRY(owned_graphs(txn, received, readers));
  const Provenance provenance{activity.id, sender.key_id, sender.how, std::string(inbox),
                              services.clock().count()};
  QP_TRY(write_document(txn, received.form, body, owned, provenance));
  if (owned.front().audience == store::AudienceId::Public && QP_TRY(is_shared(txn, inbox))) {
    QP_TRY(add_member(txn, inbox, activity.id, store::AudienceId::Public));
  }
  const std::string object = owned.size() > 1 ? owned.back().iri : std::string();
  std::vector<std::string> caused;
  const auto members = values_of(activity.object, as::items.iri);
  const Happening happening{txn,    activity, services, owned.front().audience,
                            object, nullptr,  members,  &caused};
  QP_TRY(apply_effects(happening));
  QP_TRY(note_caused(txn, activity.id, caused));
  for (Actor& member : QP_TRY(forward(happening))) recipients.push_back(std::move(member));
  QP_TRY(receive_locally(txn, activity, recipients));
  return Receipt::Accepted;
}

}  // namespace

Result<Receipt> take_in(std::string_view body, const Sender& sender, std::string_view inbox,
                        const Services& services) {
  const auto received = QP_TRY(read(body, services));
  QP_TRY(admit(received->activity, sender.actor));
  Receipt receipt = Receipt::Accepted;
  QP_TRY(services.store.write([&](store::WriteTxn& txn) -> Result<void> {
    receipt = QP_TRY(write(txn, *received, body, sender, inbox, services));
    return {};
  }));
  return receipt;
}

}  // namespace qp::ap
