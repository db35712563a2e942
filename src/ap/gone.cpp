#include "ap/gone.hpp"

#include "oauth/users.hpp"

namespace qp::ap {

Result<bool> is_gone(const store::Txn& txn, const Actor& actor) {
  if (actor.deleted) return true;
  const auto user = QP_TRY(oauth::find_user(txn, actor.user));
  return user && user->disabled;
}

}  // namespace qp::ap
