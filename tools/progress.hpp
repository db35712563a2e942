#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace qp::tools {

/// How far something is, on one line of standard error that is written over: only where that is a
/// terminal. One thread.
class Progress {
 public:
  /// `unit`: what is counted ("records").
  explicit Progress(std::string unit);
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `share`: 0 to 1; below 0: not known. Draws a few times a second.
  void show(std::uint64_t count, double share);
  /// Takes the line away, so that others can be written.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  std::string unit_;
  bool on_;
  bool drawn_ = false;
  Clock::time_point begun_ = Clock::now(), last_{};
};

/// `[=====>    ]  42 %  12,345 records  4,567/s  1:23 left`, for a line of that width.
std::string progress_line(const std::string& unit, std::uint64_t count, double share,
                          double seconds);

}  // namespace qp::tools
