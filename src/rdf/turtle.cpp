#include "rdf/turtle.hpp"

#include <algorithm>
#include <utility>

#include "rdf/nquads.hpp"
#include "vocab/terms.hpp"

namespace qp::rdf {

namespace {

/// A part of PN_LOCAL that needs no escapes.
bool is_plain_local(std::string_view text) {
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !text.empty() && is_letter(text[0]) && std::all_of(text.begin(), text.end(), [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '-';
  });
}

/// Spellings that Turtle reads as xsd:integer.
bool is_plain_integer(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_bare(const TermView& literal) {
  if (literal.datatype == xsd::integer.iri) return is_plain_integer(literal.value);
  return literal.datatype == xsd::boolean.iri &&
         (literal.value == "true" || literal.value == "false");
}

}  // namespace

TurtleWriter::TurtleWriter(std::span<const vocab::Prefix> prefixes)
    : prefixes_(prefixes), used_(prefixes.size()) {}

void TurtleWriter::add(const QuadView& quad) {
  if (last_.g != Term::copy(quad.g)) begin_graph(quad.g);
  const std::string_view indent = quad.g.value.empty() ? "" : "    ";
  if (last_.s.value.empty() || TermView(last_.s) != quad.s) {
    end_statement();
    body_ += indent;
    term(quad.s);
    body_ += ' ';
    verb(quad.p);
    last_.s = Term::copy(quad.s);
    last_.p = Term::copy(quad.p);
  } else if (TermView(last_.p) != quad.p) {
    body_.append(" ;\n").append(indent).append("    ");
    verb(quad.p);
    last_.p = Term::copy(quad.p);
  } else {
    body_ += ',';
  }
  body_ += ' ';
  term(quad.o);
}

void TurtleWriter::end_statement() {
  if (!std::exchange(last_.s, {}).value.empty()) body_ += " .\n";
}

void TurtleWriter::begin_graph(const TermView& graph) {
  end_statement();
  if (!last_.g.value.empty()) body_ += "}\n";
  last_.g = Term::copy(graph);
  if (graph.value.empty()) return;
  term(graph);
  body_ += " {\n";
}

std::string TurtleWriter::finish() {
  begin_graph({});
  std::string text;
  for (std::size_t i = 0; i < prefixes_.size(); ++i) {
    if (!used_[i]) continue;
    text.append("@prefix ").append(prefixes_[i].name).append(": <");
    text.append(prefixes_[i].iri).append("> .\n");
  }
  if (!text.empty()) text += '\n';
  return text + body_;
}

void TurtleWriter::verb(const TermView& verb) {
  if (verb.value == type.iri) {
    body_ += 'a';
  } else {
    term(verb);
  }
}

bool TurtleWriter::write_short(std::string_view iri) {
  for (std::size_t i = 0; i < prefixes_.size(); ++i) {
    if (!iri.starts_with(prefixes_[i].iri)) continue;
    const std::string_view local = iri.substr(prefixes_[i].iri.size());
    if (!is_plain_local(local)) continue;
    used_[i] = true;
    body_.append(prefixes_[i].name).append(":").append(local);
    return true;
  }
  return false;
}

void TurtleWriter::term(const TermView& term) {
  if (term.kind == TermKind::Iri && write_short(term.value)) return;
  if (term.kind == TermKind::Literal) {
    if (is_bare(term)) {
      body_ += term.value;
      return;
    }
    if (term.language.empty() && term.datatype != xsd::string.iri) {
      write_term(TermView{TermKind::Literal, term.value, xsd::string.iri, {}}, body_);
      body_ += "^^";
      this->term(TermView{TermKind::Iri, term.datatype, {}, {}});
      return;
    }
  }
  write_term(term, body_);
}

std::string to_turtle(std::span<const QuadView> quads, std::span<const vocab::Prefix> prefixes) {
  TurtleWriter writer(prefixes);
  for (const QuadView& quad : quads) writer.add(quad);
  return writer.finish();
}

}  // namespace qp::rdf
