#include <nlohmann/json.hpp>

#include "oauth/accounts.hpp"
#include "oauth/limits.hpp"
#include "oauth/tokens.hpp"
#include "oauth/users.hpp"
#include "tools/command.hpp"

namespace qp::tools {

namespace {

using nlohmann::ordered_json;

struct AddOptions {
  std::string user, actor, scope;
  std::int64_t ttl = limits::kAccessTime.count();
};

Result<void> check_owner(const store::Txn& txn, const AddOptions& options, std::string_view user) {
  if (options.actor.empty()) return {};
  const auto owned = QP_TRY(oauth::find_actor(txn, options.actor));
  if (owned && owned->user == user) return {};
  return bad_input(options.actor + " is no actor of " + options.user);
}

Result<void> add(const Invocation& invocation, const AddOptions& options) {
  oauth::TokenRequest wanted;
  wanted.user = QP_TRY(oauth::user_name(options.user));
  wanted.actor = options.actor;
  if (!options.scope.empty()) wanted.scopes = QP_TRY(oauth::Scopes::parse(options.scope));
  wanted.ttl = std::chrono::seconds(options.ttl);
  wanted.refreshable = oauth::Refreshable::No;
  const std::unique_ptr<store::Store> store = QP_TRY(open_store(invocation.settings));
  const Millis now = system_now();
  oauth::IssuedTokens tokens;
  Result<void> written = store->write([&](store::WriteTxn& txn) -> Result<void> {
    Result<void> checked = check_owner(txn, options, wanted.user);
    if (!checked) return checked;
    tokens = QP_TRY(oauth::issue(txn, wanted, now));
    return {};
  });
  if (!written) return written;
  ordered_json shown = {{"access_token", tokens.access_token},
                        {"token_type", "Bearer"},
                        {"expires_in", tokens.expires_in.count()},
                        {"scope", tokens.scopes.text()},
                        {"user", tokens.user}};
  if (!tokens.actor.empty()) shown["actor"] = tokens.actor;
  print(shown, invocation.output);
  return {};
}

struct RevokeOptions {
  std::string user;
  bool from_stdin = false;
};

Result<void> revoke(const Invocation& invocation, const RevokeOptions& options) {
  const std::string token = options.from_stdin ? QP_TRY(read_line()) : std::string();
  const std::unique_ptr<store::Store> store = QP_TRY(open_store(invocation.settings));
  std::size_t ended = 0;
  Result<void> written = store->write([&](store::WriteTxn& txn) -> Result<void> {
    if (options.from_stdin) {
      const bool found = QP_TRY(oauth::revoke(txn, token));
      ended = found ? 1 : 0;
    } else {
      ended = QP_TRY(oauth::revoke_all(txn, options.user));
    }
    return {};
  });
  if (!written) return written;
  print({{"revoked", ended}}, invocation.output);
  return {};
}

}  // namespace

void add_token_commands(CLI::App& app, Selected& selected) {
  CLI::App* group = app.add_subcommand("token", "Access tokens");
  group->require_subcommand(1);
  const auto adding = std::make_shared<AddOptions>();
  CLI::App* add_command = group->add_subcommand("add", "Make a token; it is shown once");
  add_command->add_option("--user", adding->user)->required();
  add_command->add_option("--actor", adding->actor, "Only for this actor");
  add_command->add_option("--scope", adding->scope, "Such as \"read write\"; all by default");
  add_command->add_option("--ttl", adding->ttl, "Seconds that it holds")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{10} * 365 * 24 * 3600));
  add_command->callback([&selected, adding] {
    selected.run = [adding](const Invocation& invocation) { return add(invocation, *adding); };
  });
  const auto revoking = std::make_shared<RevokeOptions>();
  CLI::App* revoke_command = group->add_subcommand("revoke", "End tokens");
  CLI::Option_group* which = revoke_command->add_option_group("which");
  which->add_option("--user", revoking->user, "All tokens of this user");
  which->add_flag("--token-stdin", revoking->from_stdin, "The token on standard input");
  which->require_option(1);
  revoke_command->callback([&selected, revoking] {
    selected.run = [revoking](const Invocation& invocation) {
      return revoke(invocation, *revoking);
    };
  });
}

}  // namespace qp::tools
