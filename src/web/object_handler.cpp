#include "web/object_handler.hpp"

#include <algorithm>

#include "ap/estate.hpp"
#include "ap/gone.hpp"
#include "ap/synchronize.hpp"
#include "sig/digest.hpp"
#include "view/as_rdf.hpp"
#include "web/auth.hpp"
#include "web/negotiate.hpp"
#include "web/permission.hpp"
#include "web/problem.hpp"
#include "web/reply.hpp"
#include "web/resource_page.hpp"

namespace qp::web {

namespace {

constexpr std::string_view kPublicCache = "public, max-age=60";
/// What anybody gets who does not say who reads, but soon another one: lists, and what shows
/// counts.
constexpr std::string_view kAskAgain = "public, no-cache";
constexpr std::string_view kPrivateCache = "private, no-store";

/// What is served, before it is known in which form, and whether the client has it already.
struct Answer {
  int status;
  std::string_view etag;  ///< of the JSON
  std::string_view body;  ///< JSON
  bool is_public;         ///< a cache may give it to others
};

/// Each representation has a validator of its own (RFC 9110 8.8.3). `"x"` -> `"x-html"`; JSON has
/// the same bytes under all its types.
std::string etag_of(std::string_view etag, Representation representation) {
  std::string_view suffix;
  switch (representation) {
    case Representation::ActivityJson:
    case Representation::LdJson:
    case Representation::Json:
      return std::string(etag);
    case Representation::Html:
      suffix = "-html";
      break;
    case Representation::Turtle:
      suffix = "-turtle";
      break;
    case Representation::TriG:
      suffix = "-trig";
      break;
    case Representation::NQuads:
      suffix = "-nquads";
      break;
  }
  std::string own(etag.substr(0, etag.size() - 1));
  return own.append(suffix) + "\"";
}

/// Of an actor of this server; empty for all others.
std::string account_of(const store::Txn& txn, std::string_view iri) {
  const auto actor = ap::find_actor(txn, iri);
  if (!actor || !*actor || (*actor)->username.empty()) return {};
  return "@" + (*actor)->username + "@" + (*actor)->domain;
}

Result<net::Response> html_reply_of(std::string_view iri, const Answer& answer,
                                    const store::Txn& txn) {
  json::Arena arena;
  json::ParseLimits limits;
  limits.depth *= 4;  // our own
  limits.members *= 50;
  const json::Value resource = QP_TRY(json::parse(answer.body, arena, limits));
  name_actors(resource, arena, [&](std::string_view actor) { return account_of(txn, actor); });
  return resource_page(answer.status, iri, resource);
}

Result<net::Response> rdf_reply(std::string_view iri, const Answer& answer,
                                Representation representation, const view::Contexts& contexts) {
  rdf::Syntax syntax = rdf::Syntax::NQuads;
  if (representation == Representation::Turtle) syntax = rdf::Syntax::Turtle;
  if (representation == Representation::TriG) syntax = rdf::Syntax::TriG;
  return reply(answer.status, QP_TRY(view::as_rdf(answer.body, iri, syntax, contexts)),
               content_type(representation));
}

Result<net::Response> whole(std::string_view iri, const Answer& answer,
                            Representation representation, const store::Txn& txn,
                            const view::Contexts& contexts) {
  if (is_json(representation)) {
    return reply(answer.status, std::string(answer.body), content_type(representation));
  }
  if (representation == Representation::Html) return html_reply_of(iri, answer, txn);
  return rdf_reply(iri, answer, representation, contexts);
}

/// A read on its way to its answer.
struct Read {
  Context& context;
  const Exchange& exchange;
  const store::Txn& txn;
  std::string iri;
  std::string query;
  Representation wanted;
  Identified reader{};
};

Result<net::Response> respond(const Read& read, const Answer& answer) {
  const std::string etag = etag_of(answer.etag, read.wanted);
  const std::string known = read.exchange.request.headers.joined("If-None-Match");
  net::Response response;
  if (answer.status == 200 && names_etag(known, etag)) {
    response.status = 304;
  } else {
    response = QP_TRY(whole(read.iri, answer, read.wanted, read.txn, read.context.contexts));
  }
  response.headers.set("ETag", etag);
  response.headers.set("Vary", std::string(kVary));
  std::string_view cache = kPrivateCache;
  if (!has_credentials(read.exchange.request)) cache = answer.is_public ? kPublicCache : kAskAgain;
  response.headers.set("Cache-Control", std::string(cache));
  return response;
}

Result<net::Response> respond(const Read& read, const view::Served& served) {
  return respond(read, Answer{served.status, served.etag, served.body,
                              served.is_public() && !served.hides_recipients});
}

/// The finished bytes, where every reader gets the same, or where nobody says who reads.
Result<std::optional<net::Response>> respond_public(const Read& read) {
  auto rendered = QP_TRY(read.txn.rendered(read.iri, view::kSharedView));
  const bool is_known = rendered && rendered->audience == store::AudienceId::Public;
  if (!is_known && !has_credentials(read.exchange.request)) {
    rendered = QP_TRY(read.txn.rendered(read.iri, view::kAnonymousView));
  }
  if (!rendered || rendered->audience != store::AudienceId::Public) {
    return std::optional<net::Response>();
  }
  net::Response response =
      QP_TRY(respond(read, Answer{rendered->status, rendered->etag, rendered->body, true}));
  response.generation = read.txn.generation();
  return std::optional(std::move(response));
}

/// The finished bytes, where there are some that are right for who reads.
Result<std::optional<net::Response>> respond_rendered(const Read& read) {
  const view::Sight sight =
      QP_TRY(view::sight_of(read.txn, read.reader.with(oauth::Scope::ReadLocal)));
  const auto rendered = QP_TRY(view::find_rendered(read.txn, read.iri, sight));
  if (!rendered) return std::optional<net::Response>();
  const bool is_public = rendered->audience == store::AudienceId::Public;
  return std::optional(
      QP_TRY(respond(read, Answer{rendered->status, rendered->etag, rendered->body, is_public})));
}

Result<void> check_inbox_reader(const ap::Actor& owner, const Identified& reader) {
  if (!reader.caller && reader.reader.is_anonymous()) {
    return Error{Code::Unauthenticated, "inbox read without a token",
                 "Authentication required for reading an inbox"};
  }
  if (!reader.caller || !may_act_as(*reader.caller, owner)) {
    return Error{Code::Forbidden, "inbox read by another user", "You do not own this inbox"};
  }
  return {};
}

Error gone() { return error(Code::Gone, "This actor is no longer here"); }

/// A person is to see at once what is in it. As peers look for them: Mastodon and GoToSocial read
/// pinned posts from the collection itself, and replies from a first page that is embedded.
view::Items items_of(ap::Role role, Representation wanted) {
  if (wanted == Representation::Html) return view::Items::FirstPage;
  switch (role) {
    case ap::Role::Featured:
      return view::Items::Inside;
    case ap::Role::Replies:
      return view::Items::FirstPage;
    default:
      return view::Items::OnPages;
  }
}

Result<net::Response> get_collection(const Read& read, const ap::CollectionRecord& record,
                                     const std::optional<view::Page>& page) {
  const std::optional<ap::Actor> owner = QP_TRY(ap::find_actor(read.txn, record.owner));
  if (owner && QP_TRY(ap::is_gone(read.txn, *owner))) return gone();
  if (record.role == ap::Role::Inbox) {
    if (!owner) return Error{Code::NotFound, "inbox without an owner", {}};
    QP_TRY(check_inbox_reader(*owner, read.reader));
    if (auto refused = refuse_without(oauth::Scope::ReadInbox, *read.reader.caller)) {
      return std::move(*refused);
    }
  }
  const view::Reader reader = read.reader.with(reading_scope(record.role));
  if (ap::is_for_owner_only(record.role) && !reader.is(record.owner)) {
    return Error{Code::NotFound, "a collection for its owner only", {}};
  }
  const auto belongs =
      record.role == ap::Role::SharedInbox ? view::Belongs::ToServer : view::Belongs::ToResource;
  const view::Items items = items_of(record.role, read.wanted);
  const std::string place =
      page ? page->at + " " + std::to_string(page->limit) : std::to_string(static_cast<int>(items));
  const auto served = QP_TRY(
      read.context.views.get(read.txn, read.iri + "\n" + place + "\n" + view::key_of(reader), [&] {
        return view::serve_collection(read.txn, read.iri, page, reader, read.context.contexts,
                                      items, belongs);
      }));
  return respond(read, *served);
}

/// Who of the server that asks follows the actor (FEP-8fcf): for nobody else.
Result<net::Response> get_partial_followers(const Read& read, const ap::Actor& owner) {
  if (QP_TRY(ap::is_gone(read.txn, owner))) return gone();
  const view::Reader& reader = read.reader.reader;
  if (read.reader.caller || reader.actors.size() != 1) {
    return Error{Code::Unauthenticated, "partial followers without a signature",
                 "This is for the server whose actors are listed: the request is to be signed"};
  }
  const std::string body = QP_TRY(ap::partial_followers_document(
      read.txn, owner, read.iri, ap::origin_of(reader.actors.front())));
  const std::string etag = "\"" + text::hex(sig::sha256_text(body)).substr(0, 32) + "\"";
  return respond(read, Answer{200, etag, body, false});
}

Result<net::Response> get_for_reader(const Read& read) {
  if (const auto owner = QP_TRY(ap::find_partial_followers(read.txn, read.iri))) {
    return get_partial_followers(read, *owner);
  }
  if (read.query.empty() && has_credentials(read.exchange.request)) {
    if (auto response = QP_TRY(respond_rendered(read))) return std::move(*response);
  }
  // Read before it is known what is here: a wrong query tells nothing about that.
  const std::optional<view::Page> page = QP_TRY(requested_page(read.query));
  if (const auto collection = QP_TRY(ap::find_collection(read.txn, read.iri))) {
    return get_collection(read, *collection, page);
  }
  // `quadpub user disable` takes the finished bytes of the user's actors away, so that they get
  // here. A deleted one has a Tombstone to show.
  const std::optional<ap::Actor> actor = QP_TRY(ap::find_actor(read.txn, read.iri));
  if (actor && !actor->deleted && QP_TRY(ap::is_gone(read.txn, *actor))) return gone();
  const view::Reader reader = read.reader.with(oauth::Scope::ReadLocal);
  const auto served =
      QP_TRY(read.context.views.get(read.txn, read.iri + "\n" + view::key_of(reader), [&] {
        return view::serve(read.txn, read.iri, reader, read.context.contexts);
      }));
  return respond(read, *served);
}

/// One answer for what is missing and for what this reader may not know of.
Result<net::Response> one_not_found(Result<net::Response> response, const std::string& iri) {
  if (response || response.error().code != Code::NotFound) return response;
  return Error{Code::NotFound, response.error().detail + ": " + iri, {}};
}

/// What is there for who asks, once it is known who that is.
Result<net::Response> answer_reader(Read& read) {
  if (read.reader.wait_for) {
    net::Response parked;
    parked.wait_for = std::move(read.reader.wait_for);
    return parked;
  }
  return one_not_found(get_for_reader(read), read.iri);
}

}  // namespace

std::string requested_iri(const ap::Domain& domain, std::string_view target) {
  return domain.url + std::string(text::split_once(target, '?').first);
}

Result<std::optional<view::Page>> requested_page(std::string_view query) {
  if (query.empty()) return std::optional<view::Page>();
  const text::Form form = QP_TRY(text::parse_form(query));
  const std::optional<std::string_view> at = text::find(form, "page");
  if (!at) return std::optional<view::Page>();
  view::Page page;
  page.at = *at == "true" || *at == "1" ? "first" : std::string(*at);
  if (const std::optional<std::string_view> limit = text::find(form, "limit")) {
    const std::optional<std::uint64_t> number = text::to_uint(*limit);
    if (!number || *number == 0) return bad_input("limit is not a positive number");
    page.limit = std::min<std::size_t>(*number, limits::kPageItems);
  }
  return std::optional(page);
}

Result<net::Response> get_resource(Context& context, const Exchange& exchange) {
  const net::Request& request = exchange.request;
  const std::optional<Representation> wanted = negotiate(request.headers.joined("Accept"));
  if (!wanted) {
    return error(Code::NotAcceptable,
                 "This is served as application/activity+json, application/ld+json, text/html, "
                 "text/turtle, application/trig and application/n-quads");
  }
  const std::unique_ptr<store::Txn> txn = QP_TRY(context.store.read());
  Read read{context,       exchange, *txn, requested_iri(exchange.domain, request.target),
            request.query, *wanted};
  if (request.path == "/inbox/") read.iri.pop_back();

  if (request.on_loop && !is_json(*wanted)) {  // pages and RDF are made anew each time
    net::Response later;
    later.for_worker = true;
    return later;
  }

  // What everybody gets asks for no key: two servers that sign their reads would wait for each
  // other. A token is looked at all the same: its sender is to learn that it does not hold.
  const bool has_token = request.headers.get("Authorization").has_value();
  if (!has_token && request.query.empty()) {
    std::optional<net::Response> response = QP_TRY(respond_public(read));
    if (response) return std::move(*response);
  }
  if (request.on_loop) {  // what follows takes longer than others should wait
    net::Response later;
    later.for_worker = true;
    return later;
  }
  read.reader = QP_TRY(find_reader(context, exchange, *txn));
  return answer_reader(read);
}

Result<net::Response> get_elsewhere(Context& context, const Exchange& exchange) {
  const std::unique_ptr<store::Txn> txn = QP_TRY(context.store.read());
  const std::string iri = requested_iri(exchange.domain, exchange.request.target);
  const auto id = QP_TRY(txn->find_iri(iri));
  if (id && (QP_TRY(txn->graph(*id)) || QP_TRY(ap::find_collection(*txn, iri)))) {
    return get_resource(context, exchange);
  }
  const std::string current = QP_TRY(ap::current_id(*txn, iri));
  if (current.empty()) return error(Code::NotFound, "There is nothing at this address");
  const auto answer = QP_TRY(serve_here(context, exchange, *txn, current));
  const bool is_parked = answer.wait_for.has_value();
  return answer.status == 200 && !is_parked ? redirect(301, current) : answer;
}

Result<net::Response> serve_here(Context& context, const Exchange& exchange, const store::Txn& txn,
                                 std::string_view url) {
  const auto [iri, query] = text::split_once(url, '?');
  Read read{context,
            exchange,
            txn,
            std::string(iri),
            std::string(query.value_or("")),
            Representation::ActivityJson};
  read.reader = QP_TRY(find_reader(context, exchange, txn));
  return answer_reader(read);
}

Result<net::Response> get_key(Context& context, const Exchange& exchange) {
  const std::string target = requested_iri({}, exchange.request.target);
  const std::string actor =
      exchange.domain.url + "/actors/" + target.substr(std::string_view("/keys/").size());
  const std::unique_ptr<store::Txn> txn = QP_TRY(context.store.read());
  if (!QP_TRY(ap::find_actor(*txn, actor))) {
    return Error{Code::NotFound, "no actor for key " + actor, {}};
  }
  return redirect(302, actor + "#main-key");
}

}  // namespace qp::web
