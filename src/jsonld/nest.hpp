#pragma once

#include <cstdint>
#include <span>

#include "base/json.hpp"
#include "rdf/term.hpp"

namespace qp::jsonld {

/// A triple with its place among the values of (s, p); kListOrdinal is set in `ordinal` where the
/// value came from a list.
struct Statement {
  rdf::TermView s, p, o;
  std::uint32_t ordinal = 0;
};

/// Statements as one tree in expanded form, `root` at its top: the way back from quads to a
/// document. A node is embedded where the walk (properties by IRI, values by ordinal) first meets
/// it, and a reference everywhere else; what the root names as its as:object is embedded there,
/// though its as:actor may be the same and is met before. Blank nodes that are met once lose their
/// label, the others are named anew (`_:b0`, ...), so that the tree depends on nothing but the
/// statements. Chains of rdf:first and rdf:rest are lists again. Literals of the numeric and
/// boolean datatypes become JSON numbers and booleans, with their @type beside.
json::Value nest(std::span<const Statement> statements, const rdf::TermView& root,
                 json::Arena& arena);

/// After compaction: `{"@value": 5, "@type": "xsd:integer"}` under a term without a type becomes 5,
/// and Public is written in full where it addresses. Changes `compacted` in place.
json::Value to_wire_shape(json::Value compacted, json::Arena& arena);

}  // namespace qp::jsonld
