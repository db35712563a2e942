#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "rdf/term.hpp"

/// The RDF 1.1 syntaxes, read through Serd; N-Quads, written.
namespace qp::rdf {

enum class Syntax { NTriples, NQuads, Turtle, TriG };

/// How deep `[` and `(` of Turtle and TriG may nest; Serd itself recurses without a bound.
inline constexpr std::size_t kTurtleDepth = 256;

/// Fills `buffer` from its start and says how many bytes it wrote; 0 is the end.
using ByteSource = std::function<std::size_t(std::span<char> buffer)>;
/// Called for each quad as it is read; its text is valid during the call. An error stops reading.
using QuadSink = std::function<Result<void>(const QuadView&)>;

/// Reads all of `source`. Relative IRIs are resolved against `base`, or refused where it is empty.
/// Every term is validated (`rdf::validate`). Blank nodes keep their labels where they can;
/// Turtle's unlabelled ones get fresh ones. Quads before an error have been given to `sink`.
Result<void> read_quads(const ByteSource& source, Syntax syntax, std::string_view base,
                        const QuadSink& sink);
/// The same of a text, collected. BadInput says in which line it went wrong.
Result<Dataset> parse_quads(std::string_view text, Syntax syntax, std::string_view base = {});

/// Which characters of a literal are escaped.
enum class Escapes {
  Rdf11,   ///< canonical N-Triples of RDF 1.1, URDNA2015: `"`, `\`, LF, CR
  Rdfc10,  ///< RDFC-1.0: those, \b \t \f, and other control characters as \uXXXX
};

/// One line with its LF; the graph is left out where it is the default graph.
void write_nquad(const QuadView& quad, std::string& out, Escapes escapes = Escapes::Rdf11);
void write_term(const TermView& term, std::string& out, Escapes escapes = Escapes::Rdf11);
std::string to_nquads(const Dataset& dataset, Escapes escapes = Escapes::Rdf11);

}  // namespace qp::rdf
