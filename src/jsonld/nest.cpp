#include "jsonld/nest.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "jsonld/jsonld.hpp"
#include "vocab/terms.hpp"

namespace qp::jsonld {

namespace {

using json::Arena;
using json::Value;

constexpr std::array kIntegerTypes = {xsd::integer.iri,
                                      xsd::nonNegativeInteger.iri,
                                      xsd::positiveInteger.iri,
                                      xsd::nonPositiveInteger.iri,
                                      xsd::negativeInteger.iri,
                                      xsd::long_.iri,
                                      xsd::int_.iri,
                                      xsd::short_.iri,
                                      xsd::unsignedLong.iri,
                                      xsd::unsignedInt.iri};
constexpr std::array kRealTypes = {xsd::double_.iri, xsd::float_.iri, xsd::decimal.iri};

template <class List>
bool is_one_of(std::string_view text, const List& list) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

/// A JSON number for a lexical form; null where there is none (INF, NaN, malformed).
Value to_number(std::string_view lexical, bool integer, Arena& arena) {
  if (integer) {
    std::int64_t value = 0;
    const auto [end, problem] =
        std::from_chars(lexical.data(), lexical.data() + lexical.size(), value);
    const bool whole = problem == std::errc() && end == lexical.data() + lexical.size();
    if (!whole) return {};
    Value number = Value::number(arena, value);
    return number.text() == lexical ? number : Value();
  }
  double value = 0;
  const auto [end, problem] =
      std::from_chars(lexical.data(), lexical.data() + lexical.size(), value);
  if (problem != std::errc() || end != lexical.data() + lexical.size() || !std::isfinite(value)) {
    return {};
  }
  std::array<char, 40> buffer{};
  const auto written = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return Value::number(
      arena.copy({buffer.data(), static_cast<std::size_t>(written.ptr - buffer.data())}));
}

Value to_value_object(const rdf::TermView& literal, Arena& arena) {
  const Value object = Value::object(arena, 2);
  const auto typed = [&](Value value) {
    object.set(arena, "@value", value);
    object.set(arena, "@type", Value::string(literal.datatype));
    return object;
  };
  if (!literal.language.empty()) {
    object.set(arena, "@value", Value::string(literal.value));
    object.set(arena, "@language", Value::string(literal.language));
    return object;
  }
  if (literal.datatype == xsd::string.iri) {
    object.set(arena, "@value", Value::string(literal.value));
    return object;
  }
  if (literal.datatype == xsd::boolean.iri && literal.value == "true") {
    return typed(Value::boolean(true));
  }
  if (literal.datatype == xsd::boolean.iri && literal.value == "false") {
    return typed(Value::boolean(false));
  }
  if (literal.datatype == rdf::JSON.iri) {
    const auto parsed = json::parse(arena.copy(literal.value), arena);
    if (parsed) {
      object.set(arena, "@value", *parsed);
      object.set(arena, "@type", Value::string("@json"));
      return object;
    }
  }
  const bool integer = is_one_of(literal.datatype, kIntegerTypes);
  if (integer || is_one_of(literal.datatype, kRealTypes)) {
    const Value number = to_number(literal.value, integer, arena);
    if (number.is_number()) return typed(number);
  }
  return typed(Value::string(literal.value));
}

class Nester {
 public:
  Nester(std::span<const Statement> statements, Arena& arena) : arena_(arena) {
    for (const Statement& statement : statements) {
      nodes_[key(statement.s)].push_back(&statement);
      if (statement.o.kind == rdf::TermKind::Blank) ++references_[statement.o.value];
    }
    for (auto& [subject, group] : nodes_) {
      std::sort(group.begin(), group.end(), [](const Statement* a, const Statement* b) {
        if (a->p.value != b->p.value) return a->p.value < b->p.value;
        return a->ordinal < b->ordinal;
      });
    }
  }

  Value tree(const rdf::TermView& root) {
    const auto found = nodes_.find(key(root));
    if (found == nodes_.end()) return node(root, 0);
    for (const Statement* statement : found->second) {
      const bool names = statement->p.value == as::object.iri &&
                         statement->o.kind == rdf::TermKind::Iri &&
                         statement->o.value != root.value;
      if (names) for_later_.insert(statement->o.value);
    }
    return node(root, 0);
  }

 private:
  Value node(const rdf::TermView& subject, std::size_t depth) {
    const Value object = Value::object(arena_, 8);
    const bool blank = subject.kind == rdf::TermKind::Blank;
    const auto found = nodes_.find(key(subject));
    const bool embeds = found != nodes_.end() && depth < limits::kJsonDepth &&
                        !done_.contains(key(subject)) && !for_later_.contains(key(subject));
    if (!blank || !embeds || references_[subject.value] > 1) {
      object.set(arena_, "@id", Value::string(name(subject)));
    }
    if (!embeds) return object;
    done_.insert(key(subject));
    const auto& group = found->second;
    for (std::size_t i = 0; i < group.size();) {
      std::size_t end = i;
      while (end < group.size() && group[end]->p.value == group[i]->p.value) ++end;
      property(object, std::span(group).subspan(i, end - i), depth);
      i = end;
    }
    return object;
  }

  /// Blank node labels and IRIs are different names even where they are spelt alike.
  std::string_view key(const rdf::TermView& term) {
    return term.kind == rdf::TermKind::Blank ? arena_.concat("_:", term.value) : term.value;
  }

  /// Labels are given out in the order of the walk: those of the quads depend on where these are
  /// kept.
  std::string_view name(const rdf::TermView& term) {
    if (term.kind != rdf::TermKind::Blank) return term.value;
    const auto [entry, added] = labels_.try_emplace(term.value);
    if (added) entry->second = arena_.concat("_:b", std::to_string(labels_.size() - 1));
    return entry->second;
  }

  /// The items of the list that begins at `head`, as far as it is well-formed: cells that are
  /// spoken of once and have one rdf:first and one rdf:rest each, up to rdf:nil.
  std::optional<std::vector<const Statement*>> list_at(const rdf::TermView& head) {
    std::vector<const Statement*> items;
    const rdf::TermView* cell = &head;
    while (cell->kind == rdf::TermKind::Blank) {
      const auto found = nodes_.find(key(*cell));
      if (found == nodes_.end() || found->second.size() != 2 || references_[cell->value] != 1 ||
          items.size() > nodes_.size()) {
        return std::nullopt;
      }
      const Statement* first = found->second[0];
      const Statement* rest = found->second[1];  // sorted by predicate
      if (first->p.value != rdf::first.iri || rest->p.value != rdf::rest.iri) return std::nullopt;
      items.push_back(first);
      cell = &rest->o;
    }
    if (cell->kind != rdf::TermKind::Iri || cell->value != rdf::nil.iri) return std::nullopt;
    return items;
  }

  Value value(const rdf::TermView& term, std::size_t depth) {
    if (term.kind == rdf::TermKind::Literal) return to_value_object(term, arena_);
    const auto list = list_at(term);
    if (!list || depth >= limits::kJsonDepth) return node(term, depth + 1);
    const Value items = Value::array(arena_, list->size());
    for (const Statement* item : *list) items.push_back(arena_, value(item->o, depth + 1));
    const Value wrapper = Value::object(arena_, 1);
    wrapper.set(arena_, "@list", items);
    return wrapper;
  }

  void property(Value object, std::span<const Statement* const> group, std::size_t depth) {
    const std::string_view predicate = group.front()->p.value;
    if (predicate == rdf::type.iri) {
      const Value types = Value::array(arena_, group.size());
      for (const Statement* statement : group) {
        types.push_back(arena_, Value::string(name(statement->o)));
      }
      object.set(arena_, "@type", types);
      return;
    }
    if (depth == 0 && predicate == as::object.iri) for_later_.clear();
    const Value values = Value::array(arena_, group.size());
    Value list;
    for (const Statement* statement : group) {
      const Value item = value(statement->o, depth);
      if ((statement->ordinal & kListOrdinal) == 0) {
        values.push_back(arena_, item);
        continue;
      }
      if (list.is_null()) {
        list = Value::array(arena_);
        const Value wrapper = Value::object(arena_, 1);
        wrapper.set(arena_, "@list", list);
        values.push_back(arena_, wrapper);
      }
      list.push_back(arena_, item);
    }
    object.set(arena_, predicate, values);
  }

  Arena& arena_;
  std::unordered_map<std::string_view, std::vector<const Statement*>> nodes_;
  std::unordered_map<std::string_view, std::size_t> references_;
  std::unordered_map<std::string_view, std::string_view> labels_;
  std::unordered_set<std::string_view> done_;
  std::unordered_set<std::string_view> for_later_;  ///< the root's objects, until they come
};

/// The datatype of a JSON number or boolean needs no saying.
bool is_native_type(Value value, std::string_view type) {
  const auto named = [&](const Word& word, std::string_view compact) {
    return type == word.iri || type == compact;
  };
  if (value.is_boolean()) return named(xsd::boolean, "xsd:boolean");
  if (!value.is_number()) return false;
  const bool integer = value.text().find_first_of(".eE") == std::string_view::npos;
  return integer ? named(xsd::integer, "xsd:integer") || named(xsd::double_, "xsd:double")
                 : named(xsd::double_, "xsd:double");
}

constexpr std::array<std::string_view, 5> kAddressing = {"to", "cc", "bto", "bcc", "audience"};

void write_public_in_full(Value& value) {
  if (value.is("as:Public") || value.is("Public")) value = Value::string(as::Public.iri);
  for (Value& item : value.items()) write_public_in_full(item);
}

}  // namespace

Value nest(std::span<const Statement> statements, const rdf::TermView& root, Arena& arena) {
  return Nester(statements, arena).tree(root);
}

Value to_wire_shape(Value compacted, Arena& arena) {
  if (compacted.is_array()) {
    for (Value& item : compacted.items()) item = to_wire_shape(item, arena);
    return compacted;
  }
  if (!compacted.is_object()) return compacted;
  if (compacted.size() == 2) {
    const Value value = compacted.get("@value");
    const Value type = compacted.contains("@type") ? compacted.get("@type") : compacted.get("type");
    if (type.is_string() && is_native_type(value, type.text())) return value;
  }
  for (json::Member& member : compacted.members()) {
    if (member.key == "@context") continue;
    member.value = to_wire_shape(member.value, arena);
    if (is_one_of(member.key, kAddressing)) write_public_in_full(member.value);
  }
  return compacted;
}

}  // namespace qp::jsonld
