#include "ap/contexts.hpp"

#include "fixture.hpp"
#include "view/project.hpp"

namespace qp::ap {
namespace {

constexpr const char* kUrl = "https://unknown.example/ns";
constexpr const char* kContext = R"({"@context":{"mood":"https://unknown.example/mood"}})";
constexpr const char* kDocument =
    R"({"@context":["https://www.w3.org/ns/activitystreams","https://unknown.example/ns"],)"
    R"("id":"https://a.example/1","type":"Note","mood":"curious","tag":[]})";

/// A store whose loader finds what is added.
struct Added : Fixture {
  Added() { services.loader = context_loader(load_bundled, services.store); }

  bool says(const std::string& predicate) {
    const auto txn = store::must(services.store.read());
    const auto p = store::must(txn->find_iri(predicate));
    return p && store::must(txn->probe({.p = *p}, {}));
  }

  std::string rebuilt(TermId document) {
    const auto txn = store::must(services.store.read());
    const auto record = store::must(txn->document(document));
    json::Arena arena;
    return json::to_text(
        store::must(view::rebuild(*txn, *record, {services.contexts, services.loader}, arena)));
  }
};

bool same(const std::string& a, const std::string& b) {
  json::Arena arena;
  return json::equal(json::parse(a, arena).value(), json::parse(b, arena).value());
}

}  // namespace

TEST_CASE("a context that is added gives the documents that named it their terms") {
  Added server;
  const TermId document = server.bring(kDocument);
  CHECK(server.says("urn:quadpub:undefined:mood"));
  store::must(server.services.store.write(
      [&](store::WriteTxn& txn) { return txn.erase_document_bytes(document); }));

  CHECK(store::must(add_context(kUrl, kContext, server.services)) == 1);
  CHECK(server.says("https://unknown.example/mood"));
  CHECK_FALSE(server.says("urn:quadpub:undefined:mood"));
  CHECK(same(server.rebuilt(document), kDocument));
  CHECK(store::must(add_context(kUrl, kContext, server.services)) == 0);
}

TEST_CASE("a document that comes after the context was added is read with it at once") {
  Added server;
  server.bring(R"({"@context":"https://unknown.example/ns","type":"Note","mood":"x"})");
  store::must(add_context(kUrl, kContext, server.services));
  const TermId document = server.bring(kDocument);
  CHECK_FALSE(server.says("urn:quadpub:undefined:mood"));
  CHECK(same(server.rebuilt(document), kDocument));
}

TEST_CASE("a context is neither replaced nor put in the place of one that is shipped") {
  Added server;
  store::must(add_context(kUrl, kContext, server.services));
  CHECK_FALSE(add_context(kUrl, R"({"@context":{}})", server.services));
  CHECK_FALSE(add_context("https://www.w3.org/ns/activitystreams", kContext, server.services));
  CHECK_FALSE(add_context("https://other.example/", R"({"no":"context"})", server.services));
  CHECK_FALSE(add_context("https://other.example/", R"({"@context":{"x":5}})", server.services));
}

}  // namespace qp::ap
