#pragma once

#include "ap/effects.hpp"

/// Answers to a Question (ActivityStreams vocabulary 3.1; interop.md I20).
namespace qp::ap {

/// A Create of a Note with a name, no content, and inReplyTo a Question of this server, which has
/// an option of that name. True: it was a vote, counted or not, and is no answer to be listed.
/// Counted once for each voter (oneOf), or voter and option (anyOf), while the Question is open.
/// Those who may read the Question, and who voted, are told the new counts: at once, and then every
/// few minutes as long as votes come, by way of the queue.
Result<bool> vote(const Happening& happening);

/// Publishes an Update of the Question with its counts as they are now.
Result<void> announce_votes(store::WriteTxn& txn, const std::string& question,
                            const Services& services);

}  // namespace qp::ap
