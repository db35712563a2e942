#pragma once

#include "vocab/term_id.hpp"

namespace qp::rdf {

/// What a TermId's top four bits say. Inlined classes hold their value in the other sixty; the
/// rest are numbered by the store's dictionary, in sequence.
enum class TermClass : std::uint8_t {
  Iri = 0,
  Blank = 1,
  String = 2,      ///< xsd:string
  LangString = 3,  ///< rdf:langString
  Typed = 4,       ///< any other literal that is not inlined
  Boolean = 5,     ///< inlined
  Integer = 6,     ///< inlined xsd:integer, biased: ids sort by value
  Decimal = 7,     ///< inlined xsd:decimal, biased
  DateTime = 8,    ///< inlined xsd:dateTime, milliseconds biased, then format bits
};

constexpr int kClassShift = 60;
constexpr TermClass term_class(TermId id) {
  return static_cast<TermClass>(number(id) >> kClassShift);
}
constexpr bool is_iri(TermId id) { return id != TermId::None && term_class(id) == TermClass::Iri; }
constexpr bool is_blank(TermId id) { return term_class(id) == TermClass::Blank; }
constexpr bool is_literal(TermId id) { return term_class(id) >= TermClass::String; }

}  // namespace qp::rdf
