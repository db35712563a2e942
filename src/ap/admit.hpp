#pragma once

#include <span>
#include <string>
#include <string_view>

#include "ap/activity.hpp"
#include "store/store.hpp"

/// Who may write what (security.md 1.1, FEP-fe34). Everything asked here is asked of the expanded
/// form.
namespace qp::ap {

/// The activity is complete, its id and its actor are of one origin, and that actor is who signed.
Result<void> admit(const Activity& activity, const std::string& signer);

/// Neither the actor nor the id is of this server, and the sender's host is not blocked.
Result<void> admit_here(const store::Txn& txn, const Activity& activity);

/// What an activity of a type asks of its object, or target, for its actor to be allowed to.
enum class Claim {
  OwnObject,      ///< belongs to the actor, or is the actor
  OwnActivity,    ///< was done by the actor
  AskedOfActor,   ///< a Follow, if it is one, that was asked of the actor
  OwnCollection,  ///< is a collection of the actor's, and not kept by the server
  Itself,         ///< is the actor
  SomebodyElse,   ///< is not the actor
};
struct Rule {
  Word type;
  enum class Of { Object, Target } of;
  Claim claim;
  std::string_view refusal;  ///< for the client
};
/// Who may do what, in both directions. Where a rule is broken an outbox refuses, and what comes to
/// an inbox has no effect.
std::span<const Rule> rules();

/// All rules hold. Forbidden with the rule's refusal; NotFound where it speaks of something that
/// would be of this server and is not there; Gone where that is deleted.
Result<void> admit_effects(const store::Txn& txn, const Activity& activity);

/// The embedded object that the activity may be the source of: of a Create, if it is new; of an
/// Update, if it is the actor itself or was attributed to the actor before, and what is here is not
/// deleted and not newer. Empty: none.
Result<std::string> admitted_object(const store::Txn& txn, const Activity& activity);

/// A Create of what its actor has deleted before it came.
Result<bool> comes_after_its_delete(const store::Txn& txn, const Activity& activity);

/// The resource is here, not deleted, and among its readers is `actor`.
Result<bool> may_read(const store::Txn& txn, std::string_view iri, const std::string& actor);

/// An object of this server that `actor` may answer and react to: it may read it, and the owner has
/// not blocked it.
Result<bool> is_open_to(const store::Txn& txn, std::string_view iri, const std::string& actor);

/// True for a blocked host and for those below it; and, once some host is allowed by name
/// (`quadpub domain allow`), for all that are neither allowed nor below one that is.
Result<bool> is_blocked(const store::Txn& txn, std::string_view host);

}  // namespace qp::ap
