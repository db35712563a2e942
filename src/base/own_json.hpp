#pragma once

#include <cstdint>

#include "base/json.hpp"
#include "base/limits.hpp"

namespace qp::json {

/// Of JSON that this server made itself out of documents within the limits: deeper and wider than
/// they are.
inline constexpr ParseLimits kOwnJson{4 * limits::kJsonDepth, SIZE_MAX};

}  // namespace qp::json
