#include "tools/command.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <iostream>
#include <nlohmann/json.hpp>
#include <system_error>

#include "ap/contexts.hpp"
#include "base/text.hpp"
#include "vocab/contexts.hpp"

namespace qp::tools {

namespace {

using nlohmann::ordered_json;

std::string dump(const ordered_json& value) {
  return value.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

std::string plain(const ordered_json& value) {
  return text::for_terminal(value.is_string() ? value.get<std::string>() : dump(value));
}

void print_row(const ordered_json& row) {
  if (!row.is_object()) {
    std::cout << plain(row) << '\n';
    return;
  }
  bool first = true;
  for (const auto& [key, value] : row.items()) {
    std::cout << (first ? "" : "\t") << plain(value);
    first = false;
  }
  std::cout << '\n';
}

/// Its tokens and private keys are in there: mode 0700 from the first moment on.
Result<void> make_private_folder(std::filesystem::path folder) {
  if (!folder.has_filename()) folder = folder.parent_path();  // `data/`
  std::error_code trouble;
  if (folder.has_parent_path()) std::filesystem::create_directories(folder.parent_path(), trouble);
  if (!trouble && ::mkdir(folder.c_str(), S_IRWXU) != 0 && errno != EEXIST) {
    trouble = std::error_code(errno, std::generic_category());
  }
  if (trouble) return bad_input("cannot make " + folder.string() + ": " + trouble.message());
  return {};
}

}  // namespace

Result<std::unique_ptr<store::Store>> open_store(const Settings& settings, const StoreUse& use) {
  std::error_code trouble;
  if (!std::filesystem::exists(settings.data / "quads.mdb", trouble)) {
    return bad_input("no store in " + settings.data.string() +
                     ": quadpub init --url URL makes one");
  }
  return create_store(settings, use);
}

Result<std::unique_ptr<store::Store>> create_store(const Settings& settings, const StoreUse& use) {
  QP_TRY(make_private_folder(settings.data));
  store::Options options;
  options.folder = settings.data;
  options.force_filesystem = use.force_filesystem;
  options.read_time = use.read_time;
  options.read_only = use.read_only;
  return store::Store::open(options);
}

jsonld::Loader bundled_loader() {
  return [](std::string_view url) -> Result<jsonld::RemoteDocument> {
    const vocab::BundledContext* context = vocab::find_bundled_context(url);
    if (!context) {
      return error(Code::NotFound, "The context " + std::string(url) + " is not known here");
    }
    return jsonld::RemoteDocument{std::string(url), std::string(context->json), {}};
  };
}

Workbench::Workbench(std::unique_ptr<store::Store> store, const Settings& settings)
    : store_(std::move(store)),
      client_(net::Client::make({settings.allow_private, "quadpub/" + settings.software_version})),
      services_{*store_, contexts_, ap::context_loader(bundled_loader(), *store_), *client_,
                system_now} {}

Result<std::unique_ptr<Workbench>> Workbench::open(const Settings& settings, const StoreUse& use) {
  return over(QP_TRY(open_store(settings, use)), settings);
}

std::unique_ptr<Workbench> Workbench::over(std::unique_ptr<store::Store> store,
                                           const Settings& settings) {
  return std::unique_ptr<Workbench>(new Workbench(std::move(store), settings));
}

void print(const ordered_json& value) { std::cout << dump(value) << '\n'; }

void print(const ordered_json& value, Output output) {
  if (output == Output::Json) return print(value);
  if (value.is_array()) {
    for (const ordered_json& row : value) print_row(row);
  } else if (value.is_object()) {
    for (const auto& [key, member] : value.items()) {
      std::cout << key << ": " << plain(member) << '\n';
    }
  } else {
    std::cout << plain(value) << '\n';
  }
}

Result<std::string> read_line() {
  std::string line;
  if (!std::getline(std::cin, line)) return bad_input("nothing on standard input");
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

}  // namespace qp::tools
