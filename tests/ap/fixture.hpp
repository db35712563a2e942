#pragma once

#include <string>

#include "../store/temporary_store.hpp"
#include "ap/actor.hpp"
#include "ap/import_document.hpp"
#include "ap/inbox.hpp"
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
    // One pair for all actors of all fixtures: making an RSA key takes longer than most tests.
    static const auto key = store::must(sig::PrivateKey::generate(sig::KeyType::Rsa));
    static const auto ed25519 = store::must(sig::PrivateKey::generate(sig::KeyType::Ed25519));
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

  /// An activity of `actor` on another server, posted to the shared inbox. `members`: more of its
  /// JSON, quotes may be written as '. Its id is in `last_id` then.
  Result<Receipt> receive(const std::string& actor, const std::string& type,
                          const std::string& object, const std::string& members = "") {
    const std::string id =
        "https://remote.example/activities/" + std::to_string(++remote_activities_);
    const bool is_json = object.starts_with('{') || object.starts_with('[');
    std::string json = "{'@context':'https://www.w3.org/ns/activitystreams','type':'" + type +
                       "','actor':'" + actor + "','id':'" + id + "'";
    if (!object.empty()) json += ",'object':" + (is_json ? object : "'" + object + "'");
    if (!members.empty()) json += "," + members;
    last_id = id;  // which may be `object`
    return receive_text(actor, json + "}");
  }
  Result<Receipt> receive_text(const std::string& actor, std::string json) {
    std::replace(json.begin(), json.end(), '\'', '"');
    now += Millis(1000);
    return take_in(json, {actor, actor + "#main-key", "cavage"}, "http://localhost:8000/inbox",
                   services);
  }
  std::string last_id;

  /// A document that the operator brings. Quotes may be written as '.
  TermId bring(std::string json) {
    std::replace(json.begin(), json.end(), '\'', '"');
    json::Arena arena;
    const auto form = store::must(jsonld::read_for_storage(json::parse(json, arena).value(),
                                                           {contexts_, services.loader}, arena));
    TermId document{};
    store::must(store_->write([&](store::WriteTxn& txn) -> Result<void> {
      document = QP_TRY(import_document(txn, form, json, services));
      return {};
    }));
    return document;
  }

  /// Members of a collection, newest first.
  std::vector<std::string> members(const std::string& collection) {
    const auto txn = store::must(store_->read());
    std::vector<std::string> found;
    const auto sequence = store::must(txn->find_iri(collection));
    if (!sequence) return found;
    for (const auto& item :
         store::must(txn->sequence_before(*sequence, 0, 1000, store::Visible::everything()))) {
      found.emplace_back(store::must(txn->resolve(item.member)).value);
    }
    return found;
  }

  /// True if some quad, claims included, or some kept bytes have `word` in them.
  bool says(const std::string& word) {
    const auto txn = store::must(store_->read());
    std::vector<TermId> objects, documents;
    store::must(txn->scan({}, {store::Visible::everything(), true}, [&](const auto& quad) {
      objects.push_back(quad.quad.o);
      documents.push_back(quad.quad.g);
      return true;
    }));
    for (const TermId object : objects) {
      if (store::must(txn->resolve(object)).value == word) return true;
    }
    for (const TermId graph : documents) {
      const auto record = store::must(txn->graph(graph));
      if (!record || record->document == TermId::None) continue;
      const auto bytes = txn->document_bytes(record->document);
      if (bytes && bytes->find('>' + word) != std::string::npos) return true;
      if (bytes && bytes->find('"' + word + '"') != std::string::npos) return true;
    }
    return false;
  }

  /// The finished bytes of `iri`; "" where there are none.
  std::string rendered(const std::string& iri) {
    const auto txn = store::must(store_->read());
    const auto kept = store::must(txn->rendered(iri, 0));
    return kept ? std::string(kept->body) : std::string();
  }

  /// What `reader` gets for `iri`; "" where it gets nothing.
  std::string seen(const std::string& iri, const std::string& reader = "") {
    const auto txn = store::must(store_->read());
    const auto served = view::serve(*txn, iri, {reader}, {contexts_, load_bundled});
    return served ? served->body : "";
  }

  std::string seen_collection(const std::string& iri, const std::string& reader = "") {
    const auto txn = store::must(store_->read());
    const auto served =
        view::serve_collection(*txn, iri, std::nullopt, {reader}, {contexts_, load_bundled});
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
  view::Contexts views() { return {contexts_, load_bundled}; }

 private:
  store::TemporaryFolder folder_;
  std::unique_ptr<store::Store> store_;
  jsonld::ContextCache contexts_;
  NoNetwork network_;
  int remote_activities_ = 0;

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
