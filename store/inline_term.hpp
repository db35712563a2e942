#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "rdf/term.hpp"
#include "rdf/term_id.hpp"

/// Literals whose id holds their value: booleans, integers, decimals, times. Only where the
/// lexical form comes back exactly; ids of one class sort by value.
namespace qp::store {

/// nullopt: this literal goes to the dictionary.
std::optional<TermId> inline_literal(const rdf::TermView& literal);
bool is_inlined(TermId id);
/// The lexical form of an inlined literal; empty: no literal was ever inlined as that.
std::string spell_inlined(TermId id);
/// The datatype IRI of an inlined literal.
std::string_view inlined_datatype(TermId id);
/// The label of a blank node: `b` and its number.
std::string blank_label(TermId id);
/// A term of a quad that its id alone tells, an inlined literal or a blank node, in `space`; as
/// `resolve` of a transaction, which keeps all that it ever spelt.
std::optional<rdf::TermView> spell(TermId id, std::string& space);

}  // namespace qp::store
