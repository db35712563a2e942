#pragma once

#include "base/limits.hpp"

/// Those of views; beside base/limits.hpp, which everything includes.
namespace qp::limits {

/// The items of a page; one that is larger is a page of its own.
inline constexpr std::size_t kPageBytes = 2 * kMiB;

}  // namespace qp::limits
