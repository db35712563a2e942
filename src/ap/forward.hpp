#pragma once

#include <vector>

#include "ap/effects.hpp"

/// Inbox forwarding (ActivityPub 7.1.2): who is addressed through a collection of this server gets
/// what its sender could not send there itself.
namespace qp::ap {

/// Where a remote activity, seen for the first time, is addressed to collections of this server
/// and answers, concerns or mentions something of this server: queues its exact bytes for the
/// members on other servers, and returns those of this one. Nothing is forwarded for a sender
/// whom the collection's owner has blocked, nor what names hidden recipients.
Result<std::vector<Actor>> forward(const Happening& happening);

}  // namespace qp::ap
