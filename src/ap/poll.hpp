#pragma once

#include <string_view>

#include "base/json.hpp"
#include "base/result.hpp"

/// Questions as their authors write them: what may be chosen, and how often it was, which is for
/// the server to say (vote.hpp counts).
namespace qp::ap {

/// Every option of a new Question has a number of votes from the start, and that is none.
Result<void> begin_votes(json::Value question, json::Arena& arena);

/// What may be chosen under its plain name, however it was spelled.
void name_choices(json::Value question, json::Arena& arena);

/// BadInput where the Question, expanded as `node`, has options, or numbers of votes and voters,
/// that are not the members of `question` that the server has seen: under a name that only its
/// context knows. `is_plain`: plain names mean what they do in ActivityStreams.
Result<void> check_votes(json::Value question, json::Value node, bool is_plain);

/// Of a Question that was changed: an option that was there under one of its names in `before`
/// keeps its votes, a new one has none.
Result<void> keep_votes(json::Value before, json::Value question, json::Arena& arena);

}  // namespace qp::ap
