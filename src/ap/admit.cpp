#include "ap/admit.hpp"

#include <algorithm>

#include "ap/actor.hpp"
#include "ap/tables.hpp"

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

Result<bool> is_blocked(const store::Txn& txn, std::string_view host) {
  if (QP_TRY(txn.get(kBlockedHosts, host))) return true;
  host = host.substr(0, host.find(':'));
  while (!host.empty()) {
    if (QP_TRY(txn.get(kBlockedHosts, host))) return true;
    const auto dot = host.find('.');
    if (dot == std::string_view::npos) return false;
    host.remove_prefix(dot + 1);
  }
  return false;
}

Result<void> admit_here(const store::Txn& txn, const Activity& activity) {
  const std::string host = host_of(activity.actor());
  if (QP_TRY(txn.get(kDomains, host))) {
    return error(Code::Forbidden, "the activity speaks for an actor of this server");
  }
  if (QP_TRY(is_blocked(txn, host))) return error(Code::Forbidden, "your domain is blocked here");
  return {};
}

Result<std::string> admitted_object(const store::Txn& txn, const Activity& activity) {
  const bool creates = activity.is(as::Create);
  if ((!creates && !activity.is(as::Update)) || !activity.object.is_object()) return std::string();
  const std::string object(activity.object.get("@id").text());
  const std::string actor = activity.actor();
  if (object.empty() || object == activity.id || object.find('#') != std::string::npos ||
      origin_of(object) != origin_of(actor)) {
    return std::string();
  }
  const auto authors = values_of(activity.object, as::attributedTo.iri);
  const bool by_actor = std::all_of(authors.begin(), authors.end(),
                                    [&](const std::string& one) { return one == actor; });
  if (!by_actor && object != actor) return std::string();
  const auto id = QP_TRY(txn.find_iri(object));
  const auto record = id ? QP_TRY(txn.graph(*id)) : std::nullopt;
  if (creates) return record ? std::string() : object;
  if (object == actor || !record) return object;
  const auto owner = QP_TRY(txn.find_iri(actor));
  const bool owns = owner && QP_TRY(txn.probe({*id, *id, as::attributedTo, *owner}, {}));
  return owns ? object : std::string();
}

}  // namespace qp::ap
