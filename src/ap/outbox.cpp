#include "ap/outbox.hpp"

#include <algorithm>
#include <array>

#include <fmt/core.h>

#include "ap/activity.hpp"
#include "ap/publish.hpp"
#include "base/random.hpp"
#include "view/project.hpp"
#include "view/serve.hpp"

namespace qp::ap {

namespace {

using json::Arena;
using json::Value;

constexpr std::array<std::string_view, 5> kAddressing = {"to", "bto", "cc", "bcc", "audience"};

/// ActivityStreams 2.0 vocabulary, 3.1: what is not one of these, and has neither actor nor
/// object, is an object and gets wrapped in a Create.
constexpr Word kActivityTypes[] = {as::Accept,
                                   as::Activity,
                                   as::Add,
                                   as::Announce,
                                   as::Arrive,
                                   as::Block,
                                   as::Create,
                                   as::Delete,
                                   as::Dislike,
                                   as::Flag,
                                   as::Follow,
                                   as::Ignore,
                                   as::Invite,
                                   as::Join,
                                   as::Leave,
                                   as::Like,
                                   as::Listen,
                                   as::Move,
                                   as::Offer,
                                   as::Read,
                                   as::Reject,
                                   as::Remove,
                                   as::Travel,
                                   as::TentativeAccept,
                                   as::TentativeReject,
                                   as::Undo,
                                   as::Update,
                                   as::View,
                                   as::IntransitiveActivity};

/// ActivityPub 6: these mean nothing without an object, the last two without a target.
constexpr std::array kNeedObject = {as::Create, as::Update, as::Delete, as::Follow, as::Add,
                                    as::Remove, as::Like,   as::Block,  as::Undo};
constexpr std::array kNeedTarget = {as::Add, as::Remove};

bool is_activity(Value node) {
  const auto types = types_of(node);
  const bool known = std::any_of(std::begin(kActivityTypes), std::end(kActivityTypes),
                                 [&](const Word& type) { return contains(types, type.iri); });
  return known || node.contains(as::actor.iri) || node.contains(as::object.iri);
}

/// Sets a member under its plain name, and takes away other spellings of it.
void set_plain(Value object, std::string_view key, Value value, Arena& arena) {
  object.erase(arena.concat("as:", key));
  object.erase(arena.concat(as::kNamespace, key));
  if (key == "id" || key == "type") object.erase(arena.concat("@", key));
  object.set(arena, key, value);
}

std::string_view local_name(const Word& word) { return word.iri.substr(as::kNamespace.size()); }

Result<void> check_required(const Activity& activity, Value node) {
  const auto needs = [&](const auto& list, std::string_view property,
                         std::string_view name) -> Result<void> {
    for (const Word& type : list) {
      if (activity.is(type) && node.get(property).empty()) {
        return bad_input(fmt::format("{} needs a member \"{}\"", local_name(type), name));
      }
    }
    return {};
  };
  QP_TRY(needs(kNeedObject, as::object.iri, "object"));
  return needs(kNeedTarget, as::target.iri, "target");
}

/// A submission on its way from what the client wrote to what is stored.
class Draft {
 public:
  Draft(const Actor& actor, const Services& services) : actor_(actor), services_(services) {}

  Result<void> read(std::string_view body) {
    const Value parsed = QP_TRY(json::parse(arena_.copy(body), arena_));
    if (!parsed.is_object()) return bad_input("the body is not a JSON object");
    document_ = parsed;
    if (!document_.contains("@context")) add_context();
    Value node = QP_TRY(expand());
    if (!is_activity(node)) {
      wrap();
      node = QP_TRY(expand());
    }
    activity_ = read_activity(node);
    node_ = node;
    return check();
  }

  /// Sets what the server sets: ids, actor, published, and copies addressing both ways (6.2).
  Result<void> complete() {
    base_ = actor_.iri.substr(0, actor_.iri.find("/actors/"));
    const Millis now = services_.clock();
    set_plain(document_, "id", text(fmt::format("{}/activities/{}", base_, random::uuid_v7(now))),
              arena_);
    set_plain(document_, "actor", text(actor_.iri), arena_);
    if (!document_.contains("published")) {
      set_plain(document_, "published", text(time::rfc3339(now)), arena_);
    }
    if (activity_.is(as::Create)) QP_TRY(complete_created(now));
    return {};
  }

  bool is_update() const { return activity_.is(as::Update); }
  const Activity& activity() const { return activity_; }
  const std::string& object() const { return object_; }
  std::string to_text() const { return json::to_text(document_); }

  /// 6.3: a partial object; its members replace those of the stored one, null removes.
  Result<void> merge_update(const store::Txn& txn) {
    Value* change = document_.find("object");
    if (!change || !change->is_object() || activity_.objects.size() != 1) {
      return bad_input("Update needs one embedded object with its id");
    }
    object_ = activity_.objects.front();
    const Value whole = QP_TRY(stored(txn, object_));
    for (const json::Member& member : change->members()) {
      if (member.key == "id" || member.key == "@id") continue;
      if (member.value.is_null()) {
        whole.erase(member.key);
      } else {
        whole.set(arena_, member.key, member.value);
      }
    }
    const Value context = whole.get("@context");
    whole.erase("@context");
    if (document_.get("@context").is_string() && !context.is_null()) {
      document_.set(arena_, "@context", context);
    }
    if (!change->contains("updated")) {
      set_plain(whole, "updated", text(time::rfc3339(services_.clock())), arena_);
    }
    document_.set(arena_, "object", whole);
    copy_addressing(whole, document_);
    return {};
  }

  /// The objects of a Delete or Update are the actor's own.
  Result<void> check_owner(const store::Txn& txn) const {
    if (!activity_.is(as::Delete) && !activity_.is(as::Update)) return {};
    for (const std::string& object : activity_.objects) {
      const auto id = QP_TRY(txn.find_iri(object));
      const auto own = QP_TRY(txn.find_iri(actor_.iri));
      if (!id || !QP_TRY(txn.graph(*id))) return error(Code::NotFound, "no such object");
      const bool owned =
          object == actor_.iri || QP_TRY(txn.probe({*id, *id, as::attributedTo, *own}, {}));
      if (!owned) return error(Code::Forbidden, "the object is not yours");
    }
    return {};
  }

 private:
  Value text(std::string_view value) { return Value::string(arena_.copy(value)); }

  Result<Value> expand() {
    // Expansion keeps no hold on the document; the copy is changed later on.
    const Value expanded = QP_TRY(jsonld::expand_for_storage(
        json::deep_copy(document_, arena_), {services_.contexts, services_.loader}, arena_));
    if (expanded.size() != 1) return bad_input("the body does not describe one resource");
    return expanded.items()[0];
  }

  void add_context() {
    const Value with = Value::object(arena_, document_.size() + 1);
    with.set(arena_, "@context", Value::string("https://www.w3.org/ns/activitystreams"));
    for (const json::Member& member : document_.members()) with.append_member(arena_, member);
    document_ = with;
  }

  /// 6.2.1: a bare object is the object of a Create.
  void wrap() {
    const Value create = Value::object(arena_, 8);
    create.set(arena_, "@context", document_.get("@context"));
    document_.erase("@context");
    create.set(arena_, "type", Value::string("Create"));
    create.set(arena_, "object", document_);
    copy_addressing(document_, create);
    document_ = create;
  }

  Result<void> check() const {
    if (activity_.types.empty()) return bad_input("the activity has no type");
    const bool other_actor = std::any_of(activity_.actors.begin(), activity_.actors.end(),
                                         [&](const std::string& one) { return one != actor_.iri; });
    if (other_actor) return error(Code::Forbidden, "actor is not the owner of this outbox");
    QP_TRY(check_required(activity_, node_));
    if (!activity_.is(as::Create)) return {};
    if (!activity_.object.is_object() || node_.get(as::object.iri).size() != 1 ||
        !document_.get("object").is_object()) {
      return bad_input("Create needs one embedded object");
    }
    for (const std::string& author : values_of(activity_.object, as::attributedTo.iri)) {
      if (author != actor_.iri) {
        return error(Code::Forbidden, "attributedTo is not the owner of this outbox");
      }
    }
    return {};
  }

  Result<void> complete_created(Millis now) {
    const Value object = document_.get("object");
    object_ = fmt::format("{}/objects/{}", base_, random::uuid_v7(now));
    set_plain(object, "id", text(object_), arena_);
    set_plain(object, "attributedTo", text(actor_.iri), arena_);
    if (!object.contains("published")) {
      set_plain(object, "published", document_.get("published"), arena_);
    }
    copy_addressing(object, document_);
    copy_addressing(document_, object);
    return {};
  }

  /// 6.2: what `from` says of recipients and `to` does not, `to` says too.
  void copy_addressing(Value from, Value to) {
    for (const std::string_view key : kAddressing) {
      const Value* source = from.find(key);
      if (!source) continue;
      Value* target = to.find(key);
      if (!target) {
        to.set(arena_, key, json::deep_copy(*source, arena_));
        continue;
      }
      *target = united(*target, *source);
    }
  }

  Value united(Value a, Value b) {
    const Value all = Value::array(arena_);
    const auto add = [&](Value item) {
      const auto items = all.items();
      const bool known = std::any_of(items.begin(), items.end(),
                                     [&](Value one) { return json::equal(one, item); });
      if (!known) all.push_back(arena_, item);
    };
    for (const Value side : {a, b}) {
      if (!side.is_array()) add(side);
      for (const Value item : side.items()) add(item);
    }
    return all.size() == a.size() || (!a.is_array() && all.size() == 1) ? a : all;
  }

  Result<Value> stored(const store::Txn& txn, const std::string& iri) {
    const auto id = QP_TRY(txn.find_iri(iri));
    if (!id) return error(Code::NotFound, "no such object");
    view::Walk walk{store::Visible::everything(), true};
    return view::project(txn, *id, walk, {services_.contexts, services_.loader}, arena_);
  }

  const Actor& actor_;
  const Services& services_;
  Arena arena_;
  Value document_;
  Value node_;
  Activity activity_;
  std::string base_;
  std::string object_;
};

}  // namespace

Outbox::Outbox(Services& services, std::function<void()> wake_delivery)
    : services_(services), wake_delivery_(std::move(wake_delivery)) {}

Result<Submitted> Outbox::submit(const Actor& actor, std::string_view body, const Permit& permit) {
  Draft draft(actor, services_);
  QP_TRY(draft.read(body));
  if (permit) {
    const std::unique_ptr<store::Txn> txn = QP_TRY(services_.store.read());
    QP_TRY(permit(*txn, draft.activity()));
  }
  QP_TRY(draft.complete());
  std::unique_ptr<Prepared> prepared;
  if (!draft.is_update()) {
    prepared = QP_TRY(prepare(draft.to_text(), draft.object(), services_));
  }
  Submitted submitted;
  // A conflict with another Update of the same object cannot arise: merging is done on the
  // writer's thread, which sees all earlier ones.
  QP_TRY(services_.store.write([&](store::WriteTxn& txn) -> Result<void> {
    QP_TRY(draft.check_owner(txn));
    if (draft.is_update()) {
      Draft update(actor, services_);
      QP_TRY(update.read(body));
      QP_TRY(update.complete());
      QP_TRY(update.merge_update(txn));
      prepared = QP_TRY(prepare(update.to_text(), update.object(), services_));
    }
    QP_TRY(publish(txn, actor, *prepared, "token", services_));
    submitted.activity = prepared->activity.id;
    submitted.object = prepared->object;
    const auto served = QP_TRY(
        view::serve(txn, submitted.activity, {actor.iri}, {services_.contexts, services_.loader}));
    submitted.body = served.body;
    return {};
  }));
  wake_delivery_();
  return submitted;
}

}  // namespace qp::ap
