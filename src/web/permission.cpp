#include "web/permission.hpp"

#include <algorithm>
#include <array>

namespace qp::web {

namespace {

using oauth::Scope;
using Missing = std::optional<Scope>;

struct Rule {
  Word type;
  Scope scope;
};
constexpr std::array kRules{Rule{as::Create, Scope::CreateContent},
                            Rule{as::Update, Scope::UpdateContent},
                            Rule{as::Delete, Scope::DeleteContent},
                            Rule{as::Add, Scope::ManageCollections},
                            Rule{as::Remove, Scope::ManageCollections},
                            Rule{as::Follow, Scope::FollowActors},
                            Rule{as::Accept, Scope::ManageFollowers},
                            Rule{as::TentativeAccept, Scope::ManageFollowers},
                            Rule{as::Reject, Scope::ManageFollowers},
                            Rule{as::TentativeReject, Scope::ManageFollowers},
                            Rule{as::Block, Scope::Block},
                            Rule{as::Flag, Scope::Flag},
                            Rule{as::Like, Scope::Like},
                            Rule{as::Dislike, Scope::Like},
                            Rule{as::Announce, Scope::Share},
                            Rule{litepub::EmojiReact, Scope::Write},
                            Rule{as::Move, Scope::Write}};

Scope scope_of(std::string_view type) {
  const auto rule = std::ranges::find(kRules, type, [](const Rule& one) { return one.type.iri; });
  return rule == kRules.end() ? Scope::Write : rule->scope;
}

/// Making, changing and deleting content: what the right to delete is for.
bool is_about_content(Scope scope) {
  return scope == Scope::CreateContent || scope == Scope::UpdateContent ||
         scope == Scope::DeleteContent;
}

/// What concerns one actor, who is addressed with it.
bool is_between_actors(Scope scope) {
  return scope == Scope::FollowActors || scope == Scope::ManageFollowers || scope == Scope::Block ||
         scope == Scope::Flag;
}

class Check {
 public:
  Check(const store::Txn& txn, const Caller& caller, const ap::Actor& poster,
        const ap::Activity& activity)
      : txn_(txn), caller_(caller), poster_(poster), activity_(activity) {}

  Result<Missing> run() {
    for (const std::string& type : activity_.types) {
      Missing missing = QP_TRY(missing_for(type));
      if (missing) return missing;
    }
    return missing_for_recipients();
  }

 private:
  bool has(Scope scope) const { return caller_.scopes.has(scope); }

  Result<Missing> missing_for(const std::string& type) {
    if (type == as::Undo.iri) return missing_for_undo();
    const Scope scope = QP_TRY(scope_here(type));
    if (!is_between_actors(scope)) between_actors_ = false;
    if (has(scope))
      return type == as::Delete.iri ? missing_for_deleted() : Result<Missing>(Missing());
    const bool is_reaction = scope == Scope::Like || scope == Scope::Share;
    if (is_reaction && QP_TRY(may_react_to(activity_.objects))) return Missing();
    if (scope == Scope::CreateContent) {
      const auto parents = ap::values_of(activity_.object, as::inReplyTo.iri);
      if (QP_TRY(may_react_to(parents))) return Missing();
    }
    return Missing(scope);
  }

  /// The scope of a type, as far as the objects do not ask for another.
  Result<Scope> scope_here(const std::string& type) const {
    const Scope scope = scope_of(type);
    const bool is_self = ap::contains(activity_.objects, poster_.iri);
    if (is_self && scope == Scope::UpdateContent) return Scope::UpdateProfile;
    if (is_self && scope == Scope::DeleteContent) return Scope::Write;
    if (type == as::Remove.iri && ap::contains(activity_.targets, poster_.followers)) {
      return Scope::ManageFollowers;
    }
    if (scope != Scope::ManageFollowers) return scope;
    const auto answered = QP_TRY(object_types());
    const bool is_other = !answered.empty() && !ap::contains(answered, as::Follow.iri);
    return is_other ? Scope::Write : scope;
  }

  Result<Missing> missing_for_undo() {
    const auto undone = QP_TRY(object_types());
    if (undone.empty()) {
      between_actors_ = false;
      return has(Scope::Write) ? Missing() : Missing(Scope::Write);
    }
    for (const std::string& type : undone) {
      const Scope scope = scope_of(type);
      if (!is_between_actors(scope)) between_actors_ = false;
      if (!has(scope)) return Missing(scope);
    }
    return Missing();
  }

  /// An activity that is deleted is taken back as by an Undo.
  Result<Missing> missing_for_deleted() const {
    for (const std::string& type : QP_TRY(stored_types())) {
      const Scope scope = scope_of(type);
      if (!is_about_content(scope) && !has(scope)) return Missing(scope);
    }
    return Missing();
  }

  /// Types of the activity that this one is about. What is stored under its id counts, whatever
  /// the client says about it.
  Result<std::vector<std::string>> object_types() const {
    auto types = QP_TRY(stored_types());
    if (types.empty() && activity_.object.is_object()) types = ap::types_of(activity_.object);
    return types;
  }

  Result<std::vector<std::string>> stored_types() const {
    std::vector<std::string> types;
    for (const std::string& object : activity_.objects) {
      const auto id = QP_TRY(txn_.find_iri(object));
      if (!id) continue;
      for (const Rule& rule : kRules) {
        if (QP_TRY(txn_.probe({*id, *id, rdf::type, rule.type}, {}))) {
          types.emplace_back(rule.type.iri);
        }
      }
    }
    return types;
  }

  /// False where there is nothing to react to.
  Result<bool> may_react_to(const std::vector<std::string>& targets) const {
    if (targets.empty()) return false;
    if (has(Scope::ReactAny)) return true;
    const auto domains = QP_TRY(ap::domains(txn_));
    const std::string own = ap::origin_of(caller_.client);
    return std::ranges::all_of(targets, [&](const std::string& target) {
      const std::string origin = ap::origin_of(target);
      if (origin.empty()) return false;
      const bool is_local = std::ranges::find(domains, origin, &ap::Domain::url) != domains.end();
      return (is_local && has(Scope::ReactLocal)) || (origin == own && has(Scope::ReactOwn));
    });
  }

  Result<Missing> missing_for_recipients() const {
    if (has(Scope::AddressAll)) return Missing();
    std::vector<std::string> recipients = activity_.recipients();
    for (const Word& word : {as::to, as::cc, as::bto, as::bcc, as::audience}) {
      for (std::string& more : ap::values_of(activity_.object, word.iri)) {
        recipients.push_back(std::move(more));
      }
    }
    for (const std::string& recipient : recipients) {
      Missing missing = QP_TRY(missing_for_recipient(recipient));
      if (missing) return missing;
    }
    return Missing();
  }

  Result<Missing> missing_for_recipient(const std::string& recipient) const {
    Scope scope = Scope::AddressActor;
    if (recipient == as::Public.iri) {
      scope = Scope::AddressPublic;
    } else if (recipient == poster_.followers) {
      scope = Scope::AddressFollowers;
    } else if (QP_TRY(ap::find_collection(txn_, recipient))) {
      scope = Scope::AddressAll;
    }
    if (has(scope) || (scope == Scope::AddressActor && between_actors_)) return Missing();
    return Missing(scope);
  }

  const store::Txn& txn_;
  const Caller& caller_;
  const ap::Actor& poster_;
  const ap::Activity& activity_;
  bool between_actors_ = true;  ///< all types are; known once the types have been looked at
};

}  // namespace

Result<std::optional<Scope>> missing_scope(const store::Txn& txn, const Caller& caller,
                                           const ap::Actor& poster, const ap::Activity& activity) {
  return Check(txn, caller, poster, activity).run();
}

Scope reading_scope(ap::Role role) {
  switch (role) {
    case ap::Role::Inbox:
      return Scope::ReadInbox;
    case ap::Role::Outbox:
      return Scope::ReadOutbox;
    case ap::Role::Followers:
    case ap::Role::PendingFollowers:
      return Scope::ReadFollowers;
    case ap::Role::Following:
    case ap::Role::PendingFollowing:
      return Scope::ReadFollowing;
    case ap::Role::Liked:
      return Scope::ReadLiked;
    case ap::Role::Likes:
    case ap::Role::Shares:
    case ap::Role::Replies:
    case ap::Role::Dislikes:
    case ap::Role::Blocked:
    case ap::Role::Featured:
    case ap::Role::Streams:
    case ap::Role::Bookmarks:
    case ap::Role::Other:
    case ap::Role::SharedInbox:
      return Scope::ReadAll;
  }
  return Scope::Read;
}

}  // namespace qp::web
