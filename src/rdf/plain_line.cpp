#include "rdf/plain_line.hpp"

#include <algorithm>

#include "rdf/iri.hpp"
#include "vocab/terms.hpp"

namespace qp::rdf {

namespace {

/// Takes a line apart from the left. After something that is not plain everything fails.
class PlainLine {
 public:
  explicit PlainLine(std::string_view line) : rest_(line) {}

  bool is_at_end() const { return rest_.empty(); }
  bool starts_with(char c) const { return rest_.starts_with(c); }
  bool take(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }

  bool resource(TermView& term) { return starts_with('<') ? iri(term.value) : blank(term); }
  bool iri(std::string_view& iri) {
    return take("<") && until('>', iri) && has_scheme(iri) && !is_escaped(iri);
  }
  bool object(TermView& term) { return starts_with('"') ? literal(term) : resource(term); }

 private:
  static bool is_escaped(std::string_view text) { return text.find('\\') != text.npos; }

  bool until(char end, std::string_view& text) {
    const std::size_t at = rest_.find(end);
    if (at == rest_.npos) return false;
    text = rest_.substr(0, at);
    rest_.remove_prefix(at + 1);
    return true;
  }

  template <class Accepts>
  std::string_view run(const Accepts& accepts) {
    const auto* end = std::ranges::find_if_not(rest_, accepts);
    const std::string_view text = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
    rest_.remove_prefix(text.size());
    return text;
  }
  static bool is_alphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  }

  bool blank(TermView& term) {
    if (!take("_:") || starts_with('-')) return false;
    term.kind = TermKind::Blank;
    term.value = run([](char c) { return is_alphanumeric(c) || c == '_' || c == '-'; });
    return !term.value.empty();
  }

  bool literal(TermView& term) {
    term.kind = TermKind::Literal;
    term.datatype = xsd::string.iri;
    // An escaped quote is not the end, but then the text before it is not plain.
    if (!take("\"") || !until('"', term.value) || is_escaped(term.value)) return false;
    if (term.value.find('\r') != term.value.npos || term.value.find('\0') != term.value.npos) {
      return false;
    }
    if (take("^^")) return iri(term.datatype);
    if (!take("@")) return true;
    term.datatype = langString.iri;
    term.language = run([](char c) { return is_alphanumeric(c) || c == '-'; });
    return !term.language.empty();
  }

  std::string_view rest_;
};

}  // namespace

std::optional<QuadView> plain_quad(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (!line.ends_with(" .")) return std::nullopt;
  line.remove_suffix(1);  // each term is followed by a blank
  PlainLine at(line);
  QuadView quad;
  if (!at.resource(quad.s) || !at.take(" ")) return std::nullopt;
  if (!at.iri(quad.p.value) || !at.take(" ")) return std::nullopt;
  if (!at.object(quad.o) || !at.take(" ")) return std::nullopt;
  if (at.is_at_end()) return quad;
  if (!at.resource(quad.g) || !at.take(" ") || !at.is_at_end()) return std::nullopt;
  return quad;
}

}  // namespace qp::rdf
