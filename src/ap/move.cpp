#include "ap/move.hpp"

#include <nlohmann/json.hpp>

#include "ap/addressing.hpp"
#include "ap/admit.hpp"
#include "ap/fetch.hpp"
#include "ap/follow.hpp"
#include "ap/ingest.hpp"
#include "view/project.hpp"

namespace qp::ap {

Result<void> write_fetched_actor(store::WriteTxn& txn, const jsonld::StoredForm& form,
                                 std::string_view bytes, const Services& services) {
  const std::string iri(form.root.value);
  const auto id = QP_TRY(txn.find_iri(iri));
  if (id && QP_TRY(view::is_tombstone(txn, *id))) return {};
  const Owned owned{iri, store::AudienceId::Public};
  const Provenance provenance{iri, iri, "fetched", {}, services.clock().count()};
  QP_TRY(write_document(txn, form, bytes, std::span(&owned, 1), provenance));
  return put_remote_actor(txn, remote_actor_in(form.expanded));
}

Result<void> plan_move(store::WriteTxn& txn, const std::string& move, const std::string& actor,
                       const std::string& target, const Services& services) {
  if (origin_of(target).empty() || QP_TRY(is_blocked(txn, host_of(target)))) return {};
  if (!QP_TRY(has_local_followers(txn, actor))) return {};
  const std::int64_t now = services.clock().count();
  const nlohmann::json job = {
      {"activity", move}, {"moved", actor}, {"recipient", target}, {"queued", now}};
  QP_TRY(txn.queue_push(now, "move of " + actor, job.dump()));
  return {};
}

Result<void> complete_move(const std::string& actor, const std::string& target,
                           const Services& services) {
  const auto still_moves = [&](const store::Txn& txn) -> Result<bool> {
    if (QP_TRY(is_blocked(txn, host_of(target)))) return false;
    return contains(QP_TRY(values_of(txn, actor, as::movedTo)), target);
  };
  {
    const auto txn = QP_TRY(services.store.read());
    if (!QP_TRY(still_moves(*txn))) return {};
  }
  json::Arena arena;
  const Fetched fetched = QP_TRY(fetch_resource(target, services, arena, Freshness::Fresh));
  if (fetched.form.root.value != target) {
    return error(Code::Unauthenticated, target + " is served under another id");
  }
  return services.store.write([&](store::WriteTxn& txn) -> Result<void> {
    if (!QP_TRY(still_moves(txn))) return {};
    QP_TRY(write_fetched_actor(txn, fetched.form, fetched.body, services));
    Activity nothing;
    nothing.actors = {actor};
    const Happening happening{txn, nothing, services, store::AudienceId::Nobody,
                              {},  nullptr, {},       nullptr};
    QP_TRY(lead_followers(happening, target));
    return {};
  });
}

}  // namespace qp::ap
