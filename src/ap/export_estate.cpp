#include "ap/export_estate.hpp"

#include <array>
#include <set>
#include <unordered_set>

#include <fmt/core.h>

#include "ap/activity.hpp"
#include "ap/actor.hpp"
#include "ap/ballots.hpp"
#include "ap/collection.hpp"
#include "ap/estate.hpp"
#include "ap/import_document.hpp"
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

/// As its graph says it now, recipients included.
Result<json::Value> projected(const Txn& txn, TermId graph, const Services& services,
                              json::Arena& arena) {
  const view::Walk everything{store::Visible::everything(), true};
  return view::project(txn, graph, everything, {services.contexts, services.loader}, arena);
}

Result<std::optional<store::DocumentRecord>> source_of(const Txn& txn, TermId graph) {
  const auto record = QP_TRY(txn.graph(graph));
  if (!record || record->kind != store::GraphKind::Source || record->document == TermId::None) {
    return std::optional<store::DocumentRecord>();
  }
  return txn.document(record->document);
}

/// Names in an audience set, as a member of an object: `"to":[...]`.
Result<std::string> readers_text(const Txn& txn, const std::vector<TermId>& readers) {
  std::string text = R"("to":[)";
  for (const TermId reader : readers) {
    if (text.back() != '[') text += ',';
    json::write_string(QP_TRY(txn.resolve(reader)).value, text);
  }
  return text + "]";
}

Result<std::vector<TermId>> readers_in(const Txn& txn, store::AudienceId audience) {
  if (audience == store::AudienceId::Public) return std::vector<TermId>{as::Public};
  if (audience == store::AudienceId::Nobody) return std::vector<TermId>();
  return txn.audience_members(audience);
}

/// Its id, and who may know that it is in there where that is not `readers`.
Result<std::string> member_text(const Txn& txn, const store::SequenceItem& item, TermId readers) {
  std::string text;
  json::write_string(QP_TRY(txn.resolve(item.member)).value, text);
  const auto who = QP_TRY(readers_in(txn, item.audience));
  if (who == std::vector{readers}) return text;
  return fmt::format(R"({{"id":{},{}}})", text, QP_TRY(readers_text(txn, who)));
}

/// Lines of `listings.ndjson`: the members of `iri`.
Result<void> write_listing(const Txn& txn, const std::string& iri, TermId sequence, Shelf& shelf,
                           ExportTotals& totals) {
  std::uint64_t after = 0;
  for (std::size_t count = kAtOnce; count == kAtOnce;) {
    const auto items =
        QP_TRY(txn.sequence_after(sequence, after, kAtOnce, store::Visible::everything()));
    count = items.size();
    if (items.empty()) break;
    after = items.back().key;
    std::string line(kHead);
    json::write_string(iri, line);
    line += R"(,"type":"OrderedCollection","orderedItems":[)";
    for (const store::SequenceItem& item : items) {
      if (line.back() != '[') line += ',';
      line += QP_TRY(member_text(txn, item, as::Public));
    }
    QP_TRY(shelf.write(line + "]}\n"));
    totals.members += items.size();
  }
  return {};
}

/// How others' votes are written there.
WriteVotes votes_to(Shelf& shelf, ExportTotals& totals) {
  return [&shelf, &totals](const std::string& line, std::size_t votes) {
    totals.members += votes;
    return shelf.write(line + "\n");
  };
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

  /// The documents of its members where there are any.
  Result<void> outbox() {
    const auto sequence = QP_TRY(txn_.find_iri(estate_.outbox));
    QP_TRY(begin("outbox", QP_TRY(head(estate_.outbox, sequence))));
    QP_TRY(each(sequence, [&](const auto& item) { return document(item); }));
    return end();
  }

  /// Names, and `readers` where others may know of one.
  Result<void> members(std::string_view name, const std::string& iri, TermId readers) {
    const auto sequence = QP_TRY(txn_.find_iri(iri));
    if (!sequence || QP_TRY(count(*sequence)) == 0) return {};
    QP_TRY(begin(name, QP_TRY(head(iri, sequence))));
    QP_TRY(each(sequence, [&](const auto& item) { return named(item, readers); }));
    return end();
  }

  /// What the actor made to put things in. What the outbox tells of it is not said again.
  Result<void> made() {
    std::size_t number = 0;
    for (const std::string& iri : QP_TRY(collections_made_by(txn_, estate_.actor))) {
      const auto sequence = QP_TRY(txn_.find_iri(iri));
      const auto source =
          sequence ? QP_TRY(source_of(txn_, *sequence)) : std::optional<store::DocumentRecord>();
      std::string text = QP_TRY(head(iri, sequence));
      if (source && source->root == *sequence) {
        text = QP_TRY(text_of(txn_, *source, services_));
        text.back() = ',';
        text += R"("orderedItems":[)";
        ++totals_.documents;
      }
      QP_TRY(begin(fmt::format("collections/{}", ++number), text));
      QP_TRY(each(sequence, [&](const auto& item) { return named(item, as::Public); }));
      QP_TRY(end());
    }
    return {};
  }

  /// After the outbox, which tells of it; and what is left of what was made by an activity that was
  /// deleted itself.
  Result<void> deleted() {
    const std::vector<TermId> left = QP_TRY(left_alone());
    if (deleted_.empty() && left.empty()) return {};
    QP_TRY(begin("deleted", R"({"type":"OrderedCollection","orderedItems":[)"));
    for (const TermId graph : deleted_) {
      const auto tombstone = QP_TRY(source_of(txn_, graph));
      if (tombstone) QP_TRY(item(QP_TRY(tombstone_text(*tombstone))));
    }
    for (const TermId graph : left) {
      json::Arena arena;
      const std::string text = json::to_text(QP_TRY(projected(txn_, graph, services_, arena)));
      note_files(text);
      ++totals_.documents;
      QP_TRY(item(text));
    }
    return end();
  }

  /// What others did to the actor and its things, where everything is not exported anyway: by name.
  Result<void> listings() {
    QP_TRY(shelf_.open(folder_ + "listings.ndjson"));
    QP_TRY(listings_of(QP_TRY(txn_.find_iri(estate_.actor)).value_or(TermId::None)));
    for (const TermId property : std::initializer_list<TermId>{as::attributedTo, as::actor}) {
      for (const TermId one : QP_TRY(all_with(property))) QP_TRY(listings_of(one));
    }
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
  using Each = std::function<Result<void>(const store::SequenceItem&)>;

  Result<void> listings_of(TermId id) {
    shelf_.note_read();
    const std::string iri(QP_TRY(txn_.resolve(id)).value);
    for (const Role role : {Role::Likes, Role::Shares, Role::Replies, Role::Dislikes}) {
      const std::string listing = collection_of(iri, role);
      const auto sequence = QP_TRY(txn_.find_iri(listing));
      if (!sequence || !QP_TRY(find_collection(txn_, listing))) continue;
      QP_TRY(write_listing(txn_, listing, *sequence, shelf_, totals_));
    }
    const bool is_question = QP_TRY(txn_.probe({id, id, rdf::type, as::Question}, {}));
    return is_question ? export_votes_in(txn_, id, votes_to(shelf_, totals_)) : Result<void>();
  }

  Result<std::uint64_t> count(TermId sequence) const {
    return txn_.sequence_count(sequence, store::Visible::everything());
  }
  Result<std::string> head(const std::string& iri, const std::optional<TermId>& sequence) const {
    std::string text(kHead);
    json::write_string(iri, text);
    return text + fmt::format(R"(,"type":"OrderedCollection","totalItems":{},"orderedItems":[)",
                              sequence ? QP_TRY(count(*sequence)) : 0);
  }
  Result<void> begin(std::string_view name, const std::string& head) {
    is_first_ = true;
    QP_TRY(shelf_.open(fmt::format("{}{}.json", folder_, name)));
    return shelf_.write(head);
  }
  Result<void> item(const std::string& text) {
    QP_TRY(shelf_.write(is_first_ ? "\n" : ",\n"));
    is_first_ = false;
    return shelf_.write(text);
  }
  Result<void> end() {
    QP_TRY(shelf_.write("\n]}\n"));
    return shelf_.close();
  }
  /// Oldest first.
  Result<void> each(const std::optional<TermId>& sequence, const Each& each) const {
    std::uint64_t after = 0;
    while (sequence) {
      const auto items =
          QP_TRY(txn_.sequence_after(*sequence, after, kAtOnce, store::Visible::everything()));
      for (const store::SequenceItem& item : items) QP_TRY(each(item));
      if (items.size() < kAtOnce) break;
      after = items.back().key;
    }
    return {};
  }

  Result<void> document(const store::SequenceItem& of) {
    const auto source = QP_TRY(source_of(txn_, of.member));
    if (!source || source->root != of.member) return named(of, as::Public);
    if (QP_TRY(view::is_tombstone(txn_, of.member))) {
      return item(QP_TRY(tombstone_text(*source)));
    }
    QP_TRY(note_deleted(of.member));
    const std::string text = QP_TRY(text_of(txn_, *source, services_));
    note_files(text);
    ++totals_.documents;
    return item(text);
  }

  Result<void> named(const store::SequenceItem& of, TermId readers) {
    ++totals_.members;
    return item(QP_TRY(member_text(txn_, of, readers)));
  }

  Result<std::string> tombstone_text(const store::DocumentRecord& tombstone) {
    ++totals_.documents;
    std::string text = QP_TRY(text_of(txn_, tombstone, services_));
    const auto record = QP_TRY(txn_.graph(tombstone.root));
    const auto readers = QP_TRY(readers_in(txn_, record->audience));
    text.back() = ',';
    return text + QP_TRY(readers_text(txn_, readers)) + "}";
  }

  /// Resources of which the actor is that.
  Result<std::vector<TermId>> all_with(TermId property) const {
    const auto actor = QP_TRY(txn_.find_iri(estate_.actor));
    return actor ? resources_with(txn_, property, *actor) : std::vector<TermId>();
  }

  /// The actor's, in documents whose roots say something else by now.
  Result<std::vector<TermId>> left_alone() const {
    std::vector<TermId> left;
    for (const TermId graph : QP_TRY(all_with(as::attributedTo))) {
      shelf_.note_read();
      const auto source = QP_TRY(source_of(txn_, graph));
      if (!source || source->root == graph || source->root == TermId::None) continue;
      const auto root = QP_TRY(source_of(txn_, source->root));
      if (root && root->id != source->id) left.push_back(graph);
    }
    return left;
  }

  /// What an activity made or took away, and is no more.
  Result<void> note_deleted(TermId activity) {
    std::vector<TermId> objects;
    QP_TRY(txn_.scan({activity, activity, as::object, {}}, {}, [&](const auto& quad) {
      objects.push_back(quad.quad.o);
      return true;
    }));
    const auto actor = QP_TRY(txn_.find_iri(estate_.actor));
    const auto outbox = QP_TRY(txn_.find_iri(estate_.outbox));
    for (const TermId object : objects) {
      if (!actor || !outbox || object == *actor) continue;
      if (!QP_TRY(is_deleted_by(txn_, object, *actor))) continue;
      if (!QP_TRY(txn_.sequence_contains(*outbox, object))) deleted_.insert(object);
    }
    return {};
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
  std::set<TermId> deleted_;
  bool is_first_ = true;
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
  const json::Value document = QP_TRY(projected(txn, *id, services, arena));
  Owner owner;
  owner.estate = QP_TRY(open_estate(txn, document, ""));
  owner.document = json::to_text(document);
  return owner;
}

enum class Listings { No, Yes };
Result<void> export_owner(const Txn& txn, const Owner& owner, const std::string& folder,
                          Listings listings, const Services& services, Shelf& shelf,
                          ExportTotals& totals) {
  const Estate& estate = owner.estate;
  Exporter exporter(txn, estate, folder, services, shelf, totals);
  QP_TRY(exporter.actor(owner.document));
  QP_TRY(exporter.outbox());
  const auto own = QP_TRY(txn.find_iri(estate.actor)).value_or(TermId::None);
  QP_TRY(exporter.members("liked", estate.liked, own));
  QP_TRY(exporter.members("followers", estate.followers, own));
  QP_TRY(exporter.members("following", estate.following, own));
  QP_TRY(exporter.members("bookmarks", estate.bookmarks, own));
  QP_TRY(exporter.members("featured", estate.featured, as::Public));
  QP_TRY(exporter.members("blocked", estate.blocked, own));
  QP_TRY(exporter.members("streams", estate.streams, as::Public));
  QP_TRY(exporter.members("pending-followers", estate.pending_followers, own));
  QP_TRY(exporter.members("pending-following", estate.pending_following, own));
  QP_TRY(exporter.members("inbox", estate.inbox, own));
  QP_TRY(exporter.made());
  QP_TRY(exporter.deleted());
  if (listings == Listings::Yes) QP_TRY(exporter.listings());
  return exporter.files();
}

/// What objects have been answered with, and what came to the server: no actor's folder has them.
Result<void> write_listings(const Txn& txn, Shelf& shelf, ExportTotals& totals) {
  for (const TermId sequence : QP_TRY(txn.sequences())) {
    const std::string iri(QP_TRY(txn.resolve(sequence)).value);
    const auto collection = QP_TRY(find_collection(txn, iri));
    if (!collection || !is_listing_here(collection->role)) continue;
    QP_TRY(write_listing(txn, iri, sequence, shelf, totals));
  }
  return {};
}

/// Who may know of a Tombstone.
Result<std::string> deleted_line(const Txn& txn, TermId graph) {
  const auto record = QP_TRY(txn.graph(graph));
  const auto readers = QP_TRY(readers_in(txn, record->audience));
  std::string line(kHead);
  json::write_string(QP_TRY(txn.resolve(graph)).value, line);
  return line + R"(,"type":"Tombstone",)" + QP_TRY(readers_text(txn, readers)) + "}\n";
}

using Actors = std::unordered_set<std::string>;

/// In the archive of one of them already.
Result<bool> is_in_an_outbox(const Txn& txn, TermId id, const Actors& told) {
  for (const TermId sequence : QP_TRY(txn.sequences_of(id))) {
    const std::string iri(QP_TRY(txn.resolve(sequence)).value);
    const auto collection = QP_TRY(find_collection(txn, iri));
    if (!collection || collection->role != Role::Outbox) continue;
    if (told.contains(collection->owner)) return true;
  }
  return false;
}

/// The actor, or a collection that its archive has.
Result<bool> is_in_an_archive(const Txn& txn, const std::string& iri, const Actors& told) {
  if (told.contains(iri)) return true;
  const auto collection = QP_TRY(find_collection(txn, iri));
  return collection && told.contains(collection->owner);
}

}  // namespace

Result<bool> is_deleted_by(const Txn& txn, TermId graph, TermId actor) {
  if (!QP_TRY(view::is_tombstone(txn, graph))) return false;
  for (const TermId activity : QP_TRY(resources_with(txn, as::object, graph))) {
    if (!QP_TRY(txn.probe({activity, activity, as::actor, actor}, {}))) continue;
    for (const TermId type : std::initializer_list<TermId>{as::Create, as::Delete}) {
      if (QP_TRY(txn.probe({activity, activity, rdf::type, type}, {}))) return true;
    }
  }
  return false;
}

Result<ExportTotals> export_estate(const Txn& txn, const std::string& actor,
                                   const std::string& folder, const Services& services,
                                   Shelf& shelf) {
  ExportTotals totals;
  const Owner found = QP_TRY(owner(txn, actor, services));
  QP_TRY(export_owner(txn, found, folder, Listings::Yes, services, shelf, totals));
  return totals;
}

Result<ExportTotals> export_all(const Txn& txn, const Services& services, Shelf& shelf) {
  ExportTotals totals;
  Actors told;
  for (const std::string& iri : QP_TRY(owners_of_outboxes(txn))) {
    const auto found = owner(txn, iri, services);
    if (!found && found.error().code != Code::BadInput && found.error().code != Code::NotFound) {
      return found.error();
    }
    if (!found) continue;  // deleted
    told.insert(iri);
    const std::string folder = fmt::format("actors/{}/", told.size());
    QP_TRY(export_owner(txn, *found, folder, Listings::No, services, shelf, totals));
  }
  std::vector<TermId> deleted;
  QP_TRY(shelf.open("documents.ndjson"));
  const auto graphs = QP_TRY(txn.open_scan({}, store::Order::Gspo, {}));
  std::array<store::QuadIds, 1> row{};
  for (;;) {
    if (QP_TRY(graphs->next(row)) == 0) break;
    const TermId graph = row[0].g;
    graphs->seek({static_cast<TermId>(static_cast<std::uint64_t>(graph) + 1), {}, {}, {}});
    shelf.note_read();
    const auto document = QP_TRY(source_of(txn, graph));
    const bool is_root = document && (document->root == graph || document->id == graph);
    if (!is_root || QP_TRY(is_in_an_outbox(txn, graph, told))) continue;
    const std::string iri(QP_TRY(txn.resolve(graph)).value);
    if (QP_TRY(is_in_an_archive(txn, iri, told))) continue;
    QP_TRY(shelf.write(QP_TRY(text_of(txn, *document, services)) + "\n"));
    ++totals.documents;
    if (QP_TRY(view::is_tombstone(txn, graph))) deleted.push_back(graph);
  }
  QP_TRY(shelf.close());
  QP_TRY(shelf.open("listings.ndjson"));
  QP_TRY(write_listings(txn, shelf, totals));
  QP_TRY(export_votes(txn, votes_to(shelf, totals)));
  for (const TermId graph : deleted) QP_TRY(shelf.write(QP_TRY(deleted_line(txn, graph))));
  QP_TRY(shelf.close());
  return totals;
}

}  // namespace qp::ap
