#include "tools/progress.hpp"

#include <unistd.h>

#include <fmt/core.h>
#include <algorithm>
#include <cstdio>

namespace qp::tools {

namespace {

constexpr auto kEvery = std::chrono::milliseconds(250);
constexpr int kBarWidth = 24;

std::string bar(double share) {
  const int full = static_cast<int>(share * kBarWidth);
  std::string text(static_cast<std::size_t>(full), '=');
  if (full < kBarWidth) text += '>';
  text.resize(kBarWidth, ' ');
  return "[" + text + "]";
}

std::string left(double seconds) {
  const auto whole = static_cast<std::int64_t>(seconds + 0.5);
  if (whole >= 3600)
    return fmt::format("{}:{:02}:{:02} left", whole / 3600, whole / 60 % 60, whole % 60);
  return fmt::format("{}:{:02} left", whole / 60, whole % 60);
}

}  // namespace

std::string progress_line(const std::string& unit, std::uint64_t count, double share,
                          double seconds) {
  const double rate = seconds > 0 ? static_cast<double>(count) / seconds : 0;
  std::string line;
  if (share >= 0) line = fmt::format("{} {:3.0f} %  ", bar(std::min(share, 1.0)), share * 100);
  line += fmt::format("{} {}  {:.0f}/s", count, unit, rate);
  if (share > 0) line += "  " + left(seconds / share * (1 - std::min(share, 1.0)));
  return line;
}

Progress::Progress(std::string unit) : unit_(std::move(unit)), on_(::isatty(STDERR_FILENO) == 1) {}

void Progress::show(std::uint64_t count, double share) {
  const auto now = Clock::now();
  if (!on_ || now - last_ < kEvery) return;
  last_ = now;
  drawn_ = true;
  const double seconds = std::chrono::duration<double>(now - begun_).count();
  std::fprintf(stderr, "\r\033[K%s", progress_line(unit_, count, share, seconds).c_str());
  std::fflush(stderr);
}

void Progress::clear() {
  if (!drawn_) return;
  std::fputs("\r\033[K", stderr);
  std::fflush(stderr);
  drawn_ = false;
  last_ = {};
}

}  // namespace qp::tools
