#include "web/outbox_handler.hpp"

#include "base/log.hpp"
#include "web/auth.hpp"
#include "web/negotiate.hpp"
#include "web/reply.hpp"

namespace qp::web {

Result<net::Response> post_outbox(Context& context, const Exchange& exchange,
                                  const ap::CollectionRecord& record) {
  const net::Request& request = exchange.request;
  std::optional<ap::Actor> owner;
  {
    const std::unique_ptr<store::Txn> txn = QP_TRY(context.store.read());
    const Caller caller = QP_TRY(require_caller(*txn, request, context.clock(),
                                                "Authentication required for outbox posting"));
    owner = QP_TRY(ap::find_actor(*txn, record.owner));
    if (!owner) return error(Code::NotFound, "Invalid outbox");
    if (!may_act_as(caller, *owner)) return error(Code::Forbidden, "You do not own this outbox");
    if (auto refused = refuse_without(oauth::Scope::Write, caller)) return std::move(*refused);
  }
  const std::string_view type = request.headers.get("Content-Type").value_or("");
  if (!is_activity_type(type) && !is_json_type(type)) {
    return error(Code::UnsupportedType, "The body is to be application/activity+json");
  }
  ap::Submitted submitted = QP_TRY(context.outbox.submit(*owner, request.body));
  log::info("submitted",
            {log::field("activity", submitted.activity), log::field("actor", owner->iri)});
  net::Response response =
      reply(201, std::move(submitted.body), content_type(Representation::ActivityJson));
  response.headers.set("Location", submitted.activity);
  response.headers.set("Cache-Control", "private, no-store");
  return response;
}

}  // namespace qp::web
