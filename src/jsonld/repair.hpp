#pragma once

#include <string>
#include <vector>

#include "base/json.hpp"

/// What many senders get wrong in the vocabulary of ActivityPub, put right in an expanded document
/// (spec: jsonld.md section 6). Storage only: what is signed is read as it was written.
namespace qp::jsonld {

/// What was put right, for the document's record.
enum class Repair : unsigned {
  Namespace,  ///< the namespace has another spelling: http for https, `schema.org/` ...
  Reference,  ///< text that must be an IRI: `movedTo` defined without `@type: @id`
  Datatype,   ///< schema.org's names for the datatypes of XML Schema
  Public,     ///< the public collection, under its short names
  Name,       ///< a key or a type that makes no IRI: kept in the private vocabulary
  Value,      ///< a reference that is no IRI: kept as text
  Language,   ///< `en_US`: a language tag with underscores; what makes no tag at all is left out
};
inline constexpr const char* kRepairNames[] = {"namespace", "reference", "datatype", "public",
                                               "name",      "value",     "language"};

struct Repaired {
  json::Value document;
  unsigned repairs = 0;  ///< bits, by Repair

  bool has(Repair repair) const { return (repairs >> static_cast<unsigned>(repair)) & 1U; }
};

/// `expanded` is what `expand` gives. The result is new; texts are shared.
Repaired repair(json::Value expanded, json::Arena& arena);

}  // namespace qp::jsonld
