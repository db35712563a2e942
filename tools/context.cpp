#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "ap/contexts.hpp"
#include "bulk/entries.hpp"
#include "bulk/limits.hpp"
#include "tools/command.hpp"

namespace qp::tools {

namespace {

struct Options {
  std::string url, file;
};

Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return error(Code::NotFound, "cannot read " + path);
  const auto text = bulk::read_all(bulk::reader_of(file), bulk::limits::kDocumentBytes);
  return text ? text : error(text.error().code, path + ": " + text.error().detail);
}

Result<void> add(const Invocation& invocation, const Options& options) {
  const std::string text = QP_TRY(read_file(options.file));
  const auto bench = QP_TRY(Workbench::open(invocation.settings));
  const std::size_t count = QP_TRY(ap::add_context(options.url, text, bench->services()));
  print({{"context", options.url}, {"documents_read_again", count}}, invocation.output);
  return {};
}

}  // namespace

void add_context_commands(CLI::App& app, Selected& selected) {
  const auto options = std::make_shared<Options>();
  CLI::App* context = app.add_subcommand("context", "JSON-LD contexts that are not shipped");
  context->require_subcommand(1);
  CLI::App* command = context->add_subcommand(
      "add",
      "Add a context. Documents that named it were kept with its terms under private names; they "
      "are read again. It is used from the next document on, also by a running server. It cannot "
      "be replaced later.");
  command->add_option("URL", options->url, "As documents name it")->required();
  command->add_option("FILE", options->file, "JSON with a @context")->required();
  command->callback([&selected, options] {
    selected.run = [options](const Invocation& invocation) { return add(invocation, *options); };
  });
}

}  // namespace qp::tools
