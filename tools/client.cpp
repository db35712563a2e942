#include <nlohmann/json.hpp>

#include "oauth/clients.hpp"
#include "tools/command.hpp"

namespace qp::tools {

namespace {

using nlohmann::ordered_json;

struct Options {
  oauth::NewClient client;
  bool is_confidential = true;
};

Result<void> add(const Invocation& invocation, const Options& options) {
  oauth::NewClient wanted = options.client;
  wanted.type =
      options.is_confidential ? oauth::ClientType::Confidential : oauth::ClientType::Public;
  const std::unique_ptr<store::Store> store = QP_TRY(open_store(invocation.settings));
  const Millis now = system_now();
  oauth::AddedClient added;
  Result<void> written = store->write([&](store::WriteTxn& txn) -> Result<void> {
    added = QP_TRY(oauth::add_client(txn, wanted, now));
    return {};
  });
  if (!written) return written;
  ordered_json shown = {{"client_id", added.client.id}};
  if (!added.secret.empty()) shown["client_secret"] = added.secret;
  shown["name"] = added.client.name;
  shown["grants"] = added.client.grants;
  shown["redirect_uris"] = added.client.redirect_uris;
  print(shown, invocation.output);
  return {};
}

}  // namespace

void add_client_commands(CLI::App& app, Selected& selected) {
  CLI::App* group = app.add_subcommand("client", "Applications that ask for tokens (OAuth)");
  group->require_subcommand(1);
  const auto options = std::make_shared<Options>();
  CLI::App* command = group->add_subcommand("add", "Add a client; its secret is shown once");
  command->add_option("NAME", options->client.name, "Name that people see")->required();
  command->add_option("--user", options->client.user, "Who it belongs to");
  CLI::Option* confidential =
      command->add_flag("--confidential")->description("With a secret, which is the default");
  command->add_flag("!--public", options->is_confidential, "Without one: a browser or phone app")
      ->excludes(confidential);
  command
      ->add_option("--grant", options->client.grants,
                   "password, authorization_code, refresh_token, client_credentials")
      ->delimiter(',')
      ->check(
          CLI::IsMember({"password", "authorization_code", "refresh_token", "client_credentials"}));
  command->add_option("--redirect-uri", options->client.redirect_uris,
                      "Where the browser goes back to");
  command->callback([&selected, options] {
    selected.run = [options](const Invocation& invocation) { return add(invocation, *options); };
  });
}

}  // namespace qp::tools
