#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "jsonld/errors.hpp"
#include "jsonld/jcs.hpp"
#include "jsonld/jsonld.hpp"
#include "vocab/terms.hpp"

namespace qp::jsonld {

namespace {

using rdf::QuadView;
using rdf::TermKind;
using rdf::TermView;

/// A place that refers to a node: `value` is in the array `node[property]`.
struct Usage {
  json::Value node;
  std::string_view property;
  json::Value value;
};

/// The nodes of one graph by @id, in the order in which they came up.
struct Graph {
  std::vector<std::string_view> order;
  std::unordered_map<std::string_view, json::Value> nodes;
  std::vector<Usage> nil_usages;
  std::vector<std::string_view> compound_literals;
};

bool is_blank_id(std::string_view id) { return id.starts_with("_:"); }

bool has_single(json::Value node, std::string_view key) {
  const json::Value* values = node.find(key);
  return values != nullptr && values->is_array() && values->size() == 1;
}

/// Serialize RDF as JSON-LD, API 8.4; numbers are the steps there.
class Serializer {
 public:
  Serializer(const RdfOptions& options, json::Arena& arena) : options_(options), arena_(arena) {}

  Result<json::Value> run(const std::vector<QuadView>& quads) {
    graph("");
    std::unordered_set<QuadView, rdf::QuadHash> seen;  // a dataset is a set
    for (const QuadView& quad : quads) {
      if (seen.insert(quad).second) QP_TRY(add(quad));  // 5
    }
    for (auto& [name, graph_object] : graphs_) {  // 6
      QP_TRY(fold_compound_literals(graph_object));
      for (const Usage& usage : graph_object.nil_usages) fold_list(graph_object, usage);
    }
    return result();
  }

 private:
  Graph& graph(std::string_view name) { return graphs_.try_emplace(name).first->second; }

  std::string_view id_of(const TermView& term) {
    if (term.kind == TermKind::Iri) return arena_.copy(term.value);
    return arena_.concat("_:", term.value);
  }

  json::Value node(Graph& in, std::string_view id) {
    const auto [found, added] = in.nodes.try_emplace(id);
    if (added) {
      in.order.push_back(id);
      found->second = json::Value::object(arena_);
      found->second.set(arena_, "@id", json::Value::string(id));
    }
    return found->second;
  }

  /// Appends to the array `node[property]`; the value that stands there after that. Different quads
  /// have different values, but for native numbers, of which an equal one may be there (5.7.8).
  json::Value append(json::Value to, std::string_view property, json::Value value) {
    json::Value* found = to.find(property);
    if (found == nullptr) found = &to.set(arena_, property, json::Value::array(arena_));
    if (value.get("@value").is_number()) {
      for (const json::Value present : found->items()) {
        if (json::equal(present, value)) return present;
      }
    }
    found->push_back(arena_, value);
    return value;
  }

  Result<void> add(const QuadView& quad) {
    const std::string_view graph_name = quad.g.value.empty() ? "" : id_of(quad.g);
    if (!graph_name.empty()) node(graph(""), graph_name);  // 5.4
    Graph& in = graph(graph_name);
    const std::string_view subject_id = id_of(quad.s);
    const json::Value subject = node(in, subject_id);  // 5.7.2
    const bool is_resource = quad.o.kind != TermKind::Literal;
    const std::string_view object_id = is_resource ? id_of(quad.o) : std::string_view();
    if (options_.rdf_direction == RdfDirection::CompoundLiteral &&
        quad.p.value == rdf::direction.iri) {
      in.compound_literals.push_back(subject_id);  // 5.7.4
    }
    if (is_resource) node(in, object_id);                                          // 5.7.5
    if (quad.p.value == rdf::type.iri && !options_.use_rdf_type && is_resource) {  // 5.7.6
      append(subject, "@type", json::Value::string(object_id));
      return {};
    }
    const std::string_view property = id_of(quad.p);
    const json::Value value = append(subject, property, QP_TRY(object(quad.o, object_id)));
    if (is_resource) note_usage(in, object_id, {subject, property, value});
    return {};
  }

  /// 5.7.9 - 5.7.12
  void note_usage(Graph& in, std::string_view object_id, const Usage& usage) {
    if (object_id == rdf::nil.iri) {
      in.nil_usages.push_back(usage);
    } else if (is_blank_id(object_id)) {
      const auto [known, added] = referenced_once_.try_emplace(object_id, usage);
      if (!added) known->second.reset();
    }
  }

  const Usage* single_usage(std::string_view id) const {
    const auto found = referenced_once_.find(id);
    return found == referenced_once_.end() || !found->second ? nullptr : &*found->second;
  }

  /// 6.1
  Result<void> fold_compound_literals(Graph& in) {
    for (const std::string_view id : in.compound_literals) {
      const Usage* usage = single_usage(id);
      const auto found = in.nodes.find(id);
      if (usage == nullptr || found == in.nodes.end()) continue;
      const json::Value literal = found->second;
      const json::Value value = usage->value;
      if (!has_single(literal, rdf::value_.iri)) continue;
      const auto text = [&](const Word& property) {
        const json::Value values = literal.get(property.iri);
        return values.empty() ? json::Value() : values.items()[0].get("@value");
      };
      const json::Value language = text(rdf::language);
      if (language.is_string() && !rdf::is_language_tag(language.text())) {
        return fail(ErrorCode::InvalidLanguageTaggedString, std::string(language.text()));
      }
      const json::Value direction = text(rdf::direction);
      if (!direction.is("ltr") && !direction.is("rtl")) {
        return fail(ErrorCode::InvalidBaseDirection, std::string(direction.text()));
      }
      in.nodes.erase(found);
      value.erase("@id");
      value.set(arena_, "@value", text(rdf::value_));
      if (language.is_string()) value.set(arena_, "@language", language);
      value.set(arena_, "@direction", direction);
    }
    return {};
  }

  /// A cell that says nothing but rdf:first and rdf:rest (6.4.3).
  bool is_list_cell(json::Value cell) const {
    if (!has_single(cell, rdf::first.iri) || !has_single(cell, rdf::rest.iri)) return false;
    const std::string_view id = cell.get("@id").text();
    if (!is_blank_id(id) || single_usage(id) == nullptr) return false;
    if (cell.size() == 3) return true;
    const json::Value type = cell.get("@type");
    return cell.size() == 4 && type.size() == 1 && type.items()[0].is(rdf::List.iri);
  }

  /// 6.4: from the end of a chain to its head, which becomes a list object.
  void fold_list(Graph& in, const Usage& end) {
    std::vector<json::Value> items;
    std::vector<std::string_view> cells;
    Usage at = end;
    while (at.property == rdf::rest.iri && is_list_cell(at.node)) {
      const std::string_view id = at.node.get("@id").text();
      items.push_back(at.node.get(rdf::first.iri).items()[0]);
      cells.push_back(id);
      // A ring would never end: its cells are each referenced once.
      if (cells.size() > in.nodes.size()) return;
      at = *single_usage(id);
      if (!is_blank_id(at.node.get("@id").text())) break;
    }
    std::ranges::reverse(items);
    at.value.erase("@id");
    at.value.set(arena_, "@list", json::Value::array(arena_, items));
    for (const std::string_view cell : cells) in.nodes.erase(cell);
  }

  /// RDF to object conversion, API 8.5.
  Result<json::Value> object(const TermView& term, std::string_view id) {
    const json::Value result = json::Value::object(arena_);
    if (term.kind != TermKind::Literal) {  // 1
      result.set(arena_, "@id", json::Value::string(id));
      return result;
    }
    const std::string_view text = arena_.copy(term.value);
    if (const std::optional<json::Value> value = native(text, term.datatype)) {  // 2.4
      result.set(arena_, "@value", *value);
      return result;
    }
    if (options_.processing_mode != ProcessingMode::JsonLd10 && term.datatype == rdf::JSON.iri) {
      const Result<json::Value> parsed = json::parse(text, arena_);  // 2.5
      if (!parsed) return fail(ErrorCode::InvalidJsonLiteral, parsed.error().detail);
      result.set(arena_, "@value", *parsed);
      result.set(arena_, "@type", json::Value::string("@json"));
      return result;
    }
    result.set(arena_, "@value", json::Value::string(text));
    set_datatype(result, term);
    return result;
  }

  /// 2.6 - 2.10
  void set_datatype(json::Value result, const TermView& term) {
    if (options_.rdf_direction == RdfDirection::I18nDatatype &&
        term.datatype.starts_with(i18n::kNamespace)) {
      const std::string_view tag = arena_.copy(term.datatype.substr(i18n::kNamespace.size()));
      const std::size_t line = std::min(tag.find('_'), tag.size());
      if (line > 0) result.set(arena_, "@language", json::Value::string(tag.substr(0, line)));
      if (line < tag.size()) {
        result.set(arena_, "@direction", json::Value::string(tag.substr(line + 1)));
      }
    } else if (!term.language.empty()) {
      result.set(arena_, "@language", json::Value::string(arena_.copy(term.language)));
    } else if (term.datatype != xsd::string.iri) {
      result.set(arena_, "@type", json::Value::string(arena_.copy(term.datatype)));
    }
  }

  /// The JSON value of a literal, where native types are asked for and it has one.
  std::optional<json::Value> native(std::string_view text, std::string_view datatype) {
    if (!options_.use_native_types) return std::nullopt;
    if (datatype == xsd::boolean.iri) {
      if (text == "true" || text == "1") return json::Value::boolean(true);
      if (text == "false" || text == "0") return json::Value::boolean(false);
      return std::nullopt;
    }
    if (datatype != xsd::integer.iri && datatype != xsd::double_.iri) return std::nullopt;
    const Result<json::Value> number = json::parse(text, arena_);
    if (!number || !number->is_number()) return std::nullopt;
    if (datatype == xsd::integer.iri) return *number;
    return json::Value::number(arena_.copy(es6_number(json::to_double(*number))));
  }

  std::vector<std::string_view> keys(const Graph& of) const {
    std::vector<std::string_view> result;
    for (const std::string_view id : of.order) {
      if (of.nodes.contains(id)) result.push_back(id);
    }
    if (options_.ordered) std::ranges::sort(result);
    return result;
  }

  /// 7, 8
  json::Value result() {
    const json::Value array = json::Value::array(arena_);
    const Graph& default_graph = graphs_.at("");
    for (const std::string_view id : keys(default_graph)) {
      const json::Value subject = default_graph.nodes.at(id);
      if (const auto named = graphs_.find(id); named != graphs_.end() && !id.empty()) {  // 8.1
        const json::Value content = json::Value::array(arena_);
        for (const std::string_view inner : keys(named->second)) {
          const json::Value inner_node = named->second.nodes.at(inner);
          if (inner_node.size() > 1) content.push_back(arena_, inner_node);
        }
        subject.set(arena_, "@graph", content);
      }
      if (subject.size() > 1) array.push_back(arena_, subject);  // 8.2
    }
    return array;
  }

  const RdfOptions& options_;
  json::Arena& arena_;
  std::map<std::string_view, Graph> graphs_;  // "": the default graph
  std::unordered_map<std::string_view, std::optional<Usage>> referenced_once_;
};

}  // namespace

Result<json::Value> from_rdf(const std::vector<QuadView>& quads, const RdfOptions& options,
                             json::Arena& arena) {
  return Serializer(options, arena).run(quads);
}

}  // namespace qp::jsonld
