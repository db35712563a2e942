#include "web/outbox_handler.hpp"

#include "base/log.hpp"
#include "oauth/client_document.hpp"
#include "vocab/terms.hpp"
#include "web/auth.hpp"
#include "web/local_client.hpp"
#include "web/negotiate.hpp"
#include "web/permission.hpp"
#include "web/problem.hpp"
#include "web/reply.hpp"

namespace qp::web {

Result<net::Response> post_outbox(Context& context, const Exchange& exchange,
                                  const ap::CollectionRecord& record) {
  const net::Request& request = exchange.request;
  std::optional<ap::Actor> owner;
  Caller caller;
  {
    const std::unique_ptr<store::Txn> txn = QP_TRY(context.store.read());
    caller = QP_TRY(require_caller(*txn, request, context.clock(),
                                   "Authentication required for outbox posting"));
    owner = QP_TRY(ap::find_actor(*txn, record.owner));
    if (!owner) return error(Code::NotFound, "Invalid outbox");
    if (!may_act_as(caller, *owner)) return error(Code::Forbidden, "You do not own this outbox");
    // What else it takes depends on the activity.
    if (caller.scopes.within(oauth::Scope::Read)) return lacks_scope(oauth::Scope::Write);
  }
  if (auto refused = refuse_over(context.limiters.posts, "outbox", caller.user, context.clock())) {
    return std::move(*refused);
  }
  const std::string_view type = request.headers.get("Content-Type").value_or("");
  if (!is_activity_type(type) && !is_json_type(type)) {
    return error(Code::UnsupportedType, "The body is to be application/activity+json");
  }
  std::optional<oauth::Scope> missing;
  std::vector<std::string> deleted;
  Result<ap::Submitted> outcome = context.outbox.submit(
      *owner, request.body,
      [&](const store::Txn& txn, const ap::Activity& activity) -> Result<void> {
        missing = QP_TRY(missing_scope(txn, caller, *owner, activity));
        if (activity.is(as::Delete)) deleted = activity.objects;
        if (!missing) return {};
        return error(Code::Forbidden, "The token lacks the scope " + oauth::scope_name(*missing));
      },
      oauth::names_document(caller.client) ? std::string_view(caller.client) : std::string_view());
  if (missing) return lacks_scope(*missing);
  const ap::Submitted submitted = QP_TRY(std::move(outcome));
  for (const std::string& one : deleted) {
    if (is_local_client(context, one)) QP_TRY(end_if_no_client(context, one));
  }
  log::info("submitted",
            {log::field("activity", submitted.activity), log::field("actor", owner->iri)});
  net::Response response = reply(201, submitted.body, content_type(Representation::ActivityJson));
  response.headers.set("Location", submitted.activity);
  response.headers.set("Cache-Control", "private, no-store");
  tell_budget(response, "outbox", context.limiters.posts, caller.user, context.clock());
  return response;
}

}  // namespace qp::web
