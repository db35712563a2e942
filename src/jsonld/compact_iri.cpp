#include <algorithm>

#include "base/text.hpp"
#include "jsonld/compactor.hpp"
#include "jsonld/errors.hpp"
#include "jsonld/expander.hpp"
#include "jsonld/keywords.hpp"
#include "jsonld/orphans.hpp"
#include "rdf/iri.hpp"

// IRI compaction, JSON-LD API 6.2.2, and value compaction, 6.3.2; numbers are the steps there.
namespace qp::jsonld {
namespace {

using json::Value;
using Table = InverseContext::Table;

std::string tag_of(std::string_view language, std::string_view direction) {
  std::string tag(language);
  if (!direction.empty()) tag.append("_").append(direction);
  return text::lower(tag);
}

// The segments of a path, without those of `base` that it shares, as a relative path.
std::string relative_path(std::string_view base, std::string_view path, bool keep_last) {
  auto from = text::split(base, '/');
  auto to = text::split(path, '/');
  const std::size_t kept = keep_last ? 1 : 0;
  std::size_t same = 0;
  while (same < from.size() && same + kept < to.size() && from[same] == to[same]) ++same;
  std::string result;
  for (std::size_t i = same; i + 1 < from.size(); ++i) result += "../";
  for (std::size_t i = same; i < to.size(); ++i) {
    if (i > same) result += '/';
    result += to[i];
  }
  return result;
}

// A reference that resolves to `iri` against `base`, where they share scheme and authority.
std::string relative_to(std::string_view base, std::string_view iri) {
  const rdf::IriParts from = rdf::split_iri(base);
  const rdf::IriParts to = rdf::split_iri(iri);
  if (!from.has_scheme || from.scheme != to.scheme || from.has_authority != to.has_authority ||
      from.authority != to.authority) {
    return std::string(iri);
  }
  const bool has_tail = to.has_query || to.has_fragment;
  std::string result = relative_path(from.path, to.path, !has_tail);
  if (to.has_query) result.append("?").append(to.query);
  if (to.has_fragment) result.append("#").append(to.fragment);
  if (result.empty()) return "./";
  // What would be read as a scheme or as a keyword is marked as a path.
  const auto first = std::string_view(result).substr(0, result.find_first_of("/?#"));
  if (first.find(':') != first.npos || has_keyword_form(result)) result.insert(0, "./");
  return result;
}

}  // namespace

struct Compactor::Wanted {
  std::vector<Containers> containers;
  Table table = Table::Language;
  std::string key = "@null";

  void accept(Containers container) { containers.push_back(container); }
  void accept_with_set(int container) {
    accept(static_cast<Containers>(container));
    accept(static_cast<Containers>(container | kSetContainer));
  }
};

Result<std::string_view> Compactor::compact_iri(const Context& active, std::string_view iri,
                                                const Value* value, bool reverse) {
  // 4
  if (active.inverse().contains(iri)) {
    const std::string_view term = select_term(active, iri, value, reverse);
    if (!term.empty()) return arena_.copy(term);
  } else if (active.keeps_undefined()) {
    const Orphan* orphan = find_orphan_by_iri(iri);
    if (orphan && !active.find_own(orphan->term)) return orphan->term;
  }
  // 5
  if (active.vocab && iri.starts_with(*active.vocab) && iri.size() > active.vocab->size()) {
    const auto suffix = iri.substr(active.vocab->size());
    if (!active.find(suffix)) return suffix;
  }
  // 6 to 8
  const std::string_view prefixed = best_prefix(active, iri, value != nullptr);
  if (!prefixed.empty()) return prefixed;
  QP_TRY(check_not_confused(active, iri));  // 9
  return iri;
}

Result<std::string_view> Compactor::compact_id(const Context& active, std::string_view iri) {
  const std::string_view prefixed = best_prefix(active, iri, false);
  if (!prefixed.empty()) return prefixed;
  QP_TRY(check_not_confused(active, iri));  // 9
  // 10
  const auto base = active.base(options_.base);
  if (!options_.compact_to_relative || !base || is_blank(iri)) return iri;
  return arena_.copy(relative_to(*base, iri));
}

std::string_view Compactor::best_prefix(const Context& active, std::string_view iri,
                                        bool has_value) {
  std::string_view best;
  for (const auto& [start, term] : active.inverse().prefixes()) {
    // 7.1
    if (iri.size() <= start.size() || !iri.starts_with(start)) continue;
    // 7.2, 7.3
    const std::size_t size = term.size() + 1 + iri.size() - start.size();
    if (!best.empty() && size > best.size()) continue;
    std::string candidate(term);
    candidate.append(":").append(iri.substr(start.size()));
    if (!best.empty() && size == best.size() && candidate >= best) continue;
    const TermDefinition* definition = active.find_own(candidate);
    if (!definition || (definition->iri == iri && !has_value)) best = arena_.copy(candidate);
  }
  return best;
}

Result<void> Compactor::check_not_confused(const Context& active, std::string_view iri) const {
  if (options_.mode == Mode::Storage) return {};  // what comes back otherwise is kept apart
  const auto colon = iri.find(':');
  if (colon == iri.npos || is_blank(iri) || iri.substr(colon + 1).starts_with("//")) return {};
  const TermDefinition* definition = active.find_own(iri.substr(0, colon));
  if (!definition || !definition->prefix) return {};
  return fail(ErrorCode::IriConfusedWithPrefix, std::string(iri));
}

std::string_view Compactor::select_term(const Context& active, std::string_view iri,
                                        const Value* value, bool reverse) {
  // 4.2
  Value first;
  if (value && value->contains("@preserve")) {
    first = value->get("@preserve");
    if (first.is_array() && !first.empty()) first = first.items()[0];
    value = &first;
  }
  const bool is_map = value && value->is_object();
  Wanted wanted;
  // 4.5
  if (is_map && value->contains("@index") && !is_graph_object(*value)) {
    wanted.accept_with_set(kIndexContainer);
  }
  if (reverse) {  // 4.6
    wanted.table = Table::Type;
    wanted.key = "@reverse";
    wanted.accept(kSetContainer);
  } else if (is_map && is_list_object(*value)) {
    want_list(wanted, active, *value);  // 4.7
  } else if (is_map && is_graph_object(*value)) {
    want_graph(wanted, *value);  // 4.8
  } else {
    want_single(wanted, value);  // 4.9
  }
  wanted.accept(kNoContainer);  // 4.10
  // 4.11, 4.12
  if (!is_10() && (!is_map || !value->contains("@index"))) wanted.accept_with_set(kIndexContainer);
  if (!is_10() && is_map && value->size() == 1 && value->contains("@value")) {
    wanted.accept_with_set(kLanguageContainer);
  }
  // 4.16 to 4.20
  const bool is_empty_list = is_map && is_list_object(*value) && value->get("@list").empty();
  if (is_empty_list) wanted.table = Table::Any;
  return active.inverse().select(iri, wanted.containers, wanted.table,
                                 preferred_of(wanted, active, value));
}

std::vector<std::string_view> Compactor::preferred_of(const Wanted& wanted, const Context& active,
                                                      const Value* value) {
  std::vector<std::string_view> preferred;
  if (wanted.key == "@reverse") preferred.emplace_back("@reverse");  // 4.15
  const Value id = value ? value->get("@id") : Value();
  if ((wanted.key == "@id" || wanted.key == "@reverse") && id.is_string()) {
    // 4.16: whether the node itself has a term.
    const auto term = compact_iri(active, id.text());
    const TermDefinition* definition = term ? active.find(*term) : nullptr;
    const bool is_term = definition && definition->iri == id.text();
    preferred.insert(preferred.end(),
                     {is_term ? "@vocab" : "@id", is_term ? "@id" : "@vocab", "@none"});
  } else {
    preferred.insert(preferred.end(), {wanted.key, "@none"});  // 4.17
  }
  preferred.emplace_back("@any");  // 4.18
  // 4.19
  const auto underscore = wanted.key.find('_');
  if (underscore != wanted.key.npos) {
    preferred.push_back(std::string_view(wanted.key).substr(underscore));
  }
  return preferred;
}

void Compactor::want_list(Wanted& wanted, const Context& active, Value value) const {
  if (!value.contains("@index")) wanted.accept(kListContainer);  // 4.7.1
  // 4.7.3
  const Value list = value.get("@list");
  std::optional<std::string> common_type;
  std::optional<std::string> common_language;
  if (list.empty()) {
    const std::string tag = tag_of(active.language.text, active.direction.text);
    common_language = tag.empty() ? "@none" : tag;
  }
  // 4.7.4
  for (const Value item : list.items()) {
    std::string language = "@none";
    std::string type = "@none";
    if (!is_value_object(item)) {
      type = "@id";
    } else if (item.contains("@direction") || item.contains("@language")) {
      language = tag_of(item.get("@language").text(), item.get("@direction").text());
    } else if (item.contains("@type")) {
      type = item.get("@type").text();
    } else {
      language = "@null";
    }
    if (!common_language) common_language = language;
    if (*common_language != language && is_value_object(item)) common_language = "@none";
    if (!common_type) common_type = type;
    if (*common_type != type) common_type = "@none";
    if (*common_language == "@none" && *common_type == "@none") break;
  }
  // 4.7.5 to 4.7.8
  const std::string type = common_type.value_or("@none");
  if (type != "@none") wanted.table = Table::Type;
  wanted.key = type != "@none" ? type : common_language.value_or("@none");
}

void Compactor::want_graph(Wanted& wanted, Value value) const {
  const bool has_index = value.contains("@index");
  const bool has_id = value.contains("@id");
  if (has_index) wanted.accept_with_set(kGraphContainer | kIndexContainer);  // 4.8.1
  if (has_id) wanted.accept_with_set(kGraphContainer | kIdContainer);        // 4.8.2
  wanted.accept_with_set(kGraphContainer);                                   // 4.8.3
  wanted.accept(kSetContainer);
  if (!has_index) wanted.accept_with_set(kGraphContainer | kIndexContainer);  // 4.8.4
  if (!has_id) wanted.accept_with_set(kGraphContainer | kIdContainer);        // 4.8.5
  wanted.accept_with_set(kIndexContainer);                                    // 4.8.6
  wanted.table = Table::Type;                                                 // 4.8.7
  wanted.key = "@id";
}

void Compactor::want_single(Wanted& wanted, const Value* value) const {
  if (value && is_value_object(*value)) {
    const bool is_tagged = value->contains("@direction") || value->contains("@language");
    if (is_tagged && !value->contains("@index")) {  // 4.9.1.1, 4.9.1.2
      wanted.key = tag_of(value->get("@language").text(), value->get("@direction").text());
      wanted.accept_with_set(kLanguageContainer);
    } else if (const Value* type = value->find("@type")) {  // 4.9.1.3
      wanted.table = Table::Type;
      wanted.key = type->text();
    }
  } else {  // 4.9.2
    wanted.table = Table::Type;
    wanted.key = "@id";
    wanted.accept_with_set(kIdContainer);
    wanted.accept_with_set(kTypeContainer);
  }
  wanted.accept(kSetContainer);  // 4.9.3
}

Result<Value> Compactor::compact_value(const Context& active, Property property, Value value) {
  const TermDefinition* definition = property ? active.find(*property) : nullptr;
  const std::string_view type_mapping = definition ? std::string_view(definition->type) : "";
  const bool keeps_index =
      value.contains("@index") && !(definition && definition->has(kIndexContainer));
  // 6
  if (value.contains("@id")) {
    const bool is_reference = value.size() == (value.contains("@index") ? 2u : 1u);
    const Value id = value.get("@id");
    if (is_reference && !keeps_index && id.is_string()) {
      if (type_mapping == "@id") return Value::string(QP_TRY(compact_id(active, id.text())));
      if (type_mapping == "@vocab") {
        return Value::string(QP_TRY(compact_iri(active, id.text())));
      }
    }
    return value;
  }
  // 7
  const Value type = value.get("@type");
  if (type.is_string() && type.text() == type_mapping && !keeps_index) return value.get("@value");
  // 8
  if (!type.is_null() || type_mapping == "@none")
    return compact_entries(active, value, keeps_index);
  // 9, 10
  const auto matches = [&](const Tag TermDefinition::* own, const Tag& fallback, Value given) {
    const Tag& tag = definition && (definition->*own).is_mentioned() ? definition->*own : fallback;
    return text::equals_ignoring_case(tag.text, given.text());
  };
  const Value content = value.get("@value");
  const bool is_plain =
      !content.is_string() ||
      (matches(&TermDefinition::language, active.language, value.get("@language")) &&
       matches(&TermDefinition::direction, active.direction, value.get("@direction")));
  if (is_plain && !keeps_index && type_mapping != "@none") return content;
  return compact_entries(active, value, keeps_index);
}

// 8.1, 11
Result<Value> Compactor::compact_entries(const Context& active, Value value, bool keeps_index) {
  Value result = Value::object(arena_, value.size());
  for (const json::Member& member : value.members()) {
    if (member.key == "@index" && !keeps_index) continue;  // it is the key of the map
    const std::string_view key = QP_TRY(compact_iri(active, member.key));
    Value content = member.value;
    if (member.key == "@type" && content.is_string()) {
      content = Value::string(QP_TRY(compact_iri(active, content.text())));
    }
    result.set(arena_, key, content);
  }
  return result;
}

}  // namespace qp::jsonld
