#pragma once

#include <string_view>

#include "base/json.hpp"
#include "base/result.hpp"

/// Questions as their authors write them: what may be chosen, and how often it was, which is for
/// the server to say (vote.hpp counts).
namespace qp::ap {

/// Every option of a new Question has a number of votes from the start, and that is none.
Result<void> begin_votes(json::Value question, json::Arena& arena);

/// Of a Question that was changed: an option that was there under that name in `before` keeps its
/// votes, a new one has none.
Result<void> keep_votes(json::Value before, json::Value question, json::Arena& arena);

}  // namespace qp::ap
