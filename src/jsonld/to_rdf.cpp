#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/flat_index.hpp"
#include "base/text.hpp"
#include "jsonld/errors.hpp"
#include "jsonld/jcs.hpp"
#include "jsonld/jsonld.hpp"
#include "jsonld/keywords.hpp"
#include "rdf/iri.hpp"
#include "vocab/terms.hpp"

namespace qp::jsonld {

namespace {

using rdf::QuadView;
using rdf::TermKind;
using rdf::TermView;

/// A term as it is met again and again: hashed and looked at once. Borrows from the document or the
/// arena.
struct Named {
  TermView term;
  std::size_t hash = 0;
  bool well_formed = false;

  Named() = default;
  explicit Named(const TermView& named)
      : term(named),
        hash(rdf::TermHash{}(named)),
        well_formed(named.kind == TermKind::Blank || rdf::is_absolute_iri(named.value)) {}
};

/// What ordinals are counted by.
struct Place {
  TermView g, s, p;
  std::uint32_t count = 0;

  bool is(const TermView& graph, const TermView& subject, const TermView& predicate) const {
    return s == subject && p == predicate && g == graph;
  }
};

/// The canonical lexical form of xsd:double as JSON-LD API 8.6 has it: printf's %1.15E, without
/// zeros at the end of the mantissa and at the start of the exponent.
std::string canonical_double(double value) {
  std::array<char, 40> buffer{};
  const int length = std::snprintf(buffer.data(), buffer.size(), "%1.15E", value);
  const std::string_view text(buffer.data(), static_cast<std::size_t>(length));
  const std::size_t e = text.find('E');
  if (e == std::string_view::npos) return value < 0 ? "-INF" : "INF";
  std::string mantissa(text.substr(0, e));
  while (mantissa.ends_with('0') && !mantissa.ends_with(".0")) mantissa.pop_back();
  std::string_view exponent = text.substr(e + 1);
  const bool negative = exponent.front() == '-';
  exponent.remove_prefix(1);
  while (exponent.size() > 1 && exponent.front() == '0') exponent.remove_prefix(1);
  return mantissa + (negative ? "E-" : "E") + std::string(exponent);
}

/// Of a number without fraction, below 1e21. Digits beyond a double's precision are kept.
std::string canonical_integer(std::string_view spelling, double value) {
  if (spelling.find_first_of(".eE") == std::string_view::npos) {
    return spelling == "-0" ? "0" : std::string(spelling);
  }
  std::array<char, 40> buffer{};
  const int length = std::snprintf(buffer.data(), buffer.size(), "%.0f", value);
  const std::string_view text(buffer.data(), static_cast<std::size_t>(length));
  return text == "-0" ? "0" : std::string(text);
}

constexpr double kIntegerBound = 1e21;

/// Node map generation (API 7.2) and deserialization (API 8.1) in one walk over the expanded
/// document: a quad is emitted where the algorithms would put a value into the node map, so no map
/// is built. What a map would merge (the same value twice, a node in two places) merges because a
/// quad is emitted once.
class Emitter {
 public:
  Emitter(const RdfOptions& options, json::Arena& arena) : options_(options), arena_(arena) {}

  Result<void> document(json::Value expanded) {
    for (const json::Value item : expanded.items()) {
      if (item.is_object() && !item.contains("@value")) QP_TRY(node(item, default_graph_));
    }
    return {};
  }

  std::vector<EmittedQuad> take() { return std::move(quads_); }

 private:
  static TermView iri(std::string_view text) { return {TermKind::Iri, text, {}, {}}; }
  static TermView literal(std::string_view text, std::string_view datatype) {
    return {TermKind::Literal, text, datatype, {}};
  }

  TermView fresh_blank() {
    return {TermKind::Blank, arena_.concat("b", std::to_string(next_blank_++)), {}, {}};
  }

  /// API 7.4: labels of the document are replaced, so that fresh ones cannot meet them.
  TermView blank(std::string_view label) {
    const auto [entry, added] = labels_.try_emplace(label);
    if (added) entry->second = fresh_blank();
    return entry->second;
  }

  TermView resource(std::string_view id) { return is_blank(id) ? blank(id) : iri(id); }

  /// An @id that expansion had to give up is null: a name that is not well-formed.
  TermView name_of(json::Value node_object) {
    const json::Value* id = node_object.find("@id");
    return id == nullptr ? fresh_blank() : resource(id->text());
  }

  /// The subject, predicate and graph name as API 8.1 asks for them; else nothing is emitted.
  bool is_emitted(const Named& s, const Named& p, const Named& g) const {
    if (!s.well_formed || !p.well_formed) return false;
    if (p.term.kind == TermKind::Blank && !options_.produce_generalized_rdf) return false;
    return g.term.value.empty() || g.well_formed;
  }

  void emit(const Named& s, const Named& p, const TermView& o, const Named& g) {
    emit(s, p, o, rdf::TermHash{}(o), g);
  }

  void emit(const Named& s, const Named& p, const TermView& o, std::size_t object_hash,
            const Named& g) {
    if (!is_emitted(s, p, g)) return;
    const QuadView quad{s.term, p.term, o, g.term};
    const std::size_t place_hash = rdf::combined_hash(rdf::combined_hash(g.hash, s.hash), p.hash);
    const auto [at, added] = seen_.find_or_add(
        rdf::combined_hash(place_hash, object_hash), static_cast<std::uint32_t>(quads_.size()),
        [&](std::uint32_t index) { return quads_[index].quad == quad; });
    if (added) quads_.push_back({quad, next_ordinal(quad, place_hash)});
  }

  std::uint32_t next_ordinal(const QuadView& quad, std::size_t hash) {
    // Most quads are about what the last one was about.
    if (places_.empty() || !places_[last_place_].is(quad.g, quad.s, quad.p)) {
      const auto [at, added] = place_index_.find_or_add(
          hash, static_cast<std::uint32_t>(places_.size()),
          [&](std::uint32_t index) { return places_[index].is(quad.g, quad.s, quad.p); });
      if (added) places_.push_back({quad.g, quad.s, quad.p, 0});
      last_place_ = at;
    }
    return ++places_[last_place_].count;
  }

  /// API 7.2 step 6 of a node object whose name is known.
  Result<void> node(json::Value element, const Named& graph) {
    return named_node(element, Named(name_of(element)), graph);
  }

  Result<void> named_node(json::Value element, const Named& subject, const Named& graph) {
    for (const json::Value type : element.get("@type").items()) {  // 6.7
      const Named object(resource(type.text()));
      if (object.well_formed) emit(subject, rdf_type_, object.term, object.hash, graph);
    }
    if (element.contains("@index")) QP_TRY(check_index(subject, graph, element.get("@index")));
    for (const json::Member& reverse : element.get("@reverse").members()) {  // 6.9
      for (const json::Value referring : reverse.value.items()) {
        const Named other(name_of(referring));
        const Named predicate(resource(reverse.key));
        if (subject.well_formed) emit(other, predicate, subject.term, subject.hash, graph);
        QP_TRY(named_node(referring, other, graph));
      }
    }
    if (subject.well_formed) {
      for (const json::Value item : element.get("@graph").items()) {  // 6.10
        QP_TRY(node(item, subject));
      }
    }
    for (const json::Value item : element.get("@included").items()) {  // 6.11
      QP_TRY(node(item, graph));
    }
    for (const json::Member& property : element.members()) {  // 6.12
      if (is_keyword(property.key)) continue;
      const Named predicate(resource(property.key));
      for (const json::Value value : property.value.items()) {
        QP_TRY(property_value(value, subject, predicate, graph));
      }
    }
    return {};
  }

  /// 6.8: one node, one index.
  Result<void> check_index(const Named& subject, const Named& graph, json::Value index) {
    const auto [at, added] = node_index_.find_or_add(
        rdf::combined_hash(graph.hash, subject.hash), static_cast<std::uint32_t>(indexes_.size()),
        [&](std::uint32_t known) {
          return indexes_[known].first.is(graph.term, subject.term, {});
        });
    if (added) {
      indexes_.emplace_back(Place{graph.term, subject.term, {}, 0}, index);
    } else if (!json::equal(indexes_[at].second, index)) {
      return fail(ErrorCode::ConflictingIndexes, std::string(subject.term.value));
    }
    return {};
  }

  Result<void> property_value(json::Value value, const Named& subject, const Named& predicate,
                              const Named& graph) {
    const json::Value* list = value.find("@list");
    if (list != nullptr && options_.items_as_values && predicate.term.value == as::items.iri) {
      for (const json::Value item : list->items()) {
        QP_TRY(single_value(item, subject, predicate, graph));
      }
      return {};
    }
    return single_value(value, subject, predicate, graph);
  }

  Result<void> single_value(json::Value value, const Named& subject, const Named& predicate,
                            const Named& graph) {
    if (const json::Value* list = value.find("@list")) {
      const Named head(list->empty() ? iri(rdf::nil.iri) : fresh_blank());
      emit(subject, predicate, head.term, head.hash, graph);
      return list_cells(*list, head, graph);
    }
    if (value.contains("@value")) {
      const std::optional<TermView> object = QP_TRY(value_object(value, graph));
      if (object) emit(subject, predicate, *object, graph);
      return {};
    }
    const Named object(name_of(value));
    if (object.well_formed) emit(subject, predicate, object.term, object.hash, graph);
    return named_node(value, object, graph);
  }

  /// API 8.3, list conversion: `head` is the cell of the first item.
  Result<void> list_cells(json::Value list, const Named& head, const Named& graph) {
    const Named first(iri(rdf::first.iri));
    const Named rest(iri(rdf::rest.iri));
    Named cell = head;
    for (std::size_t i = 0; i < list.size(); ++i) {
      QP_TRY(single_value(list.items()[i], cell, first, graph));
      const Named next(i + 1 < list.size() ? fresh_blank() : iri(rdf::nil.iri));
      emit(cell, rest, next.term, next.hash, graph);
      cell = next;
    }
    return {};
  }

  /// API 8.2, object to RDF conversion, of a value object; nothing where it is not well-formed.
  Result<std::optional<TermView>> value_object(json::Value object, const Named& graph) {
    const json::Value value = object.get("@value");
    const std::string_view type = object.get("@type").text();
    const std::string_view language = object.get("@language").text();
    // 5, 6
    if (!type.empty() && type != "@json" && !rdf::is_absolute_iri(type)) return std::nullopt;
    if (!language.empty() && !rdf::is_language_tag(language)) return std::nullopt;
    if (type == "@json") {  // 8
      return literal(arena_.copy(QP_TRY(to_jcs(value))), rdf::JSON.iri);
    }
    if (value.is_boolean()) {  // 9
      return literal(value.is_true() ? "true" : "false", type.empty() ? xsd::boolean.iri : type);
    }
    if (value.is_number()) return number(value, type);
    if (!value.is_string()) return std::nullopt;
    if (object.contains("@direction") && options_.rdf_direction != RdfDirection::None) {
      return directed(value.text(), language, object.get("@direction").text(), graph);
    }
    if (!language.empty()) {  // 14
      return TermView{TermKind::Literal, value.text(), rdf::langString.iri, language};
    }
    return literal(value.text(), type.empty() ? xsd::string.iri : type);  // 12, 15
  }

  /// 10, 11
  TermView number(json::Value value, std::string_view type) {
    const double number = json::to_double(value);
    const bool whole = std::trunc(number) == number && std::fabs(number) < kIntegerBound;
    if (!whole || type == xsd::double_.iri) {
      return literal(arena_.copy(canonical_double(number)), type.empty() ? xsd::double_.iri : type);
    }
    return literal(arena_.copy(canonical_integer(value.text(), number)),
                   type.empty() ? xsd::integer.iri : type);
  }

  /// 13
  TermView directed(std::string_view value, std::string_view language, std::string_view direction,
                    const Named& graph) {
    const std::string lower = text::lower(language);
    if (options_.rdf_direction == RdfDirection::I18nDatatype) {
      const std::string datatype =
          std::string(i18n::kNamespace) + lower + "_" + std::string(direction);
      return literal(value, arena_.copy(datatype));
    }
    const Named node(fresh_blank());
    const auto add = [&](const Word& property, std::string_view text) {
      emit(node, Named(iri(property.iri)), literal(text, xsd::string.iri), graph);
    };
    add(rdf::value_, value);
    if (!lower.empty()) add(rdf::language, arena_.copy(lower));
    add(rdf::direction, direction);
    return node.term;
  }

  const RdfOptions& options_;
  json::Arena& arena_;
  std::size_t next_blank_ = 0;
  std::unordered_map<std::string_view, TermView> labels_;
  const Named default_graph_{TermView{}};
  const Named rdf_type_{iri(rdf::type.iri)};
  std::vector<EmittedQuad> quads_;
  FlatIndex seen_{64};  // of quads_
  std::vector<Place> places_;
  FlatIndex place_index_{64};
  std::uint32_t last_place_ = 0;
  std::vector<std::pair<Place, json::Value>> indexes_;  // the @index of nodes; their p is empty
  FlatIndex node_index_;
};

}  // namespace

Result<std::vector<EmittedQuad>> to_rdf(json::Value expanded, const RdfOptions& options,
                                        json::Arena& arena) {
  Emitter emitter(options, arena);
  QP_TRY(emitter.document(expanded));
  return emitter.take();
}

}  // namespace qp::jsonld
