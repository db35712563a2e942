#include "ap/admit.hpp"

#include <algorithm>
#include <array>

#include "ap/actor.hpp"
#include "ap/addressing.hpp"
#include "ap/effects.hpp"
#include "ap/tables.hpp"
#include "base/time.hpp"
#include "net/url.hpp"
#include "view/project.hpp"

namespace qp::ap {

Result<void> admit(const Activity& activity, const std::string& signer) {
  if (activity.types.empty()) return bad_input("the activity has no type");
  if (activity.actors.size() != 1) return bad_input("the activity needs exactly one actor");
  if (activity.id.empty()) return bad_input("the activity has no id");
  if (activity.id.size() > kMaxKey || activity.actor().size() > kMaxKey) {
    return bad_input("id and actor may have 480 bytes at most");
  }
  if (activity.actor() != signer) {
    return error(Code::Forbidden, "the signing key does not belong to the activity's actor");
  }
  const std::string origin = origin_of(activity.actor());
  if (origin.empty() || origin_of(activity.id) != origin) {
    return error(Code::Forbidden, "the activity's id and its actor are of different origins");
  }
  if (activity.recipients().size() > limits::kRecipients) {
    return error(Code::TooLarge, "too many recipients");
  }
  return {};
}

Result<bool> may_read(const store::Txn& txn, std::string_view iri, const std::string& actor) {
  const auto id = QP_TRY(txn.find_iri(iri));
  const auto record = id ? QP_TRY(txn.graph(*id)) : std::nullopt;
  if (!record || record->kind == store::GraphKind::Claims) return false;
  if (QP_TRY(view::is_tombstone(txn, *id))) return false;
  if (record->audience == store::AudienceId::Public) return true;
  std::vector<TermId> names{as::Public};
  if (const auto reader = QP_TRY(txn.find_iri(actor))) names.push_back(*reader);
  const auto visible = QP_TRY(txn.visible_to(names));
  return visible.sees(record->audience);
}

Result<bool> is_open_to(const store::Txn& txn, std::string_view iri, const std::string& actor) {
  if (!QP_TRY(is_local(txn, iri)) || !QP_TRY(may_read(txn, iri, actor))) return false;
  for (const std::string& owner : QP_TRY(owners_of(txn, iri))) {
    if (QP_TRY(has_blocked(txn, owner, actor))) return false;
  }
  return true;
}

namespace {

/// `host`, with or without its port, or one that it is below.
Result<bool> is_listed(const store::Txn& txn, store::Table table, std::string_view host) {
  if (QP_TRY(txn.get(table, host))) return true;
  host = host.substr(0, host.find(':'));
  while (!host.empty()) {
    if (QP_TRY(txn.get(table, host))) return true;
    const auto dot = host.find('.');
    if (dot == std::string_view::npos) return false;
    host.remove_prefix(dot + 1);
  }
  return false;
}

Result<bool> has_allow_list(const store::Txn& txn) {
  bool found = false;
  QP_TRY(txn.each(kAllowedHosts, "", [&](std::string_view, std::string_view) {
    found = true;
    return false;
  }));
  return found;
}

/// The lists have international names in ASCII; an IRI may have them in either form.
std::string ascii_host(std::string_view host) {
  if (std::ranges::none_of(host, [](char c) { return (c & 0x80) != 0; })) return std::string(host);
  const auto url = net::Url::parse("https://" + std::string(host));
  return url ? url->authority() : std::string(host);
}

}  // namespace

Result<bool> is_blocked(const store::Txn& txn, std::string_view given) {
  const std::string host = ascii_host(given);
  if (host.size() > kMaxKey || QP_TRY(is_listed(txn, kBlockedHosts, host))) return true;
  if (!QP_TRY(has_allow_list(txn)) || QP_TRY(txn.get(kDomains, host))) return false;
  return !QP_TRY(is_listed(txn, kAllowedHosts, host));
}

Result<void> admit_here(const store::Txn& txn, const Activity& activity) {
  const std::string host = host_of(activity.actor());
  if (QP_TRY(txn.get(kDomains, host))) {
    return error(Code::Forbidden, "the activity speaks for an actor of this server");
  }
  if (QP_TRY(is_blocked(txn, host))) return error(Code::Forbidden, "your domain is blocked here");
  return {};
}

namespace {

using Of = Rule::Of;

constexpr std::array kRules = {
    Rule{as::Update, Of::Object, Claim::OwnObject, "the object is not yours"},
    Rule{as::Delete, Of::Object, Claim::OwnObject, "the object is not yours"},
    Rule{as::Undo, Of::Object, Claim::OwnActivity, "that activity is not yours"},
    Rule{as::Accept, Of::Object, Claim::AskedOfActor, "that Follow was not sent to you"},
    Rule{as::Reject, Of::Object, Claim::AskedOfActor, "that Follow was not sent to you"},
    Rule{as::Add, Of::Target, Claim::OwnCollection, "the target is not a collection of yours"},
    Rule{as::Remove, Of::Target, Claim::OwnCollection, "the target is not a collection of yours"},
    Rule{as::Move, Of::Object, Claim::Itself, "you can move nobody but yourself"},
    Rule{as::Follow, Of::Object, Claim::SomebodyElse, "you cannot follow yourself"},
    Rule{as::Block, Of::Object, Claim::SomebodyElse, "you cannot block yourself"},
};

/// One claim of one activity on one thing.
class Check {
 public:
  Check(const store::Txn& txn, const Activity& activity, const Rule& rule)
      : txn_(txn), activity_(activity), actor_(activity.actor()), rule_(rule) {}

  Result<void> operator()(const std::string& thing) const {
    switch (rule_.claim) {
      case Claim::OwnObject:
        return own_object(thing);
      case Claim::OwnActivity:
        return own_activity(thing);
      case Claim::AskedOfActor:
        return asked_of_actor();
      case Claim::OwnCollection:
        return own_collection(thing);
      case Claim::Itself:
        return allow(thing == actor_);
      case Claim::SomebodyElse:
        return allow(thing != actor_);
    }
    return refuse();
  }

 private:
  Error refuse() const { return error(Code::Forbidden, std::string(rule_.refusal)); }
  Result<void> allow(bool allowed) const { return allowed ? Result<void>() : refuse(); }

  /// What is not known here is believed of whoever is of its origin.
  Result<void> unknown(const std::string& thing) const {
    if (origin_of(thing) != origin_of(actor_)) return refuse();
    if (!QP_TRY(is_local(txn_, thing))) return {};
    return error(Code::NotFound, "there is no such object here: " + thing);
  }

  Result<void> own_object(const std::string& thing) const {
    if (thing == actor_) return {};
    const auto collection = QP_TRY(find_collection(txn_, thing));
    if (collection && collection->role != Role::Other) {
      if (collection->owner != actor_) return refuse();
      return error(Code::Forbidden, "that collection is kept by the server");
    }
    const auto id = QP_TRY(txn_.find_iri(thing));
    if (!id || !QP_TRY(txn_.graph(*id))) return unknown(thing);
    if (QP_TRY(view::is_tombstone(txn_, *id))) {
      return error(Code::Gone, "the object is deleted already");
    }
    return allow(contains(QP_TRY(owners_of(txn_, thing)), actor_));
  }

  Result<void> own_activity(const std::string& thing) const {
    const auto known = QP_TRY(subject_of(txn_, activity_));
    if (!known) return unknown(thing);
    return allow(known->actor == actor_);
  }

  Result<void> asked_of_actor() const {
    const auto known = QP_TRY(subject_of(txn_, activity_));
    return allow(!known || !known->is(as::Follow) || contains(known->objects, actor_));
  }

  Result<void> own_collection(const std::string& thing) const {
    const auto collection = QP_TRY(find_collection(txn_, thing));
    if (!collection) return unknown(thing);
    if (collection->owner != actor_) return refuse();
    if (is_curated(collection->role)) return {};
    return error(Code::Forbidden, "that collection is kept by the server");
  }

  const store::Txn& txn_;
  const Activity& activity_;
  std::string actor_;
  const Rule& rule_;
};

}  // namespace

std::span<const Rule> rules() { return kRules; }

Result<void> admit_effects(const store::Txn& txn, const Activity& activity) {
  for (const Rule& rule : kRules) {
    if (!activity.is(rule.type)) continue;
    const Check check(txn, activity, rule);
    for (const auto& thing : rule.of == Of::Object ? activity.objects : activity.targets) {
      QP_TRY(check(thing));
    }
    // An embedded activity without an id is named by nothing.
    const bool is_nameless = rule.of == Of::Object && activity.objects.empty();
    if (is_nameless && activity.object.is_object()) QP_TRY(check(std::string()));
  }
  return {};
}

namespace {

std::optional<Millis> time_in(const std::vector<std::string>& values) {
  return values.empty() ? std::nullopt : time::from_rfc3339(values.front());
}

/// What is here was changed later than `node` says of itself.
Result<bool> is_outdated(const store::Txn& txn, json::Value node) {
  const auto says = time_in(values_of(node, as::updated.iri));
  if (!says) return false;
  const auto kept = time_in(QP_TRY(values_of(txn, node.get("@id").text(), as::updated)));
  return kept && *says < *kept;
}

/// By the actor, or nobody is named. Besides, a group of its server may be: a video of PeerTube's
/// is of an account and of its channel. A person may not, as far as is known: it could be anybody.
Result<bool> is_by(const store::Txn& txn, json::Value object, const std::string& actor) {
  const auto named = values_of(object, as::attributedTo.iri);
  if (!named.empty() && !contains(named, actor)) return false;
  for (const json::Value author : object.get(as::attributedTo.iri).items()) {
    const std::string id(author.is_object() ? author.get("@id").text() : std::string_view());
    if (id.empty() || id == actor) continue;
    if (!has_type(author, as::Group) || origin_of(id) != origin_of(actor)) return false;
    const auto types = QP_TRY(values_of(txn, id, rdf::type));
    if (!types.empty() && !contains(types, as::Group.iri)) return false;
  }
  return true;
}

}  // namespace

Result<std::string> admitted_object(const store::Txn& txn, const Activity& activity) {
  const bool creates = activity.is(as::Create);
  if ((!creates && !activity.is(as::Update)) || !activity.object.is_object()) return std::string();
  std::string object(activity.object.get("@id").text());
  const std::string actor = activity.actor();
  if (object.empty() || object == activity.id || origin_of(object) != origin_of(actor)) {
    return std::string();
  }
  // A fragment of what is another's may be a key; votes of Mastodon's are fragments of the voter.
  const auto fragment = object.find('#');
  if (fragment != std::string::npos && object.compare(0, fragment, actor) != 0) {
    return std::string();
  }
  // Who an actor is only itself says, whoever else is of its server.
  if (object != actor && QP_TRY(find_remote_actor(txn, object))) return std::string();
  const auto follows_whom = QP_TRY(txn.get(kFollowersOf, object.substr(0, kMaxKey)));
  if (follows_whom && *follows_whom != actor) return std::string();
  if (object != actor && !QP_TRY(is_by(txn, activity.object, actor))) return std::string();
  const auto id = QP_TRY(txn.find_iri(object));
  const auto record = id ? QP_TRY(txn.graph(*id)) : std::nullopt;
  if (creates) return record ? std::string() : object;
  if (!record) return object;
  const bool owns =
      object == actor || contains(QP_TRY(values_of(txn, object, as::attributedTo)), actor);
  const bool is_deleted = QP_TRY(view::is_tombstone(txn, *id));
  if (!owns || is_deleted || QP_TRY(is_outdated(txn, activity.object))) return std::string();
  return object;
}

Result<bool> comes_after_its_delete(const store::Txn& txn, const Activity& activity) {
  if (!activity.is(as::Create)) return false;
  for (const std::string& object : activity.objects) {
    if (QP_TRY(txn.get(kGone, pair_key("gone", object, activity.actor())))) return true;
    const auto id = QP_TRY(txn.find_iri(object));
    const bool is_deleted = id && QP_TRY(view::is_tombstone(txn, *id));
    if (is_deleted && origin_of(object) == origin_of(activity.actor())) return true;
  }
  return false;
}

}  // namespace qp::ap
