#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "base/result.hpp"

namespace qp::tools {

/// Runs a query; ends it when `stop` is set: somebody pressed Ctrl-C.
using RunQuery =
    std::function<Result<void>(const std::string& query, const std::atomic<bool>& stop)>;

/// Reads queries from the terminal, with a line editor and a history in the home folder, until
/// `.quit` or the end of input. A query ends with an empty line, or with `;` behind its last `}`.
/// What `run` returns as an Error is told, and the next query is read. Ctrl-C gives up what is
/// typed, or what runs.
Result<void> prompt(const RunQuery& run);

}  // namespace qp::tools
