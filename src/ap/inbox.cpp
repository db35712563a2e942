#include "ap/inbox.hpp"

#include <algorithm>

#include "ap/activity.hpp"
#include "ap/addressing.hpp"
#include "ap/admit.hpp"
#include "ap/effects.hpp"
#include "ap/follow.hpp"
#include "ap/forward.hpp"
#include "ap/ingest.hpp"
#include "ap/move.hpp"
#include "ap/proofs.hpp"
#include "ap/publish.hpp"
#include "ap/synchronize.hpp"
#include "ap/tables.hpp"
#include "base/log.hpp"

namespace qp::ap {

namespace {

/// A received activity, read; all that needs no transaction.
struct Received {
  json::Arena arena;
  std::string text;
  jsonld::StoredForm form;
  Activity activity;
  /// What was fetched for it: what the target of a Move says of itself, or the object of a Create
  /// or Update that only names it.
  std::unique_ptr<Received> fetched{};

  bool has_fetched_object() const { return fetched && !activity.is(as::Move); }
};

Result<std::unique_ptr<Received>> read(std::string_view body, const Services& services) {
  auto received = std::make_unique<Received>();
  received->text = body;
  const auto parsed = QP_TRY(json::parse(received->text, received->arena));
  received->form = QP_TRY(
      jsonld::read_for_storage(parsed, {services.contexts, services.loader}, received->arena));
  received->activity = read_activity(received->form.expanded);
  return received;
}

/// What is named, or embedded, in JSON that is not expanded.
json::Value id_of(json::Value value) { return value.is_object() ? value.get("id") : value; }

/// The actor that deletes itself: its key is gone with it (interop.md I11). Empty: it is something
/// else. Of what servers send, by the plain names: nobody has said yet who it is from, and to
/// expand it would be more work than that.
std::string own_delete(std::string_view body) {
  if (body.find("Delete") == std::string_view::npos) return {};
  json::Arena arena;
  const auto activity = json::parse(body, arena);
  if (!activity || !activity->is_object()) return {};
  const auto type = activity->get("type");
  const bool is_delete = type.is("Delete") || (type.size() == 1 && type.items()[0].is("Delete"));
  const json::Value actor = id_of(activity->get("actor"));
  const json::Value object = id_of(activity->get("object"));
  return is_delete && object.is(actor.text()) ? std::string(actor.text()) : std::string();
}

/// Where the actor is from, as far as its name can be seen before the body is read: whose signature
/// counts where there are several. Empty: there is one.
std::string sender_origin(const net::Request& request) {
  constexpr std::string_view kKey = "keyid";
  const std::string input = request.headers.joined("Signature-Input");
  if (input.find(kKey) == input.rfind(kKey)) return {};
  json::Arena arena;
  const auto body = json::parse(request.body, arena);
  if (!body || !body->is_object()) return {};
  const json::Value actor = id_of(body->get("actor"));
  return actor.is_string() ? origin_of(actor.text()) : std::string();
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

Result<std::vector<Owned>> owned_graphs(store::WriteTxn& txn, const Activity& activity,
                                        std::span<const std::string> readers) {
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

/// Somebody here goes along if the target agrees, which only its own document says.
Result<std::string> unknown_target(const store::Txn& txn, const Activity& move) {
  const bool is_own = move.targets.size() == 1 && contains(move.objects, move.actor());
  if (!is_own || origin_of(move.targets.front()).empty()) return std::string();
  const std::string& target = move.targets.front();
  if (QP_TRY(is_local(txn, target)) || QP_TRY(is_blocked(txn, host_of(target)))) {
    return std::string();
  }
  return QP_TRY(has_local_followers(txn, move.actor())) ? target : std::string();
}

/// Only its address was sent. It is the sender's to say what is there.
Result<std::string> named_object(const store::Txn& txn, const Activity& activity) {
  const bool only_names = (activity.is(as::Create) || activity.is(as::Update)) &&
                          activity.objects.size() == 1 && !activity.object.is_object();
  if (!only_names) return std::string();
  const std::string& object = activity.objects.front();
  const std::string origin = origin_of(object);
  if (origin.empty() || origin != origin_of(activity.actor()) ||
      object.find('#') != std::string::npos || QP_TRY(is_local(txn, object))) {
    return std::string();
  }
  const auto known = QP_TRY(txn.find_iri(activity.id));
  return known && QP_TRY(txn.graph(*known)) ? std::string() : object;
}

/// A linked-data signature proves nothing here (security.md 1.3), but who sends one along with what
/// another one said (Mastodon forwards answers so) can be taken at his word to look where it is
/// from.
Result<std::string> forwarded_activity(const store::Txn& txn, const Received& received) {
  const Activity& activity = received.activity;
  const bool is_signed =
      received.form.json.contains("signature") || received.form.json.contains("proof");
  if (!is_signed || !(activity.is(as::Create) || activity.is(as::Update))) return std::string();
  const std::string origin = origin_of(activity.id);
  if (origin.empty() || origin != origin_of(activity.actor()) ||
      activity.id.find('#') != std::string::npos) {
    return std::string();
  }
  const bool is_out_of_question =
      QP_TRY(is_local(txn, activity.id)) || QP_TRY(is_blocked(txn, host_of(activity.id)));
  return is_out_of_question ? std::string() : activity.id;
}

/// The document of another server without which the activity cannot be judged; empty: none.
Result<std::string> needed_document(const Received& received, const Sender& sender,
                                    const Services& services) {
  const Activity& activity = received.activity;
  const auto txn = QP_TRY(services.store.read());
  if (activity.actor() != sender.actor) return forwarded_activity(*txn, received);
  return activity.is(as::Move) ? unknown_target(*txn, activity) : named_object(*txn, activity);
}

/// What was asked for is there: a target goes with its Move, an object with what names it, an
/// activity takes the place of what somebody else said of it.
Result<void> use_document(std::unique_ptr<Received>& received, Sender& sender,
                          const std::string& document, const Services& services) {
  auto fetched = QP_TRY(read(document, services));
  if (received->activity.actor() == sender.actor) {
    received->fetched = std::move(fetched);
    return {};
  }
  const Activity& there = fetched->activity;
  const bool is_same = there.id == received->activity.id &&
                       there.actor() == received->activity.actor() &&
                       (there.is(as::Create) || there.is(as::Update));
  if (!is_same) return {};
  sender = Sender{fetched->activity.actor(), fetched->activity.id, "fetched"};
  received = std::move(fetched);
  return {};
}

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

Result<Receipt> write(store::WriteTxn& txn, const Received& received, const Sender& sender,
                      std::string_view inbox, const Services& services) {
  Activity activity = received.activity;
  if (received.has_fetched_object()) activity.object = received.fetched->form.expanded;
  QP_TRY(admit_here(txn, activity));
  const auto known = QP_TRY(txn.find_iri(activity.id));
  if (known && QP_TRY(txn.graph(*known))) return Receipt::Duplicate;
  if (QP_TRY(comes_after_its_delete(txn, activity))) return Receipt::Ignored;

  auto recipients = QP_TRY(recipients_of(txn, activity, inbox));
  auto readers = activity.recipients();
  readers.push_back(activity.actor());
  for (const Actor& recipient : recipients) readers.push_back(recipient.iri);
  const auto owned = QP_TRY(owned_graphs(txn, activity, readers));
  const Provenance provenance{activity.id, sender.key_id, sender.how, std::string(inbox),
                              services.clock().count()};
  const std::span<const Owned> graphs(owned);
  const std::string object = owned.size() > 1 ? owned.back().iri : std::string();
  const Before before = QP_TRY(find_before(txn, object));
  const std::size_t said_here = received.has_fetched_object() ? 1 : owned.size();
  QP_TRY(write_document(txn, received.form, received.text, graphs.first(said_here), provenance));
  if (said_here < owned.size()) {
    const std::string& iri = owned.back().iri;
    QP_TRY(write_document(txn, received.fetched->form, received.fetched->text,
                          graphs.subspan(said_here),
                          {iri, iri, "fetched", {}, services.clock().count()}));
  }
  if (owned.front().audience == store::AudienceId::Public && QP_TRY(is_shared(txn, inbox))) {
    QP_TRY(add_member(txn, inbox, activity.id, store::AudienceId::Public));
  }
  const bool has_target = received.fetched && activity.is(as::Move);
  if (has_target) {
    QP_TRY(write_fetched_actor(txn, received.fetched->form, received.fetched->text, services));
  }
  std::vector<std::string> caused;
  const auto members = values_of(activity.object, as::items.iri);
  const Happening happening{txn,        activity, services, owned.front().audience,
                            object,     nullptr,  members,  &caused,
                            has_target, before};
  QP_TRY(apply_effects(happening));
  QP_TRY(note_caused(txn, activity.id, caused));
  for (Actor& member : QP_TRY(forward(happening))) recipients.push_back(std::move(member));
  QP_TRY(receive_locally(txn, activity, recipients));
  return Receipt::Accepted;
}

Result<Receipt> take_in(const Received& received, const Sender& sender, std::string_view inbox,
                        const Services& services) {
  QP_TRY(admit(received.activity, sender.actor));
  Receipt receipt = Receipt::Accepted;
  QP_TRY(services.store.write([&](store::WriteTxn& txn) -> Result<void> {
    receipt = QP_TRY(write(txn, received, sender, inbox, services));
    return {};
  }));
  return receipt;
}

}  // namespace

Result<Receipt> take_in(std::string_view body, const Sender& sender, std::string_view inbox,
                        const Services& services) {
  return take_in(*QP_TRY(read(body, services)), sender, inbox, services);
}

Inbox::Inbox(Services& services, KeyCache& keys, Documents& documents, Hooks hooks)
    : services_(services), keys_(keys), documents_(documents), hooks_(std::move(hooks)) {}

Result<Receipt> Inbox::receive(const net::Request& request, const Domain& domain,
                               std::string_view inbox, int attempt,
                               std::optional<std::string>& wait_for) {
  auto options = verify_options(domain, services_.clock());
  options.origin = sender_origin(request);
  const std::string key_id = QP_TRY(sig::required_key(request, options));

  if (QP_TRY(is_refused(host_of(key_id), services_))) {
    return error(Code::Forbidden, "your domain is blocked here");
  }
  // Servers tell everybody of each account that is closed: of one that was never seen here there is
  // nothing to delete, and no key to be had (security.md 2.2).
  const std::string closed = own_delete(request.body);
  if (!closed.empty() && !QP_TRY(is_known(closed, services_))) return Receipt::Ignored;

  SignerCheck check = check_signer(request, options, keys_, attempt);
  wait_for = std::move(check.wait_for);
  if (wait_for) return check.sender.error();
  if (!check.sender) {
    const std::string vanished = check.key_is_gone ? own_delete(request.body) : "";
    if (vanished.empty()) return check.sender.error();
    return take_vanished(vanished, key_id, check.sender.error(), attempt, wait_for);
  }
  const auto proven = check_proof(request.body, keys_, services_.clock(), wait_for);
  if (!proven) {
    if (attempt >= limits::kMostParkings) wait_for.reset();
    return proven.error();
  }
  // A proof holds whoever brings the document: forwarded from an inbox, or by a relay.
  Sender sender = *check.sender;
  if (*proven) sender.actor = (*proven)->actor;
  const std::string signer = check.sender->actor;
  auto received = QP_TRY(read(request.body, services_));
  const std::string needed = QP_TRY(needed_document(*received, sender, services_));
  if (!needed.empty()) {
    const bool has_changed = received->activity.is(as::Update);
    const std::string since = has_changed ? received->activity.id : "";
    const auto found = documents_.take(needed, since);
    if (!found) {
      if (attempt < limits::kMostParkings) wait_for = Documents::key_of(needed, since);
      return error(Code::Unavailable, needed + " is being fetched; try again");
    }
    // Without it a Move has no effect, a Create no object, and what another one said is refused.
    const auto used =
        *found ? use_document(received, sender, **found, services_) : Result<void>(found->error());
    if (!used) log::info("document_not_used", {{"id", needed}, {"problem", used.error().detail}});
  }
  if (!hooks_.may_send(request, origin_of(signer))) {
    return error(Code::TooMany, "too much came from your server: try again later");
  }
  Receipt receipt = QP_TRY(take_in(*received, sender, inbox, services_));
  if (receipt == Receipt::Accepted) hooks_.wake_delivery();
  hooks_.heard_from(host_of(signer));
  const auto field = request.headers.get(kSynchronizationField);
  const bool is_covered = contains(check.sender->covered, "collection-synchronization");
  if (field && is_covered) hooks_.synchronize(*field, signer, domain);
  return receipt;
}

/// Of a Delete whose signature nobody can check any more only its actor's own server can tell. That
/// another thing below the actor's address is gone, and so a key that is said to be there, proves
/// nothing.
Result<Receipt> Inbox::take_vanished(const std::string& actor, const std::string& key_id,
                                     const Error& refusal, int attempt,
                                     std::optional<std::string>& wait_for) {
  const bool was_asked = key_id.substr(0, key_id.find('#')) == actor;
  if (!was_asked) {
    if (origin_of(key_id) != origin_of(actor)) return refusal;
    const auto found = documents_.take(actor);
    if (!found && attempt < limits::kMostParkings) wait_for = Documents::key_of(actor);
    if (!found) return error(Code::Unavailable, actor + " is being fetched; try again");
    if (*found || found->error().code != Code::Gone) return refusal;
  }
  QP_TRY(forget_vanished(actor, services_));
  return Receipt::Ignored;
}

}  // namespace qp::ap
