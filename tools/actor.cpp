#include "ap/actor.hpp"
#include "ap/discover.hpp"
#include "ap/ids.hpp"
#include "ap/rotate.hpp"

#include <nlohmann/json.hpp>

#include "oauth/accounts.hpp"
#include "oauth/users.hpp"
#include "tools/command.hpp"
#include "web/key_pool.hpp"

namespace qp::tools {

namespace {

using nlohmann::ordered_json;

struct Options {
  ap::NewActor actor;
  std::string domain;  ///< host; empty: the only one
};

Result<ap::Domain> choose_domain(const store::Txn& txn, std::string_view host) {
  const std::vector<ap::Domain> domains = QP_TRY(ap::domains(txn));
  if (domains.empty()) return bad_input("there is no domain yet: quadpub init --url URL");
  if (host.empty() && domains.size() == 1) return domains.front();
  if (host.empty()) return bad_input("there are several domains: choose one with --domain");
  for (const ap::Domain& domain : domains) {
    if (domain.host == host) return domain;
  }
  return bad_input("no domain " + std::string(host));
}

ordered_json describe(const ap::Actor& actor) {
  return {{"actor", actor.iri},
          {"id", actor.number},
          {"username", actor.username},
          {"name", actor.name},
          {"type", actor.type},
          {"user", actor.user},
          {"inbox", actor.inbox},
          {"outbox", actor.outbox},
          {"followers", actor.followers},
          {"following", actor.following},
          {"created", time::rfc3339(Millis(actor.created))}};
}

Result<void> add(const Invocation& invocation, const Options& options) {
  const std::unique_ptr<Workbench> bench = QP_TRY(Workbench::open(invocation.settings));
  ap::NewActor wanted = options.actor;
  {
    const std::unique_ptr<store::Txn> txn = QP_TRY(bench->store().read());
    wanted.domain = QP_TRY(choose_domain(*txn, options.domain));
    wanted.user = QP_TRY(oauth::user_name(wanted.user));
  }
  QP_TRY(ap::check_new_actor(wanted));
  const web::ActorKeys keys = QP_TRY(web::ActorKeys::generate());
  const Millis now = system_now();
  ap::Actor actor;
  Result<void> written = bench->store().write([&](store::WriteTxn& txn) -> Result<void> {
    actor = QP_TRY(ap::create_actor(txn, wanted, keys.rsa, keys.ed25519, now, bench->services()));
    QP_TRY(oauth::add_actor(txn, wanted.user, actor.iri, now));
    return {};
  });
  if (!written) return written;
  print(describe(actor), invocation.output);
  return {};
}

Result<void> rotate_key(const Invocation& invocation, const std::string& iri) {
  const std::unique_ptr<Workbench> bench = QP_TRY(Workbench::open(invocation.settings));
  const web::ActorKeys keys = QP_TRY(web::ActorKeys::generate());
  Result<void> written = bench->store().write([&](store::WriteTxn& txn) -> Result<void> {
    return ap::rotate_key(txn, iri, keys.rsa, keys.ed25519, bench->services());
  });
  if (!written) return written;
  print({{"actor", iri}, {"key", ap::main_key_of(iri)}}, invocation.output);
  return {};
}

Result<void> find(const Invocation& invocation, const std::string& account) {
  const std::unique_ptr<Workbench> bench = QP_TRY(Workbench::open(invocation.settings));
  const ap::Discovered found = QP_TRY(ap::discover(account, bench->services()));
  print({{"actor", found.actor}, {"account", found.account}}, invocation.output);
  return {};
}

Result<void> list(const Invocation& invocation) {
  const std::unique_ptr<store::Store> store = QP_TRY(open_store(invocation.settings, kReading));
  const std::unique_ptr<store::Txn> txn = QP_TRY(store->read());
  ordered_json rows = ordered_json::array();
  for (const ap::Actor& actor : QP_TRY(ap::all_actors(*txn))) rows.push_back(describe(actor));
  print(rows, invocation.output);
  return {};
}

}  // namespace

void add_actor_commands(CLI::App& app, Selected& selected) {
  CLI::App* group = app.add_subcommand("actor", "Actors on this server");
  group->require_subcommand(1);
  const auto options = std::make_shared<Options>();
  const auto iri = std::make_shared<std::string>();
  CLI::App* rotating = group->add_subcommand("rotate-key", "Give it new keys under the same ids");
  rotating->add_option("URL", *iri, "The actor")->required();
  rotating->callback([&selected, iri] {
    selected.run = [iri](const Invocation& invocation) { return rotate_key(invocation, *iri); };
  });
  const auto account = std::make_shared<std::string>();
  CLI::App* finding = group->add_subcommand("find", "Ask the network who user@host is");
  finding->add_option("ACCOUNT", *account)->required();
  finding->callback([&selected, account] {
    selected.run = [account](const Invocation& invocation) { return find(invocation, *account); };
  });
  CLI::App* command = group->add_subcommand("add", "Add an actor with its keys and collections");
  command->add_option("USERNAME", options->actor.username)->required();
  command->add_option("--user", options->actor.user, "Who manages it")->required();
  command->add_option("--name", options->actor.name, "Name that people see");
  command->add_option("--type", options->actor.type,
                      "Person, Service, Application, Group or Organization");
  command->add_option("--domain", options->domain, "Host, where there are several domains");
  command->callback([&selected, options] {
    selected.run = [options](const Invocation& invocation) { return add(invocation, *options); };
  });
  group->add_subcommand("list", "List actors")->callback([&selected] { selected.run = list; });
}

}  // namespace qp::tools
