#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <string>

#include "store/bytes.hpp"
#include "store/store.hpp"

namespace qp::store {
namespace {

// A child that says nothing for so long is in a circle of damaged pages.
constexpr auto kSilence = std::chrono::minutes(10);

std::string encode(const Result<Verification>& result) {
  std::string bytes;
  if (!result) {
    bytes.push_back('e');
    append_text(bytes, result.error().detail);
    return bytes;
  }
  bytes.push_back('v');
  append_number(bytes, result->quads, 8);
  append_number(bytes, result->terms, 8);
  append_number(bytes, result->sequence_items, 8);
  append_number(bytes, result->problems.size(), 4);
  for (const std::string& problem : result->problems) append_text(bytes, problem);
  return bytes;
}

// nullopt: the child ended in the middle of it.
std::optional<Result<Verification>> decode(std::string_view bytes) {
  ByteReader reader(bytes);
  const std::string_view kind = reader.take(1);
  if (kind == "e") {
    const std::string_view detail = reader.text();
    if (!reader.complete()) return std::nullopt;
    return Error{Code::Storage, std::string(detail), {}};
  }
  Verification found;
  found.quads = reader.number(8);
  found.terms = reader.number(8);
  found.sequence_items = reader.number(8);
  const std::uint64_t problems = reader.number(4);
  for (std::uint64_t i = 0; i < problems && reader.good(); ++i) {
    found.problems.emplace_back(reader.text());
  }
  if (!reader.complete()) return std::nullopt;
  return Result<Verification>(std::move(found));
}

Result<Verification> verify_here(const Options& options) {
  const auto store = QP_TRY(Store::open(options));
  return store->verify();
}

[[noreturn]] void be_child(int out, const Options& options) {
  // A crash is an answer; nobody else is to handle it.
  for (const int crash : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL}) ::signal(crash, SIG_DFL);
  const std::string answer = encode(verify_here(options));
  for (std::size_t at = 0; at < answer.size();) {
    const ssize_t written = ::write(out, answer.data() + at, answer.size() - at);
    if (written <= 0) break;
    at += static_cast<std::size_t>(written);
  }
  ::_exit(0);
}

// False: silence for too long.
bool read_all(int in, std::string& answer) {
  char block[4096];
  for (;;) {
    pollfd ready{in, POLLIN, 0};
    const auto wait = std::chrono::milliseconds(kSilence).count();
    const int polled = ::poll(&ready, 1, static_cast<int>(wait));
    if (polled < 0 && errno == EINTR) continue;
    if (polled <= 0) return false;
    const ssize_t got = ::read(in, block, sizeof block);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return true;
    answer.append(block, static_cast<std::size_t>(got));
  }
}

}  // namespace

Result<Verification> verify_apart(const Options& options) {
  int ends[2];
  if (::pipe(ends) != 0) return Error{Code::Internal, "verify: no pipe", {}};
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    be_child(ends[1], options);
  }
  ::close(ends[1]);
  if (child < 0) {
    ::close(ends[0]);
    return Error{Code::Unavailable, "verify: no child process", {}};
  }
  std::string answer;
  const bool ended = read_all(ends[0], answer);
  ::close(ends[0]);
  if (!ended) ::kill(child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (auto result = decode(answer)) return *std::move(result);
  Verification found;
  found.problems.push_back(
      !ended ? "the walk through the file did not end"
             : "the walk through the file crashed" +
                   (WIFSIGNALED(status) ? " by signal " + std::to_string(WTERMSIG(status)) : ""));
  return found;
}

}  // namespace qp::store
