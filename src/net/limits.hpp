#pragma once

#include "base/limits.hpp"

/// Those of the network; beside base/limits.hpp, which everything includes.
namespace qp::limits {

// Bodies of requests, on their way in and until they are answered: all of them together. A quarter
// of it is kept for those that are not large.
inline constexpr std::size_t kBodiesBytes = 256 * kMiB;
inline constexpr std::size_t kLargeBodyBytes = 64 * kKiB;

/// Rounds (a receive, and the answers to it) that a connection goes on before others have a turn.
inline constexpr int kRoundsInTurn = 4;

}  // namespace qp::limits
