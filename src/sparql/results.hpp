#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "jsonld/jsonld.hpp"
#include "sparql/execution.hpp"

namespace qp::sparql {

/// How an answer is written.
enum class Format : std::uint8_t { Json, Xml, Csv, Tsv, Turtle, NTriples, JsonLd };

/// By its name on the command line (`json`, `ntriples`) or its media type.
std::optional<Format> format_named(std::string_view name);
std::optional<Format> format_of_type(std::string_view media_type);
std::string_view media_type(Format format);
/// Whether a query of this form can be answered so: SELECT with a table, CONSTRUCT with triples.
/// ASK has Json, Xml, Csv and Tsv (`true` or `false`).
bool suits(Format format, Query::Form form);

/// Takes the text piece by piece. An error ends the writing.
using TextSink = std::function<Result<void>(std::string_view piece)>;
/// What JSON-LD is compacted with; the loader finds it.
struct JsonLdOptions {
  std::string context = "https://www.w3.org/ns/activitystreams";
  jsonld::Loader loader;
};

/// Runs the query and writes its answer. NotAcceptable: the format does not suit the query.
Result<void> write_answer(Execution& execution, Format format, const JsonLdOptions& json_ld,
                          const TextSink& sink);

/// The plan as a tree of lines; after the query ran with what it really did. `estimates`: may be
/// told (they count hidden graphs too).
std::string explain(const Execution& execution, bool estimates, bool ran);
std::string explain_json(const Execution& execution, bool estimates, bool ran);

/// A term as SPARQL writes it, short where it can be (`as:Note`, `42`): for tables.
std::string short_term(const rdf::TermView& term);

}  // namespace qp::sparql
