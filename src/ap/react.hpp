#pragma once

#include "ap/effects.hpp"

/// Like, EmojiReact, Dislike, Announce: who did what to an object of this server (ActivityPub
/// 7.10, 7.11), and to what a local actor gave its liking (6.8).
namespace qp::ap {

/// Once for each actor, object and kind, however often it is said.
Result<void> react(const Happening& happening);
/// That `activity` is listed in `collection`, as an archive says, is known as if it had come here:
/// said again it does not count again, and it can be taken back.
Result<void> restore_reaction(store::WriteTxn& txn, const std::string& collection,
                              const std::string& activity);
/// False: it came without, and its readers in the list are those of the object.
Result<bool> names_readers(const store::Txn& txn, std::string_view reaction);
/// What `known` did is taken back; it is of `happening`'s actor.
Result<void> take_back_reaction(const Happening& happening, const Known& known);

}  // namespace qp::ap
