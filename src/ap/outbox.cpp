#include "ap/outbox.hpp"

#include <algorithm>
#include <array>

#include <fmt/core.h>

#include "ap/activity.hpp"
#include "ap/admit.hpp"
#include "ap/collection.hpp"
#include "ap/effects.hpp"
#include "ap/gone.hpp"
#include "ap/kept.hpp"
#include "ap/poll.hpp"
#include "ap/publish.hpp"
#include "ap/recipients.hpp"
#include "ap/required.hpp"
#include "base/random.hpp"
#include "view/project.hpp"
#include "view/serve.hpp"
#include "vocab/views.hpp"

namespace qp::ap {

namespace {

using json::Arena;
using json::Value;

constexpr std::string_view kAs2Context = "https://www.w3.org/ns/activitystreams";
constexpr std::array<std::pair<std::string_view, Role>, 3> kListings = {
    {{"likes", Role::Likes}, {"shares", Role::Shares}, {"replies", Role::Replies}}};

/// What Undo is not for: ActivityPub 6.10 names what does it.
constexpr std::array<std::pair<Word, std::string_view>, 6> kNotUndone = {
    {{as::Create, "a Create is taken back with Delete"},
     {as::Add, "an Add is taken back with Remove"},
     {as::Remove, "a Remove is taken back with Add"},
     {as::Update, "an Update is taken back with another Update"},
     {as::Delete, "a Delete cannot be taken back"},
     {as::Undo, "an Undo is taken back by doing again what it undid"}}};

/// Members that the server keeps: a client's Update leaves them as they are.
constexpr std::array<std::string_view, 5> kKept = {"likes", "shares", "replies", "attributedTo",
                                                   "published"};
constexpr std::array<std::string_view, 15> kKeptOfActor = {
    "inbox",     "outbox",    "followers",       "following",         "liked",
    "featured",  "streams",   "blocked",         "pendingFollowers",  "pendingFollowing",
    "endpoints", "publicKey", "assertionMethod", "preferredUsername", "published"};
/// What a collection shows of what is in it.
constexpr std::array<std::string_view, 5> kShownOfCollection = {"totalItems", "first", "last",
                                                                "current", "startIndex"};
constexpr std::array<std::string_view, 2> kItems = {"items", "orderedItems"};

/// The name that ActivityStreams gives the member, however it is spelled.
std::string_view plain_name(std::string_view key) {
  if (key == "@id" || key == "@type") return key.substr(1);
  if (key.starts_with("as:")) return key.substr(3);
  return key.starts_with(as::kNamespace) ? key.substr(as::kNamespace.size()) : key;
}

/// True where plain names mean what they do in ActivityStreams, as far as one can see.
bool names_as2(Value context) {
  const auto contexts = context.items();
  return context.is_null() || context.is(kAs2Context) ||
         std::ranges::any_of(contexts, [](Value one) { return one.is(kAs2Context); });
}

/// Sets a member under its plain name, and takes away other spellings of it.
void set_plain(Value object, std::string_view key, Value value, Arena& arena) {
  object.erase(arena.concat("as:", key));
  object.erase(arena.concat(as::kNamespace, key));
  if (key == "id" || key == "type") object.erase(arena.concat("@", key));
  object.set(arena, key, value);
}

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& keys, std::string_view key) {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

/// A submission on its way from what the client wrote to what is stored.
class Draft {
 public:
  Draft(const Actor& actor, std::string_view instrument, const Services& services)
      : actor_(actor), instrument_(instrument), services_(services) {}

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
    QP_TRY(check());
    QP_TRY(check_hidden_recipients(document_, node_));
    if (names_as2(document_.get("@context"))) {
      spell_plainly(document_, node_);
      if (activity_.is(as::Create)) spell_plainly(document_.get("object"), activity_.object);
    }
    activity_.actors = {actor_.iri};  // a client may leave it out
    return {};
  }

  /// Sets what the server sets: ids, actor, published, and copies addressing both ways (6.2).
  Result<void> complete() {
    base_ = actor_.iri.substr(0, actor_.iri.find("/actors/"));
    const Millis now = services_.clock();
    set_plain(document_, "id", text(fmt::format("{}/activities/{}", base_, random::uuid_v7(now))),
              arena_);
    set_plain(document_, "actor", text(actor_.iri), arena_);
    if (document_.get("published").is_null()) {
      set_plain(document_, "published", text(time::rfc3339(now)), arena_);
    }
    if (!instrument_.empty() && node_.get(as::instrument.iri).empty()) {
      set_plain(document_, "instrument", text(instrument_), arena_);
    }
    if (activity_.is(as::Create)) QP_TRY(complete_created(now));
    return {};
  }

  bool is_update() const { return activity_.is(as::Update); }
  const Activity& activity() const { return activity_; }
  const std::string& object() const { return object_; }
  const std::vector<std::string>& members() const { return members_; }
  std::string to_text() const { return json::to_text(document_); }

  /// 6.3: a partial object; its members replace those of the stored one, null removes.
  Result<void> merge_update(const store::Txn& txn) {
    const Value* change = document_.find("object");
    if (!change) return bad_input("Update needs one embedded object with its id");
    object_ = activity_.objects.front();
    const Value whole = QP_TRY(stored(txn, object_));
    const bool is_profile = object_ == actor_.iri;
    const bool is_listing = QP_TRY(find_collection(txn, object_)).has_value();
    const Value asked = Value::object(arena_, 3);
    for (const std::string_view key : {"oneOf", "anyOf", "votersCount"}) {
      if (whole.contains(key)) asked.set(arena_, key, whole.get(key));
    }
    const bool is_plain = names_as2(document_.get("@context"));
    const Value context = context_after(whole, *change);
    QP_TRY(check_context(whole, *change, context));
    for (const json::Member& member : change->members()) {
      if (is_profile ? is_one_of(kKeptOfActor, member.key) : is_one_of(kKept, member.key)) continue;
      std::string_view key = is_plain ? plain_name(member.key) : member.key;
      if (key == "id" || key == "@id" || key == "@context") continue;
      if (is_listing && is_one_of(kShownOfCollection, key)) continue;
      if (is_listing && is_one_of(kItems, key)) {
        return bad_input("Add and Remove change what is in a collection");
      }
      // What is kept, under another name: check_kept says so.
      if (is_profile ? is_one_of(kKeptOfActor, key) : is_one_of(kKept, key)) key = member.key;
      if (member.value.is_null()) {
        whole.erase(key);
      } else {
        whole.set(arena_, key, member.value);
      }
    }
    if (has_type(activity_.object, as::Question) || !asked.empty()) {
      QP_TRY(keep_votes(asked, whole, arena_));
    }
    whole.erase("@context");
    document_.set(arena_, "@context", context);
    for (const auto& [key, role] : kListings) {  // shown as counts
      if (whole.get(key).is_object()) whole.set(arena_, key, whole.get(key).get("id"));
    }
    if (is_profile) wrap_several(whole);
    if (!change->contains("updated")) {
      set_plain(whole, "updated", text(time::rfc3339(services_.clock())), arena_);
    }
    document_.set(arena_, "object", whole);
    copy_addressing(whole, document_);
    return {};
  }

  /// What the activity asks for is the actor's to ask.
  Result<void> check_authority(const store::Txn& txn) const {
    const auto self = QP_TRY(find_actor(txn, actor_.iri));
    if (!self || self->deleted) return error(Code::Gone, "this actor is deleted");
    if (activity_.is(as::Undo)) QP_TRY(check_undone(txn));
    if (activity_.is(as::Follow)) QP_TRY(check_followed(txn));
    if (activity_.is(as::Add)) QP_TRY(check_added(txn));
    return admit_effects(txn, activity_);
  }

  /// ActivityPub 6 leaves addressing to the client. Where it names nobody, these go to whom they
  /// are for: an answer or a request would never arrive, and nobody would learn of a Delete.
  Result<void> fill_addressing(const store::Txn& txn) {
    if (!activity_.recipients().empty()) return {};
    if (activity_.is(as::Delete) || activity_.is(as::Undo)) return inherit_addressing(txn);
    std::vector<std::string> to;
    if (activity_.is(as::Follow)) to = activity_.objects;
    if (activity_.is(as::Accept) || activity_.is(as::Reject)) {
      const auto known = QP_TRY(subject_of(txn, activity_));
      if (known && !known->actor.empty()) to.push_back(known->actor);
    }
    if (is_reaction()) to = QP_TRY(authors_of_objects(txn));
    set_recipients(document_, "to", to);
    return {};
  }

 private:
  Value text(std::string_view value) { return Value::string(arena_.copy(value)); }

  Result<Value> expand() { return expand(document_); }
  Result<Value> expand(Value document) {
    // Expansion keeps no hold on the document; the copy is changed later on.
    const Value expanded = QP_TRY(jsonld::expand_for_storage(
        json::deep_copy(document, arena_), {services_.contexts, services_.loader}, arena_));
    if (expanded.size() != 1) return bad_input("the body does not describe one resource");
    return expanded.items()[0];
  }

  void add_context() {
    const Value with = Value::object(arena_, document_.size() + 1);
    with.set(arena_, "@context", Value::string("https://www.w3.org/ns/activitystreams"));
    for (const json::Member& member : document_.members()) with.append_member(arena_, member);
    document_ = with;
  }

  /// What others read without JSON-LD has the name that they look for: the type, and the
  /// recipients.
  void spell_plainly(Value part, Value node) {
    if (part.contains("@type") && !part.contains("type")) {
      set_plain(part, "type", part.get("@type"), arena_);
    }
    if (part.get("@context").is_object()) return;
    for (const auto& [key, property] : kAddressing) {
      if (!part.contains(key)) set_recipients(part, key, values_of(node, property.iri));
    }
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
    if (is_update() && (!document_.get("object").is_object() || activity_.objects.size() != 1)) {
      return bad_input("Update needs one embedded object with its id");
    }
    if (!activity_.is(as::Create)) return {};
    if (!activity_.object.is_object() || node_.get(as::object.iri).size() != 1 ||
        !document_.get("object").is_object()) {
      return bad_input("Create needs one embedded object");
    }
    if (types_of(activity_.object).empty()) return bad_input("the object has no type");
    for (const std::string& author : values_of(activity_.object, as::attributedTo.iri)) {
      if (author != actor_.iri) {
        return error(Code::Forbidden, "attributedTo is not the owner of this outbox");
      }
    }
    for (const std::string& actor : values_of(activity_.object, as::actor.iri)) {
      if (actor != actor_.iri) {
        return error(Code::Forbidden, "the object's actor is not the owner of this outbox");
      }
    }
    return {};
  }

  bool is_reaction() const {
    return activity_.is(as::Like) || activity_.is(as::Dislike) || activity_.is(litepub::EmojiReact);
  }

  /// Of what the actor may read: who wrote the rest is not for it to learn.
  Result<std::vector<std::string>> authors_of_objects(const store::Txn& txn) const {
    std::vector<std::string> authors;
    for (const std::string& object : activity_.objects) {
      if (!QP_TRY(may_read(txn, object, actor_.iri))) continue;
      for (std::string& author : QP_TRY(owners_of(txn, object))) {
        if (author != actor_.iri && !contains(authors, author)) {
          authors.push_back(std::move(author));
        }
      }
    }
    return authors;
  }

  /// The undone activity's readers are to know; those of a deleted object that they had it.
  Result<void> inherit_addressing(const store::Txn& txn) {
    if (activity_.objects.size() != 1 || activity_.objects.front() == actor_.iri) return {};
    const std::string& before = activity_.objects.front();
    for (const auto& [key, property] : kAddressing) {
      set_recipients(document_, key, QP_TRY(values_of(txn, before, property)));
    }
    return {};
  }

  void set_recipients(Value part, std::string_view key,
                      const std::vector<std::string>& recipients) {
    if (recipients.empty()) return;
    const Value list = Value::array(arena_);
    for (const std::string& one : recipients) list.push_back(arena_, text(one));
    set_plain(part, key, list, arena_);
  }

  Result<void> check_undone(const store::Txn& txn) const {
    for (const std::string& object : activity_.objects) {
      const auto id = QP_TRY(txn.find_iri(object));
      if (id && QP_TRY(txn.graph(*id)) && QP_TRY(is_local(txn, object)) &&
          !QP_TRY(find_activity(txn, object)) && !QP_TRY(view::is_tombstone(txn, *id))) {
        return bad_input("what Undo takes back is an activity");
      }
    }
    const auto known = QP_TRY(subject_of(txn, activity_));
    if (!known) return {};
    for (const auto& [type, refusal] : kNotUndone) {
      if (known->is(type)) return bad_input(std::string(refusal));
    }
    return {};
  }

  /// Nobody answers for an actor of this server that is not there.
  Result<void> check_followed(const store::Txn& txn) const {
    for (const std::string& followed : activity_.objects) {
      if (!QP_TRY(is_local(txn, followed))) continue;
      const auto known = QP_TRY(find_actor(txn, followed));
      if (!known) return error(Code::NotFound, "there is no such actor here: " + followed);
      if (QP_TRY(is_gone(txn, *known))) return error(Code::Gone, "that actor is deleted");
    }
    return {};
  }

  Result<void> check_added(const store::Txn& txn) const {
    for (const std::string& object : activity_.objects) {
      const auto id = QP_TRY(txn.find_iri(object));
      if (id && QP_TRY(view::is_tombstone(txn, *id))) {
        return error(Code::Gone, "what is to be added is deleted: " + object);
      }
    }
    return {};
  }

  Result<void> complete_created(Millis now) {
    const Value object = document_.get("object");
    const bool is_listing = is_collection(activity_.object);
    object_ = fmt::format("{}/{}/{}", base_, is_listing ? "collections" : "objects",
                          random::uuid_v7(now));
    set_plain(object, "id", text(object_), arena_);
    set_plain(object, "attributedTo", text(actor_.iri), arena_);
    if (is_listing) {
      QP_TRY(take_members(object));
    } else {
      set_listings(object);
    }
    if (has_type(activity_.object, as::Question)) {
      if (names_as2(document_.get("@context"))) name_choices(object, arena_);
      QP_TRY(begin_votes(object, arena_));
    }
    if (object.get("published").is_null()) {
      set_plain(object, "published", document_.get("published"), arena_);
    }
    copy_addressing(object, document_);
    copy_addressing(document_, object);
    return {};
  }

  /// A collection's items go to its sequence, never into its graph (design.md).
  Result<void> take_members(Value object) {
    members_ = values_of(activity_.object, as::items.iri);
    const auto items = activity_.object.get(as::items.iri).items();
    std::size_t count = 0;
    for (const Value item : items) count += item.contains("@list") ? item.get("@list").size() : 1;
    const bool all_named = count == members_.size() && std::all_of(members_.begin(), members_.end(),
                                                                   [](const std::string& one) {
                                                                     return !origin_of(one).empty();
                                                                   });
    if (!all_named) return bad_input("the items of a collection need ids");
    for (const auto& keys : {std::span<const std::string_view>(kItems),
                             std::span<const std::string_view>(kShownOfCollection)}) {
      for (const std::string_view key : keys) {
        object.erase(key);
        object.erase(arena_.concat("as:", key));
        object.erase(arena_.concat(as::kNamespace, key));
      }
    }
    return {};
  }

  Value context_after(Value whole, Value change) {
    const Value both = both_contexts(whole.get("@context"), document_.get("@context"));
    const Value own = change.get("@context");
    return own.is_null() ? both : both_contexts(both, own);
  }

  /// What an Update does not name keeps its meaning under the context that the Update brings.
  Result<void> check_context(Value whole, Value change, Value after) {
    if (json::equal(whole.get("@context"), after)) return {};
    const Value rest = json::deep_copy(whole, arena_);
    for (const json::Member& member : change.members()) {
      const bool is_needed = member.key == "id" || member.key == "type" || member.key == "@context";
      if (!is_needed) rest.erase(member.key);
    }
    const Value meant = QP_TRY(expand(rest));
    rest.set(arena_, "@context", after);
    if (json::equal(meant, QP_TRY(expand(rest)))) return {};
    return bad_input(
        "the @context gives another meaning to what the object has and the Update does not name");
  }

  /// Of the object as it was, and of what the client says of it. The client's alone where both are
  /// too many, as after many Updates with ever new ones.
  Value both_contexts(Value before, Value now) {
    if (before.is_null()) return now;
    const Value both = united(before, now);
    return both.size() <= limits::kContextsPerDocument ? both : now;
  }

  /// Where reactions and answers are listed is for the server to say.
  void set_listings(Value object) {
    for (const auto& [key, role] : kListings) {
      set_plain(object, key, text(collection_of(object_, role)), arena_);
    }
  }

  /// Peers look for arrays where an actor may have several of something (interop.md I3).
  void wrap_several(Value profile) {
    for (const vocab::Fields part : vocab::kActorParts) {
      for (const vocab::Field& field : part) {
        if (field.count == vocab::Count::One) continue;
        Value* value =
            profile.find(field.property.iri.substr(field.property.iri.find_last_of("#/") + 1));
        if (!value || value->is_array() || value->is_null()) continue;
        const Value several = Value::array(arena_);
        several.push_back(arena_, *value);
        *value = several;
      }
    }
  }

  /// 6.2: what `from` says of recipients and `to` does not, `to` says too.
  void copy_addressing(Value from, Value to) {
    for (const auto& [key, property] : kAddressing) {
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
  std::string_view instrument_;
  const Services& services_;
  Arena arena_;
  Value document_;
  Value node_;
  Activity activity_;
  std::string base_;
  std::string object_;
  std::vector<std::string> members_;
};

/// Nothing that the server keeps is said under a name that only the client's context knows.
Result<void> check_written(const Prepared& prepared) {
  const Activity& activity = prepared.activity;
  if (activity.is(as::Create)) QP_TRY(check_created(activity.object));
  if (!has_type(activity.object, as::Question)) return {};
  const Value document = prepared.form.json;
  return check_votes(document.get("object"), activity.object, names_as2(document.get("@context")));
}

/// As the author gets it, from the finished bytes that were just written where there are some.
Result<std::string> body_for_author(const store::Txn& txn, const std::string& activity,
                                    const Actor& actor, const Services& services) {
  const view::Sight sight = QP_TRY(view::sight_of(txn, {actor.iri}));
  if (const auto kept = QP_TRY(view::find_rendered(txn, activity, sight))) {
    return std::string(kept->body);
  }
  auto served =
      QP_TRY(view::serve(txn, activity, {actor.iri}, {services.contexts, services.loader}));
  return std::move(served.body);
}

}  // namespace

Outbox::Outbox(Services& services, std::function<void()> wake_delivery)
    : services_(services), wake_delivery_(std::move(wake_delivery)) {}

Result<Submitted> Outbox::submit(const Actor& actor, std::string_view body, const Permit& permit,
                                 std::string_view instrument) {
  Draft draft(actor, instrument, services_);
  QP_TRY(draft.read(body));
  {
    const auto txn = QP_TRY(services_.store.read());
    if (permit) QP_TRY(permit(*txn, draft.activity()));
    QP_TRY(draft.check_authority(*txn));
    QP_TRY(draft.fill_addressing(*txn));
  }
  QP_TRY(draft.complete());
  std::unique_ptr<Prepared> prepared;
  if (!draft.is_update()) {
    prepared = QP_TRY(prepare(draft.to_text(), draft.object(), services_));
    QP_TRY(check_written(*prepared));
    prepared->members = draft.members();
  }
  Submitted submitted;
  // A conflict with another Update of the same object cannot arise: merging is done on the
  // writer's thread, which sees all earlier ones.
  QP_TRY(services_.store.write([&](store::WriteTxn& txn) -> Result<void> {
    QP_TRY(draft.check_authority(txn));
    if (draft.is_update()) {
      Draft update(actor, instrument, services_);
      QP_TRY(update.read(body));
      QP_TRY(update.complete());
      QP_TRY(update.merge_update(txn));
      prepared = QP_TRY(prepare(update.to_text(), update.object(), services_));
      if (types_of(prepared->activity.object).empty()) return bad_input("an object keeps a type");
      QP_TRY(check_kept(txn, prepared->object, prepared->form, actor));
      QP_TRY(check_written(*prepared));
    }
    QP_TRY(publish(txn, actor, *prepared, "token", services_));
    submitted.activity = prepared->activity.id;
    submitted.object = prepared->object;
    submitted.body = QP_TRY(body_for_author(txn, submitted.activity, actor, services_));
    return {};
  }));
  wake_delivery_();
  return submitted;
}

}  // namespace qp::ap
