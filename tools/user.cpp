#include <nlohmann/json.hpp>

#include "ap/actor.hpp"
#include "oauth/users.hpp"
#include "tools/command.hpp"
#include "web/admin.hpp"

namespace qp::tools {

namespace {

using nlohmann::ordered_json;

struct Options {
  std::string name;
  std::string password;
  bool password_stdin = false;
  bool admin = false;
};

/// The hash is made before anything is written: it takes 50 ms on purpose.
Result<std::string> hash_of(const Options& options) {
  if (options.password_stdin) return oauth::hash_password(QP_TRY(read_line()));
  if (options.password.empty()) return bad_input("--password-stdin or --password is needed");
  return oauth::hash_password(options.password);
}

Result<void> add(const Invocation& invocation, const Options& options) {
  std::string hash = QP_TRY(hash_of(options));
  const std::string name = QP_TRY(oauth::user_name(options.name));
  const oauth::Role role = options.admin ? oauth::Role::Admin : oauth::Role::Member;
  const std::unique_ptr<store::Store> store = QP_TRY(open_store(invocation.settings));
  const Millis now = system_now();
  QP_TRY(store->write(
      [&](store::WriteTxn& txn) { return oauth::add_user(txn, name, hash, role, now); }));
  print({{"user", name}, {"admin", options.admin}}, invocation.output);
  return {};
}

Result<void> set_password(const Invocation& invocation, const Options& options) {
  const std::string hash = QP_TRY(hash_of(options));
  const std::unique_ptr<store::Store> store = QP_TRY(open_store(invocation.settings));
  QP_TRY(store->write(
      [&](store::WriteTxn& txn) { return oauth::set_password(txn, options.name, hash); }));
  print({{"user", options.name}, {"password", "changed"}}, invocation.output);
  return {};
}

Result<void> disable(const Invocation& invocation, const Options& options) {
  const std::string name = QP_TRY(oauth::user_name(options.name));
  const std::unique_ptr<store::Store> store = QP_TRY(open_store(invocation.settings));
  QP_TRY(store->write([&](store::WriteTxn& txn) { return web::disable_account(txn, name); }));
  print({{"user", name}, {"disabled", true}}, invocation.output);
  return {};
}

Result<void> list(const Invocation& invocation) {
  const std::unique_ptr<store::Store> store = QP_TRY(open_store(invocation.settings, kReading));
  const std::unique_ptr<store::Txn> txn = QP_TRY(store->read());
  ordered_json rows = ordered_json::array();
  for (const oauth::User& user : QP_TRY(oauth::list_users(*txn))) {
    rows.push_back({{"user", user.name},
                    {"admin", user.role == oauth::Role::Admin},
                    {"disabled", user.disabled},
                    {"created", time::rfc3339(user.created)},
                    {"actors", QP_TRY(ap::actors_of(*txn, user.name)).size()}});
  }
  print(rows, invocation.output);
  return {};
}

void add_password_options(CLI::App& command, Options& options) {
  CLI::Option* from_stdin = command.add_flag("--password-stdin", options.password_stdin,
                                             "Read the password from standard input");
  command.add_option("--password", options.password, "The password, seen by other processes")
      ->excludes(from_stdin);
}

}  // namespace

void add_user_commands(CLI::App& app, Selected& selected) {
  CLI::App* group = app.add_subcommand("user", "People who sign in");
  group->require_subcommand(1);
  const auto options = std::make_shared<Options>();
  const auto add_named = [&](const char* name, const char* help, auto action) {
    CLI::App* command = group->add_subcommand(name, help);
    command->add_option("NAME", options->name)->required();
    command->callback([&selected, options, action] {
      selected.run = [options, action](const Invocation& invocation) {
        return action(invocation, *options);
      };
    });
    return command;
  };
  CLI::App* adding = add_named("add", "Add a user", add);
  add_password_options(*adding, *options);
  adding->add_flag("--admin", options->admin, "May administer the server");
  add_password_options(*add_named("passwd", "Change a password; ends all sign-ins", set_password),
                       *options);
  add_named("disable", "End all sign-ins for good; the user's actors answer 410", disable);
  group->add_subcommand("list", "List users")->callback([&selected] { selected.run = list; });
}

}  // namespace qp::tools
