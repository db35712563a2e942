// The command line. What each subcommand does is in tools/; `tools/serve.cpp` builds the server.

#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <iostream>
#include <optional>

#include "tools/command.hpp"

namespace {

using qp::Result;
using namespace qp::tools;

constexpr int kFailed = 1;
constexpr int kUsage = 2;

/// Options that every subcommand takes, before or after its own.
struct Globals {
  std::string data, config;
  bool json = false;
};

void add_globals(CLI::App& app, Globals& globals) {
  app.fallthrough();  // inherited by the subcommands that are added later
  app.add_option("--data", globals.data, "Data folder (default: ./data)")->envname("QUADPUB_DATA");
  app.add_option("--config", globals.config, "Configuration file (quadpub.toml)")
      ->envname("QUADPUB_CONFIG");
  app.add_flag("--json", globals.json, "Print JSON");
}

void add_commands(CLI::App& app, Selected& selected) {
  app.require_subcommand(1);
  add_serve(app, selected);
  add_domain_commands(app, selected);
  add_user_commands(app, selected);
  add_client_commands(app, selected);
  add_token_commands(app, selected);
  add_actor_commands(app, selected);
  add_show(app, selected);
  add_why(app, selected);
  add_query(app, selected);
  add_import(app, selected);
  add_export(app, selected);
  add_context_commands(app, selected);
  add_store_commands(app, selected);
  add_queue_commands(app, selected);
  add_jsonld(app, selected);
}

Result<Invocation> invocation_of(const Globals& globals) {
  Invocation invocation;
  if (!globals.config.empty()) invocation.settings = QP_TRY(read_settings(globals.config));
  if (!globals.data.empty()) invocation.settings.data = globals.data;
  invocation.output = globals.json ? Output::Json : Output::Text;
  return invocation;
}

Result<void> run(const Globals& globals, const Selected& selected) {
  const Invocation invocation = QP_TRY(invocation_of(globals));
  return selected.run(invocation);
}

}  // namespace

/// Whether standard output is a pipe whose other end is closed, as by `| head`.
static bool nobody_reads() {
  pollfd output{STDOUT_FILENO, POLLOUT, 0};
  return poll(&output, 1, 0) == 1 && (output.revents & POLLERR) != 0;
}

int main(int argc, char** argv) {
  CLI::App app("quadpub: an ActivityPub server on an RDF quad store", "quadpub");
  app.set_version_flag("--version", QUADPUB_VERSION);
  Globals globals;
  Selected selected;
  add_globals(app, globals);
  add_commands(app, selected);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& problem) {
    std::cerr << "quadpub: " << problem.what() << '\n';
    return kUsage;
  }
  Result<void> done = run(globals, selected);
  const std::string cannot_print(qp::tools::kCannotPrint);
  if (!std::cout.flush() && done) done = qp::error(qp::Code::Storage, cannot_print);
  if (done) return 0;
  const qp::Error& error = done.error();
  if (error.message == cannot_print && nobody_reads()) {  // as any program ends there
    std::signal(SIGPIPE, SIG_DFL);
    std::raise(SIGPIPE);
  }
  std::cerr << "quadpub: " << (error.message.empty() ? error.detail : error.message) << '\n';
  return kFailed;
}
