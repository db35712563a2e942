#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ap/activity.hpp"
#include "ap/actor.hpp"
#include "ap/services.hpp"

/// What activities do besides being stored and sent (ActivityPub 6 and 7). One table for both
/// entries: what an activity means does not depend on the road by which it came.
namespace qp::ap {

/// What was before the activity was written, of the object that it replaces.
struct Before {
  store::AudienceId audience = store::AudienceId::Nobody;
  std::vector<std::string> parents;  ///< inReplyTo
};
Result<Before> find_before(const store::Txn& txn, std::string_view object);

/// An activity that is being written, and what its effects may need. `activity.actor()` has been
/// verified, or is the owner of the outbox that it was posted to.
struct Happening {
  store::WriteTxn& txn;
  const Activity& activity;
  const Services& services;
  /// Who may read the activity.
  store::AudienceId audience = store::AudienceId::Nobody;
  /// The embedded object whose graph was written from it: it may speak for that. Or empty.
  std::string object;
  /// Its actor, where that is one of this server.
  const Actor* sender = nullptr;
  /// What is in the collection that it creates, newest first.
  std::span<const std::string> members = {};
  /// What it changed, for `quadpub why`.
  std::vector<std::string>* caused = nullptr;
  /// What is known of its target was fetched from there for it.
  bool has_fresh_target = false;
  Before before = {};
  /// It comes out of an archive: votes have been counted in their time.
  bool is_from_archive = false;
};

/// An activity that may not do what it asks for (admit_effects) changes nothing.
Result<void> apply_effects(const Happening& happening);

/// Leaves a Tombstone of `object`, which is the activity's actor's own: an object with its listings
/// and files, a collection with what was in it, an activity with what it did.
Result<void> erase_own(const Happening& happening, const std::string& object);

/// What the store knows of an activity that another one names.
struct Known {
  std::string id;
  std::vector<std::string> types;
  std::string actor;
  std::string object;                ///< the first of `objects`, or the one that is looked at
  std::vector<std::string> objects;  ///< it may be about several
  bool is(const Word& type) const { return contains(types, type.iri); }
};
Result<std::optional<Known>> find_activity(const store::Txn& txn, std::string_view iri);

/// The activity that `activity` is about: as stored, else as embedded in it. What is embedded is
/// the sender's word: it is used only for what the sender may say anyway.
Result<std::optional<Known>> subject_of(const store::Txn& txn, const Activity& activity);

/// Adds to a collection and keeps that in mind for `quadpub why`. `audience`: of the item.
Result<bool> include(const Happening& happening, std::string_view collection,
                     std::string_view member, store::AudienceId audience);
Result<bool> exclude(const Happening& happening, std::string_view collection,
                     std::string_view member);

/// A key for facts about two things, of whatever length.
std::string pair_key(std::string_view kind, std::string_view a, std::string_view b);

}  // namespace qp::ap
