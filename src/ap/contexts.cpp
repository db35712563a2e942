#include "ap/contexts.hpp"

#include <vector>

#include "ap/ingest.hpp"
#include "ap/publish.hpp"
#include "ap/tables.hpp"
#include "jsonld/context.hpp"
#include "view/project.hpp"

namespace qp::ap {

namespace {

/// A server on the same store waits for each commit.
constexpr std::size_t kDocumentsPerCommit = 32;

jsonld::Loader without(jsonld::Loader loader, std::string url) {
  return [loader = std::move(loader),
          url = std::move(url)](std::string_view wanted) -> Result<jsonld::RemoteDocument> {
    if (wanted == url) return error(Code::NotFound, url);
    return loader(wanted);
  };
}

/// That it can be read, by the letter of the specification.
Result<void> check_context(const std::string& url, const std::string& text) {
  json::Arena arena;
  const auto parsed = QP_TRY(json::parse(text, arena));
  if (!parsed.contains("@context")) return bad_input("the file has no @context");
  jsonld::Options options;
  options.base = url;
  options.loader = [](std::string_view other) -> Result<jsonld::RemoteDocument> {
    return jsonld::RemoteDocument{std::string(other), R"({"@context":{}})", {}};
  };
  const json::Value probe = json::Value::object(arena, 1);
  probe.set(arena, "@context", parsed.get("@context"));
  QP_TRY(jsonld::expand(probe, options, arena));
  return {};
}

/// Documents that were read without the context.
Result<std::vector<std::string>> waiting_for(store::Store& store, const std::string& url) {
  const auto txn = QP_TRY(store.read());
  std::vector<std::string> documents;
  const std::string prefix = url + " ";
  QP_TRY(txn->each(kMissingContexts, prefix, [&](std::string_view key, std::string_view) {
    documents.emplace_back(key.substr(prefix.size()));
    return documents.size() < kDocumentsPerCommit;
  }));
  return documents;
}

Result<void> read_again(store::WriteTxn& txn, const std::string& iri,
                        const jsonld::ContextSource& before, const jsonld::ContextSource& now,
                        const Services& services) {
  const auto id = QP_TRY(txn.find_iri(iri));
  const auto record = id ? QP_TRY(txn.document(*id)) : std::nullopt;
  if (!record) return {};
  json::Arena arena;
  const json::Value document = QP_TRY(view::rebuild(txn, *record, before, arena));
  const auto form =
      QP_TRY(jsonld::read_for_storage(document, now, arena, jsonld::Sender::Operator));
  QP_TRY(rewrite_document(txn, *record, form));
  for (const TermId graph : record->graphs) {
    const std::string resource(QP_TRY(txn.resolve(graph)).value);
    QP_TRY(refresh_rendered(txn, resource, services));
  }
  return {};
}

}  // namespace

jsonld::Loader context_loader(jsonld::Loader shipped, store::Store& store) {
  return [shipped = std::move(shipped),
          &store](std::string_view url) -> Result<jsonld::RemoteDocument> {
    auto found = shipped(url);
    if (found || found.error().code != Code::NotFound || url.size() > kMaxKey) return found;
    const auto txn = QP_TRY(store.read());
    const auto added = QP_TRY(txn->get(kContexts, url));
    if (!added) return found;
    return jsonld::RemoteDocument{std::string(url), std::string(*added), {}};
  };
}

Result<std::size_t> add_context(const std::string& url, const std::string& text,
                                const Services& services) {
  if (url.empty() || url.size() > kMaxKey / 2 || url.find(' ') != std::string::npos) {
    return bad_input("not the address of a context: " + url);
  }
  QP_TRY(check_context(url, text));
  const auto known = services.loader(url);
  if (known && known->text != text) {
    return bad_input("there is another context for " + url + " already");
  }
  QP_TRY(services.store.write([&](store::WriteTxn& txn) { return txn.put(kContexts, url, text); }));

  jsonld::ContextCache cache_before, cache_now;
  const jsonld::ContextSource before{cache_before, without(services.loader, url)};
  const jsonld::ContextSource now{cache_now, services.loader};
  std::size_t count = 0;
  for (;;) {
    const auto documents = QP_TRY(waiting_for(services.store, url));
    if (documents.empty()) return count;
    QP_TRY(services.store.write([&](store::WriteTxn& txn) -> Result<void> {
      for (const std::string& document : documents) {
        QP_TRY(read_again(txn, document, before, now, services));
        std::string key = url;
        key.append(" ").append(document);
        QP_TRY(txn.erase(kMissingContexts, key));
      }
      return {};
    }));
    count += documents.size();
  }
}

}  // namespace qp::ap
