#include "tools/query_prompt.hpp"

#include <editline/readline.h>

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include "base/text.hpp"

namespace qp::tools {

/// For its owner's eyes: what somebody asks may be private. Empty: there is no place for it.
static std::string history_file() {
  const char* home = std::getenv("HOME");
  if (home == nullptr) return {};
  std::string file = std::string(home) + "/.quadpub_history";
  const int made = open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (made < 0) return {};
  close(made);
  return file;
}

/// One line as it was typed. False: the end of input.
static bool read(const char* prompt, std::string& line) {
  char* typed = readline(prompt);
  if (typed == nullptr) return false;
  line = typed;
  std::free(typed);
  return true;
}

Result<void> prompt(const std::function<Result<void>(const std::string& query)>& run) {
  static constexpr int kHistory = 1'000;
  using_history();
  stifle_history(kHistory);
  const std::string file = history_file();
  if (!file.empty()) read_history(file.c_str());
  std::cout << "SPARQL; a query ends with an empty line or `;`. `.quit` leaves.\n";
  std::string query, line;
  while (read(query.empty() ? "sparql> " : "      > ", line)) {
    const std::string_view trimmed = text::trim(line);
    if (query.empty() && (trimmed == ".quit" || trimmed == ".exit")) break;
    if (query.empty() && trimmed.empty()) continue;
    const bool ends = trimmed.empty() || trimmed.ends_with(';');
    if (!query.empty()) query += '\n';
    query += trimmed.ends_with(';') ? trimmed.substr(0, trimmed.size() - 1) : trimmed;
    if (!ends) continue;
    // The history has one line for a query.
    std::string kept = query + ";";
    for (char& c : kept) c = c == '\n' ? ' ' : c;
    add_history(kept.c_str());
    if (!file.empty()) write_history(file.c_str());
    if (const Result<void> done = run(query); !done) {
      std::cerr << "error: " << Result<void>(done).error().detail << "\n";
    }
    query.clear();
  }
  return {};
}

}  // namespace qp::tools
