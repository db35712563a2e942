#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace qp::bulk {

/// Whose statuses they are, by its actor document.
struct StatusOwner {
  std::string actor, followers;
};
/// `document` is JSON. BadInput where it is no actor.
Result<StatusOwner> status_owner(std::string_view document);

/// The activity behind a status of Mastodon's client API, which is what Pixelfed exports: a Create
/// of a Note, or an Announce. Its id, dates, recipients, pictures, mentions and hashtags are kept;
/// which status it answers only where that is of the same account: else it is but a number there.
/// BadInput where it has no address.
Result<std::string> activity_of_status(std::string_view status, const StatusOwner& owner);

/// The Create of an object that stands in an outbox by itself; `post` as it is, where it is none of
/// the owner's or something else.
Result<std::string> activity_of_post(std::string post, const StatusOwner& owner);

}  // namespace qp::bulk
