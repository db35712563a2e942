#include <nlohmann/json.hpp>
#include <unordered_set>

#include "ap/tables.hpp"
#include "base/text.hpp"
#include "tools/command.hpp"

namespace qp::tools {

namespace {

using nlohmann::ordered_json;

Result<std::string> iri_of(const store::Txn& txn, TermId id) {
  if (id == TermId::None) return std::string();
  return std::string(QP_TRY(txn.resolve(id)).value);
}

/// What the activity changed besides its own graphs, in words.
Result<ordered_json> caused_by(const store::Txn& txn, const std::string& activity) {
  if (activity.empty() || activity.size() > ap::kMaxKey) return ordered_json::array();
  const auto kept = QP_TRY(txn.get(ap::kCaused, activity));
  ordered_json caused = kept ? ordered_json::parse(*kept, nullptr, false) : ordered_json();
  return caused.is_array() ? caused : ordered_json::array();
}

Result<ordered_json> describe(const store::Txn& txn, const store::DocumentRecord& document) {
  const std::string_view sha256(reinterpret_cast<const char*>(document.sha256.data()),
                                document.sha256.size());
  ordered_json shown = {{"document", QP_TRY(iri_of(txn, document.id))},
                        {"root", QP_TRY(iri_of(txn, document.root))},
                        {"attested_by", document.attested_by},
                        {"attested_how", document.attested_how},
                        {"received", time::rfc3339(Millis(document.received))},
                        {"via", document.via},
                        {"source_url", document.source_url},
                        {"sha256", text::hex(sha256)},
                        {"graphs", ordered_json::array()}};
  for (const TermId graph : document.graphs) {
    shown["graphs"].push_back(QP_TRY(iri_of(txn, graph)));
  }
  if (document.claims != TermId::None) {
    shown["claims"] = QP_TRY(iri_of(txn, document.claims));
  }
  shown["caused"] = QP_TRY(caused_by(txn, shown["root"].get<std::string>()));
  return shown;
}

/// The documents behind every graph that says something of `resource`: its source and the claims
/// of others. First the source.
Result<std::vector<TermId>> documents_about(const store::Txn& txn, TermId resource) {
  std::vector<TermId> graphs{resource};
  std::unordered_set<TermId> seen{resource};
  store::Txn::ScanOptions with_claims;
  with_claims.with_claims = true;
  QP_TRY(txn.scan({.s = resource}, with_claims, [&](const store::OrderedQuad& quad) {
    if (seen.insert(quad.quad.g).second) graphs.push_back(quad.quad.g);
    return true;
  }));
  std::vector<TermId> documents;
  for (const TermId graph : graphs) {
    const std::optional<store::GraphRecord> record = QP_TRY(txn.graph(graph));
    if (record && record->document != TermId::None) documents.push_back(record->document);
  }
  documents.push_back(resource);  // it may be a document itself
  return documents;
}

/// Adds to whom the activity went, with what the last answer of each host was.
Result<void> add_deliveries(const store::Txn& txn, const std::string& iri,
                            ordered_json& deliveries) {
  const std::string prefix = iri + " ";
  QP_TRY(txn.each(ap::kDeliveries, prefix, [&](std::string_view key, std::string_view value) {
    ordered_json delivery = {{"activity", iri}, {"host", key.substr(prefix.size())}};
    const ordered_json kept = ordered_json::parse(value, nullptr, false);
    if (kept.is_object()) delivery.update(kept);
    deliveries.push_back(std::move(delivery));
    return true;
  }));
  return {};
}

/// Of the resource itself, and of the activities that spoke of it.
Result<ordered_json> deliveries_of(const store::Txn& txn, const std::string& iri,
                                   const ordered_json& documents) {
  ordered_json deliveries = ordered_json::array();
  std::vector<std::string> activities{iri};
  std::unordered_set<std::string> seen{iri};
  for (const ordered_json& document : documents) {
    std::string root = document.value("root", "");
    if (!root.empty() && seen.insert(root).second) activities.push_back(std::move(root));
  }
  for (const std::string& activity : activities) {
    QP_TRY(add_deliveries(txn, activity, deliveries));
  }
  return deliveries;
}

void print_text(const ordered_json& answer) {
  for (const ordered_json& document : answer["documents"]) {
    print(document, Output::Text);
    print("", Output::Text);
  }
  for (const ordered_json& delivery : answer["deliveries"]) {
    print("delivery", Output::Text);
    print(delivery, Output::Text);
  }
}

Result<void> why(const Invocation& invocation, const std::string& iri) {
  const std::unique_ptr<store::Store> store = QP_TRY(open_store(invocation.settings, kReading));
  const std::unique_ptr<store::Txn> txn = QP_TRY(store->read());
  const std::optional<TermId> id = QP_TRY(txn->find_iri(iri));
  if (!id) return error(Code::NotFound, "nothing here under " + iri);
  ordered_json answer = {{"iri", iri}, {"documents", ordered_json::array()}};
  std::unordered_set<TermId> seen;
  for (const TermId document : QP_TRY(documents_about(*txn, *id))) {
    if (!seen.insert(document).second) continue;
    const std::optional<store::DocumentRecord> record = QP_TRY(txn->document(document));
    if (record) answer["documents"].push_back(QP_TRY(describe(*txn, *record)));
  }
  answer["deliveries"] = QP_TRY(deliveries_of(*txn, iri, answer["documents"]));
  if (answer["documents"].empty() && answer["deliveries"].empty()) {
    return error(Code::NotFound, "no document says anything of " + iri);
  }
  if (invocation.output == Output::Json) {
    print(answer);
  } else {
    print_text(answer);
  }
  return {};
}

}  // namespace

void add_why(CLI::App& app, Selected& selected) {
  const auto iri = std::make_shared<std::string>();
  CLI::App* command =
      app.add_subcommand("why", "Which documents say this, who vouched for them, where it went");
  command->add_option("IRI", *iri)->required();
  command->callback([&selected, iri] {
    selected.run = [iri](const Invocation& invocation) { return why(invocation, *iri); };
  });
}

}  // namespace qp::tools
