#include "web/sparql_handler.hpp"

#include <charconv>

#include "base/text.hpp"
#include "sparql/parser.hpp"
#include "sparql/results.hpp"
#include "web/auth.hpp"
#include "web/negotiate.hpp"
#include "web/reply.hpp"

namespace qp::web {

namespace {

/// What one request may take; the command line has more.
constexpr std::chrono::milliseconds kTime{10'000};
constexpr std::uint64_t kRows = 100'000;
constexpr std::uint64_t kMemory = 64 * limits::kMiB;
constexpr std::size_t kAnswerBytes = 16 * limits::kMiB;

/// What the request asks.
struct Asked {
  std::string query;
  sparql::DatasetClause dataset;
};

Result<Asked> read_parameters(std::string_view encoded, bool with_query) {
  Asked asked;
  bool found = false;
  for (auto& [name, value] : QP_TRY(text::parse_form(encoded))) {
    if (name == "query") {
      if (found || !with_query) return bad_input("More than one query");
      asked.query = std::move(value);
      found = true;
    } else if (name == "update" || name == "using-graph-uri" || name == "using-named-graph-uri") {
      return error(Code::Forbidden, "There are no updates by HTTP");
    } else if (name == "default-graph-uri") {
      asked.dataset.graphs.push_back(std::move(value));
    } else if (name == "named-graph-uri") {
      asked.dataset.named.push_back(std::move(value));
    }
  }
  if (with_query && !found) return bad_input("The parameter `query` is missing");
  return asked;
}

double quality(std::string_view parameters) {
  for (const std::string_view part : text::split(parameters, ';')) {
    const std::string_view trimmed = text::trim(part);
    if (!trimmed.starts_with("q=")) continue;
    double value = 1;
    const auto [end, trouble] =
        std::from_chars(trimmed.data() + 2, trimmed.data() + trimmed.size(), value);
    return trouble == std::errc{} ? value : 0;
  }
  return 1;
}

std::optional<sparql::Format> format_of(std::string_view type, sparql::Query::Form form) {
  const bool graph =
      form == sparql::Query::Form::Construct || form == sparql::Query::Form::Describe;
  if (type == "*/*" || type == "application/*" || type == "text/*") {
    if (type == "text/*") return graph ? sparql::Format::Turtle : sparql::Format::Csv;
    return graph ? sparql::Format::JsonLd : sparql::Format::Json;
  }
  std::optional<sparql::Format> found = sparql::format_of_type(type);
  if (type == "application/json") found = graph ? sparql::Format::JsonLd : sparql::Format::Json;
  if (type == "application/xml" || type == "text/xml") found = sparql::Format::Xml;
  if (type == "text/plain") found = sparql::Format::NTriples;
  if (!found || !sparql::suits(*found, form)) return std::nullopt;
  return found;
}

/// RFC 9110 12.5.1; the first of the best.
std::optional<sparql::Format> negotiate_answer(std::string_view accept, sparql::Query::Form form) {
  if (text::trim(accept).empty()) accept = "*/*";
  std::optional<sparql::Format> best;
  double best_quality = 0;
  for (const std::string_view part : text::split(accept, ',')) {
    const auto [type, parameters] = text::split_once(part, ';');
    const double here = quality(parameters.value_or(""));
    const auto format = format_of(text::lower(text::trim(type)), form);
    if (format && here > best_quality) {
      best = format;
      best_quality = here;
    }
  }
  return best;
}

Result<net::Response> answer(Context& context, const Exchange& exchange, Asked asked) {
  const std::unique_ptr<store::Txn> txn = QP_TRY(context.store.read());
  const Caller caller = QP_TRY(require_caller(*txn, exchange.request, context.clock(),
                                              "Authentication required for queries"));
  if (auto refused = refuse_without(oauth::Scope::Read, caller)) return *std::move(refused);
  std::string actor = caller.actor;
  if (actor.empty()) {
    const auto actors = QP_TRY(actors_of(*txn, caller));
    if (actors.empty()) return error(Code::Forbidden, "The user has no actor to ask as");
    actor = actors.front().iri;
  }
  sparql::Query query =
      QP_TRY(sparql::parse_query(asked.query, {exchange.domain.url, sparql::vocabulary_prefix}));
  // What the protocol names goes before what the query names (2.1.4).
  if (asked.dataset.given()) query.dataset = std::move(asked.dataset);
  const auto format =
      negotiate_answer(exchange.request.headers.get("Accept").value_or(""), query.form);
  if (!format) return error(Code::NotAcceptable, "No format that suits this form of query");

  sparql::RunOptions options;
  options.scan.visible = QP_TRY(view::sight_of(*txn, view::Reader(actor))).visible;
  options.now = context.clock();
  options.limits.time = kTime;
  options.limits.rows = kRows;
  options.limits.memory = kMemory;
  options.limits.frontier = kRows;
  const auto execution = QP_TRY(sparql::Execution::prepare(*txn, std::move(query), options));
  std::string body;
  QP_TRY(sparql::write_answer(*execution, *format, {.loader = context.contexts.loader},
                              [&body](std::string_view piece) -> Result<void> {
                                if (body.size() + piece.size() > kAnswerBytes) {
                                  return error(Code::TooLarge, "The answer is too long");
                                }
                                body += piece;
                                return {};
                              }));
  net::Response response = reply(200, std::move(body), sparql::media_type(*format));
  response.headers.set("Cache-Control", "private, no-store");
  response.headers.set("Vary", std::string(kVary));
  return response;
}

std::string_view without_parameters(std::string_view type) {
  return text::trim(text::split_once(type, ';').first);
}

}  // namespace

Result<net::Response> get_sparql(Context& context, const Exchange& exchange) {
  Asked asked = QP_TRY(read_parameters(exchange.request.query, true));
  return answer(context, exchange, std::move(asked));
}

Result<net::Response> post_sparql(Context& context, const Exchange& exchange) {
  const net::Request& request = exchange.request;
  const std::string_view type = request.headers.get("Content-Type").value_or("");
  if (is_form_type(type)) {
    if (request.body.size() > limits::kFormBytes)
      return error(Code::TooLarge, "The form is too long");
    Asked asked = QP_TRY(read_parameters(request.body, true));
    return answer(context, exchange, std::move(asked));
  }
  const std::string kind = text::lower(without_parameters(type));
  if (kind == "application/sparql-update") {
    return error(Code::Forbidden, "There are no updates by HTTP");
  }
  if (kind != "application/sparql-query") {
    return error(Code::UnsupportedType, "The body is to be a form or application/sparql-query");
  }
  Asked asked = QP_TRY(read_parameters(request.query, false));
  asked.query = request.body;
  return answer(context, exchange, std::move(asked));
}

}  // namespace qp::web
