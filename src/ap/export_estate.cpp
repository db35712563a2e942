#include "ap/export_estate.hpp"

#include <array>
#include <set>

#include <fmt/core.h>

#include "ap/activity.hpp"
#include "ap/actor.hpp"
#include "ap/collection.hpp"
#include "ap/estate.hpp"
#include "ap/media.hpp"
#include "base/json.hpp"
#include "view/project.hpp"

namespace qp::ap {

namespace {

using store::Txn;

constexpr std::size_t kAtOnce = 256;
constexpr std::string_view kHead = R"({"@context":"https://www.w3.org/ns/activitystreams","id":)";

json::ParseLimits own_limits() {
  json::ParseLimits limits;
  limits.depth *= 4;
  limits.members *= 50;
  limits.string_bytes *= 50;
  limits.allow_duplicate_keys = true;
  return limits;
}

/// As it came, on one line: the kept bytes, or what they said, rebuilt.
Result<std::string> text_of(const Txn& txn, const store::DocumentRecord& document,
                            const Services& services) {
  json::Arena arena;
  const auto bytes = txn.document_bytes(document.id);
  if (bytes) {
    const auto parsed = json::parse(*bytes, arena, own_limits());
    if (parsed) return json::to_text(*parsed);
  } else if (bytes.error().code != Code::NotFound) {
    return bytes.error();
  }
  return json::to_text(
      QP_TRY(view::rebuild(txn, document, {services.contexts, services.loader}, arena)));
}

Result<std::optional<store::DocumentRecord>> source_of(const Txn& txn, TermId graph) {
  const auto record = QP_TRY(txn.graph(graph));
  if (!record || record->kind != store::GraphKind::Source || record->document == TermId::None) {
    return std::optional<store::DocumentRecord>();
  }
  return txn.document(record->document);
}

class Exporter {
 public:
  Exporter(const Txn& txn, const Estate& estate, std::string folder, const Services& services,
           Shelf& shelf, ExportTotals& totals)
      : txn_(txn),
        estate_(estate),
        folder_(std::move(folder)),
        services_(services),
        shelf_(shelf),
        totals_(totals) {}

  Result<void> actor(std::string_view document) {
    note_files(document);
    QP_TRY(shelf_.open(folder_ + "actor.json"));
    QP_TRY(shelf_.write(document));
    ++totals_.documents;
    return shelf_.close();
  }

  /// With the documents of its members where `whole`, else with their ids.
  Result<void> collection(std::string_view name, const std::string& iri, bool whole) {
    const auto sequence = QP_TRY(txn_.find_iri(iri));
    const auto everything = store::Visible::everything();
    const auto total = sequence ? QP_TRY(txn_.sequence_count(*sequence, everything)) : 0;
    if (total == 0 && !whole) return {};
    QP_TRY(shelf_.open(fmt::format("{}{}.json", folder_, name)));
    std::string head(kHead);
    json::write_string(iri, head);
    head += fmt::format(R"(,"type":"OrderedCollection","totalItems":{},"orderedItems":[)", total);
    QP_TRY(shelf_.write(head));
    std::uint64_t after = 0;
    bool first = true;
    while (sequence) {
      const auto items = QP_TRY(txn_.sequence_after(*sequence, after, kAtOnce, everything));
      for (const store::SequenceItem& item : items) {
        QP_TRY(shelf_.write((first ? "\n" : ",\n") + QP_TRY(member(item.member, whole))));
        first = false;
      }
      if (items.size() < kAtOnce) break;
      after = items.back().key;
    }
    QP_TRY(shelf_.write("\n]}\n"));
    return shelf_.close();
  }

  Result<void> files() {
    for (const std::string& name : files_) {
      const auto media = QP_TRY(find_media(txn_, name));
      if (!media) continue;
      QP_TRY(shelf_.open(folder_ + "media/" + name));
      QP_TRY(shelf_.write(media->bytes));
      QP_TRY(shelf_.close());
      ++totals_.files;
    }
    return {};
  }

 private:
  Result<std::string> member(TermId id, bool whole) {
    const auto document = whole ? QP_TRY(source_of(txn_, id)) : std::nullopt;
    if (document && document->root == id) {
      std::string text = QP_TRY(text_of(txn_, *document, services_));
      note_files(text);
      ++totals_.documents;
      return text;
    }
    ++totals_.members;
    std::string text;
    json::write_string(QP_TRY(txn_.resolve(id)).value, text);
    return text;
  }

  /// Files of this server that a document names.
  void note_files(std::string_view text) {
    const std::string address = estate_.base + "/media/";
    for (auto at = text.find(address); at != text.npos; at = text.find(address, at)) {
      at += address.size();
      const auto end = text.find_first_of("\"\\ ?#<", at);
      files_.emplace(text.substr(at, end - at));
    }
  }

  const Txn& txn_;
  const Estate& estate_;
  std::string folder_;
  const Services& services_;
  Shelf& shelf_;
  ExportTotals& totals_;
  std::set<std::string> files_;
};

/// The actor's document for its archive, and what belongs to it.
struct Owner {
  Estate estate;
  std::string document;
};
Result<Owner> owner(const Txn& txn, const std::string& actor, const Services& services) {
  const auto id = QP_TRY(txn.find_iri(actor));
  if (!id || !QP_TRY(txn.graph(*id))) return error(Code::NotFound, "nothing here under " + actor);
  json::Arena arena;
  const view::Walk everything{store::Visible::everything(), true};
  const json::Value document =
      QP_TRY(view::project(txn, *id, everything, {services.contexts, services.loader}, arena));
  Owner owner;
  owner.estate = QP_TRY(open_estate(txn, document, ""));
  owner.document = json::to_text(document);
  return owner;
}

Result<void> export_owner(const Txn& txn, const Owner& owner, const std::string& folder,
                          bool with_inbox, const Services& services, Shelf& shelf,
                          ExportTotals& totals) {
  const Estate& estate = owner.estate;
  Exporter exporter(txn, estate, folder, services, shelf, totals);
  QP_TRY(exporter.actor(owner.document));
  QP_TRY(exporter.collection("outbox", estate.outbox, true));
  QP_TRY(exporter.collection("liked", estate.liked, false));
  QP_TRY(exporter.collection("followers", estate.followers, false));
  QP_TRY(exporter.collection("following", estate.following, false));
  QP_TRY(exporter.collection("bookmarks", estate.bookmarks, false));
  QP_TRY(exporter.collection("featured", estate.featured, false));
  QP_TRY(exporter.collection("blocked", estate.blocked, false));
  if (with_inbox) QP_TRY(exporter.collection("inbox", estate.inbox, false));
  return exporter.files();
}

/// In an actor's archive already.
Result<bool> is_in_an_outbox(const Txn& txn, TermId id) {
  for (const TermId sequence : QP_TRY(txn.sequences_of(id))) {
    const std::string iri(QP_TRY(txn.resolve(sequence)).value);
    const auto collection = QP_TRY(find_collection(txn, iri));
    if (collection && collection->role == Role::Outbox) return true;
  }
  return false;
}

}  // namespace

Result<ExportTotals> export_estate(const Txn& txn, const std::string& actor,
                                   const std::string& folder, const Services& services,
                                   Shelf& shelf) {
  ExportTotals totals;
  QP_TRY(export_owner(txn, QP_TRY(owner(txn, actor, services)), folder, false, services, shelf,
                      totals));
  return totals;
}

Result<ExportTotals> export_all(const Txn& txn, const Services& services, Shelf& shelf) {
  ExportTotals totals;
  std::size_t number = 0;
  for (const std::string& iri : QP_TRY(owners_of_outboxes(txn))) {
    const auto found = owner(txn, iri, services);
    if (!found && found.error().code != Code::BadInput && found.error().code != Code::NotFound) {
      return found.error();
    }
    if (!found) continue;  // deleted
    const std::string folder = fmt::format("actors/{}/", ++number);
    QP_TRY(export_owner(txn, *found, folder, true, services, shelf, totals));
  }
  QP_TRY(shelf.open("documents.ndjson"));
  const auto graphs = QP_TRY(txn.open_scan({}, store::Order::Gspo, {}));
  std::array<store::QuadIds, 1> row{};
  for (;;) {
    if (QP_TRY(graphs->next(row)) == 0) break;
    const TermId graph = row[0].g;
    graphs->seek({static_cast<TermId>(static_cast<std::uint64_t>(graph) + 1), {}, {}, {}});
    const auto document = QP_TRY(source_of(txn, graph));
    const bool is_root = document && (document->root == graph || document->id == graph);
    if (!is_root || QP_TRY(is_in_an_outbox(txn, graph))) continue;
    const std::string iri(QP_TRY(txn.resolve(graph)).value);
    const bool is_told =
        QP_TRY(is_owner_of_outbox(txn, iri)) || QP_TRY(find_collection(txn, iri)).has_value();
    if (is_told) continue;
    QP_TRY(shelf.write(QP_TRY(text_of(txn, *document, services)) + "\n"));
    ++totals.documents;
  }
  QP_TRY(shelf.close());
  return totals;
}

}  // namespace qp::ap
