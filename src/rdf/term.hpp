#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace qp::rdf {

enum class TermKind : std::uint8_t { Iri, Blank, Literal };

/// A term that borrows its text; valid as long as what it borrows from (an arena, a transaction).
/// A literal always has a datatype IRI; rdf:langString goes with a language tag.
struct TermView {
  TermKind kind = TermKind::Iri;
  std::string_view value;     ///< IRI; blank node label without `_:`; lexical form
  std::string_view datatype;  ///< of a literal
  std::string_view language;  ///< of a literal with rdf:langString; case as written

  friend bool operator==(const TermView&, const TermView&) = default;
};

/// The same, owning its text.
struct Term {
  TermKind kind = TermKind::Iri;
  std::string value;
  std::string datatype;
  std::string language;

  static Term iri(std::string iri) { return {TermKind::Iri, std::move(iri), {}, {}}; }
  static Term blank(std::string label) { return {TermKind::Blank, std::move(label), {}, {}}; }
  static Term literal(std::string text, std::string datatype) {
    return {TermKind::Literal, std::move(text), std::move(datatype), {}};
  }
  static Term copy(const TermView& view) {
    return {view.kind, std::string(view.value), std::string(view.datatype),
            std::string(view.language)};
  }
  operator TermView() const { return {kind, value, datatype, language}; }
  friend auto operator<=>(const Term&, const Term&) = default;
  friend bool operator==(const Term&, const Term&) = default;
};

/// `g.value` empty (and an Iri): the default graph.
struct QuadView {
  TermView s, p, o, g;
  friend bool operator==(const QuadView&, const QuadView&) = default;
};
struct Quad {
  Term s, p, o, g;
  operator QuadView() const { return {s, p, o, g}; }
  friend auto operator<=>(const Quad&, const Quad&) = default;
  friend bool operator==(const Quad&, const Quad&) = default;
};
using Dataset = std::vector<Quad>;

inline Quad copy(const QuadView& quad) {
  return {Term::copy(quad.s), Term::copy(quad.p), Term::copy(quad.o), Term::copy(quad.g)};
}

/// For unordered containers of terms and quads; what a view borrows from outlives the container.
struct TermHash {
  std::size_t operator()(const TermView& term) const;
};
struct QuadHash {
  std::size_t operator()(const QuadView& quad) const;
};
/// `value` mixed into what `seed` already stands for.
constexpr std::size_t combined_hash(std::size_t seed, std::size_t value) {
  return seed ^ (value + 0x9e3779b97f4a7c15U + (seed << 6) + (seed >> 2));
}

/// The shape that RDF asks of a language tag: LANGTAG of Turtle, pieces of at most 8 characters.
bool is_language_tag(std::string_view text);

/// BLANK_NODE_LABEL of N-Quads, without `_:`.
bool is_blank_label(std::string_view text);

/// The same term by RDF 1.1: as `==`, but language tags compare without regard to case.
bool same_term(const TermView& a, const TermView& b);

/// BadInput names what RDF 1.1 does not allow: a relative or malformed IRI, a language tag that is
/// none or goes with another datatype, text that is not UTF-8, a literal as graph or predicate.
Result<void> validate(const TermView& term);
/// All four terms and their places. `generalized`: a blank node may be the predicate.
Result<void> validate(const QuadView& quad, bool generalized = false);

}  // namespace qp::rdf
