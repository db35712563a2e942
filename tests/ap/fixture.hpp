#pragma once

#include <string>

#include "../store/temporary_store.hpp"
#include "ap/actor.hpp"
#include "ap/outbox.hpp"
#include "ap/services.hpp"
#include "jsonld/context.hpp"
#include "view/serve.hpp"
#include "vocab/contexts.hpp"

namespace qp::ap {

/// There is no network here.
class NoNetwork final : public net::Client {
 public:
  Result<net::IncomingResponse> send(net::OutgoingRequest, const net::Prepare&) override {
    return Error{Code::Network, "no network in this test", {}};
  }
};

inline Result<jsonld::RemoteDocument> load_bundled(std::string_view url) {
  const auto* bundled = vocab::find_bundled_context(url);
  if (!bundled) return error(Code::NotFound, "not in the bundle");
  return jsonld::RemoteDocument{std::string(url), std::string(bundled->json), {}};
}

/// A server without HTTP: a store, two actors of one domain, and their outboxes.
class Fixture {
 public:
  Fixture()
      : store_(store::must(store::Store::open({.folder = folder_.path()}))),
        services{*store_, contexts_, load_bundled, network_, [this] { return now; }},
        outbox(services, [] {}),
        alice(add("alice")),
        bob(add("bob")) {}

  Actor add(const std::string& name) {
    Actor actor;
    const auto key = store::must(sig::PrivateKey::generate(sig::KeyType::Rsa));
    const auto ed25519 = store::must(sig::PrivateKey::generate(sig::KeyType::Ed25519));
    const Domain domain = store::must(parse_domain("http://localhost:8000"));
    store::must(store_->write([&](store::WriteTxn& txn) -> Result<void> {
      QP_TRY(add_domain(txn, domain));
      actor = QP_TRY(
          create_actor(txn, {name, name, "Person", "user", domain}, key, ed25519, now, services));
      return {};
    }));
    return actor;
  }

  /// Quotes in `json` may be written as '.
  Result<Submitted> post(const Actor& actor, std::string json) {
    std::replace(json.begin(), json.end(), '\'', '"');
    now += Millis(1000);
    return outbox.submit(actor, json);
  }

  /// What `reader` gets for `iri`; "" where it gets nothing.
  std::string seen(const std::string& iri, const std::string& reader = "") {
    const auto txn = store::must(store_->read());
    const auto served = view::serve(*txn, iri, {reader}, {contexts_, load_bundled});
    return served ? served->body : "";
  }

  bool is_member(const std::string& collection, const std::string& member) {
    const auto txn = store::must(store_->read());
    const auto sequence = store::must(txn->find_iri(collection));
    const auto id = store::must(txn->find_iri(member));
    return sequence && id && store::must(txn->sequence_contains(*sequence, *id));
  }

  std::size_t queued() {
    const auto txn = store::must(store_->read());
    return store::must(txn->queue_list(1000)).size();
  }

  store::Store& store() { return *store_; }

 private:
  store::TemporaryFolder folder_;
  std::unique_ptr<store::Store> store_;
  jsonld::ContextCache contexts_;
  NoNetwork network_;

 public:
  Millis now{1'764'000'000'000};
  Services services;
  Outbox outbox;
  Actor alice, bob;
};

inline const std::string kPublicNote =
    "{'@context':'https://www.w3.org/ns/activitystreams','type':'Note','content':'x',"
    "'to':['https://www.w3.org/ns/activitystreams#Public']}";

}  // namespace qp::ap
