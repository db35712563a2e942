#pragma once

#include "ap/activity.hpp"
#include "ap/actor.hpp"
#include "ap/services.hpp"

namespace qp::ap {

/// An activity that is being written, and what its effects may need.
struct Happening {
  store::WriteTxn& txn;
  const Activity& activity;
  const Services& services;
};

/// What an activity of a local actor does besides being stored and sent (ActivityPub 6).
Result<void> apply_outbox_effects(const Happening& happening, const Actor& actor);

/// What an activity does to the local actor that received it (ActivityPub 7). `activity.actor()`
/// has been verified. An activity that may not do what it asks for changes nothing.
Result<void> apply_inbox_effects(const Happening& happening, const Actor& recipient);

/// What a verified activity does to what is kept of others, whoever received it: Update, Delete.
Result<void> apply_origin_effects(const Happening& happening);

}  // namespace qp::ap
