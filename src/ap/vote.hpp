#pragma once

#include "ap/effects.hpp"

/// Answers to a Question (ActivityStreams vocabulary 3.1; interop.md I20).
namespace qp::ap {

/// A Create of a Note with a name, no content, and inReplyTo a Question of this server, which has
/// an option of that name. True: it was a vote, counted or not, and is no answer to be listed.
/// Counted once for each voter (oneOf), or voter and option (anyOf), while the Question is open.
Result<bool> vote(const Happening& happening);

}  // namespace qp::ap
