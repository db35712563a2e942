#include "web/local_client.hpp"

#include "ap/activity.hpp"
#include "ap/collection.hpp"
#include "base/log.hpp"
#include "oauth/client_document.hpp"
#include "oauth/users.hpp"
#include "vocab/terms.hpp"

namespace qp::web {

namespace {

Error no_client() { return error(Code::NotFound, "there is no app at that address"); }

Result<void> check_type(const store::Txn& txn, std::string_view id) {
  const auto graph = QP_TRY(txn.find_iri(id));
  if (!graph) return no_client();
  for (const Word& type : {as::Application, as::Service}) {
    if (QP_TRY(txn.probe({*graph, *graph, rdf::type, type}, {}))) return {};
  }
  return bad_input("what is at that address is no app: its type is to be Application or Service");
}

Result<std::string> maker_of(const store::Txn& txn, std::string_view id) {
  for (const std::string& owner : QP_TRY(ap::owners_of(txn, id))) {
    const auto actor = QP_TRY(ap::find_actor(txn, owner));
    if (!actor || actor->deleted) continue;
    const auto user = QP_TRY(oauth::find_user(txn, actor->user));
    if (user && !user->disabled) return "@" + actor->username + "@" + actor->domain;
  }
  return no_client();
}

}  // namespace

bool is_local_client(Context& context, std::string_view client_id) {
  return oauth::names_document(client_id) && context.domains.find(ap::host_of(client_id));
}

Result<LocalClient> read_local_client(const Context& context, const store::Txn& txn,
                                      const std::string& client_id) {
  const auto served = view::serve(txn, client_id, view::Reader(), context.contexts);
  if (!served && served.error().code != Code::NotFound) return served.error();
  if (!served || served->status != 200) return no_client();
  QP_TRY(check_type(txn, client_id));
  LocalClient found;
  found.maker = QP_TRY(maker_of(txn, client_id));
  found.client = QP_TRY(oauth::read_client_document(client_id, served->body, context.clock()));
  return found;
}

Result<void> end_if_no_client(Context& context, const std::string& client_id) {
  {
    const std::unique_ptr<store::Txn> txn = QP_TRY(context.store.read());
    if (!QP_TRY(oauth::find_client(*txn, client_id))) return {};
    const auto client = read_local_client(context, *txn, client_id);
    if (client) return {};
    const Code code = client.error().code;
    if (code != Code::NotFound && code != Code::BadInput) return client.error();
  }
  log::info("client_ended", {log::field("client", client_id)});
  return context.store.write([&](store::WriteTxn& txn) -> Result<void> {
    QP_TRY(oauth::remove_client(txn, client_id));
    return {};
  });
}

}  // namespace qp::web
