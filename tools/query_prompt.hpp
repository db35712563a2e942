#pragma once

#include <functional>
#include <string>

#include "base/result.hpp"

namespace qp::tools {

/// Reads queries from the terminal, with a line editor and a history in the home folder, until
/// `.quit` or the end of input. A query ends with an empty line, or with `;` behind its last `}`.
/// What `run` returns as an Error is told, and the next query is read.
Result<void> prompt(const std::function<Result<void>(const std::string& query)>& run);

}  // namespace qp::tools
