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

/// Whether a `{` still waits for its `}`; those in strings, IRIs and comments do not count.
static bool is_open(std::string_view query) {
  int depth = 0;
  for (std::size_t i = 0; i < query.size(); ++i) {
    const char c = query[i];
    std::size_t end = i;
    if (c == '\'' || c == '"') {
      end = query.find(c, i + 1);
    } else if (c == '#') {
      end = query.find('\n', i);
    } else if (c == '<') {  // or "less than"
      const std::size_t close = query.find_first_of("> \n", i);
      if (close != std::string_view::npos && query[close] == '>') end = close;
    }
    if (end == std::string_view::npos) break;
    i = end;
    depth += c == '{' ? 1 : c == '}' ? -1 : 0;
  }
  return depth > 0;
}

static constexpr std::string_view kHelp =
    "A query ends with an empty line, or with `;` behind its last `}`. `.quit` leaves.\n";

Result<void> prompt(const std::function<Result<void>(const std::string& query)>& run) {
  static constexpr int kHistory = 1'000;
  using_history();
  stifle_history(kHistory);
  const std::string file = history_file();
  if (!file.empty()) read_history(file.c_str());
  std::cout << "SPARQL. " << kHelp;
  std::string query, line;
  while (read(query.empty() ? "sparql> " : "      > ", line)) {
    const std::string_view trimmed = text::trim(line);
    if (query.empty() && (trimmed == ".quit" || trimmed == ".exit")) break;
    if (query.empty() && trimmed.empty()) continue;
    if (query.empty() && (trimmed.starts_with('.') || trimmed == "help")) {
      std::cout << kHelp;
      continue;
    }
    if (!query.empty()) query += '\n';
    query += trimmed;
    // In a group it parts what is said of one subject.
    const bool ends = trimmed.empty() || (trimmed.ends_with(';') && !is_open(query));
    if (ends && trimmed.ends_with(';')) query.pop_back();
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
