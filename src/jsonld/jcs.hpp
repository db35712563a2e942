#pragma once

#include <string>
#include <string_view>

#include "base/json.hpp"
#include "base/result.hpp"

/// The JSON Canonicalization Scheme, RFC 8785: one text for each JSON value.
namespace qp::jsonld {

/// BadInput for a number that no double can hold (1e400): RFC 8785 has no text for it.
Result<std::string> to_jcs(json::Value value);

/// A finite number as ECMAScript's Number::toString writes it (RFC 8785 3.2.2.3).
std::string es6_number(double value);

/// Names in the order of their UTF-16 code units (RFC 8785 3.2.3); both are UTF-8.
bool utf16_less(std::string_view a, std::string_view b);

}  // namespace qp::jsonld
