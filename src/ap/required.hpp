#pragma once

#include "ap/activity.hpp"
#include "base/result.hpp"

/// What an activity of a client's own has to say before it means anything (ActivityPub 6).
namespace qp::ap {

/// BadInput, with what is missing or what is no use, for the expanded `node` that `activity` was
/// read from. Recipients, objects and targets are to be named by IRIs: nothing that is relative or
/// a plain text would ever reach anybody.
Result<void> check_required(const Activity& activity, json::Value node);

/// BadInput where the expanded `node` of `document` has more hidden recipients than its members bto
/// and bcc name: what a context calls otherwise would be shown to all who do not read contexts.
Result<void> check_hidden_recipients(json::Value document, json::Value node);

}  // namespace qp::ap
