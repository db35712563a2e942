#pragma once

#include <string>

#include "ap/activity.hpp"
#include "store/store.hpp"

/// Who may write what (security.md 1.1, FEP-fe34). Everything asked here is asked of the expanded
/// form.
namespace qp::ap {

/// The activity is complete, its id and its actor are of one origin, and that actor is who signed.
Result<void> admit(const Activity& activity, const std::string& signer);

/// Neither the actor nor the id is of this server, and the sender's host is not blocked.
Result<void> admit_here(const store::Txn& txn, const Activity& activity);

/// The embedded object that the activity may be the source of: of a Create, if it is new; of an
/// Update, if it is the actor itself or was attributed to the actor before. Empty: none.
Result<std::string> admitted_object(const store::Txn& txn, const Activity& activity);

/// True for `host` and for subdomains of a blocked one.
Result<bool> is_blocked(const store::Txn& txn, std::string_view host);

}  // namespace qp::ap
