#include "web/inbox_handler.hpp"

#include "ap/gone.hpp"
#include "base/log.hpp"
#include "sig/sign.hpp"
#include "web/browser.hpp"
#include "web/negotiate.hpp"
#include "web/object_handler.hpp"
#include "web/outbox_handler.hpp"
#include "web/problem.hpp"

namespace qp::web {

namespace {

std::string_view name(ap::Receipt receipt) {
  switch (receipt) {
    case ap::Receipt::Accepted:
      return "accepted";
    case ap::Receipt::Duplicate:
      return "duplicate";
    case ap::Receipt::Ignored:
      return "ignored";
  }
  return "accepted";
}

/// The challenge of an inbox is a signature, not a token.
net::Response refuse(const Error& error) {
  log::info("inbox_refused", {log::field("detail", error.detail)});
  net::Response response = problem(error);
  if (error.code == Code::Unauthenticated) {
    response.headers.set("WWW-Authenticate", "Signature");
    response.headers.set("Accept-Signature", sig::accept_signature());
  }
  return response;
}

Result<net::Response> post_inbox(Context& context, const Exchange& exchange,
                                 std::string_view inbox) {
  const net::Request& request = exchange.request;
  // A parked request was counted when it came.
  const std::string peer = sending_peer(context, request);
  if (exchange.attempt == 0 && !peer.empty()) {
    if (auto refused = refuse_over(context.limiters.inbox, "inbox", peer, context.clock())) {
      return std::move(*refused);
    }
  }
  if (!is_activity_type(request.headers.get("Content-Type").value_or(""))) {
    return error(Code::UnsupportedType, "The body is to be application/activity+json");
  }
  std::optional<std::string> wait_for;
  const Result<ap::Receipt> receipt =
      context.inbox.receive(request, exchange.domain, inbox, exchange.attempt, wait_for);
  net::Response response;
  if (!receipt) {
    if (!wait_for) return refuse(receipt.error());
    response.wait_for = std::move(wait_for);
    return response;
  }
  log::info("received", {log::field("inbox", inbox), log::field("receipt", name(*receipt))});
  response.status = 202;
  tell_budget(response, "inbox", context.limiters.inbox, peer, context.clock());
  return response;
}

}  // namespace

bool may_send(Context& context, const net::Request& request, const std::string& origin) {
  return sending_peer(context, request).empty() ||
         !context.limiters.origins.take(origin, context.clock()).has_value();
}

Result<net::Response> post_collection(Context& context, const Exchange& exchange) {
  const std::string iri = requested_iri(exchange.domain, exchange.request.target);
  std::optional<ap::CollectionRecord> record;
  {
    const std::unique_ptr<store::Txn> txn = QP_TRY(context.store.read());
    record = QP_TRY(ap::find_collection(*txn, iri));
    const bool is_inbox = record && record->role == ap::Role::Inbox;
    const auto owner = is_inbox ? QP_TRY(ap::find_actor(*txn, record->owner)) : std::nullopt;
    if (owner && QP_TRY(ap::is_gone(*txn, *owner))) {
      return error(Code::Gone, "This actor is no longer here");
    }
  }
  if (!record) return error(Code::NotFound, "Invalid outbox");
  if (record->role == ap::Role::Outbox) return post_outbox(context, exchange, *record);
  if (record->role == ap::Role::Inbox) return post_inbox(context, exchange, iri);
  net::Response response =
      problem(405, "Method not allowed", "Activities are posted to an inbox or an outbox");
  response.headers.set("Allow", "GET, HEAD, OPTIONS");
  return response;
}

Result<net::Response> post_shared_inbox(Context& context, const Exchange& exchange) {
  return post_inbox(context, exchange, ap::shared_inbox_of(exchange.domain.url));
}

}  // namespace qp::web
