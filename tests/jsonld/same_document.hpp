#pragma once

#include "base/json.hpp"

namespace qp::tests {

/// JSON-LD object comparison, as the W3C suites want it: arrays are unordered, except those of
/// @list and of JSON literals.
bool same_document(json::Value a, json::Value b, bool ordered = false);

}  // namespace qp::tests
