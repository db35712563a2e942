#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "store/store.hpp"

/// Who asks, and what that lets them see. There is no other rule of who may read what than this.
namespace qp::view {

/// Whoever reads, by the IRIs of the actors that it may act as: local ones (by token; a token may
/// stand for several), or a remote one (by signature). None: the anonymous reader.
struct Reader {
  Reader() = default;
  Reader(std::string actor) {
    if (!actor.empty()) actors.push_back(std::move(actor));
  }
  explicit Reader(std::vector<std::string> all) : actors(std::move(all)) {}

  bool is_anonymous() const { return actors.empty(); }
  bool is(std::string_view actor) const;

  std::vector<std::string> actors;
};

/// A reader as the store knows it.
struct Sight {
  store::Visible visible = store::Visible::only_public();
  std::vector<TermId> actors;  ///< those of the reader that the store has heard of

  /// The operator's: everything, as everybody.
  static Sight everything() { return {store::Visible::everything(), {}}; }
};

Result<Sight> sight_of(const store::Txn& txn, const Reader& reader);

/// True where the resource is one of the reader's own: the actor of an activity, the attributedTo
/// of an object, an actor itself. It alone sees bto and bcc (ActivityPub 6, 7).
Result<bool> is_author(const store::Txn& txn, TermId graph, const Sight& sight);

}  // namespace qp::view
