#include <nlohmann/json.hpp>

#include "ap/actor.hpp"
#include "tools/command.hpp"

namespace qp::tools {

namespace {

using nlohmann::ordered_json;

Result<void> init(const Invocation& invocation, const std::string& url, bool insecure) {
  const ap::Domain domain = QP_TRY(ap::parse_domain(url, insecure));
  const std::unique_ptr<store::Store> store = QP_TRY(open_store(invocation.settings));
  bool created = false;
  const Result<void> written = store->write([&](store::WriteTxn& txn) -> Result<void> {
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
  const std::unique_ptr<store::Store> store = QP_TRY(open_store(invocation.settings));
  const std::unique_ptr<store::Txn> txn = QP_TRY(store->read());
  ordered_json rows = ordered_json::array();
  for (const ap::Domain& domain : QP_TRY(ap::domains(*txn))) {
    rows.push_back({{"host", domain.host}, {"url", domain.url}});
  }
  print(rows, invocation.output);
  return {};
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
  CLI::App* group = app.add_subcommand("domain", "Domains that this server answers for");
  group->require_subcommand(1);
  group->add_subcommand("list", "List them")->callback([&selected] { selected.run = list; });
}

}  // namespace qp::tools
