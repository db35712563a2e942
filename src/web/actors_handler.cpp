#include "web/actors_handler.hpp"

#include <nlohmann/json.hpp>

#include "base/log.hpp"
#include "oauth/accounts.hpp"
#include "web/auth.hpp"
#include "web/negotiate.hpp"
#include "web/problem.hpp"
#include "web/reply.hpp"

namespace qp::web {

namespace {

using nlohmann::ordered_json;

enum class Shape { Listed, Created };

ordered_json describe(const ap::Actor& actor, Shape shape) {
  ordered_json description = {{"id", actor.number},
                              {"actor_uri", actor.iri},
                              {"preferred_username", actor.username},
                              {"display_name", actor.name}};
  if (shape == Shape::Listed) description["type"] = actor.type;
  description["inbox"] = actor.inbox;
  description["outbox"] = actor.outbox;
  description["followers"] = actor.followers;
  description["following"] = actor.following;
  return description;
}

constexpr std::string_view kSignIn = "Authentication credentials were not provided.";

/// A member that is text, `otherwise` where it is missing or null.
Result<std::string> text_member(json::Value body, std::string_view key,
                                std::string_view otherwise = {}) {
  const json::Value value = body.get(key);
  if (value.is_null()) return std::string(otherwise);
  if (!value.is_string()) return bad_input(std::string(key) + " is not a string");
  return std::string(value.text());
}

Result<ap::NewActor> read_new_actor(const net::Request& request) {
  const std::string_view type = request.headers.get("Content-Type").value_or("");
  if (!is_json_type(type) && !is_activity_type(type)) {
    return error(Code::UnsupportedType, "The body is to be application/json");
  }
  json::Arena arena;
  const json::Value body = QP_TRY(json::parse(request.body, arena));
  if (!body.is_object()) return bad_input("The body is not a JSON object");
  ap::NewActor actor;
  actor.username = QP_TRY(text_member(body, "preferred_username"));
  if (actor.username.empty()) return bad_input("preferred_username is required");
  actor.name = QP_TRY(text_member(body, "display_name", actor.username));
  actor.type = QP_TRY(text_member(body, "type", "Person"));
  return actor;
}

Result<ap::Actor> store_actor(Context& context, const ap::NewActor& wanted) {
  // Keys are made before the transaction: one of them takes 170 ms.
  const ActorKeys keys = QP_TRY(context.keys.take());
  const Millis now = context.clock();
  ap::Actor actor;
  const Result<void> written = context.store.write([&](store::WriteTxn& txn) -> Result<void> {
    actor = QP_TRY(ap::create_actor(txn, wanted, keys.rsa, keys.ed25519, now, context.services));
    QP_TRY(oauth::add_actor(txn, wanted.user, actor.iri, now));
    return {};
  });
  if (!written) return written.error();
  return actor;
}

Error username_taken() { return bad_input("Username already taken"); }

}  // namespace

Result<net::Response> list_actors(Context& context, const Exchange& exchange) {
  const std::unique_ptr<store::Txn> txn = QP_TRY(context.store.read());
  const Caller caller = QP_TRY(require_caller(*txn, exchange.request, context.clock(), kSignIn));
  if (auto refused = refuse_without(oauth::Scope::Read, caller)) return std::move(*refused);
  ordered_json list = ordered_json::array();
  for (const ap::Actor& actor : QP_TRY(actors_of(*txn, caller))) {
    list.push_back(describe(actor, Shape::Listed));
  }
  net::Response response = json_reply(200, list);
  response.headers.set("Cache-Control", "private, no-store");
  return response;
}

Result<net::Response> create_actor(Context& context, const Exchange& exchange) {
  ap::NewActor wanted;
  {
    const std::unique_ptr<store::Txn> txn = QP_TRY(context.store.read());
    const Caller caller = QP_TRY(require_caller(*txn, exchange.request, context.clock(), kSignIn));
    if (auto refused = refuse_without(oauth::Scope::Write, caller)) return std::move(*refused);
    if (!caller.actor.empty()) {
      return error(Code::Forbidden, "This token is for one actor and makes no others");
    }
    wanted = QP_TRY(read_new_actor(exchange.request));
    wanted.user = caller.user;
    wanted.domain = exchange.domain;
    QP_TRY(ap::check_new_actor(wanted));
    // The write checks again; this saves a key where the answer is known already.
    if (QP_TRY(ap::find_actor_named(*txn, wanted.domain.host, wanted.username))) {
      return username_taken();
    }
    auto over = refuse_over(context.limiters.actors, "actors", caller.user, context.clock());
    if (over) return std::move(*over);
  }
  const Result<ap::Actor> actor = store_actor(context, wanted);
  if (!actor && actor.error().code == Code::Conflict) return username_taken();
  if (!actor) return actor.error();
  log::info("actor_created", {log::field("actor", actor->iri), log::field("user", actor->user)});
  net::Response response = json_reply(201, describe(*actor, Shape::Created));
  response.headers.set("Location", actor->iri);
  response.headers.set("Cache-Control", "private, no-store");
  return response;
}

}  // namespace qp::web
