#include "view/serve.hpp"

#include <fmt/core.h>
#include <xxhash.h>

#include <array>

#include "base/text.hpp"
#include "view/project.hpp"
#include "vocab/terms.hpp"

namespace qp::view {

namespace {

using json::Arena;
using json::Value;
using store::SequenceItem;
using store::Txn;
using store::Visible;

Error not_found() { return error(Code::NotFound, "no such resource"); }

Served finish(Value value, bool is_public) {
  Served served;
  served.body = json::to_text(value);
  const XXH128_hash_t hash = XXH3_128bits(served.body.data(), served.body.size());
  served.etag = fmt::format("\"{:016x}{:016x}\"", hash.high64, hash.low64);
  served.is_public = is_public;
  return served;
}

/// The author sees the hidden recipients: the actor of an activity, the attributedTo of an object,
/// an actor itself.
Result<bool> is_author(const Txn& txn, TermId graph, std::optional<TermId> reader) {
  if (!reader) return false;
  if (*reader == graph) return true;
  for (const TermId property : std::array<TermId, 2>{as::actor, as::attributedTo}) {
    if (QP_TRY(txn.probe({graph, graph, property, *reader}, {}))) return true;
  }
  return false;
}

struct Found {
  TermId graph{};
  store::GraphRecord record;
};

Result<Found> find_graph(const Txn& txn, std::string_view iri, const Visible& visible) {
  const auto id = QP_TRY(txn.find_iri(iri.substr(0, iri.find('#'))));
  if (!id) return not_found();
  const auto record = QP_TRY(txn.graph(*id));
  if (!record || record->kind == store::GraphKind::Claims || !visible.sees(record->audience)) {
    return not_found();
  }
  return Found{*id, *record};
}

Result<std::optional<TermId>> reader_id(const Txn& txn, const Reader& reader) {
  if (reader.actor.empty()) return std::optional<TermId>();
  return txn.find_iri(reader.actor);
}

/// A collection's pages for one reader.
class Pager {
 public:
  Pager(const Txn& txn, std::string iri, TermId sequence, const Visible& visible,
        std::optional<TermId> reader, const Contexts& contexts, Arena& arena)
      : txn_(txn),
        iri_(std::move(iri)),
        sequence_(sequence),
        visible_(visible),
        reader_(reader),
        contexts_{contexts.cache, contexts.loader},
        arena_(arena) {}

  /// The collection's own members; its items are on its pages.
  Result<Value> collection(Value base) {
    const auto total = QP_TRY(txn_.sequence_count(sequence_, visible_));
    base.set(arena_, "totalItems", Value::number(arena_, static_cast<std::int64_t>(total)));
    base.set(arena_, "first", address("first"));
    base.set(arena_, "last", address("last"));
    return base;
  }

  Result<Value> page(const Page& wanted) {
    const std::size_t limit = std::min(std::max<std::size_t>(wanted.limit, 1), limits::kPageItems);
    const auto items = QP_TRY(items_of(wanted.at, limit));
    const Value page = Value::object(arena_, 8);
    page.set(arena_, "@context", Value::string("https://www.w3.org/ns/activitystreams"));
    page.set(arena_, "id", address(wanted.at));
    page.set(arena_, "type", Value::string("OrderedCollectionPage"));
    page.set(arena_, "partOf", Value::string(arena_.copy(iri_)));
    const auto total = QP_TRY(txn_.sequence_count(sequence_, visible_));
    page.set(arena_, "totalItems", Value::number(arena_, static_cast<std::int64_t>(total)));
    QP_TRY(link_neighbours(page, items, limit));
    page.set(arena_, "orderedItems", QP_TRY(rendered(items)));
    return page;
  }

 private:
  /// Newest first.
  Result<std::vector<SequenceItem>> items_of(std::string_view at, std::size_t limit) {
    if (at == "first") return txn_.sequence_before(sequence_, 0, limit, visible_);
    std::vector<SequenceItem> items;
    if (at == "last") {
      items = QP_TRY(txn_.sequence_after(sequence_, 0, limit, visible_));
    } else {
      const auto [word, number] = text::split_once(at, ':');
      const auto key = text::to_uint(number.value_or(""));
      if (!key || (word != "before" && word != "after")) {
        return bad_input("page is first, last, before:<key> or after:<key>");
      }
      if (word == "before") return txn_.sequence_before(sequence_, *key, limit, visible_);
      items = QP_TRY(txn_.sequence_after(sequence_, *key, limit, visible_));
    }
    std::reverse(items.begin(), items.end());
    return items;
  }

  Result<void> link_neighbours(Value page, std::span<const SequenceItem> items, std::size_t limit) {
    if (items.empty()) return {};
    const auto newer = QP_TRY(txn_.sequence_after(sequence_, items.front().key, 1, visible_));
    const auto older = QP_TRY(txn_.sequence_before(sequence_, items.back().key, 1, visible_));
    const std::string suffix =
        limit == limits::kPageItemsDefault ? "" : fmt::format("&limit={}", limit);
    if (!older.empty()) {
      page.set(arena_, "next", address(fmt::format("before:{}", items.back().key) + suffix));
    }
    if (!newer.empty()) {
      page.set(arena_, "prev", address(fmt::format("after:{}", items.front().key) + suffix));
    }
    return {};
  }

  Value address(std::string_view page) {
    return Value::string(arena_.copy(fmt::format("{}?page={}", iri_, page)));
  }

  /// Activities are shown whole, everything else (actors, objects) as links.
  Result<Value> rendered(std::span<const SequenceItem> items) {
    const Value array = Value::array(arena_, items.size());
    for (const SequenceItem& item : items) array.push_back(arena_, QP_TRY(rendered(item)));
    return array;
  }

  Result<Value> rendered(const SequenceItem& item) {
    const auto term = QP_TRY(txn_.resolve(item.member));
    const Value link = Value::string(arena_.copy(term.value));
    const auto record = QP_TRY(txn_.graph(item.member));
    if (!record || !visible_.sees(record->audience)) return link;
    if (!QP_TRY(txn_.probe({item.member, item.member, as::actor, {}}, {}))) return link;
    const bool by_author = QP_TRY(is_author(txn_, item.member, reader_));
    const Walk walk{visible_, by_author};
    const Value value = QP_TRY(project(txn_, item.member, walk, contexts_, arena_));
    const Value* context = value.find("@context");
    if (context && context->is("https://www.w3.org/ns/activitystreams")) value.erase("@context");
    return value;
  }

  const Txn& txn_;
  std::string iri_;
  TermId sequence_;
  const Visible& visible_;
  std::optional<TermId> reader_;
  jsonld::ContextSource contexts_;
  Arena& arena_;
};

}  // namespace

Result<Visible> visible_to(const Txn& txn, const Reader& reader) {
  std::vector<TermId> names{as::Public};
  if (const auto id = QP_TRY(reader_id(txn, reader))) names.push_back(*id);
  return txn.visible_to(names);
}

Result<Served> serve(const Txn& txn, std::string_view iri, const Reader& reader,
                     const Contexts& contexts) {
  const Visible visible = QP_TRY(visible_to(txn, reader));
  const Found found = QP_TRY(find_graph(txn, iri, visible));
  const auto id = QP_TRY(reader_id(txn, reader));
  const bool by_author = QP_TRY(is_author(txn, found.graph, id));
  const Walk walk{visible, by_author};
  Arena arena;
  const Value value =
      QP_TRY(project(txn, found.graph, walk, {contexts.cache, contexts.loader}, arena));
  Served served = finish(value, found.record.audience == store::AudienceId::Public);
  if (QP_TRY(is_tombstone(txn, found.graph))) served.status = 410;
  return served;
}

namespace {

/// A collection without a graph of its own belongs to the resource that its address begins with:
/// `<object>/likes`. Who may read that may read it.
Result<Value> bare_collection(const Txn& txn, std::string_view iri, const Visible& visible,
                              Arena& arena) {
  QP_TRY(find_graph(txn, iri.substr(0, iri.rfind('/')), visible));
  const Value base = Value::object(arena, 8);
  base.set(arena, "@context", Value::string("https://www.w3.org/ns/activitystreams"));
  base.set(arena, "id", Value::string(arena.copy(iri)));
  base.set(arena, "type", Value::string("OrderedCollection"));
  return base;
}

}  // namespace

Result<Served> serve_collection(const Txn& txn, std::string_view iri,
                                const std::optional<Page>& page, const Reader& reader,
                                const Contexts& contexts) {
  const Visible visible = QP_TRY(visible_to(txn, reader));
  const auto sequence = QP_TRY(txn.find_iri(iri));
  Arena arena;
  Value base;
  if (sequence && QP_TRY(txn.graph(*sequence))) {
    QP_TRY(find_graph(txn, iri, visible));
    Walk walk;
    walk.visible = visible;
    base = QP_TRY(project(txn, *sequence, walk, {contexts.cache, contexts.loader}, arena));
  } else {
    base = QP_TRY(bare_collection(txn, iri, visible, arena));
  }
  const auto id = QP_TRY(reader_id(txn, reader));
  Pager pager(txn, std::string(iri), sequence.value_or(TermId::None), visible, id, contexts, arena);
  if (page) return finish(QP_TRY(pager.page(*page)), false);
  return finish(QP_TRY(pager.collection(base)), false);
}

}  // namespace qp::view
