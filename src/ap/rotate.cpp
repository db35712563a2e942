#include "ap/rotate.hpp"

#include <array>

#include <nlohmann/json.hpp>

#include "ap/actor.hpp"
#include "ap/ids.hpp"
#include "ap/publish.hpp"
#include "ap/tables.hpp"
#include "view/serve.hpp"

namespace qp::ap {

namespace {

using nlohmann::ordered_json;

/// The actor's document with the new keys in the place of the old ones.
Result<ordered_json> document_with(const store::Txn& txn, const Actor& actor,
                                   const sig::PrivateKey& rsa, const sig::PrivateKey& ed25519,
                                   const Services& services) {
  const auto served =
      QP_TRY(view::serve(txn, actor.iri, {actor.iri}, {services.contexts, services.loader}));
  auto document = ordered_json::parse(served.body, nullptr, false);
  if (!document.is_object()) return Error{Code::Storage, "an actor's document is damaged", {}};
  document["publicKey"] = {{"id", main_key_of(actor.iri)},
                           {"owner", actor.iri},
                           {"publicKeyPem", rsa.public_key().pem()}};
  document["assertionMethod"] =
      ordered_json::array({{{"id", ed25519_key_of(actor.iri)},
                            {"type", "Multikey"},
                            {"controller", actor.iri},
                            {"publicKeyMultibase", ed25519.public_key().multibase()}}});
  return document;
}

}  // namespace

Result<void> rotate_key(store::WriteTxn& txn, const std::string& actor_iri,
                        const sig::PrivateKey& rsa, const sig::PrivateKey& ed25519,
                        const Services& services) {
  const auto actor = QP_TRY(find_actor(txn, actor_iri));
  if (!actor) return error(Code::NotFound, "no actor " + actor_iri + " lives here");
  ordered_json document = QP_TRY(document_with(txn, *actor, rsa, ed25519, services));
  QP_TRY(txn.put(kPrivateKeys, actor->iri, rsa.pem()));
  QP_TRY(txn.put(kPrivateKeys, ed25519_key_of(actor->iri), ed25519.pem()));
  const Millis now = services.clock();
  const ordered_json context = document["@context"];
  document.erase("@context");
  const ordered_json update = {
      {"@context", context},      {"id", new_activity_iri(actor->iri, now)},
      {"type", "Update"},         {"actor", actor->iri},
      {"object", document},       {"to", {as::Public.iri}},
      {"cc", {actor->followers}}, {"published", time::rfc3339(now)}};
  const auto prepared = QP_TRY(prepare(update.dump(), actor->iri, services));
  return publish(txn, *actor, *prepared, "server", services);
}

}  // namespace qp::ap
