#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "ap/services.hpp"
#include "base/result.hpp"
#include "jsonld/context.hpp"
#include "net/client.hpp"
#include "store/store.hpp"
#include "tools/settings.hpp"
#include "view/serve.hpp"

/// What the subcommands share. Each file of this folder adds some to the command line.
namespace qp::tools {

/// Of what is to be printed. No word is lost about it where nobody reads any more.
inline constexpr std::string_view kCannotPrint = "standard output cannot be written";

enum class Output { Text, Json };

/// What a subcommand is given when it runs.
struct Invocation {
  Settings settings;
  Output output = Output::Text;
};

/// Does the work and prints. An Error is printed by main as one line, exit 1.
using Run = std::function<Result<void>(const Invocation& invocation)>;
/// The subcommand that the command line named.
struct Selected {
  Run run;
};

/// How a store is opened.
struct StoreUse {
  bool force_filesystem = false;           ///< also on a network file system
  std::chrono::milliseconds read_time{0};  ///< see store::Options
  bool read_only = false;                  ///< a read-only disk will do
};

inline constexpr StoreUse kReading{false, {}, true};

/// The store of the data folder, which may be open in a server at the same time. BadInput where
/// the folder holds none; nothing is made then.
Result<std::unique_ptr<store::Store>> open_store(const Settings& settings,
                                                 const StoreUse& use = {});
/// The same; a folder that is missing is made, for its owner's eyes only, and a store in it.
Result<std::unique_ptr<store::Store>> create_store(const Settings& settings,
                                                   const StoreUse& use = {});

/// Looks only into the contexts that we ship.
jsonld::Loader bundled_loader();

/// What works on actors and resources needs, without a server around it.
class Workbench {
 public:
  static Result<std::unique_ptr<Workbench>> open(const Settings& settings,
                                                 const StoreUse& use = {});
  static std::unique_ptr<Workbench> over(std::unique_ptr<store::Store> store,
                                         const Settings& settings);
  store::Store& store() { return *store_; }
  const ap::Services& services() const { return services_; }
  view::Contexts contexts() { return {contexts_, services_.loader}; }

 private:
  Workbench(std::unique_ptr<store::Store> store, const Settings& settings);
  std::unique_ptr<store::Store> store_;
  jsonld::ContextCache contexts_;
  std::unique_ptr<net::Client> client_;
  ap::Services services_;
};

/// One JSON text and a newline.
void print(const nlohmann::ordered_json& value);
/// As JSON, or as `name: value` lines for an object, a line of tab-separated values for each
/// object of an array.
void print(const nlohmann::ordered_json& value, Output output);

/// The first line of standard input, without its end.
Result<std::string> read_line();

void add_serve(CLI::App& app, Selected& selected);
void add_domain_commands(CLI::App& app, Selected& selected);  ///< init, domain
void add_user_commands(CLI::App& app, Selected& selected);
void add_client_commands(CLI::App& app, Selected& selected);
void add_token_commands(CLI::App& app, Selected& selected);
void add_actor_commands(CLI::App& app, Selected& selected);
void add_show(CLI::App& app, Selected& selected);
void add_why(CLI::App& app, Selected& selected);
void add_query(CLI::App& app, Selected& selected);
void add_import(CLI::App& app, Selected& selected);
void add_export(CLI::App& app, Selected& selected);
void add_context_commands(CLI::App& app, Selected& selected);
void add_store_commands(CLI::App& app, Selected& selected);  ///< stats, verify
void add_queue_commands(CLI::App& app, Selected& selected);
void add_jsonld(CLI::App& app, Selected& selected);

}  // namespace qp::tools
