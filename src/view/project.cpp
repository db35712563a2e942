#include "view/project.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <utility>

#include "base/own_json.hpp"
#include "jsonld/fidelity.hpp"
#include "rdf/iri.hpp"
#include "view/reader.hpp"
#include "vocab/contexts.hpp"

namespace qp::view {

namespace {

using json::Arena;
using json::Value;
using store::OrderedQuad;
using store::Pattern;
using store::Txn;

constexpr std::string_view kActivityStreams = "https://www.w3.org/ns/activitystreams";
constexpr std::size_t kEmbedDepth = 2;

bool holds(std::span<const Word> words, std::span<const TermId> terms) {
  return std::any_of(words.begin(), words.end(), [&](const Word& word) {
    return std::find(terms.begin(), terms.end(), word.id) != terms.end();
  });
}

/// The view that claims what has these types and properties.
const vocab::View& view_of(std::span<const TermId> types, std::span<const TermId> properties) {
  for (const vocab::View& view : vocab::kViews) {
    if (holds(view.types, types)) return view;
  }
  for (const vocab::View& view : vocab::kViews) {
    if (holds(view.signs, properties)) return view;
  }
  return vocab::kViews.back();
}

const vocab::View& view_of_subject(std::span<const OrderedQuad> quads, TermId subject) {
  std::vector<TermId> types, properties;
  for (const OrderedQuad& quad : quads) {
    if (quad.quad.s != subject) continue;
    properties.push_back(quad.quad.p);
    if (quad.quad.p == rdf::type) types.push_back(quad.quad.o);
  }
  return view_of(types, properties);
}

/// Whether a value is a part of the resource around it, though it has an address of its own: what
/// the resource's document says of it is then shown, too. What no view knows is one.
bool is_part(TermId predicate, const vocab::Field* field) {
  if (!field) return predicate != rdf::type;
  return field->show == vocab::Show::Plain && field->kind != vocab::Kind::Iri;
}

/// Collects statements, their text copied into the arena.
class Collector {
 public:
  /// `nameless`: the name that the store gave to something without an id; a blank node again.
  Collector(const Txn& txn, Arena& arena, TermId nameless = TermId::None)
      : txn_(txn), arena_(arena), nameless_(nameless) {}

  /// All of a graph, or what it says of one subject.
  Result<std::vector<OrderedQuad>> quads_of(TermId graph, bool with_claims = false,
                                            TermId subject = TermId::None) const {
    std::vector<OrderedQuad> quads;
    store::Txn::ScanOptions options;
    options.with_claims = with_claims;
    QP_TRY(txn_.scan(Pattern{graph, subject, {}, {}}, options, [&](const OrderedQuad& quad) {
      quads.push_back(quad);
      return true;
    }));
    return quads;
  }

  Result<void> add(const OrderedQuad& quad) {
    jsonld::Statement statement;
    statement.s = QP_TRY(term(quad.quad.s));
    statement.p = QP_TRY(term(quad.quad.p));
    statement.o = QP_TRY(term(quad.quad.o));
    statement.ordinal = quad.ordinal;
    statements_.push_back(statement);
    return {};
  }

  Result<rdf::TermView> term(TermId id) {
    if (id == nameless_) return rdf::TermView{rdf::TermKind::Blank, "document", {}, {}};
    rdf::TermView view = QP_TRY(txn_.resolve(id));
    view.value = arena_.copy(view.value);
    view.datatype = arena_.copy(view.datatype);
    view.language = arena_.copy(view.language);
    return view;
  }

  const std::vector<jsonld::Statement>& statements() const { return statements_; }

 private:
  const Txn& txn_;
  Arena& arena_;
  TermId nameless_;
  std::vector<jsonld::Statement> statements_;
};

Result<Value> parse_kept(const std::string& text, Arena& arena) {
  if (text.empty()) return Value();
  return json::parse(arena.copy(text), arena, json::kOwnJson);
}

Result<Value> context_of(const store::DocumentRecord& document, Arena& arena) {
  const Value kept = QP_TRY(parse_kept(document.context, arena));
  return kept.is_null() ? Value::string(kActivityStreams) : kept;
}

/// Whose words a graph is, and what its document says of things that are not its own.
struct Speaker {
  TermId graph{};
  TermId claims{};  ///< or None
  std::vector<TermId> authors;
  bool is_own = false;  ///< the reader's
};

/// Whom the quads name as author of `subject`.
std::vector<TermId> authors_in(std::span<const OrderedQuad> quads, TermId subject) {
  std::vector<TermId> authors;
  for (const OrderedQuad& quad : quads) {
    const bool names_author = quad.quad.p == as::actor || quad.quad.p == as::attributedTo;
    if (names_author && quad.quad.s == subject) authors.push_back(quad.quad.o);
  }
  return authors;
}

bool share_any(std::span<const TermId> some, std::span<const TermId> others) {
  return std::ranges::any_of(
      some, [&](TermId one) { return std::ranges::find(others, one) != others.end(); });
}

/// Collects the statements of a graph and of the graphs that its view embeds.
class Walker {
 public:
  Walker(const Txn& txn, const Walk& walk, Collector& collector, Ingredients& found)
      : txn_(txn), walk_(walk), collector_(collector), found_(found) {}

  /// `claims`: what the source of `graph` says of things that are not its own, or None.
  Result<void> collect(TermId graph, TermId claims, std::size_t depth = kEmbedDepth) {
    const auto quads = QP_TRY(collector_.quads_of(graph));
    const bool is_own = walk_.with_hidden_recipients || is_by_reader(graph, quads);
    if (is_own) own_.push_back(graph);
    const Speaker speaker{graph, claims, authors_in(quads, graph), is_own};
    TermId subject{};
    const vocab::View* view = nullptr;
    for (const OrderedQuad& quad : quads) {
      if (!may_show(quad, is_own, depth < kEmbedDepth)) continue;
      QP_TRY(collector_.add(quad));
      if (std::exchange(subject, quad.quad.s) != quad.quad.s) {
        view = &view_of_subject(quads, subject);
      }
      const vocab::Field* field = vocab::find_field(*view, quad.quad.p);
      const bool embeds = field && field->show == vocab::Show::Embed;
      if (embeds && subject == graph && depth > 0) {
        QP_TRY(embed(graph, quad.quad.o, depth - 1));
      } else if (is_part(quad.quad.p, field)) {
        QP_TRY(collect_part(speaker, quad.quad.o));
      }
    }
    return {};
  }

  /// The graphs that are the reader's own.
  const std::vector<TermId>& own() const { return own_; }
  /// What others only may describe: it is named, and no more.
  const std::vector<TermId>& foreign() const { return foreign_; }

 private:
  bool is_by_reader(TermId graph, const std::vector<OrderedQuad>& quads) const {
    const auto reads = [&](TermId actor) {
      return std::find(walk_.readers.begin(), walk_.readers.end(), actor) != walk_.readers.end();
    };
    return reads(graph) || std::ranges::any_of(authors_in(quads, graph), reads);
  }

  /// Says in `found_` whether there are recipients that are shown or not.
  bool may_show(const OrderedQuad& quad, bool is_own, bool is_inside) {
    // A proof holds for its own document, byte for byte, and not for what embeds that.
    if (is_inside && (quad.quad.p == sec::proof || quad.quad.p == sec::signature)) return false;
    if (!vocab::is_hidden_recipient(quad.quad.p)) return true;
    (is_own ? found_.shows_recipients : found_.hides_recipients) = true;
    return is_own;
  }

  /// What the document that named `part` says of it, as a part of what it said. It holds nowhere
  /// else: whatever `part` is, its own graph is another.
  Result<void> collect_part(const Speaker& speaker, TermId part) {
    const bool is_known = std::find(parts_.begin(), parts_.end(), part) != parts_.end();
    if (speaker.claims == TermId::None || rdf::is_literal(part) || is_known) return {};
    parts_.push_back(part);
    const auto quads = QP_TRY(collector_.quads_of(speaker.claims, true, part));
    if (!quads.empty() && QP_TRY(is_anothers(speaker, part, quads))) {
      foreign_.push_back(part);
      return {};
    }
    const vocab::View& view = view_of_subject(quads, part);
    for (const OrderedQuad& quad : quads) {
      if (!may_show(quad, speaker.is_own, true)) continue;
      QP_TRY(collector_.add(quad));
      // What has no address of its own is described nowhere else.
      const bool is_shown =
          rdf::is_blank(quad.quad.o) || is_part(quad.quad.p, vocab::find_field(view, quad.quad.p));
      if (is_shown) QP_TRY(collect_part(speaker, quad.quad.o));
    }
    return {};
  }

  /// FEP-fe34: of what is here, and of what would be of this origin, nobody speaks in the name of
  /// another actor. `quads`: what is said of `part`.
  Result<bool> is_anothers(const Speaker& speaker, TermId part,
                           std::span<const OrderedQuad> quads) {
    if (!rdf::is_iri(part)) return false;
    const std::string iri(QP_TRY(txn_.resolve(part)).value);
    const auto id = QP_TRY(txn_.find_iri(std::string_view(iri).substr(0, iri.find('#'))));
    const std::array resource{id.value_or(part)};
    if (resource[0] == speaker.graph || share_any(resource, speaker.authors)) return false;
    const auto record = QP_TRY(txn_.graph(resource[0]));
    if (record && record->kind == store::GraphKind::Source) {
      const auto kept = QP_TRY(collector_.quads_of(resource[0]));
      return !share_any(authors_in(kept, resource[0]), speaker.authors);
    }
    const std::string here(QP_TRY(txn_.resolve(speaker.graph)).value);
    const auto named = authors_in(quads, part);
    return rdf::origin(iri) == rdf::origin(here) && !named.empty() &&
           !share_any(named, speaker.authors);
  }

  Result<void> embed(TermId graph, TermId other, std::size_t depth) {
    const bool is_known =
        other == graph ||
        std::find(found_.embedded.begin(), found_.embedded.end(), other) != found_.embedded.end();
    if (!rdf::is_iri(other) || is_known) return {};
    const auto record = QP_TRY(txn_.graph(other));
    if (!record || record->kind != store::GraphKind::Source) return {};
    if (!walk_.visible.sees(record->audience)) {
      found_.withheld = true;
      return {};
    }
    found_.embedded.push_back(other);
    const auto document = QP_TRY(txn_.document(record->document));
    return collect(other, document ? document->claims : TermId::None, depth);
  }

  const Txn& txn_;
  const Walk& walk_;
  Collector& collector_;
  Ingredients& found_;
  std::vector<TermId> own_, parts_, foreign_;
};

/// Quads of hidden recipients were left out already; this is for what a difference may say of them.
/// `shown`: this node is the reader's own; nodes without an id belong to the one around them.
void hide_recipients(Value value, std::span<const std::string_view> own, bool shown) {
  if (value.is_object()) {
    if (const std::string_view id = value.get("id").text(); !id.empty()) {
      shown = std::find(own.begin(), own.end(), id) != own.end();
    }
    if (!shown) {
      for (const std::string_view name : vocab::kHiddenNames) value.erase(name);
    }
    for (const json::Member& member : value.members()) hide_recipients(member.value, own, shown);
  }
  for (const Value item : value.items()) hide_recipients(item, own, shown);
}

/// Of an Update whose actor is its object, older versions kept the object whole, as what stands
/// where the actor's address came back: it would hide all that came later. Its arrays of one hold
/// still.
Value thawed(Value difference, Arena& arena) {
  const Value whole = difference.get("o").get("object").get("=");
  if (!whole.is_object() || !difference.get("o").get("actor").get("m").is("id")) return difference;
  const Value members = Value::object(arena);
  for (const json::Member& member : whole.members()) {
    if (!member.value.is_array() || member.value.size() != 1) continue;
    const Value wrapped = Value::object(arena, 1);
    wrapped.set(arena, "w", Value());
    members.set(arena, member.key, wrapped);
  }
  const Value shapes = Value::object(arena, 1);
  shapes.set(arena, "o", members);
  difference.get("o").set(arena, "object", shapes);
  return difference;
}

/// What of the source's difference holds for this view: the root's own, or the part that concerns
/// the activity's object; without that part where the object has changed since.
Result<Value> difference_for(const Txn& txn, TermId graph, const store::DocumentRecord& document,
                             std::span<const TermId> embedded, Arena& arena) {
  const Value all = thawed(QP_TRY(parse_kept(document.fidelity, arena)), arena);
  if (document.root != graph) return jsonld::difference_at(all, "object");
  for (const TermId other : embedded) {
    const auto record = QP_TRY(txn.graph(other));
    if (record && record->document != document.id) all.get("o").erase("object");
  }
  return all;
}

std::string_view local_name(std::string_view iri) {
  const std::size_t end = iri.find_last_of("#/:");
  return end == std::string_view::npos ? iri : iri.substr(end + 1);
}

/// The field that any view has under this JSON key.
const vocab::Field* field_named(std::string_view key) {
  // Asked for every member of everything that is shown. Of tables that never change.
  static const auto fields = [] {
    std::unordered_map<std::string_view, const vocab::Field*> all;
    for (const vocab::View& view : vocab::kViews) {
      for (const vocab::Fields part : view.fields) {
        for (const vocab::Field& field : part) all.emplace(local_name(field.property.iri), &field);
      }
    }
    return all;
  }();
  const auto found = fields.find(key == "orderedItems" ? "items" : key);
  return found == fields.end() ? nullptr : found->second;
}

/// What a difference alone says of something that is only referred to, as it does of what a
/// document describes twice, is left out: its address stays. What has no address of its own is a
/// part of the document.
Value without_hearsay(Value value, const std::vector<jsonld::Statement>& known) {
  const auto is_known = [&](std::string_view id) {
    return std::any_of(known.begin(), known.end(),
                       [&](const jsonld::Statement& one) { return one.s.value == id; });
  };
  const auto only_address = [&](Value node) {
    const Value id = node.get("id");
    const bool is_address = id.is_string() && rdf::is_absolute_iri(id.text());
    return is_address && node.size() > 1 && !is_known(id.text()) ? id : node;
  };
  for (json::Member& member : value.members()) {
    if (member.key == "@context") continue;
    member.value = without_hearsay(member.value, known);
    const vocab::Field* field = field_named(member.key);
    if (!field || field->show != vocab::Show::Reference) continue;
    member.value = only_address(member.value);
    for (Value& item : member.value.items()) item = only_address(item);
  }
  for (Value& item : value.items()) item = without_hearsay(item, known);
  return value;
}

/// Of what is another's nothing but its address, whatever a difference says of it.
Value only_named(Value value, std::span<const std::string_view> foreign) {
  for (Value& item : value.items()) item = only_named(item, foreign);
  if (!value.is_object()) return value;
  for (json::Member& member : value.members()) {
    if (member.key == "@context") continue;
    const bool names = member.key == "id" || member.key == "@id" || !value.contains("id");
    const bool is_foreign =
        names && std::ranges::find(foreign, member.value.text()) != foreign.end();
    if (is_foreign) return member.value;
    member.value = only_named(member.value, foreign);
  }
  return value;
}

/// What another server says of its own listings stays as it says it.
bool is_from_elsewhere(const store::DocumentRecord& document) {
  constexpr std::array<std::string_view, 3> kRoads = {"cavage", "rfc9421", "fetched"};
  return std::find(kRoads.begin(), kRoads.end(), document.attested_how) != kRoads.end();
}

/// An object of this server names the collections of its reactions and answers: in their place
/// stands how many this reader may see of each. Their address begins with the object's.
Result<void> count_listings(const Txn& txn, Value object, const Walk& walk, Ingredients& found,
                            Arena& arena) {
  const std::string_view id = object.get("id").text();
  for (const std::string_view key : {"likes", "shares", "replies"}) {
    const std::string_view listing = object.get(key).text();
    if (id.empty() || listing != arena.concat(arena.concat(id, "/"), key)) continue;
    const auto sequence = QP_TRY(txn.find_iri(listing));
    const auto count = sequence ? QP_TRY(txn.sequence_count(*sequence, walk.visible)) : 0;
    const auto all =
        sequence ? QP_TRY(txn.sequence_count(*sequence, store::Visible::everything())) : 0;
    if (count != all) found.withheld = true;
    const Value counted = Value::object(arena, 3);
    counted.set(arena, "id", Value::string(listing));
    counted.set(arena, "type", Value::string("OrderedCollection"));
    counted.set(arena, "totalItems", Value::number(arena, static_cast<std::int64_t>(count)));
    object.set(arena, key, counted);
  }
  const Value inner = object.get("object");
  return inner.is_object() ? count_listings(txn, inner, walk, found, arena) : Result<void>();
}

/// Other ways to say what a view has under one name.
struct Alias {
  Word said, meant;
};
constexpr std::array kAliases = {
    Alias{ldp::outbox, as::outbox},
    Alias{schema::value, schema_hash::value},
    Alias{schema::identifier, schema_hash::identifier},
    Alias{schema::inLanguage, schema_hash::inLanguage},
};

TermId meant_by(TermId property) {
  for (const Alias& alias : kAliases) {
    if (property == alias.said) return alias.meant;
  }
  return property;
}

/// The quads of a graph, and of what it embeds, that views have.
class Selector {
 public:
  Selector(const Txn& txn, const Walk& walk, Collector& collector)
      : txn_(txn), walk_(walk), collector_(collector) {}

  Result<void> select(TermId graph, const vocab::View* wanted, std::size_t depth = kEmbedDepth) {
    const auto quads = QP_TRY(collector_.quads_of(graph));
    const bool is_own = walk_.with_hidden_recipients ||
                        QP_TRY(is_author(txn_, graph, Sight{walk_.visible, walk_.readers}));
    for (std::size_t begin = 0, end = 0; begin < quads.size(); begin = end) {
      const TermId subject = quads[begin].quad.s;
      while (end < quads.size() && quads[end].quad.s == subject) ++end;
      const std::span about = std::span(quads).subspan(begin, end - begin);
      const vocab::View& view =
          wanted && subject == graph ? *wanted : view_of_subject(about, subject);
      for (const OrderedQuad& quad : about) QP_TRY(select(quad, view, is_own, depth));
    }
    return {};
  }

  /// The predicates and types that were taken.
  const std::vector<TermId>& words() const { return words_; }

 private:
  Result<void> select(const OrderedQuad& quad, const vocab::View& view, bool is_own,
                      std::size_t depth) {
    const bool is_list = quad.quad.p == rdf::first || quad.quad.p == rdf::rest;
    const bool is_type = quad.quad.p == rdf::type;
    const vocab::Field* field = vocab::find_field(view, quad.quad.p);
    if (!field && !is_type && !is_list) return {};
    if (field && field->show == vocab::Show::AuthorOnly && !is_own) return {};
    OrderedQuad meant = quad;
    meant.quad.p = meant_by(quad.quad.p);
    words_.push_back(is_type ? quad.quad.o : meant.quad.p);
    QP_TRY(collector_.add(meant));
    if (!field || field->show != vocab::Show::Embed || depth == 0) return {};
    return embed(quad.quad.o, depth - 1);
  }

  Result<void> embed(TermId other, std::size_t depth) {
    if (!rdf::is_iri(other) || std::find(seen_.begin(), seen_.end(), other) != seen_.end()) {
      return {};
    }
    seen_.push_back(other);
    const auto record = QP_TRY(txn_.graph(other));
    const bool is_there = record && record->kind != store::GraphKind::Claims;
    if (!is_there || !walk_.visible.sees(record->audience)) return {};
    return select(other, nullptr, depth);
  }

  const Txn& txn_;
  const Walk& walk_;
  Collector& collector_;
  std::vector<TermId> words_, seen_;
};

/// ActivityStreams, and a definition for each word that it lacks.
Value context_for(std::span<const TermId> words, Arena& arena) {
  const vocab::BundledContext* bundled = vocab::find_bundled_context(kActivityStreams);
  const Value extra = Value::object(arena);
  for (const TermId id : words) {
    if (static_cast<std::uint64_t>(id) > vocab::rows().size()) continue;
    const Word& word = vocab::rows()[static_cast<std::size_t>(id) - 1];
    const std::string_view name = local_name(word.iri);
    const bool is_known =
        bundled && bundled->json.find("\"" + std::string(name) + "\"") != std::string_view::npos;
    if (is_known || word == rdf::first || word == rdf::rest || extra.contains(name)) continue;
    const vocab::Field* field = field_named(name);
    const Value definition = Value::object(arena, 3);
    definition.set(arena, "@id", Value::string(word.iri));
    if (field && (field->kind == vocab::Kind::Iri || field->kind == vocab::Kind::Node)) {
      definition.set(arena, "@type", Value::string("@id"));
    } else if (field && field->kind == vocab::Kind::Time) {
      definition.set(arena, "@type", Value::string(xsd::dateTime.iri));
    }
    if (field && field->count == vocab::Count::List) {
      definition.set(arena, "@container", Value::string("@list"));
    }
    extra.set(arena, name, definition.size() == 1 ? definition.get("@id") : definition);
  }
  if (extra.empty()) return Value::string(kActivityStreams);
  const Value context = Value::array(arena, 2);
  context.push_back(arena, Value::string(kActivityStreams));
  context.push_back(arena, extra);
  return context;
}

bool has_type(Value object, std::string_view type) {
  const Value types = object.get("type");
  const auto items = types.items();
  return types.text() == type || std::any_of(items.begin(), items.end(),
                                             [&](const Value& one) { return one.text() == type; });
}

/// The key by which peers look for a member: `items` of what is ordered are `orderedItems`; and a
/// value of another kind than the context says, which compaction left under `as:key`, is `key`.
std::string_view wire_key(Value object, std::string_view key) {
  const bool is_ordered =
      has_type(object, "OrderedCollection") || has_type(object, "OrderedCollectionPage");
  if (key == "items" && is_ordered) key = "orderedItems";
  if (key.starts_with("as:")) key.remove_prefix(3);
  return key;
}

Value shaped(Value value, const vocab::Field* field, Arena& arena) {
  if (value.is_object()) {
    if (field && field->kind == vocab::Kind::Iri && value.get("id").is_string()) {
      value = value.get("id");
    }
    for (json::Member& member : value.members()) {
      if (member.key == "@context") continue;
      const std::string_view key = wire_key(value, member.key);
      if (!value.contains(key)) value.rename(member, key);
      member.value = shaped(member.value, field_named(member.key), arena);
    }
  }
  for (Value& item : value.items()) item = shaped(item, field, arena);
  return value;
}

/// Arrays where a field is always one: after the items have got their shape.
void wrap_many(Value value, Arena& arena) {
  for (json::Member& member : value.members()) {
    if (member.key == "@context") continue;
    wrap_many(member.value, arena);
    const vocab::Field* field = field_named(member.key);
    if (field && field->count != vocab::Count::One && !member.value.is_array()) {
      member.value = Value::array(arena, std::span(&member.value, 1));
    }
  }
  for (const Value item : value.items()) wrap_many(item, arena);
}

}  // namespace

Result<Value> project_as(const Txn& txn, TermId graph, const vocab::View& view, const Walk& walk,
                         const jsonld::ContextSource& contexts, Arena& arena) {
  const auto record = QP_TRY(txn.graph(graph));
  if (!record || record->kind == store::GraphKind::Claims || !walk.visible.sees(record->audience)) {
    return error(Code::NotFound, "no such resource");
  }
  Collector collector(txn, arena);
  Selector selector(txn, walk, collector);
  QP_TRY(selector.select(graph, &view));
  const auto root = QP_TRY(collector.term(graph));
  const Value context = context_for(selector.words(), arena);
  Value value = QP_TRY(jsonld::restore(collector.statements(), root, context, contexts, arena));
  if (!value.contains("@context")) value.set(arena, "@context", context);
  value = jsonld::to_wire_shape(shaped(value, nullptr, arena), arena);
  wrap_many(value, arena);
  return value;
}

Result<Value> project(const Txn& txn, TermId graph, const Walk& walk,
                      const jsonld::ContextSource& contexts, Arena& arena,
                      Ingredients* ingredients) {
  const auto record = QP_TRY(txn.graph(graph));
  if (!record || record->kind == store::GraphKind::Claims || !walk.visible.sees(record->audience)) {
    return error(Code::NotFound, "no such resource");
  }
  store::DocumentRecord document;
  if (auto kept = QP_TRY(txn.document(record->document))) {
    document = *std::move(kept);
  } else {
    if (ingredients) ingredients->withheld = true;  // not found out here
    const auto quads = QP_TRY(Collector(txn, arena).quads_of(graph));
    return project_as(txn, graph, view_of_subject(quads, graph), walk, contexts, arena);
  }

  Collector collector(txn, arena);
  Ingredients found;
  Walker walker(txn, walk, collector, found);
  QP_TRY(walker.collect(graph, document.claims));
  const auto root = QP_TRY(collector.term(graph));
  const Value context = QP_TRY(context_of(document, arena));
  Value value = QP_TRY(jsonld::restore(collector.statements(), root, context, contexts, arena));
  const Value difference = QP_TRY(difference_for(txn, graph, document, found.embedded, arena));
  value = jsonld::apply_difference(value, difference, arena);
  value = without_hearsay(value, collector.statements());
  if (!walker.foreign().empty()) {
    std::vector<std::string_view> foreign;
    for (const TermId one : walker.foreign()) {
      foreign.push_back(QP_TRY(collector.term(one)).value);
    }
    value = only_named(value, foreign);
  }
  if (!value.contains("@context")) value.set(arena, "@context", context);
  if (!walk.with_hidden_recipients) {
    std::vector<std::string_view> own;
    for (const TermId one : walker.own()) own.push_back(QP_TRY(collector.term(one)).value);
    hide_recipients(value, own, !own.empty());
  }
  if (!is_from_elsewhere(document)) QP_TRY(count_listings(txn, value, walk, found, arena));
  if (ingredients) *ingredients = std::move(found);
  return jsonld::to_wire_shape(value, arena);
}

Result<Value> rebuild(const Txn& txn, const store::DocumentRecord& document,
                      const jsonld::ContextSource& contexts, Arena& arena) {
  Collector collector(txn, arena, document.id);
  const auto add_all = [&](TermId graph) -> Result<void> {
    for (const OrderedQuad& quad : QP_TRY(collector.quads_of(graph, true))) {
      QP_TRY(collector.add(quad));
    }
    return {};
  };
  for (const TermId graph : document.graphs) {
    const auto record = QP_TRY(txn.graph(graph));
    if (record && record->document == document.id) QP_TRY(add_all(graph));
  }
  if (document.claims != TermId::None) QP_TRY(add_all(document.claims));
  const auto root = QP_TRY(collector.term(document.root));
  const Value context = QP_TRY(context_of(document, arena));
  const Value value =
      QP_TRY(jsonld::restore(collector.statements(), root, context, contexts, arena));
  const Value difference = QP_TRY(parse_kept(document.fidelity, arena));
  return jsonld::apply_difference(value, difference, arena);
}

Result<bool> is_tombstone(const Txn& txn, TermId graph) {
  return txn.probe(Pattern{graph, graph, rdf::type, as::Tombstone}, {});
}

}  // namespace qp::view
