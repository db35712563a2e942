#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace qp::web {

/// One part of a multipart/form-data body (RFC 7578). Views into the body.
struct Part {
  std::string name, filename;
  std::string content_type;
  std::string_view content;
};

/// BadInput for a body that is not exactly what its Content-Type says, and for more parts than a
/// form of ours has.
Result<std::vector<Part>> parse_multipart(std::string_view content_type, std::string_view body);

}  // namespace qp::web
