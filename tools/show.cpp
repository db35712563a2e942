#include <algorithm>
#include <iostream>
#include <limits>

#include <unistd.h>

#include "ap/actor.hpp"
#include "ap/estate.hpp"
#include "base/json.hpp"
#include "rdf/nquads.hpp"
#include "tools/command.hpp"
#include "tools/query_table.hpp"
#include "view/project.hpp"
#include "vocab/views.hpp"

namespace qp::tools {

namespace {

using json::Value;

enum class Form { JsonLd, NQuads, Turtle, TriG, Received, Bytes };

struct Options {
  std::string iri;
  std::string actor;  ///< empty: the operator, who sees everything
  std::string view_name;
  const vocab::View* view = nullptr;  ///< instead of the document's own shape
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

std::string pretty(Value value) { return json::to_text(value, 2) + "\n"; }

Result<std::string> for_reader(const store::Txn& txn, const Options& options,
                               const view::Contexts& contexts) {
  const view::Reader reader{options.actor};
  const auto collection = QP_TRY(ap::find_collection(txn, options.iri));
  if (collection && ap::is_for_owner_only(collection->role) && !reader.is(collection->owner)) {
    return not_found(options.iri);
  }
  const bool is_shared = collection && collection->role == ap::Role::SharedInbox;
  const view::Served served =
      collection ? QP_TRY(view::serve_collection(
                       txn, options.iri, std::nullopt, reader, contexts, view::Items::OnPages,
                       is_shared ? view::Belongs::ToServer : view::Belongs::ToResource))
                 : QP_TRY(view::serve(txn, options.iri, reader, contexts));
  json::Arena arena;
  return pretty(QP_TRY(json::parse(served.body, arena)));
}

/// As one view has it, for the reader or the operator.
Result<std::string> in_view(const store::Txn& txn, const Options& options,
                            const view::Contexts& contexts) {
  const TermId graph = QP_TRY(find(txn, options.iri.substr(0, options.iri.find('#'))));
  view::Walk walk{store::Visible::everything(), true};
  if (!options.actor.empty()) {
    const view::Sight sight = QP_TRY(view::sight_of(txn, options.actor));
    walk = {sight.visible, false, sight.actors};
  }
  json::Arena arena;
  return pretty(QP_TRY(
      view::project_as(txn, graph, *options.view, walk, {contexts.cache, contexts.loader}, arena)));
}

/// All members of the collection, as links, newest first.
Result<void> add_items(const store::Txn& txn, TermId collection, Value shown, json::Arena& arena) {
  const auto items = QP_TRY(txn.sequence_before(
      collection, 0, std::numeric_limits<std::size_t>::max(), store::Visible::everything()));
  const Value links = Value::array(arena, items.size());
  for (const store::SequenceItem& item : items) {
    links.push_back(arena, Value::string(QP_TRY(txn.resolve(item.member)).value));
  }
  shown.set(arena, "totalItems", Value::number(arena, static_cast<std::int64_t>(items.size())));
  shown.set(arena, "orderedItems", links);
  return {};
}

/// What no reader gets is in it too: bto, bcc, what is addressed to others.
Result<std::string> for_operator(const store::Txn& txn, const Options& options,
                                 const view::Contexts& contexts) {
  const TermId graph = QP_TRY(find(txn, options.iri.substr(0, options.iri.find('#'))));
  const view::Walk walk{store::Visible::everything(), true};
  json::Arena arena;
  const Value shown =
      QP_TRY(view::project(txn, graph, walk, {contexts.cache, contexts.loader}, arena));
  if (QP_TRY(ap::find_collection(txn, options.iri))) {
    QP_TRY(add_items(txn, graph, shown, arena));
  }
  return pretty(shown);
}

/// The quads of one graph: for the operator all, of a claims graph too; for a reader those that
/// are visible, without the hidden recipients.
Result<std::vector<store::QuadIds>> quads_of(const store::Txn& txn, const Options& options) {
  const bool is_operator = options.actor.empty();
  store::Txn::ScanOptions scan;
  scan.with_claims = is_operator;
  if (!is_operator) scan.visible = QP_TRY(view::sight_of(txn, {options.actor})).visible;
  const store::Pattern pattern{.g = QP_TRY(find(txn, options.iri))};
  std::vector<store::QuadIds> quads;
  QP_TRY(txn.scan(pattern, scan, [&](const store::OrderedQuad& quad) {
    if (is_operator || !vocab::is_hidden_recipient(quad.quad.p)) quads.push_back(quad.quad);
    return true;
  }));
  if (quads.empty()) return not_found(options.iri);
  return quads;
}

/// N-Quads. Its lines without a graph are N-Triples, and so Turtle, and so what is inside of
/// the braces of TriG.
Result<std::string> as_rdf(const store::Txn& txn, const Options& options) {
  const std::vector<store::QuadIds> quads = QP_TRY(quads_of(txn, options));
  const rdf::TermView graph = QP_TRY(txn.resolve(quads.front().g));
  std::string text;
  if (options.form == Form::TriG) {
    rdf::write_term(graph, text);
    text += " {\n";
  }
  for (const store::QuadIds& quad : quads) {
    const rdf::TermView s = QP_TRY(txn.resolve(quad.s));
    const rdf::TermView p = QP_TRY(txn.resolve(quad.p));
    const rdf::TermView o = QP_TRY(txn.resolve(quad.o));
    rdf::write_nquad({s, p, o, options.form == Form::NQuads ? graph : rdf::TermView()}, text);
  }
  if (options.form == Form::TriG) text += "}\n";
  return text;
}

/// The document `iri`, or the current source of the resource `iri`.
Result<store::DocumentRecord> find_document(const store::Txn& txn, std::string_view iri) {
  const TermId id = QP_TRY(find(txn, iri));
  const std::optional<store::GraphRecord> graph = QP_TRY(txn.graph(id));
  const TermId document = graph && graph->document != TermId::None ? graph->document : id;
  std::optional<store::DocumentRecord> record = QP_TRY(txn.document(document));
  if (!record) return error(Code::NotFound, "no document behind " + std::string(iri));
  return *std::move(record);
}

Result<std::string> as_received(const store::Txn& txn, const Options& options,
                                const view::Contexts& contexts) {
  const store::DocumentRecord document = QP_TRY(find_document(txn, options.iri));
  json::Arena arena;
  return pretty(QP_TRY(view::rebuild(txn, document, {contexts.cache, contexts.loader}, arena)));
}

Result<std::string> as_bytes(const store::Txn& txn, const Options& options) {
  const store::DocumentRecord document = QP_TRY(find_document(txn, options.iri));
  return QP_TRY(txn.document_bytes(document.id)) + "\n";
}

Result<std::string> shown(const store::Txn& txn, const Options& options,
                          const view::Contexts& contexts) {
  switch (options.form) {
    case Form::JsonLd:
      if (options.view) return in_view(txn, options, contexts);
      return options.actor.empty() ? for_operator(txn, options, contexts)
                                   : for_reader(txn, options, contexts);
    case Form::NQuads:
    case Form::Turtle:
    case Form::TriG:
      return as_rdf(txn, options);
    case Form::Received:
      return as_received(txn, options, contexts);
    case Form::Bytes:
      return as_bytes(txn, options);
  }
  return not_found(options.iri);
}

Result<void> show(const Invocation& invocation, const Options& options) {
  const std::unique_ptr<Workbench> bench = QP_TRY(Workbench::open(invocation.settings, kReading));
  const std::unique_ptr<store::Txn> txn = QP_TRY(bench->store().read());
  Options of_today = options;
  const std::string current = QP_TRY(ap::current_id(*txn, options.iri));
  const auto id = QP_TRY(txn->find_iri(options.iri));
  if (!current.empty() && (!id || !QP_TRY(txn->graph(*id)))) of_today.iri = current;
  const std::string text = QP_TRY(shown(*txn, of_today, bench->contexts()));
  // All of its forms have a way to write a character by its number.
  const bool is_at_terminal = isatty(STDOUT_FILENO) == 1;
  std::cout << (is_at_terminal ? escaped_for_terminal(text, sparql::Format::Turtle) : text);
  return {};
}

}  // namespace

void add_show(CLI::App& app, Selected& selected) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("show", "A resource, or the document that it came from");
  command->add_option("IRI", options->iri, "Of a resource, or of a document")->required();
  CLI::Option* reader =
      command->add_option("--as", options->actor, "As this actor sees it; else everything");
  CLI::Option* format =
      command->add_option("--format", options->form, "jsonld, nquads, turtle or trig")
          ->transform(CLI::Transformer(std::map<std::string, Form>{{"jsonld", Form::JsonLd},
                                                                   {"nquads", Form::NQuads},
                                                                   {"turtle", Form::Turtle},
                                                                   {"trig", Form::TriG}}));
  CLI::Option* view = command
                          ->add_option("--view", options->view_name,
                                       "The properties that this view has, in its shapes")
                          ->check([options](const std::string& name) {
                            options->view = vocab::find_view(name);
                            return options->view ? std::string() : "there is no view " + name;
                          });
  const auto add_document_flag = [&](const char* name, const char* help, Form form) {
    return command->add_flag_callback(
                      name, [options, form] { options->form = form; }, help)
        ->excludes(reader)
        ->excludes(view)
        ->excludes(format);
  };
  CLI::Option* received = add_document_flag(
      "--received", "Its document as the sender wrote it, rebuilt from the quads", Form::Received);
  add_document_flag("--bytes", "Its document, the very bytes that came", Form::Bytes)
      ->excludes(received);
  command->callback([&selected, options] {
    selected.run = [options](const Invocation& invocation) { return show(invocation, *options); };
  });
}

}  // namespace qp::tools
