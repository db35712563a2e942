#include "jsonld/repair.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "base/text.hpp"
#include "jsonld/keywords.hpp"
#include "rdf/iri.hpp"
#include "rdf/term.hpp"
#include "vocab/terms.hpp"

namespace qp::jsonld {

namespace {

using json::Arena;
using json::Member;
using json::Value;

struct Alias {
  std::string_view wrong, right;
};

/// Whole namespaces.
constexpr Alias kNamespaces[] = {
    {"http://www.w3.org/ns/activitystreams#", QP_NAMESPACE_as},
    {"http://w3id.org/security#", QP_NAMESPACE_sec},
    {"https://www.w3.org/ns/ldp#", QP_NAMESPACE_ldp},
    {"https://www.w3.org/2001/XMLSchema#", QP_NAMESPACE_xsd},
    {"https://joinmastodon.org/ns#", QP_NAMESPACE_toot},
};

/// Single words: most of schema.org's are used under its own namespace, but those of the fediverse
/// under the one that Mastodon made up.
constexpr Alias kWords[] = {
    {"http://schema.org/PropertyValue", QP_NAMESPACE_schema_hash "PropertyValue"},
    {"https://schema.org/PropertyValue", QP_NAMESPACE_schema_hash "PropertyValue"},
    {"https://schema.org#PropertyValue", QP_NAMESPACE_schema_hash "PropertyValue"},
    {"http://schema.org/value", QP_NAMESPACE_schema_hash "value"},
    {"https://schema.org/value", QP_NAMESPACE_schema_hash "value"},
    {"https://schema.org#value", QP_NAMESPACE_schema_hash "value"},
};

/// schema.org's datatypes, under any spelling of its namespace.
constexpr Alias kDatatypes[] = {
    {"Boolean", QP_NAMESPACE_xsd "boolean"},   {"Integer", QP_NAMESPACE_xsd "integer"},
    {"Text", QP_NAMESPACE_xsd "string"},       {"Date", QP_NAMESPACE_xsd "date"},
    {"DateTime", QP_NAMESPACE_xsd "dateTime"},
};
constexpr std::string_view kSchemas[] = {"http://schema.org/", "https://schema.org/",
                                         "http://schema.org#", "https://schema.org#"};

/// Their values are resources; senders define the terms without saying so.
constexpr std::array kReferences = {
    as::movedTo.iri,     as::alsoKnownAs.iri, as::inReplyTo.iri,   as::attributedTo.iri,
    as::actor.iri,       as::object.iri,      as::target.iri,      as::to.iri,
    as::cc.iri,          as::bto.iri,         as::bcc.iri,         as::audience.iri,
    as::outbox.iri,      as::followers.iri,   as::following.iri,   as::liked.iri,
    as::sharedInbox.iri, ldp::inbox.iri,      toot::featured.iri,  toot::featuredTags.iri,
    sec::publicKey.iri,  sec::owner.iri,      sec::controller.iri, sec::assertionMethod.iri,
};

constexpr std::array kAddressing = {as::to.iri,  as::cc.iri,       as::bto.iri,
                                    as::bcc.iri, as::audience.iri, as::object.iri};

template <class List>
bool is_one_of(std::string_view text, const List& list) {
  return std::find(std::begin(list), std::end(list), text) != std::end(list);
}

bool is_web_address(std::string_view text) {
  return (text.starts_with("https://") || text.starts_with("http://") ||
          text.starts_with("did:")) &&
         rdf::is_absolute_iri(text);
}

bool is_public(std::string_view text) {
  return text == "Public" || text == "as:Public" || text == as::Public.iri ||
         text == "http://www.w3.org/ns/activitystreams#Public";
}

bool is_node(Value value) {
  return value.is_object() && !value.contains("@value") && !value.contains("@list");
}

class Repairer {
 public:
  explicit Repairer(Arena& arena) : arena_(arena) {}

  Value items(Value values, std::string_view property) {
    const Value result = Value::array(arena_, values.size());
    for (const Value value : values.items()) result.push_back(arena_, item(value, property));
    return result;
  }

  unsigned repairs() const { return repairs_; }

 private:
  void note(Repair repair) { repairs_ |= 1U << static_cast<unsigned>(repair); }

  Value item(Value value, std::string_view property) {
    if (value.contains("@value")) return literal(value, property);
    if (const Value* list = value.find("@list")) {
      const Value result = copy(value);
      result.set(arena_, "@list", items(*list, property));
      return result;
    }
    if (is_node(value)) return node(value, property);
    return value;
  }

  Value node(Value value, std::string_view property) {
    const Value result = Value::object(arena_, value.size());
    for (const Member& member : value.members()) {
      if (member.key == "@type") {
        result.append_member(arena_, {member.key, types(member.value)});
      } else if (member.key == "@id") {
        result.append_member(arena_, {member.key, id(member.value, property)});
      } else if (is_keyword(member.key)) {
        result.append_member(arena_, member);
      } else {
        add(result, name(member.key), member.value);
      }
    }
    return as_text_where_no_iri(result, property);
  }

  /// Two keys may have become one.
  void add(Value node, std::string_view key, Value values) {
    const Value repaired = items(values, key);
    const Value* before = node.find(key);
    if (!before) return node.append_member(arena_, {key, repaired});
    for (const Value value : repaired.items()) before->push_back(arena_, value);
  }

  Value types(Value values) {
    const Value result = Value::array(arena_, values.size());
    for (const Value type : values.items()) {
      result.push_back(arena_, type.is_string() ? Value::string(name(type.text())) : type);
    }
    return result;
  }

  /// A property or a type.
  std::string_view name(std::string_view iri) {
    if (const auto known = respelt(iri)) {
      note(Repair::Namespace);
      return *known;
    }
    if (rdf::is_absolute_iri(iri)) return iri;
    note(Repair::Name);
    constexpr std::string_view kPrivate = QP_NAMESPACE_undefined;
    if (iri.starts_with(kPrivate)) iri.remove_prefix(kPrivate.size());
    return arena_.concat(kPrivate, text::percent_encode(iri));
  }

  std::optional<std::string_view> respelt(std::string_view iri) {
    for (const Alias& alias : kWords) {
      if (iri == alias.wrong) return alias.right;
    }
    for (const Alias& alias : kNamespaces) {
      if (!iri.starts_with(alias.wrong)) continue;
      return arena_.concat(alias.right, iri.substr(alias.wrong.size()));
    }
    return std::nullopt;
  }

  Value id(Value value, std::string_view property) {
    if (!is_one_of(property, kAddressing) || !is_public(value.text())) return value;
    if (value.is(as::Public.iri)) return value;
    note(Repair::Public);
    return Value::string(as::Public.iri);
  }

  /// RDF has no relative references: `{"@id": "not an IRI"}` is kept as the text that it is.
  Value as_text_where_no_iri(Value node, std::string_view property) {
    const Value id = node.get("@id");
    const bool is_reference = node.size() == 1 && id.is_string();
    if (!is_reference || property.empty() || is_blank(id.text()) ||
        rdf::is_absolute_iri(id.text())) {
      return node;
    }
    note(Repair::Value);
    return one("@value", id);
  }

  Value literal(Value value, std::string_view property) {
    const Value text = value.get("@value");
    if (text.is_string() && !value.contains("@language") && is_one_of(property, kAddressing) &&
        is_public(text.text())) {
      note(Repair::Public);
      return one("@id", Value::string(as::Public.iri));
    }
    const bool is_plain = text.is_string() && value.size() == 1;
    if (is_plain && is_one_of(property, kReferences) && is_web_address(text.text())) {
      note(Repair::Reference);
      return one("@id", text);
    }
    const Value language = value.get("@language");
    if (language.is_string() && !rdf::is_language_tag(language.text())) {
      return retagged(value, language.text());
    }
    const Value type = value.get("@type");
    const auto datatype = type.is_string() ? datatype_for(type.text()) : std::nullopt;
    if (!datatype) return value;
    note(Repair::Datatype);
    const Value result = copy(value);
    result.set(arena_, "@type", Value::string(*datatype));
    return result;
  }

  Value retagged(Value value, std::string_view language) {
    note(Repair::Language);
    const Value result = copy(value);
    std::string tag(language);
    std::replace(tag.begin(), tag.end(), '_', '-');
    if (rdf::is_language_tag(tag)) {
      result.set(arena_, "@language", Value::string(arena_.copy(tag)));
    } else {
      result.erase("@language");
    }
    return result;
  }

  Value copy(Value object) {
    const Value result = Value::object(arena_, object.size());
    for (const Member& member : object.members()) result.append_member(arena_, member);
    return result;
  }

  std::optional<std::string_view> datatype_for(std::string_view iri) {
    for (const std::string_view schema : kSchemas) {
      if (!iri.starts_with(schema)) continue;
      for (const Alias& alias : kDatatypes) {
        if (iri.substr(schema.size()) == alias.wrong) return alias.right;
      }
      return std::nullopt;
    }
    return respelt(iri);
  }

  Value one(std::string_view key, Value value) {
    const Value result = Value::object(arena_, 1);
    result.set(arena_, key, value);
    return result;
  }

  Arena& arena_;
  unsigned repairs_ = 0;
};

}  // namespace

Repaired repair(Value expanded, Arena& arena) {
  Repairer repairer(arena);
  const Value document = repairer.items(expanded, {});
  return {document, repairer.repairs()};
}

}  // namespace qp::jsonld
