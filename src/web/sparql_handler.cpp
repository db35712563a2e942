#include "web/sparql_handler.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <span>

#include "ap/edit.hpp"
#include "base/text.hpp"
#include "rdf/iri.hpp"
#include "sparql/parser.hpp"
#include "sparql/results.hpp"
#include "sparql/update.hpp"
#include "web/auth.hpp"
#include "web/limits.hpp"
#include "web/negotiate.hpp"
#include "web/reply.hpp"

namespace qp::web {

namespace {

/// What the request asks for.
struct Asked {
  enum class What : std::uint8_t { Query, Update };
  What what = What::Query;
  std::string text;
  sparql::DatasetClause dataset;
};

/// The parameters of one kind of request.
struct Names {
  std::string_view text, default_graph, named_graph;
};
constexpr Names kQueryNames{"query", "default-graph-uri", "named-graph-uri"};
constexpr Names kUpdateNames{"update", "using-graph-uri", "using-named-graph-uri"};

/// Graphs, and with `with_text` what is asked; a parameter of the other kind is a mistake.
Result<Asked> read_parameters(std::string_view encoded, Asked::What what, bool with_text) {
  const bool queries = what == Asked::What::Query;
  const Names& names = queries ? kQueryNames : kUpdateNames;
  const Names& others = queries ? kUpdateNames : kQueryNames;
  Asked asked;
  asked.what = what;
  bool found = false;
  for (auto& [name, value] : QP_TRY(text::parse_form(encoded))) {
    if (name == names.text) {
      if (found || !with_text) return bad_input("More than one " + name);
      asked.text = std::move(value);
      found = true;
    } else if (name == names.default_graph || name == names.named_graph) {
      if (!rdf::is_absolute_iri(value)) return bad_input("The value of `" + name + "` is no IRI");
      auto& graphs = name == names.named_graph ? asked.dataset.named : asked.dataset.graphs;
      graphs.push_back(std::move(value));
    } else if (name == others.text || name == others.default_graph || name == others.named_graph) {
      return bad_input("The parameter `" + name + "` is not for " +
                       (queries ? "a query" : "an update"));
    }
  }
  if (with_text && !found) {
    return bad_input("The parameter `" + std::string(names.text) + "` is missing");
  }
  return asked;
}

double quality(std::string_view parameters) {
  for (const std::string_view part : text::split(parameters, ';')) {
    const std::string_view trimmed = text::trim(part);
    if (!trimmed.starts_with("q=") && !trimmed.starts_with("Q=")) continue;
    double value = 1;
    const auto [end, trouble] =
        std::from_chars(trimmed.data() + 2, trimmed.data() + trimmed.size(), value);
    return trouble == std::errc{} ? value : 0;
  }
  return 1;
}

/// A format, under its own name and others that clients ask for it by.
struct Offer {
  sparql::Format format;
  std::string_view type, others[2];
};
/// The first is for who accepts anything.
constexpr Offer kTables[] = {
    {sparql::Format::Json, "application/sparql-results+json", {"application/json"}},
    {sparql::Format::Xml, "application/sparql-results+xml", {"application/xml", "text/xml"}},
    {sparql::Format::Csv, "text/csv", {}},
    {sparql::Format::Tsv, "text/tab-separated-values", {}},
};
constexpr Offer kGraphs[] = {
    {sparql::Format::JsonLd, "application/ld+json", {"application/json"}},
    {sparql::Format::Turtle, "text/turtle", {}},
    {sparql::Format::NTriples, "application/n-triples", {"text/plain"}},
};

/// How exactly a media range means the offer; 0: not at all.
int precision(std::string_view range, const Offer& offer) {
  const auto is_range = [range](std::string_view other) {
    return !other.empty() && range == other;
  };
  if (range == offer.type ||
      std::any_of(std::begin(offer.others), std::end(offer.others), is_range)) {
    return 3;
  }
  if (range == "*/*") return 1;
  return range.ends_with("/*") && offer.type.starts_with(range.substr(0, range.size() - 1)) ? 2 : 0;
}

/// RFC 9110 12.5.1: the most exact range decides about each; the first of the best is taken.
std::optional<sparql::Format> negotiate_answer(std::string_view accept, sparql::Query::Form form) {
  if (text::trim(accept).empty()) accept = "*/*";
  const bool graph =
      form == sparql::Query::Form::Construct || form == sparql::Query::Form::Describe;
  const std::span<const Offer> offers = graph ? std::span<const Offer>(kGraphs) : kTables;
  std::optional<sparql::Format> best;
  std::pair<double, std::ptrdiff_t> best_rank;  // quality, and the earlier range
  for (const Offer& offer : offers) {
    int most = 0;
    std::pair<double, std::ptrdiff_t> rank;
    std::ptrdiff_t place = 0;
    for (const std::string_view part : text::split(accept, ',')) {
      --place;
      const auto [type, parameters] = text::split_once(part, ';');
      const int here = precision(text::lower(text::trim(type)), offer);
      if (here <= most) continue;
      most = here;
      rank = {quality(parameters.value_or("")), place};
    }
    if (most == 0 || rank.first <= 0 || (best && rank <= best_rank)) continue;
    best = offer.format;
    best_rank = rank;
  }
  return best;
}

/// One of the few that may run at once, as long as it lives.
class Slot {
 public:
  explicit Slot(Context& context) : context_(context), taken_(context.query_slots.try_acquire()) {}
  ~Slot() {
    if (taken_) context_.query_slots.release();
  }
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;
  explicit operator bool() const { return taken_; }

 private:
  Context& context_;
  bool taken_;
};

Error busy() { return error(Code::Unavailable, "Too many queries run now; try again"); }

/// As whom the caller asks: the token's actor, or the user's first.
Result<std::string> actor_of(const store::Txn& txn, const Caller& caller) {
  if (!caller.actor.empty()) return caller.actor;
  const auto actors = QP_TRY(actors_of(txn, caller));
  if (actors.empty()) return error(Code::Forbidden, "The user has no actor to ask as");
  return actors.front().iri;
}

Result<sparql::RunOptions> options_for(const Context& context, const store::Txn& txn,
                                       const std::string& actor, const sparql::Deadline& deadline) {
  sparql::RunOptions options;
  options.deadline = deadline;
  options.scan.visible = QP_TRY(view::sight_of(txn, view::Reader(actor))).visible;
  options.now = context.clock();
  options.limits.rows = limits::kWebQueryRows;
  options.limits.memory = limits::kWebQueryMemory;
  options.limits.frontier = limits::kWebQueryRows;
  return options;
}

sparql::ParseOptions parse_options(const Exchange& exchange, const sparql::Deadline& deadline) {
  return {exchange.domain.url, sparql::vocabulary_prefix, deadline};
}

Result<net::Response> answer_query(Context& context, const Exchange& exchange,
                                   const store::Txn& txn, const std::string& actor, Asked asked) {
  const auto deadline = sparql::Deadline::in(limits::kWebQueryTime);
  sparql::Query query = QP_TRY(sparql::parse_query(asked.text, parse_options(exchange, deadline)));
  // What the protocol names goes before what the query names (2.1.4).
  if (asked.dataset.given()) query.dataset = std::move(asked.dataset);
  const auto format =
      negotiate_answer(exchange.request.headers.get("Accept").value_or(""), query.form);
  if (!format) return error(Code::NotAcceptable, "No format that suits this form of query");
  const Slot slot(context);
  if (!slot) return busy();
  const auto execution = QP_TRY(sparql::Execution::prepare(
      txn, std::move(query), QP_TRY(options_for(context, txn, actor, deadline))));
  std::string body;
  QP_TRY(sparql::write_answer(*execution, *format, {.loader = context.contexts.loader},
                              [&body](std::string_view piece) -> Result<void> {
                                if (body.size() + piece.size() > limits::kWebAnswerBytes) {
                                  return error(Code::TooLarge, "The answer is too long");
                                }
                                body += piece;
                                return {};
                              }));
  std::string type(sparql::media_type(*format));
  if (type.starts_with("text/")) type += "; charset=utf-8";  // what many take it for otherwise
  net::Response response = reply(200, std::move(body), type);
  response.headers.set("Cache-Control", "private, no-store");
  response.headers.set("Vary", std::string(kVary));
  return response;
}

/// The graphs of the request are those of each operation's WHERE (2.2.3).
Result<void> put_dataset(sparql::Update& update, const sparql::DatasetClause& dataset) {
  if (!dataset.given()) return {};
  for (sparql::Operation& operation : update.operations) {
    if (operation.with || operation.dataset.given()) {
      return bad_input("The request and the update both say which graphs to use");
    }
    operation.dataset = dataset;
  }
  return {};
}

Result<net::Response> answer_update(Context& context, const Exchange& exchange,
                                    const Caller& caller, const std::string& actor,
                                    const Asked& asked) {
  sparql::Update update = QP_TRY(sparql::parse_update(
      asked.text, parse_options(exchange, sparql::Deadline::in(limits::kWebQueryTime))));
  QP_TRY(put_dataset(update, asked.dataset));
  const Slot slot(context);
  if (!slot) return busy();
  sparql::UpdateReport report;
  QP_TRY(context.store.write([&](store::WriteTxn& txn) -> Result<void> {
    ap::Editor editor(txn, actor,
                      {{}, "user " + caller.user, "update", {}, context.clock().count()});
    sparql::UpdateOptions options;
    // It holds up the others from here on.
    options.run =
        QP_TRY(options_for(context, txn, actor, sparql::Deadline::in(limits::kWebUpdateTime)));
    options.admit = [&](const store::QuadIds& quad) { return editor.admit(quad); };
    options.begin = [&](TermId graph) { return editor.begin(graph); };
    options.end = [&](TermId graph) { return editor.end(graph); };
    report = QP_TRY(sparql::run_update(txn, update, options));
    return {};
  }));
  net::Response response = reply(200,
                                 "{\"inserted\": " + std::to_string(report.inserted) +
                                     ", \"deleted\": " + std::to_string(report.deleted) + "}\n",
                                 "application/json");
  response.headers.set("Cache-Control", "private, no-store");
  return response;
}

/// SPARQL 1.1 Service Description, as the answer of a query that asks of nothing.
Asked service_description(const Exchange& exchange) {
  std::string text =
      "PREFIX sd: <http://www.w3.org/ns/sparql-service-description#> "
      "PREFIX formats: <http://www.w3.org/ns/formats/> CONSTRUCT { ";
  text += "<" + exchange.domain.url + "/sparql> a sd:Service ; sd:endpoint <" +
          exchange.domain.url + "/sparql> ; ";
  text +=
      "sd:supportedLanguage sd:SPARQL11Query, sd:SPARQL11Update ; sd:feature sd:UnionDefaultGraph "
      "; "
      "sd:resultFormat formats:SPARQL_Results_JSON, formats:SPARQL_Results_XML, "
      "formats:SPARQL_Results_CSV, formats:SPARQL_Results_TSV, formats:JSON-LD, formats:Turtle, "
      "formats:N-Triples ; "
      "sd:defaultDataset [ a sd:Dataset ; sd:defaultGraph [ a sd:Graph ] ] } WHERE {}";
  return {Asked::What::Query, std::move(text), {}};
}

Result<net::Response> answer(Context& context, const Exchange& exchange, Result<Asked> asked) {
  const std::unique_ptr<store::Txn> txn = QP_TRY(context.store.read());
  const Caller caller = QP_TRY(require_caller(*txn, exchange.request, context.clock(),
                                              "Authentication required for queries"));
  if (!asked) return std::move(asked).error();
  // An update tells by its counts what is there.
  if (auto refused = refuse_without(oauth::Scope::Read, caller)) return *std::move(refused);
  const std::string actor = QP_TRY(actor_of(*txn, caller));
  if (asked->what == Asked::What::Query) {
    return answer_query(context, exchange, *txn, actor, *std::move(asked));
  }
  if (auto refused = refuse_without(oauth::Scope::SparqlUpdate, caller)) return *std::move(refused);
  return answer_update(context, exchange, caller, actor, *asked);
}

/// The type, in small letters. A text that says to be in anything but UTF-8 is not read (2.1.3).
Result<std::string> type_of_text(std::string_view type) {
  const auto [kind, parameters] = text::split_once(type, ';');
  for (const std::string_view part : text::split(parameters.value_or(""), ';')) {
    const auto [name, value] = text::split_once(part, '=');
    if (text::lower(text::trim(name)) != "charset" || !value) continue;
    std::string charset = text::lower(text::trim(*value));
    std::erase(charset, '"');
    if (charset != "utf-8" && charset != "utf8" && charset != "us-ascii") {
      return error(Code::UnsupportedType, "The text is to be in UTF-8");
    }
  }
  return text::lower(text::trim(kind));
}

/// What a POST holds: a form, or the text itself.
Result<Asked> read_post(const net::Request& request) {
  using What = Asked::What;
  const std::string_view type = request.headers.get("Content-Type").value_or("");
  if (is_form_type(type)) {
    if (request.body.size() > limits::kFormBytes)
      return error(Code::TooLarge, "The form is too long");
    const auto form = QP_TRY(text::parse_form(request.body));
    const bool updates = text::find(form, kUpdateNames.text).has_value();
    return read_parameters(request.body, updates ? What::Update : What::Query, true);
  }
  const std::string kind = QP_TRY(type_of_text(type));
  const bool updates = kind == "application/sparql-update";
  if (!updates && kind != "application/sparql-query") {
    return error(Code::UnsupportedType,
                 "The body is to be a form, application/sparql-query or application/sparql-update");
  }
  Asked asked = QP_TRY(read_parameters(request.query, updates ? What::Update : What::Query, false));
  asked.text = request.body;
  return asked;
}

}  // namespace

Result<net::Response> get_sparql(Context& context, const Exchange& exchange) {
  if (exchange.request.query.empty()) {
    return answer(context, exchange, service_description(exchange));
  }
  return answer(context, exchange,
                read_parameters(exchange.request.query, Asked::What::Query, true));
}

Result<net::Response> post_sparql(Context& context, const Exchange& exchange) {
  return answer(context, exchange, read_post(exchange.request));
}

}  // namespace qp::web
