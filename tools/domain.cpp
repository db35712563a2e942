#include <nlohmann/json.hpp>

#include "ap/actor.hpp"
#include "ap/overview.hpp"
#include "tools/command.hpp"

namespace qp::tools {

namespace {

using nlohmann::ordered_json;

Result<void> init(const Invocation& invocation, const std::string& url, bool insecure) {
  const ap::Domain domain = QP_TRY(ap::parse_domain(url, insecure));
  const std::unique_ptr<store::Store> store = QP_TRY(create_store(invocation.settings));
  bool created = false;
  Result<void> written = store->write([&](store::WriteTxn& txn) -> Result<void> {
    created = QP_TRY(ap::add_domain(txn, domain));
    return {};
  });
  if (!written) return written;
  if (invocation.output == Output::Json) {
    print({{"url", domain.url}, {"host", domain.host}, {"created", created}});
  } else {
    print((created ? "created domain " : "domain exists already: ") + domain.url, Output::Text);
  }
  return {};
}

Result<void> list(const Invocation& invocation) {
  const std::unique_ptr<store::Store> store = QP_TRY(open_store(invocation.settings, kReading));
  const std::unique_ptr<store::Txn> txn = QP_TRY(store->read());
  ordered_json rows = ordered_json::array();
  for (const ap::Domain& domain : QP_TRY(ap::domains(*txn))) {
    rows.push_back({{"host", domain.host}, {"status", "served"}, {"url", domain.url}});
  }
  for (const std::string& host : QP_TRY(ap::blocked_hosts(*txn))) {
    rows.push_back({{"host", host}, {"status", "blocked"}});
  }
  for (const std::string& host : QP_TRY(ap::allowed_hosts(*txn))) {
    rows.push_back({{"host", host}, {"status", "allowed"}});
  }
  print(rows, invocation.output);
  return {};
}

/// `change`: ap::block_host or one of its kind; `done`: what to print it under.
Result<void> change_list(const Invocation& invocation, std::string_view given,
                         Result<std::string> (*change)(store::WriteTxn&, std::string_view),
                         const char* done) {
  const std::unique_ptr<store::Store> store = QP_TRY(open_store(invocation.settings));
  std::string host;
  Result<void> written = store->write([&](store::WriteTxn& txn) -> Result<void> {
    host = QP_TRY(change(txn, given));
    return {};
  });
  if (!written) return written;
  print({{done, host}}, invocation.output);
  return {};
}

Result<void> block(const Invocation& invocation, std::string_view host) {
  return change_list(invocation, host, ap::block_host, "blocked");
}

Result<void> unblock(const Invocation& invocation, std::string_view host) {
  return change_list(invocation, host, ap::unblock_host, "unblocked");
}

Result<void> allow(const Invocation& invocation, std::string_view host) {
  return change_list(invocation, host, ap::allow_host, "allowed");
}

Result<void> disallow(const Invocation& invocation, std::string_view host) {
  return change_list(invocation, host, ap::disallow_host, "disallowed");
}

}  // namespace

void add_domain_commands(CLI::App& app, Selected& selected) {
  struct Options {
    std::string url;
    bool insecure = false;
  };
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("init", "Add a domain that this server answers for");
  command->add_option("--url", options->url, "Base URL, such as https://social.example")
      ->envname("QUADPUB_URL")
      ->required();
  command->add_flag("--insecure", options->insecure, "Allow plain http on other than loopback");
  command->callback([&selected, options] {
    selected.run = [options](const Invocation& invocation) {
      return init(invocation, options->url, options->insecure);
    };
  });
  CLI::App* group =
      app.add_subcommand("domain", "Domains: the own ones, those blocked and those allowed");
  group->require_subcommand(1);
  group->add_subcommand("list", "List them")->callback([&selected] { selected.run = list; });
  const auto host = std::make_shared<std::string>();
  const auto add_named = [&](const char* name, const char* help, auto action) {
    CLI::App* named = group->add_subcommand(name, help);
    named->add_option("HOST", *host, "host[:port], and all hosts below it")->required();
    named->callback([&selected, host, action] {
      selected.run = [host, action](const Invocation& invocation) {
        return action(invocation, *host);
      };
    });
  };
  add_named("block", "Refuse what a host sends: 403; and send it nothing", block);
  add_named("unblock", "Take a block back", unblock);
  add_named("allow", "Federate with hosts that are allowed by name, and with no others", allow);
  add_named("disallow", "Take that back; with none left, all hosts may", disallow);
}

}  // namespace qp::tools
