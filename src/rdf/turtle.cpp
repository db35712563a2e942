#include "rdf/turtle.hpp"

#include <algorithm>
#include <vector>

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

class Writer {
 public:
  explicit Writer(std::span<const Prefix> prefixes) : prefixes_(prefixes) {
    used_.resize(prefixes.size());
  }

  void write(std::span<const QuadView> quads, std::string_view indent) {
    const TermView* subject = nullptr;
    const TermView* predicate = nullptr;
    for (const QuadView& quad : quads) {
      if (!subject || *subject != quad.s) {
        if (subject) body_ += " .\n";
        body_ += indent;
        term(quad.s);
        body_ += ' ';
        verb(quad.p);
      } else if (*predicate != quad.p) {
        body_.append(" ;\n").append(indent).append("    ");
        verb(quad.p);
      } else {
        body_ += ',';
      }
      body_ += ' ';
      term(quad.o);
      subject = &quad.s;
      predicate = &quad.p;
    }
    if (subject) body_ += " .\n";
  }

  void iri(std::string_view iri) { term(TermView{TermKind::Iri, iri, {}, {}}); }
  std::string& body() { return body_; }

  std::string finish() {
    std::string text;
    for (std::size_t i = 0; i < prefixes_.size(); ++i) {
      if (!used_[i]) continue;
      text.append("@prefix ").append(prefixes_[i].name).append(": <");
      text.append(prefixes_[i].iri).append("> .\n");
    }
    if (!text.empty()) text += '\n';
    return text + body_;
  }

 private:
  void verb(const TermView& predicate) {
    if (predicate.value == type.iri) {
      body_ += 'a';
    } else {
      term(predicate);
    }
  }

  bool write_short(std::string_view iri) {
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

  void term(const TermView& term) {
    if (term.kind == TermKind::Iri && write_short(term.value)) return;
    if (term.kind == TermKind::Literal) {
      const bool is_boolean =
          term.datatype == xsd::boolean.iri && (term.value == "true" || term.value == "false");
      if (is_boolean || (term.datatype == xsd::integer.iri && is_plain_integer(term.value))) {
        body_ += term.value;
        return;
      }
      if (term.language.empty() && term.datatype != xsd::string.iri) {
        write_term(TermView{TermKind::Literal, term.value, xsd::string.iri, {}}, body_);
        body_ += "^^";
        iri(term.datatype);
        return;
      }
    }
    write_term(term, body_);
  }

  std::span<const Prefix> prefixes_;
  std::vector<bool> used_;
  std::string body_;
};

}  // namespace

std::string to_turtle(std::span<const QuadView> quads, std::span<const Prefix> prefixes,
                      std::string_view graph) {
  Writer writer(prefixes);
  if (graph.empty()) {
    writer.write(quads, "");
    return writer.finish();
  }
  writer.iri(graph);
  writer.body() += " {\n";
  writer.write(quads, "    ");
  writer.body() += "}\n";
  return writer.finish();
}

}  // namespace qp::rdf
