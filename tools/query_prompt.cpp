#include "tools/query_prompt.hpp"

#include <editline/readline.h>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <clocale>
#include <csignal>
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

/// A signal handler can reach nothing else.
static std::atomic<bool> interrupted = false;
static_assert(std::atomic<bool>::is_always_lock_free);

/// Ctrl-C is `interrupted` as long as it lives.
class Interrupts {
 public:
  Interrupts() {
    struct sigaction action{};
    action.sa_handler = [](int) { interrupted = true; };
    sigaction(SIGINT, &action, &before_);
  }
  ~Interrupts() { sigaction(SIGINT, &before_, nullptr); }
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;

 private:
  struct sigaction before_{};
};

/// The next byte that is typed; -1: the end of input, or an interrupt.
static int next_byte() {
  static constexpr int kLook = 100;  // ms: the signal may come just before the wait
  while (!interrupted) {
    pollfd waiting{STDIN_FILENO, POLLIN, 0};
    if (poll(&waiting, 1, kLook) <= 0) continue;
    unsigned char byte = 0;
    const ssize_t got = ::read(STDIN_FILENO, &byte, 1);
    if (got == 1) return byte;
    if (got == 0 || errno != EINTR) return -1;
  }
  return -1;
}

/// A character, of one byte or more (UTF-8).
static int next_character(FILE*) {
  const int first = next_byte();
  if (first < 0xC0) return first;
  const int more = first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
  int made = first & (0x3F >> more);
  for (int i = 0; i < more; ++i) {
    const int byte = next_byte();
    if (byte < 0) return byte;
    made = made << 6 | (byte & 0x3F);
  }
  return made;
}

/// libedit would show the prompt first: what is typed between the two, the terminal takes for
/// itself (Ctrl-D, the arrows, a character to delete).
static int edits_from_the_prompt_on() {
  rl_prep_terminal(1);
  return 0;
}

/// One line as it was typed. False: the end of input, or an interrupt.
static bool read(const char* prompt, std::string& line) {
  char* typed = readline(prompt);
  if (typed == nullptr || interrupted) {
    std::free(typed);
    return false;
  }
  line = typed;
  std::free(typed);
  return true;
}

/// How a query stands that is being typed.
struct Typed {
  int depth = 0;         ///< of braces; those in texts, IRIs and comments do not count
  bool in_text = false;  ///< a text of more than one line has no end yet
  std::string line;      ///< all of it in one line, for the history
  std::size_t mark = std::string::npos;  ///< where its last `;` is
};

static Typed look_at(std::string_view query) {
  Typed made;
  const auto text_end = [&](std::size_t i) {
    const std::string quote(query.substr(i).starts_with(std::string(3, query[i])) ? 3 : 1,
                            query[i]);
    for (std::size_t at = i + quote.size(); at < query.size(); ++at) {
      if (query[at] == '\\') {
        ++at;
      } else if (query.substr(at).starts_with(quote)) {
        return at + quote.size();
      } else if (query[at] == '\n' && quote.size() == 1) {
        return at;  // a mistake, which the parser tells of
      }
    }
    made.in_text = quote.size() == 3;
    return query.size();
  };
  for (std::size_t i = 0; i < query.size();) {
    const char c = query[i];
    std::size_t end = i + 1;
    if (c == '#') {
      i = std::min(query.find('\n', i), query.size());
      continue;
    }
    if (c == '\'' || c == '"') {
      end = text_end(i);
    } else if (c == '<') {  // or "less than"
      const std::size_t close = query.find_first_of("> \n", i);
      if (close != std::string_view::npos && query[close] == '>') end = close + 1;
    }
    if (c == ';') made.mark = i;
    made.depth += c == '{' ? 1 : c == '}' ? -1 : 0;
    for (; i < end; ++i) {
      if (query[i] == '\n') {
        made.line += end - i > 1 || c != '\n' ? "\\n" : " ";
      } else {
        made.line += query[i];
      }
    }
  }
  return made;
}

static constexpr std::string_view kHelp =
    "A query ends with an empty line, or with `;` behind its last `}`. `.quit` leaves.\n";

Result<void> prompt(const RunQuery& run) {
  static constexpr int kHistory = 1'000;
  std::setlocale(LC_CTYPE, "C.UTF-8");  // the line editor's; a query is UTF-8 anywhere
  const Interrupts interrupts;
  rl_getc_function = next_character;
  using_history();
  rl_bind_key('\t', rl_insert);  // it is in what is pasted
  rl_pre_input_hook = edits_from_the_prompt_on;
  stifle_history(kHistory);
  const std::string file = history_file();
  if (!file.empty()) read_history(file.c_str());
  std::cout << "SPARQL. " << kHelp;
  std::string query, line;
  while (true) {
    interrupted = false;
    if (!read(query.empty() ? "sparql> " : "      > ", line)) {
      std::cout << "\n" << std::flush;
      if (!interrupted) break;
      query.clear();
      continue;
    }
    const std::string_view trimmed = text::trim(line);
    if (query.empty() && (trimmed == ".quit" || trimmed == ".exit")) break;
    if (query.empty() && trimmed.empty()) continue;
    if (query.empty() && (trimmed.starts_with('.') || trimmed == "help")) {
      std::cout << kHelp;
      continue;
    }
    if (!query.empty()) query += '\n';
    query += line;
    const Typed typed = look_at(query);
    if (typed.in_text) continue;
    // In a group `;` parts what is said of one subject.
    const bool by_mark = typed.depth <= 0 && text::trim(typed.line).ends_with(';');
    if (!trimmed.empty() && !by_mark) continue;
    std::string kept(text::trim(typed.line));
    if (!by_mark) kept += ';';
    add_history(kept.c_str());
    if (!file.empty()) write_history(file.c_str());
    if (by_mark) query.erase(typed.mark, 1);
    if (const Result<void> done = run(query, interrupted); !done) {
      std::cerr << "error: " << Result<void>(done).error().detail << "\n";
    }
    query.clear();
  }
  return {};
}

}  // namespace qp::tools
