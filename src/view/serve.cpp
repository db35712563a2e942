#include "view/serve.hpp"

#include <fmt/core.h>
#include <xxhash.h>

#include <algorithm>

#include "base/own_json.hpp"
#include "base/text.hpp"
#include "view/limits.hpp"
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

Served finish(Value value) {
  Served served;
  served.body = json::to_text(value);
  const XXH128_hash_t hash = XXH3_128bits(served.body.data(), served.body.size());
  served.etag = fmt::format("\"{:016x}{:016x}\"", hash.high64, hash.low64);
  return served;
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

Result<Served> serve_found(const Txn& txn, const Found& found, const Sight& sight,
                           const Contexts& contexts) {
  const Walk walk{sight.visible, false, sight.actors};
  Arena arena;
  Ingredients ingredients;
  const Value value = QP_TRY(
      project(txn, found.graph, walk, {contexts.cache, contexts.loader}, arena, &ingredients));
  Served served = finish(value);
  served.audience = found.record.audience;
  served.same_for_all = !ingredients.withheld && !ingredients.shows_recipients;
  served.hides_recipients = ingredients.hides_recipients;
  served.embedded = std::move(ingredients.embedded);
  if (QP_TRY(is_tombstone(txn, found.graph))) served.status = 410;
  return served;
}

/// A collection without its items.
struct Base {
  TermId sequence = TermId::None;
  Value value;
  bool is_ordered = true;
};

/// A collection without a graph of its own belongs to the resource that its address begins with:
/// `<object>/likes`. Who may read that may read it.
Result<Base> base_of(const Txn& txn, std::string_view iri, Belongs belongs, const Sight& sight,
                     const Contexts& contexts, Arena& arena) {
  Base base;
  const auto sequence = QP_TRY(txn.find_iri(iri));
  base.sequence = sequence.value_or(TermId::None);
  if (sequence && QP_TRY(txn.graph(*sequence))) {
    QP_TRY(find_graph(txn, iri, sight.visible));
    const Walk walk{sight.visible, false, sight.actors};
    base.value = QP_TRY(project(txn, *sequence, walk, {contexts.cache, contexts.loader}, arena));
    base.is_ordered = !QP_TRY(txn.probe({*sequence, *sequence, rdf::type, as::Collection}, {}));
    return base;
  }
  if (belongs == Belongs::ToResource) {
    const Found owner = QP_TRY(find_graph(txn, iri.substr(0, iri.rfind('/')), sight.visible));
    if (QP_TRY(is_tombstone(txn, owner.graph))) {
      return error(Code::Gone, "what this collection belonged to is deleted");
    }
  }
  base.value = Value::object(arena, 8);
  base.value.set(arena, "@context", Value::string("https://www.w3.org/ns/activitystreams"));
  base.value.set(arena, "id", Value::string(arena.copy(iri)));
  base.value.set(arena, "type", Value::string("OrderedCollection"));
  return base;
}

/// A collection's pages for one reader. Everything that it says (items, totals, neighbours) is what
/// this reader may see of it.
class Pager {
 public:
  Pager(const Txn& txn, std::string iri, const Base& base, const Sight& sight,
        const Contexts& contexts, Arena& arena)
      : txn_(txn),
        iri_(std::move(iri)),
        base_(base),
        sequence_(base.sequence),
        sight_(sight),
        visible_(sight.visible),
        contexts_{contexts.cache, contexts.loader},
        arena_(arena) {}

  /// The collection's own members; its items are on its pages, but for `where`.
  Result<Value> collection(Items where) {
    const Value shown = base_.value;
    const auto total = QP_TRY(txn_.sequence_count(sequence_, visible_));
    shown.set(arena_, "totalItems", Value::number(arena_, static_cast<std::int64_t>(total)));
    if (where == Items::Inside && total > 0 && total <= limits::kPageItemsDefault) {
      auto items = QP_TRY(txn_.sequence_before(sequence_, 0, total, visible_));
      const Value whole = QP_TRY(rendered(items));
      if (items.size() == total) {
        shown.set(arena_, key_of_items(), whole);
        return shown;
      }
    }
    shown.set(arena_, "first",
              where == Items::OnPages ? address("first") : QP_TRY(embedded_first_page()));
    shown.set(arena_, "last", address("last"));
    return shown;
  }

  Result<Value> page(const Page& wanted) {
    const std::size_t limit = std::min(std::max<std::size_t>(wanted.limit, 1), limits::kPageItems);
    suffix_ = limit == limits::kPageItemsDefault ? "" : fmt::format("&limit={}", limit);
    auto [items, order] = QP_TRY(stretch_of(wanted.at, limit));
    const Value array = QP_TRY(rendered(items));
    if (order == Order::OldestFirst) {
      std::ranges::reverse(items);
      std::ranges::reverse(array.items());
    }
    const Value page = Value::object(arena_, 12);
    page.set(arena_, "@context", Value::string("https://www.w3.org/ns/activitystreams"));
    page.set(arena_, "id", address(wanted.at));
    page.set(arena_, "type",
             Value::string(base_.is_ordered ? "OrderedCollectionPage" : "CollectionPage"));
    page.set(arena_, "partOf", Value::string(arena_.copy(iri_)));
    page.set(arena_, "totalItems", QP_TRY(total()));
    QP_TRY(link_neighbours(page, items));
    if (!items.empty()) {  // ActivityStreams 2.0, 2: no empty arrays
      page.set(arena_, key_of_items(), array);
    }
    return page;
  }

 private:
  enum class Order { NewestFirst, OldestFirst };
  struct Stretch {
    std::vector<SequenceItem> items;
    Order order;
  };

  Result<Value> embedded_first_page() {
    const Value first = QP_TRY(page(Page{"first"}));
    first.erase("@context");
    return first;
  }

  std::string_view key_of_items() const { return base_.is_ordered ? "orderedItems" : "items"; }

  Result<Value> total() {
    const auto total = QP_TRY(txn_.sequence_count(sequence_, visible_));
    return Value::number(arena_, static_cast<std::int64_t>(total));
  }

  /// From where the page is held on, so that a page that ends early ends at its other side.
  Result<Stretch> stretch_of(std::string_view at, std::size_t limit) {
    std::uint64_t from = 0;
    bool is_before = at == "first";
    if (!is_before && at != "last") {
      const auto [word, number] = text::split_once(at, ':');
      const auto key = text::to_uint(number.value_or(""));
      if (!key || *key == 0 || (word != "before" && word != "after")) {
        return bad_input("page is first, last, before:<key> or after:<key>");
      }
      is_before = word == "before";
      from = *key;
    }
    Stretch stretch{{}, is_before ? Order::NewestFirst : Order::OldestFirst};
    stretch.items = QP_TRY(is_before ? txn_.sequence_before(sequence_, from, limit, visible_)
                                     : txn_.sequence_after(sequence_, from, limit, visible_));
    return stretch;
  }

  /// Where it is known without counting, the place of the first item too: at both ends.
  Result<void> link_neighbours(Value page, std::span<const SequenceItem> items) {
    if (items.empty()) return {};
    const auto newer = QP_TRY(txn_.sequence_after(sequence_, items.front().key, 1, visible_));
    const auto older = QP_TRY(txn_.sequence_before(sequence_, items.back().key, 1, visible_));
    if (!older.empty()) page.set(arena_, "next", address("before", items.back().key));
    if (!newer.empty()) page.set(arena_, "prev", address("after", items.front().key));
    if (!base_.is_ordered) return {};
    if (newer.empty()) {
      page.set(arena_, "startIndex", Value::number(arena_, 0));
    } else if (older.empty()) {
      const auto total = QP_TRY(txn_.sequence_count(sequence_, visible_));
      const auto start = static_cast<std::int64_t>(total - items.size());
      page.set(arena_, "startIndex", Value::number(arena_, start));
    }
    return {};
  }

  Value address(std::string_view page) {
    return Value::string(arena_.copy(fmt::format("{}?page={}{}", iri_, page, suffix_)));
  }
  Value address(std::string_view word, std::uint64_t key) {
    return address(fmt::format("{}:{}", word, key));
  }

  struct Shown {
    Value value;
    std::size_t bytes;
  };

  /// As many as go on a page by their size, and one at least; `items` keeps those.
  Result<Value> rendered(std::vector<SequenceItem>& items) {
    const Value array = Value::array(arena_, items.size());
    std::size_t bytes = 0;
    for (const SequenceItem& item : items) {
      const Shown shown = QP_TRY(rendered(item));
      bytes += shown.bytes;
      if (bytes > limits::kPageBytes && !array.empty()) break;
      array.push_back(arena_, shown.value);
    }
    items.resize(array.size());
    return array;
  }

  /// Activities are shown whole, everything else (actors, objects) as links.
  Result<Shown> rendered(const SequenceItem& item) {
    const auto term = QP_TRY(txn_.resolve(item.member));
    const Shown link{Value::string(arena_.copy(term.value)), term.value.size()};
    const auto record = QP_TRY(txn_.graph(item.member));
    if (!record || !visible_.sees(record->audience)) return link;
    // Finished bytes are of this server's own things, activities among them.
    if (const auto kept = QP_TRY(find_rendered(txn_, term.value, sight_))) {
      const Value value = QP_TRY(json::parse(kept->body, arena_, json::kOwnJson));
      return value.contains("actor") ? Shown{as_item(value), kept->body.size()} : link;
    }
    if (!QP_TRY(txn_.probe({item.member, item.member, as::actor, {}}, {}))) return link;
    const Walk walk{visible_, false, sight_.actors};
    const Value value = as_item(QP_TRY(project(txn_, item.member, walk, contexts_, arena_)));
    return Shown{value, json::to_text(value).size()};
  }

  /// The page has the context already, unless the item came with another one.
  static Value as_item(Value value) {
    const Value* context = value.find("@context");
    if (context && context->is("https://www.w3.org/ns/activitystreams")) value.erase("@context");
    return value;
  }

  const Txn& txn_;
  std::string iri_;
  const Base& base_;
  TermId sequence_;
  const Sight& sight_;
  const Visible& visible_;
  jsonld::ContextSource contexts_;
  Arena& arena_;
  std::string suffix_;
};

}  // namespace

Result<Served> serve(const Txn& txn, std::string_view iri, const Reader& reader,
                     const Contexts& contexts) {
  const Sight sight = QP_TRY(sight_of(txn, reader));
  return serve_found(txn, QP_TRY(find_graph(txn, iri, sight.visible)), sight, contexts);
}

Result<Served> serve_audience(const Txn& txn, std::string_view iri, const Contexts& contexts) {
  const Found found = QP_TRY(find_graph(txn, iri, Visible::everything()));
  if (found.record.audience == store::AudienceId::Nobody) return not_found();
  std::vector<store::AudienceId> sets{store::AudienceId::Public};
  if (found.record.audience != sets.front()) sets.push_back(found.record.audience);
  return serve_found(txn, found, Sight{Visible(std::move(sets)), {}}, contexts);
}

Result<std::optional<store::RenderedView>> find_rendered(const Txn& txn, std::string_view iri,
                                                         const Sight& sight) {
  for (const TermId actor : sight.actors) {
    auto own = QP_TRY(txn.rendered(iri, kAuthorView));
    if (!own) break;
    if (QP_TRY(txn.audience_members(own->audience)) == std::vector{actor}) return own;
  }
  auto shared = QP_TRY(txn.rendered(iri, kSharedView));
  if (!shared || !sight.visible.sees(shared->audience)) {
    return std::optional<store::RenderedView>();
  }
  return shared;
}

Result<Served> serve_collection(const Txn& txn, std::string_view iri,
                                const std::optional<Page>& page, const Reader& reader,
                                const Contexts& contexts, Items items, Belongs belongs) {
  const Sight sight = QP_TRY(sight_of(txn, reader));
  Arena arena;
  const Base base = QP_TRY(base_of(txn, iri, belongs, sight, contexts, arena));
  Pager pager(txn, std::string(iri), base, sight, contexts, arena);
  return finish(page ? QP_TRY(pager.page(*page)) : QP_TRY(pager.collection(items)));
}

}  // namespace qp::view
