#include "rdf/term.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "base/text_hash.hpp"
#include "rdf/iri.hpp"
#include "vocab/terms.hpp"

namespace qp::rdf {

namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

constexpr std::size_t kSubtagLength = 8;

Result<void> validate_literal(const TermView& term) {
  if (!text::is_utf8(term.value)) return bad_input("a literal is not UTF-8");
  if (!is_absolute_iri(term.datatype)) {
    return bad_input("not a datatype IRI: " + std::string(term.datatype));
  }
  const bool tagged = term.datatype == langString.iri;
  if (tagged != !term.language.empty()) {
    return bad_input("rdf:langString and a language tag go together");
  }
  if (tagged && !is_language_tag(term.language)) {
    return bad_input("not a language tag: " + std::string(term.language));
  }
  return {};
}

}  // namespace

std::size_t TermHash::operator()(const TermView& term) const {
  const TextHash hash;
  const std::size_t text = combined_hash(hash(term.value), static_cast<std::size_t>(term.kind));
  return combined_hash(text, combined_hash(hash(term.datatype), hash(term.language)));
}

std::size_t QuadHash::operator()(const QuadView& quad) const {
  const TermHash hash;
  return combined_hash(combined_hash(hash(quad.g), hash(quad.s)),
                       combined_hash(hash(quad.p), hash(quad.o)));
}

bool is_language_tag(std::string_view text) {
  bool first_piece = true;
  for (const std::string_view piece : text::split(text, '-')) {
    if (piece.empty() || piece.size() > kSubtagLength) return false;
    const bool valid = std::ranges::all_of(
        piece, [&](char c) { return is_letter(c) || (!first_piece && is_digit(c)); });
    if (!valid) return false;
    first_piece = false;
  }
  return true;
}

bool is_blank_label(std::string_view text) {
  if (text.empty() || text.front() == '-' || text.front() == '.' || text.back() == '.') {
    return false;
  }
  const bool valid = std::ranges::all_of(text, [](char c) {
    return is_letter(c) || is_digit(c) || c == '_' || c == '-' || c == '.' ||
           static_cast<unsigned char>(c) >= 0x80;
  });
  return valid && text::is_utf8(text);
}

bool same_term(const TermView& a, const TermView& b) {
  return a.kind == b.kind && a.value == b.value && a.datatype == b.datatype &&
         text::equals_ignoring_case(a.language, b.language);
}

Result<void> validate(const TermView& term) {
  if (term.kind == TermKind::Literal) return validate_literal(term);
  if (term.kind == TermKind::Blank && !is_blank_label(term.value)) {
    return bad_input("not a blank node label: " + std::string(term.value));
  }
  if (term.kind == TermKind::Iri && !is_absolute_iri(term.value)) {
    return bad_input("not an absolute IRI: " + std::string(term.value));
  }
  return {};
}

Result<void> validate(const QuadView& quad, bool generalized) {
  if (quad.s.kind == TermKind::Literal) return bad_input("a literal as subject");
  if (quad.p.kind != TermKind::Iri && !(generalized && quad.p.kind == TermKind::Blank)) {
    return bad_input("a predicate that is not an IRI");
  }
  if (quad.g.kind == TermKind::Literal) return bad_input("a literal as graph name");
  QP_TRY(validate(quad.s));
  QP_TRY(validate(quad.p));
  QP_TRY(validate(quad.o));
  if (quad.g.kind != TermKind::Iri || !quad.g.value.empty()) QP_TRY(validate(quad.g));
  return {};
}

}  // namespace qp::rdf
