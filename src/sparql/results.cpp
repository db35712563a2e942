#include "sparql/results.hpp"

#include "base/json.hpp"
#include "base/text.hpp"
#include "rdf/nquads.hpp"
#include "rdf/turtle.hpp"
#include "sparql/parser.hpp"
#include "vocab/prefixes.hpp"
#include "vocab/terms.hpp"

namespace qp::sparql {

struct FormatRow {
  Format format;
  std::string_view name, media_type;
};
static constexpr FormatRow kFormats[] = {
    {Format::Json, "json", "application/sparql-results+json"},
    {Format::Xml, "xml", "application/sparql-results+xml"},
    {Format::Csv, "csv", "text/csv"},
    {Format::Tsv, "tsv", "text/tab-separated-values"},
    {Format::Turtle, "turtle", "text/turtle"},
    {Format::NTriples, "ntriples", "application/n-triples"},
    {Format::JsonLd, "jsonld", "application/ld+json"},
};

std::optional<Format> format_named(std::string_view name) {
  for (const FormatRow& row : kFormats) {
    if (row.name == name) return row.format;
  }
  return std::nullopt;
}

std::optional<Format> format_of_type(std::string_view media_type) {
  for (const FormatRow& row : kFormats) {
    if (row.media_type == media_type) return row.format;
  }
  return std::nullopt;
}

std::string_view media_type(Format format) {
  for (const FormatRow& row : kFormats) {
    if (row.format == format) return row.media_type;
  }
  return {};
}

bool suits(Format format, Query::Form form) {
  const bool graph = form == Query::Form::Construct || form == Query::Form::Describe;
  return graph == (format >= Format::Turtle);
}

static std::string json_string(std::string_view text) {
  return json::to_text(json::Value::string(text), 0);
}

namespace {

/// Writes what is kept when it has grown, so that a sink is not called for each cell.
class Writer {
 public:
  explicit Writer(const TextSink& sink) : sink_(sink) {}
  Writer& operator<<(std::string_view text) {
    kept_ += text;
    return *this;
  }
  std::string& text() { return kept_; }
  Result<void> pause() { return kept_.size() < kPiece ? Result<void>() : flush(); }
  Result<void> flush() {
    const std::string piece = std::exchange(kept_, {});
    return sink_(piece);
  }

 private:
  static constexpr std::size_t kPiece = 64 * limits::kKiB;
  const TextSink& sink_;
  std::string kept_;
};

// SPARQL 1.1 Query Results JSON Format.
void json_term(const rdf::TermView& term, Writer& out) {
  static constexpr std::string_view kTypes[] = {"uri", "bnode", "literal"};
  out << R"({"type":")" << kTypes[static_cast<std::size_t>(term.kind)] << R"(","value":)"
      << json_string(term.value);
  if (term.kind == rdf::TermKind::Literal) {
    if (!term.language.empty()) {
      out << R"(,"xml:lang":)" << json_string(term.language);
    } else if (term.datatype != xsd::string.iri) {
      out << R"(,"datatype":)" << json_string(term.datatype);
    }
  }
  out << "}";
}

// XML 1.0: characters that it cannot hold become U+FFFD.
void xml_text(std::string_view text, Writer& out) {
  static constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    switch (c) {
      case '&':
        out << "&amp;";
        break;
      case '<':
        out << "&lt;";
        break;
      case '>':
        out << "&gt;";
        break;
      case '"':
        out << "&quot;";
        break;
      case '\r':
        out << "&#13;";
        break;
      case '\xEF':  // U+FFFE and U+FFFF are no characters of it either
        if (const std::string_view next = text.substr(i, 3);
            next == "\xEF\xBF\xBE" || next == "\xEF\xBF\xBF") {
          out << kReplacement;
          i += 2;
          break;
        }
        [[fallthrough]];
      default:
        if (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n') {
          out << kReplacement;
        } else {
          out.text() += c;
        }
    }
  }
}

// SPARQL Query Results XML Format.
void xml_term(const rdf::TermView& term, Writer& out) {
  static constexpr std::string_view kNames[] = {"uri", "bnode", "literal"};
  const std::string_view name = kNames[static_cast<std::size_t>(term.kind)];
  out << "<" << name;
  if (!term.language.empty()) {
    out << " xml:lang=\"" << term.language << "\"";
  } else if (term.kind == rdf::TermKind::Literal && term.datatype != xsd::string.iri) {
    out << " datatype=\"";
    xml_text(term.datatype, out);
    out << "\"";
  }
  out << ">";
  xml_text(term.value, out);
  out << "</" << name << ">";
}

// SPARQL 1.1 Query Results CSV and TSV Formats, sections 3 and 4.
void csv_term(const rdf::TermView& term, Writer& out) {
  if (term.kind == rdf::TermKind::Blank) out << "_:";
  if (term.value.find_first_of("\",\r\n") == std::string_view::npos) {
    out << term.value;
    return;
  }
  out << "\"";
  for (const char c : term.value) {
    if (c == '"') out << "\"";
    out.text() += c;
  }
  out << "\"";
}

/// A number that Turtle and SPARQL read back as this literal, bare.
bool is_bare_number(const rdf::TermView& term) {
  if (term.kind != rdf::TermKind::Literal) return false;
  std::string_view digits = term.value;
  if (digits.starts_with('-') || digits.starts_with('+')) digits.remove_prefix(1);
  const auto only = [&](std::string_view allowed) {
    return !digits.empty() && digits.find_first_not_of(allowed) == std::string_view::npos;
  };
  if (term.datatype == xsd::integer.iri) return only("0123456789");
  const std::size_t point = digits.find('.');
  if (term.datatype == xsd::decimal.iri) {
    return only("0123456789.") && point != std::string_view::npos && point + 1 < digits.size() &&
           digits.find('.', point + 1) == std::string_view::npos;
  }
  if (term.datatype != xsd::double_.iri) return false;
  return only("0123456789.eE+-") && digits.find_first_of("eE") != std::string_view::npos &&
         parse_double(term.value).has_value();
}

void tsv_term(const rdf::TermView& term, Writer& out) {
  if (is_bare_number(term)) {
    out << term.value;
    return;
  }
  std::string text;
  rdf::write_term(term, text);
  for (const char c : text) {
    if (c == '\t') {
      out << "\\t";
    } else {
      out.text() += c;
    }
  }
}

Result<void> write_json(Execution& execution, Writer& out) {
  const auto& names = execution.names();
  if (execution.form() == Query::Form::Ask) {
    out << R"({"head":{},"boolean":)" << (QP_TRY(execution.ask()) ? "true" : "false") << "}\n";
    return out.flush();
  }
  out << R"({"head":{"vars":[)";
  for (std::size_t i = 0; i < names.size(); ++i) out << (i ? "," : "") << json_string(names[i]);
  out << R"(]},"results":{"bindings":[)";
  Batch rows;
  bool first_row = true;
  while (QP_TRY(execution.next(rows))) {
    for (std::size_t i = 0; i < rows.rows; ++i) {
      out << (std::exchange(first_row, false) ? "\n{" : ",\n{");
      bool first = true;
      for (std::size_t j = 0; j < names.size(); ++j) {
        if (rows.row(i)[j] == TermId::None) continue;
        out << (std::exchange(first, false) ? "" : ",") << json_string(names[j]) << ":";
        json_term(QP_TRY(execution.term(rows.row(i)[j])), out);
      }
      out << "}";
    }
    QP_TRY(out.pause());
  }
  out << "\n]}}\n";
  return out.flush();
}

Result<void> write_xml(Execution& execution, Writer& out) {
  const auto& names = execution.names();
  out << "<?xml version=\"1.0\"?>\n<sparql xmlns=\"http://www.w3.org/2005/sparql-results#\">\n";
  if (execution.form() == Query::Form::Ask) {
    out << "<head/>\n<boolean>" << (QP_TRY(execution.ask()) ? "true" : "false")
        << "</boolean>\n</sparql>\n";
    return out.flush();
  }
  out << "<head>";
  for (const std::string& name : names) out << "<variable name=\"" << name << "\"/>";
  out << "</head>\n<results>\n";
  Batch rows;
  while (QP_TRY(execution.next(rows))) {
    for (std::size_t i = 0; i < rows.rows; ++i) {
      out << "<result>";
      for (std::size_t j = 0; j < names.size(); ++j) {
        if (rows.row(i)[j] == TermId::None) continue;
        out << "<binding name=\"" << names[j] << "\">";
        xml_term(QP_TRY(execution.term(rows.row(i)[j])), out);
        out << "</binding>";
      }
      out << "</result>\n";
    }
    QP_TRY(out.pause());
  }
  out << "</results>\n</sparql>\n";
  return out.flush();
}

Result<void> write_separated(Execution& execution, Format format, Writer& out) {
  const bool csv = format == Format::Csv;
  const std::string_view between = csv ? "," : "\t", end = csv ? "\r\n" : "\n";
  const auto& names = execution.names();
  if (execution.form() == Query::Form::Ask) {
    out << (QP_TRY(execution.ask()) ? "true" : "false") << end;
    return out.flush();
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    out << (i ? between : "") << (csv ? "" : "?") << names[i];
  }
  out << end;
  Batch rows;
  while (QP_TRY(execution.next(rows))) {
    for (std::size_t i = 0; i < rows.rows; ++i) {
      for (std::size_t j = 0; j < names.size(); ++j) {
        if (j != 0) out << between;
        if (rows.row(i)[j] == TermId::None) continue;
        const rdf::TermView term = QP_TRY(execution.term(rows.row(i)[j]));
        csv ? csv_term(term, out) : tsv_term(term, out);
      }
      out << end;
    }
    QP_TRY(out.pause());
  }
  return out.flush();
}

Result<void> write_ntriples(Execution& execution, Writer& out) {
  QP_TRY(execution.triples([&](const Execution::TripleIds& triple) -> Result<void> {
    const rdf::TermView s = QP_TRY(execution.term(triple.s));
    const rdf::TermView p = QP_TRY(execution.term(triple.p));
    const rdf::TermView o = QP_TRY(execution.term(triple.o));
    rdf::write_nquad({s, p, o, {}}, out.text());
    return out.pause();
  }));
  return out.flush();
}

// Prefixes are known only when all is written, so the text waits for them.
Result<void> write_turtle(Execution& execution, Writer& out) {
  static constexpr std::size_t kBytesOfATriple = 32;  // beside its terms
  Held held(execution.context());
  rdf::TurtleWriter writer(vocab::prefixes());
  QP_TRY(execution.triples([&](const Execution::TripleIds& triple) -> Result<void> {
    const rdf::TermView s = QP_TRY(execution.term(triple.s));
    const rdf::TermView p = QP_TRY(execution.term(triple.p));
    const rdf::TermView o = QP_TRY(execution.term(triple.o));
    writer.add({s, p, o, {}});
    return held.add(kBytesOfATriple + s.value.size() + p.value.size() + o.value.size());
  }));
  out << writer.finish();
  return out.flush();
}

Result<void> write_json_ld(Execution& execution, const JsonLdOptions& options, Writer& out) {
  // What the document takes; measured, with what there is to spare. Nothing can stop its making.
  static constexpr std::size_t kBytesOfATriple = 1024;
  static constexpr std::chrono::microseconds kTimeOfATriple{20};
  Held held(execution.context());
  std::vector<rdf::QuadView> quads;
  QP_TRY(execution.triples([&](const Execution::TripleIds& triple) -> Result<void> {
    rdf::QuadView quad;
    quad.s = QP_TRY(execution.term(triple.s));
    quad.p = QP_TRY(execution.term(triple.p));
    quad.o = QP_TRY(execution.term(triple.o));
    quads.push_back(quad);
    return held.add(kBytesOfATriple);
  }));
  const Deadline& deadline = execution.context().deadline();
  if (!deadline.allows(kTimeOfATriple * quads.size())) return deadline.passed();
  json::Arena arena;
  json::Value made = QP_TRY(jsonld::from_rdf(quads, {}, arena));
  if (options.loader) {
    jsonld::Options compact;
    compact.loader = options.loader;
    const json::Value context = json::Value::string(options.context);
    made = QP_TRY(jsonld::compact(made, context, compact, arena));
  }
  out << json::to_text(made, 2) << "\n";
  return out.flush();
}

}  // namespace

Result<void> write_answer(Execution& execution, Format format, const JsonLdOptions& json_ld,
                          const TextSink& sink) {
  if (!suits(format, execution.form())) {
    return error(Code::NotAcceptable, "this form of query has no answer in that format");
  }
  Writer out(sink);
  switch (format) {
    case Format::Json:
      return write_json(execution, out);
    case Format::Xml:
      return write_xml(execution, out);
    case Format::Csv:
    case Format::Tsv:
      return write_separated(execution, format, out);
    case Format::Turtle:
      return write_turtle(execution, out);
    case Format::NTriples:
      return write_ntriples(execution, out);
    case Format::JsonLd:
      return write_json_ld(execution, json_ld, out);
  }
  return {};
}

static bool is_plain_local_name(std::string_view name) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (name.empty() || !is_letter(name[0])) return false;
  return std::all_of(name.begin(), name.end(), [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

static std::string short_iri(std::string_view iri) {
  if (iri == rdf::type.iri) return "rdf:type";
  for (const vocab::Prefix& known : vocab::prefixes()) {
    if (iri.starts_with(known.iri) && is_plain_local_name(iri.substr(known.iri.size())) &&
        known.name.find('_') == std::string_view::npos) {
      return std::string(known.name) + ":" + std::string(iri.substr(known.iri.size()));
    }
  }
  return "<" + std::string(iri) + ">";
}

std::string short_term(const rdf::TermView& term) {
  if (term.kind == rdf::TermKind::Iri) return short_iri(term.value);
  if (is_bare_number(term)) return std::string(term.value);
  if (term.kind == rdf::TermKind::Literal) {
    if (term.datatype == xsd::boolean.iri && (term.value == "true" || term.value == "false")) {
      return std::string(term.value);
    }
    std::string text;
    if (!term.language.empty() || term.datatype == xsd::string.iri) {
      rdf::write_term(term, text);
      return text;
    }
    rdf::write_term({term.kind, term.value, xsd::string.iri, {}}, text);
    return text + "^^" + short_iri(term.datatype);
  }
  std::string text;
  rdf::write_term(term, text);
  return text;
}

}  // namespace qp::sparql
