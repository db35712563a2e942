#include "web/object_handler.hpp"

#include <algorithm>

#include "oauth/users.hpp"
#include "web/auth.hpp"
#include "web/html.hpp"
#include "web/negotiate.hpp"
#include "web/permission.hpp"
#include "web/problem.hpp"
#include "web/reply.hpp"

namespace qp::web {

namespace {

/// The view number under which `ap` keeps what anonymous readers get.
constexpr std::uint8_t kAnonymousView = 0;

constexpr std::string_view kPublicCache = "public, max-age=60";
constexpr std::string_view kPrivateCache = "private, no-store";

/// One representation of a resource, before it is known whether the client has it already.
struct Answer {
  int status;
  std::string_view etag;
  std::string_view body;
  Representation representation;
  bool is_public;
};

net::Response respond(const net::Request& request, const Answer& answer) {
  const std::optional<std::string_view> known = request.headers.get("If-None-Match");
  const bool is_fresh = answer.status == 200 && known && names_etag(*known, answer.etag);
  net::Response response;
  response.headers.reserve(8, 512);
  response.status = is_fresh ? 304 : answer.status;
  if (!is_fresh) {
    response.headers.add("Content-Type", content_type(answer.representation));
    response.headers.add("X-Content-Type-Options", "nosniff");
    response.body = answer.body;
  }
  response.headers.add("ETag", answer.etag);
  response.headers.add("Vary", kVary);
  response.headers.add("Cache-Control", answer.is_public ? kPublicCache : kPrivateCache);
  return response;
}

std::string member_text(json::Value object, std::string_view key) {
  json::Value value = object.get(key);
  if (value.is_array() && !value.empty()) value = value.items()[0];
  return escape_html(value.text());
}

/// What somebody sees who opens the address in a browser.
net::Response html_page(std::string_view iri, const view::Served& served) {
  json::Arena arena;
  const Result<json::Value> document = json::parse(served.body, arena);
  const json::Value root = document ? *document : json::Value();
  const std::string name = member_text(root, "name");
  const std::string address = escape_html(iri);
  std::string body = "<h1>" + (name.empty() ? address : name) + "</h1>";
  body += "<p>" + member_text(root, "type") + "</p>";
  body +=
      "<p><a type=\"application/activity+json\" href=\"" + address + "\">" + address + "</a></p>";
  net::Response response = html_reply(served.status, iri, body);
  response.headers.set("Vary", std::string(kVary));
  response.headers.set("Cache-Control",
                       std::string(served.is_public ? kPublicCache : kPrivateCache));
  return response;
}

net::Response respond(const net::Request& request, std::string_view iri, const view::Served& served,
                      Representation representation, bool is_anonymous) {
  if (representation == Representation::Html) return html_page(iri, served);
  return respond(request, Answer{served.status, served.etag, served.body, representation,
                                 served.is_public && is_anonymous});
}

/// The finished bytes, where the resource has some that everybody may read.
Result<std::optional<net::Response>> respond_rendered(const store::Txn& txn,
                                                      const net::Request& request,
                                                      std::string_view iri,
                                                      Representation representation) {
  const std::optional<store::RenderedView> rendered = QP_TRY(txn.rendered(iri, kAnonymousView));
  if (!rendered || rendered->audience != store::AudienceId::Public) {
    return std::optional<net::Response>();
  }
  return std::optional(respond(
      request, Answer{rendered->status, rendered->etag, rendered->body, representation, true}));
}

/// As whom the caller reads: every actor of theirs, or, without `scope`, the anonymous reader.
Result<std::vector<view::Reader>> readers_of(const store::Txn& txn,
                                             const std::optional<Caller>& caller,
                                             oauth::Scope scope) {
  std::vector<view::Reader> readers;
  if (caller && caller->scopes.has(scope)) {
    for (const ap::Actor& actor : QP_TRY(actors_of(txn, *caller))) readers.push_back({actor.iri});
  }
  if (readers.empty()) readers.emplace_back();
  return readers;
}

Result<view::Served> serve_document(const store::Txn& txn, std::string_view iri,
                                    const std::vector<view::Reader>& readers,
                                    const view::Contexts& contexts) {
  for (const view::Reader& reader : readers) {
    Result<view::Served> served = view::serve(txn, iri, reader, contexts);
    if (served || served.error().code != Code::NotFound) return served;
  }
  return Error{Code::NotFound, "no resource for this reader: " + std::string(iri), {}};
}

Result<void> check_inbox_reader(const ap::Actor& owner, const std::optional<Caller>& caller) {
  if (!caller) {
    return Error{Code::Unauthenticated, "inbox read without a token",
                 "Authentication required for reading an inbox"};
  }
  if (!may_act_as(*caller, owner)) {
    return Error{Code::Forbidden, "inbox read by another user", "You do not own this inbox"};
  }
  return {};
}

/// The owner reads as itself; others as whoever they are first.
Result<view::Served> serve_sequence(const store::Txn& txn, const ap::CollectionRecord& record,
                                    std::string_view iri, const net::Request& request,
                                    const std::optional<Caller>& caller,
                                    const view::Contexts& contexts) {
  const std::optional<view::Page> page = QP_TRY(requested_page(request.query));
  const std::optional<ap::Actor> owner = QP_TRY(ap::find_actor(txn, record.owner));
  if (record.role == ap::Role::Inbox) {
    if (!owner) return Error{Code::NotFound, "inbox without an owner", {}};
    QP_TRY(check_inbox_reader(*owner, caller));
  }
  const std::vector<view::Reader> readers =
      QP_TRY(readers_of(txn, caller, reading_scope(record.role)));
  const auto as_owner = std::find_if(readers.begin(), readers.end(), [&](const auto& reader) {
    return reader.actor == record.owner;
  });
  if (ap::is_for_owner_only(record.role) && as_owner == readers.end()) {
    return Error{Code::NotFound, "a collection for its owner only: " + std::string(iri), {}};
  }
  const view::Reader& reader = as_owner == readers.end() ? readers.front() : *as_owner;
  return view::serve_collection(txn, iri, page, reader, contexts);
}

/// `quadpub user disable` takes the finished bytes of the user's actors away, so that they get
/// here.
Result<bool> belongs_to_disabled_user(const store::Txn& txn, std::string_view iri) {
  const std::optional<ap::Actor> actor = QP_TRY(ap::find_actor(txn, iri));
  if (!actor) return false;
  const std::optional<oauth::User> user = QP_TRY(oauth::find_user(txn, actor->user));
  return user && user->disabled;
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
  const std::optional<Representation> wanted = negotiate(request.headers.get("Accept"));
  if (!wanted) return error(Code::NotAcceptable, "This is served as application/activity+json");
  const std::string iri = requested_iri(exchange.domain, request.target);
  const std::unique_ptr<store::Txn> txn = QP_TRY(context.store.read());

  const bool is_anonymous = !has_credentials(request);
  if (is_anonymous && *wanted != Representation::Html && request.query.empty()) {
    std::optional<net::Response> response = QP_TRY(respond_rendered(*txn, request, iri, *wanted));
    if (response) return std::move(*response);
  }
  if (request.on_loop) {  // what follows takes longer than others should wait
    net::Response later;
    later.for_worker = true;
    return later;
  }
  const std::optional<Caller> caller = QP_TRY(find_caller(*txn, request, context.clock()));
  if (const auto collection = QP_TRY(ap::find_collection(*txn, iri))) {
    if (caller && collection->role == ap::Role::Inbox) {
      if (auto refused = refuse_without(oauth::Scope::ReadInbox, *caller))
        return std::move(*refused);
    }
    const view::Served served =
        QP_TRY(serve_sequence(*txn, *collection, iri, request, caller, context.contexts));
    return respond(request, iri, served, *wanted, is_anonymous);
  }
  if (QP_TRY(belongs_to_disabled_user(*txn, iri))) {
    return error(Code::Gone, "This actor is no longer here");
  }
  const std::vector<view::Reader> readers =
      QP_TRY(readers_of(*txn, caller, oauth::Scope::ReadLocal));
  const view::Served served = QP_TRY(serve_document(*txn, iri, readers, context.contexts));
  return respond(request, iri, served, *wanted, is_anonymous);
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
