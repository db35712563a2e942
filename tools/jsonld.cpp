#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>
#include <tuple>

#include "base/json.hpp"
#include "base/limits.hpp"
#include "jsonld/errors.hpp"
#include "proof/rdfc.hpp"
#include "rdf/nquads.hpp"
#include "rdf/turtle.hpp"
#include "tools/command.hpp"
#include "tools/jsonld_documents.hpp"
#include "vocab/prefixes.hpp"

namespace qp::tools {

namespace {

using json::Value;
using jsonld::RdfDirection;
using nlohmann::ordered_json;

constexpr std::string_view kManual = R"(
ACTIONS
  expand    the document without its context: full IRIs, every value in an array
  compact   the document in the words of --context (none: full IRIs)
  flatten   every node once, at the top; in the words of --context where there is one
  frame     the tree that --frame describes
  to-rdf    its quads, as N-Quads unless --to says otherwise
  from-rdf  quads as an expanded document; FILE is N-Quads unless --format says otherwise
  canon     its quads in canonical form (RDFC-1.0), the same for all isomorphic datasets; with
            --id-map which label each blank node got, as a JSON object

INPUT
  FILE is a path, `-` for standard input, or an address below a --map.
  It is JSON-LD, or, with --format, RDF: `to-rdf --format turtle` reads Turtle and prints
  N-Quads, `flatten --format trig` flattens what a TriG file says.

  Nothing is fetched. Contexts come from below a --map, else from those that are shipped with
  quadpub (ActivityStreams, security, ...); any other address is an error.

  --base IRI is both the base of relative references and the document's own address. Without
  it they stay relative, and to-rdf leaves out what has a relative name; an address given as
  FILE is its own base.

  --map PREFIX=DIR may be given several times; the longest prefix counts. An address that begins
  with PREFIX is the file DIR + rest. Both end with a slash.

OUTPUT
  JSON, indented by two, or on one line with --json. N-Quads of to-rdf and canon; with --json
  an array of objects with the terms s, p, o and, where it is not the default graph, g as
  N-Quads writes them. `to-rdf --to turtle` and `--to trig` sort the quads and shorten IRIs of
  the vocabulary; ntriples and turtle have no graphs, and quads in named graphs are an error there.

  An option that says nothing to an action is accepted and has no effect.

EXAMPLES
  quadpub jsonld expand note.json
  quadpub jsonld compact note.json --context https://www.w3.org/ns/activitystreams
  quadpub jsonld frame library.jsonld --frame frame.jsonld --omit-graph false
  quadpub jsonld to-rdf note.json --base https://example.org/notes/1 | sort
  quadpub jsonld to-rdf note.json --base https://example.org/notes/1 --to turtle
  quadpub jsonld from-rdf data.ttl --format turtle --base https://example.org/ --use-native-types
  quadpub jsonld canon note.json --base https://example.org/notes/1 --hash sha384
  quadpub jsonld canon data.nq --format nquads --id-map
  curl -s https://example.org/x | quadpub jsonld expand - --map https://example.org/ns/=contexts/

EXIT STATUS
  0  done
  1  the input is not valid or cannot be read: one line on standard error that begins with
     "quadpub: " and the error code of the specification ("invalid term definition: ...")
  2  wrong usage
)";

struct Request {
  std::string action, file, context, frame, expand_context, base;
  std::string format, to, direction, omit_graph;
  std::string processing_mode = "json-ld-1.1";
  std::string hash = "sha256";
  std::vector<std::string> maps;
  bool ordered = false;
  bool native_types = false;
  bool rdf_type = false;
  bool generalized = false;
  bool no_compact_arrays = false;
  bool no_compact_to_relative = false;
  bool id_map = false;
};

rdf::Syntax syntax_of(std::string_view format) {
  if (format == "ntriples") return rdf::Syntax::NTriples;
  if (format == "turtle") return rdf::Syntax::Turtle;
  if (format == "trig") return rdf::Syntax::TriG;
  return rdf::Syntax::NQuads;
}

jsonld::RdfOptions rdf_options_of(const Request& request) {
  jsonld::RdfOptions options;
  options.produce_generalized_rdf = request.generalized;
  options.use_native_types = request.native_types;
  options.use_rdf_type = request.rdf_type;
  options.ordered = request.ordered;
  if (request.direction == "i18n-datatype") options.rdf_direction = RdfDirection::I18nDatatype;
  if (request.direction == "compound-literal") {
    options.rdf_direction = RdfDirection::CompoundLiteral;
  }
  return options;
}

/// One run of the command. Values live as long as it.
class Job {
 public:
  explicit Job(const Request& request)
      : request_(request), documents_(request.maps), rdf_options_(rdf_options_of(request)) {
    options_.base = request.base;
    options_.ordered = request.ordered;
    options_.compact_arrays = !request.no_compact_arrays;
    options_.compact_to_relative = !request.no_compact_to_relative;
    options_.loader = documents_.loader();
    if (request.processing_mode == "json-ld-1.0") {
      options_.processing_mode = rdf_options_.processing_mode = jsonld::ProcessingMode::JsonLd10;
    }
  }

  Result<std::string> run(Output output) {
    const std::string& file = request_.file;
    if (options_.base.empty() && Documents::is_address(file)) options_.base = file;
    if (request_.action == "to-rdf") return to_rdf(output);
    if (request_.action == "canon") return canon(output);
    const Value document = QP_TRY(transformed());
    return json::to_text(document, indent_for(output)) + "\n";
  }

 private:
  Result<Value> transformed() {
    if (request_.action == "expand" || request_.action == "from-rdf") {
      return expanded(options_.ordered);
    }
    const Value input = QP_TRY(expanded(false));
    if (request_.action == "flatten") {
      return jsonld::flatten(input, QP_TRY(context()), options_, arena_);
    }
    if (request_.action == "compact") {
      return jsonld::compact(input, QP_TRY(context()), options_, arena_);
    }
    jsonld::FrameOptions frame_options;
    if (!request_.omit_graph.empty()) frame_options.omit_graph = request_.omit_graph == "true";
    const Value frame = QP_TRY(read_json(request_.frame));
    return jsonld::frame(input, frame, options_, frame_options, arena_);
  }

  bool reads_rdf() const { return !request_.format.empty() || request_.action == "from-rdf"; }

  Result<rdf::Dataset> read_rdf() {
    const jsonld::RemoteDocument document = QP_TRY(documents_.load(request_.file));
    return rdf::parse_quads(document.text, syntax_of(request_.format), options_.base);
  }

  Result<Value> read_json(const std::string& name) {
    const jsonld::RemoteDocument document = QP_TRY(documents_.load(name));
    json::ParseLimits limits;
    limits.members = limits::kFileJsonMembers;
    limits.string_bytes = limits::kFileJsonStringBytes;
    limits.allow_duplicate_keys = true;
    Result<Value> parsed = json::parse(arena_.copy(document.text), arena_, limits);
    if (parsed) return parsed;
    return jsonld::fail(jsonld::ErrorCode::LoadingDocumentFailed,
                        name + ": " + parsed.error().detail);
  }

  /// Null where there is none.
  Result<Value> context() {
    if (request_.context.empty()) return Value();
    if (Documents::is_address(request_.context)) return Value::string(request_.context);
    return read_json(request_.context);
  }

  Result<Value> expanded(bool ordered) {
    if (reads_rdf()) {
      rdf::Dataset dataset = QP_TRY(read_rdf());
      const std::vector<rdf::QuadView> quads(dataset.begin(), dataset.end());
      jsonld::RdfOptions options = rdf_options_;
      options.ordered = ordered;
      return jsonld::from_rdf(quads, options, arena_);
    }
    const Value document = QP_TRY(read_json(request_.file));
    jsonld::Options options = options_;
    options.ordered = ordered;
    if (!request_.expand_context.empty()) {
      options.expand_context = QP_TRY(read_json(request_.expand_context));
    }
    return jsonld::expand(document, options, arena_);
  }

  Result<rdf::Dataset> dataset() {
    if (reads_rdf()) return read_rdf();
    const Value document = QP_TRY(expanded(options_.ordered));
    rdf::Dataset dataset;
    for (const jsonld::EmittedQuad& emitted :
         QP_TRY(jsonld::to_rdf(document, rdf_options_, arena_))) {
      dataset.push_back(rdf::copy(emitted.quad));
    }
    return dataset;
  }

  static int indent_for(Output output) { return output == Output::Json ? -1 : 2; }

  Result<std::string> canon(Output output) {
    const rdf::Dataset input = QP_TRY(dataset());
    const std::vector<rdf::QuadView> quads(input.begin(), input.end());
    proof::CanonicalizeOptions options;
    if (request_.hash == "sha384") options.hash = proof::HashAlgorithm::Sha384;
    const proof::CanonicalDataset canonical = QP_TRY(proof::canonicalize(quads, options));
    if (request_.id_map) {
      ordered_json labels = ordered_json::object();
      for (std::size_t n = 0; n < canonical.labels.size(); ++n) {
        labels[std::string(canonical.labels[n])] = "c14n" + std::to_string(n);
      }
      return labels.dump(indent_for(output)) + "\n";
    }
    if (output == Output::Text) return canonical.nquads;
    return quads_text(QP_TRY(rdf::parse_quads(canonical.nquads, rdf::Syntax::NQuads)), output);
  }

  Result<std::string> to_rdf(Output output) {
    rdf::Dataset quads = QP_TRY(dataset());
    if (request_.to == "ntriples" || request_.to == "turtle") {
      for (const rdf::Quad& quad : quads) {
        if (quad.g.value.empty()) continue;
        return error(Code::BadInput, request_.to + " has no graphs, and there are quads in " +
                                         spelt(quad.g) + ": use nquads or trig");
      }
    }
    const bool is_for_people = request_.to == "turtle" || request_.to == "trig";
    if (output == Output::Json || !is_for_people) return quads_text(quads, output);
    std::stable_sort(quads.begin(), quads.end(), [](const rdf::Quad& a, const rdf::Quad& b) {
      return std::tie(a.g, a.s, a.p) < std::tie(b.g, b.s, b.p);
    });
    const std::vector<rdf::QuadView> views(quads.begin(), quads.end());
    return rdf::to_turtle(views, vocab::prefixes());
  }

  static std::string quads_text(const rdf::Dataset& quads, Output output) {
    if (output == Output::Text) return rdf::to_nquads(quads);
    ordered_json rows = ordered_json::array();
    for (const rdf::Quad& quad : quads) {
      ordered_json row = {{"s", spelt(quad.s)}, {"p", spelt(quad.p)}, {"o", spelt(quad.o)}};
      if (!quad.g.value.empty()) row["g"] = spelt(quad.g);
      rows.push_back(std::move(row));
    }
    return rows.dump() + "\n";
  }

  static std::string spelt(const rdf::Term& term) {
    std::string text;
    rdf::write_term(term, text);
    return text;
  }

  const Request& request_;
  Documents documents_;
  jsonld::Options options_;
  jsonld::RdfOptions rdf_options_;
  json::Arena arena_;
};

Result<void> run(const Request& request, Output output) {
  std::cout << QP_TRY(Job(request).run(output)) << std::flush;
  if (!std::cout) return error(Code::Storage, std::string(kCannotPrint));
  return {};
}

void add_input_options(CLI::App& command, Request& request) {
  command.add_option("ACTION", request.action, "What to do, see below")
      ->required()
      ->check(
          CLI::IsMember({"expand", "compact", "flatten", "frame", "to-rdf", "from-rdf", "canon"}));
  command.add_option("FILE", request.file, "The input; - is standard input")->required();
  command.add_option("--format", request.format, "The input is RDF in this syntax")
      ->check(CLI::IsMember({"nquads", "ntriples", "turtle", "trig"}));
  command.add_option("--base", request.base, "Base IRI, and the address of the input")
      ->type_name("IRI");
  command.add_option("--map", request.maps, "Addresses that begin with PREFIX are files of DIR")
      ->type_name("PREFIX=DIR")
      ->take_all()
      ->allow_extra_args(false)
      ->check(CLI::Validator(Documents::check_map, ""));
  command
      .add_option("--expand-context", request.expand_context, "Context that expansion starts with")
      ->type_name("FILE");
  command
      .add_option("--processing-mode", request.processing_mode,
                  "json-ld-1.0 refuses what 1.1 added (default: json-ld-1.1)")
      ->check(CLI::IsMember({"json-ld-1.0", "json-ld-1.1"}));
}

void add_document_options(CLI::App& command, Request& request) {
  command.add_option("--context", request.context, "compact, flatten: the context to use")
      ->type_name("FILE|URL");
  command.add_option("--frame", request.frame, "frame: the frame")->type_name("FILE");
  command
      .add_option("--omit-graph", request.omit_graph,
                  "frame: a single result stands without @graph (default: true in 1.1)")
      ->check(CLI::IsMember({"true", "false"}));
  command.add_flag("--ordered", request.ordered, "Sort keys, and nodes by @id");
  command.add_flag("--no-compact-arrays", request.no_compact_arrays,
                   "compact, flatten, frame: arrays of one stay arrays");
  command.add_flag("--no-compact-to-relative", request.no_compact_to_relative,
                   "compact, flatten, frame: IRIs are not made relative to the base");
}

void add_rdf_options(CLI::App& command, Request& request) {
  command.add_flag("--use-native-types", request.native_types,
                   "from-rdf: xsd:integer, double and boolean become JSON numbers and booleans");
  command.add_flag("--use-rdf-type", request.rdf_type, "from-rdf: rdf:type stays a property");
  command.add_option("--to", request.to, "to-rdf: the syntax to print (default: nquads)")
      ->check(CLI::IsMember({"nquads", "ntriples", "turtle", "trig"}));
  command.add_flag("--produce-generalized-rdf", request.generalized,
                   "to-rdf: keep quads whose predicate is a blank node");
  command
      .add_option("--rdf-direction", request.direction,
                  "to-rdf, from-rdf: how a base direction is written as RDF (default: not)")
      ->check(CLI::IsMember({"i18n-datatype", "compound-literal"}));
  command.add_option("--hash", request.hash, "canon: the hash function (default: sha256)")
      ->check(CLI::IsMember({"sha256", "sha384"}));
  command.add_flag("--id-map", request.id_map,
                   "canon: print the labels that blank nodes got instead");
}

}  // namespace

void add_jsonld(CLI::App& app, Selected& selected) {
  const auto request = std::make_shared<Request>();
  CLI::App* command = app.add_subcommand(
      "jsonld",
      "The JSON-LD 1.1 processor on files: expand, compact, flatten, frame, RDF, canonical form");
  add_input_options(*command, *request);
  add_document_options(*command, *request);
  add_rdf_options(*command, *request);
  command->footer(std::string(kManual));
  command->callback([&selected, request] {
    if (request->action == "frame" && request->frame.empty()) {
      throw CLI::RequiredError("frame: --frame FILE");
    }
    selected.run = [request](const Invocation& invocation) {
      return run(*request, invocation.output);
    };
  });
}

}  // namespace qp::tools
