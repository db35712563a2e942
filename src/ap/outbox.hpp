#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "ap/activity.hpp"
#include "ap/actor.hpp"
#include "ap/services.hpp"
#include "base/result.hpp"

namespace qp::ap {

struct Submitted {
  std::string activity;  ///< its IRI: the Location
  std::string object;    ///< IRI of the object that was created, or empty
  std::string body;      ///< the activity as it is served to its author, JSON
};

/// Asked before anything is written, about the activity as the client means it: a bare object is in
/// its Create already. An Error refuses it.
using Permit = std::function<Result<void>(const store::Txn& txn, const Activity& activity)>;

/// C2S entry (ActivityPub 6). Any thread but the store's writer.
class Outbox {
 public:
  /// `wake_delivery` is called after a commit that queued something.
  Outbox(Services& services, std::function<void()> wake_delivery);
  /// `body`: an activity, or an object that is wrapped in a Create. What is wrong with it is said
  /// in the Error's message. Returns once it is on disk, deliveries queued in the same commit.
  /// `instrument`: the id of the app that it was made with (FEP-d8c2), where the activity is to
  /// name it and does not say another.
  Result<Submitted> submit(const Actor& actor, std::string_view body, const Permit& permit = {},
                           std::string_view instrument = {});

 private:
  Services& services_;
  std::function<void()> wake_delivery_;
};

}  // namespace qp::ap
