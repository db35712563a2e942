#include <iostream>

#include "ap/actor.hpp"
#include "base/json.hpp"
#include "rdf/nquads.hpp"
#include "tools/command.hpp"

namespace qp::tools {

namespace {

enum class Form { JsonLd, NQuads, Bytes };

struct Options {
  std::string iri;
  std::string actor;  ///< empty: as everybody sees it
  Form form = Form::JsonLd;
};

Error not_found(std::string_view iri) {
  return error(Code::NotFound, "nothing here under " + std::string(iri));
}

Result<TermId> find(const store::Txn& txn, std::string_view iri) {
  const std::optional<TermId> id = QP_TRY(txn.find_iri(iri));
  if (!id) return not_found(iri);
  return *id;
}

Result<std::string> as_json(const store::Txn& txn, const Options& options,
                            const view::Contexts& contexts) {
  const view::Reader reader{options.actor};
  const bool is_collection = QP_TRY(ap::find_collection(txn, options.iri)).has_value();
  const view::Served served =
      is_collection
          ? QP_TRY(view::serve_collection(txn, options.iri, std::nullopt, reader, contexts))
          : QP_TRY(view::serve(txn, options.iri, reader, contexts));
  json::Arena arena;
  return json::to_text(QP_TRY(json::parse(served.body, arena)), 2) + "\n";
}

Result<std::string> as_nquads(const store::Txn& txn, const Options& options) {
  store::Txn::ScanOptions scan;
  scan.visible = options.actor.empty() ? store::Visible::only_public()
                                       : QP_TRY(view::visible_to(txn, {options.actor}));
  const store::Pattern pattern{.g = QP_TRY(find(txn, options.iri))};
  std::vector<store::QuadIds> quads;
  QP_TRY(txn.scan(pattern, scan, [&](const store::OrderedQuad& quad) {
    quads.push_back(quad.quad);
    return true;
  }));
  if (quads.empty()) return not_found(options.iri);
  std::string text;
  for (const store::QuadIds& quad : quads) {
    const rdf::TermView s = QP_TRY(txn.resolve(quad.s));
    const rdf::TermView p = QP_TRY(txn.resolve(quad.p));
    const rdf::TermView o = QP_TRY(txn.resolve(quad.o));
    const rdf::TermView g = QP_TRY(txn.resolve(quad.g));
    rdf::write_nquad({s, p, o, g}, text);
  }
  return text;
}

/// What came, as it came: of a document, or of the current source of a resource.
Result<std::string> as_bytes(const store::Txn& txn, const Options& options) {
  const TermId id = QP_TRY(find(txn, options.iri));
  const std::optional<store::GraphRecord> graph = QP_TRY(txn.graph(id));
  const TermId document = graph && graph->document != TermId::None ? graph->document : id;
  return QP_TRY(txn.document_bytes(document)) + "\n";
}

Result<void> show(const Invocation& invocation, const Options& options) {
  const std::unique_ptr<Workbench> bench = QP_TRY(Workbench::open(invocation.settings));
  const std::unique_ptr<store::Txn> txn = QP_TRY(bench->store().read());
  switch (options.form) {
    case Form::JsonLd:
      std::cout << QP_TRY(as_json(*txn, options, bench->contexts()));
      break;
    case Form::NQuads:
      std::cout << QP_TRY(as_nquads(*txn, options));
      break;
    case Form::Bytes:
      std::cout << QP_TRY(as_bytes(*txn, options));
      break;
  }
  return {};
}

}  // namespace

void add_show(CLI::App& app, Selected& selected) {
  const auto options = std::make_shared<Options>();
  const auto format = std::make_shared<std::string>("jsonld");
  const auto bytes = std::make_shared<bool>(false);
  CLI::App* command = app.add_subcommand("show", "A resource as a reader gets it");
  command->add_option("IRI", options->iri)->required();
  command->add_option("--as", options->actor, "Read as this actor; by default as everybody");
  CLI::Option* choice =
      command->add_option("--format", *format)->check(CLI::IsMember({"jsonld", "nquads"}));
  command->add_flag("--bytes", *bytes, "The document that it came from, as it was received")
      ->excludes(choice);
  command->callback([&selected, options, format, bytes] {
    options->form = *bytes ? Form::Bytes : (*format == "nquads" ? Form::NQuads : Form::JsonLd);
    selected.run = [options](const Invocation& invocation) { return show(invocation, *options); };
  });
}

}  // namespace qp::tools
