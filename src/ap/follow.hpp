#pragma once

#include "ap/effects.hpp"

/// Who follows whom, who asked to, and who has blocked whom (ActivityPub 6.5, 6.9, 7.5-7.7).
namespace qp::ap {

/// A Follow: asked for by a local actor, or asked of one. Automatic unless that actor approves its
/// followers by hand: then it stays among its pending requests.
Result<void> follow(const Happening& happening);
/// An Accept of a Follow: by the one who was asked, of a Follow that stands.
Result<void> accept_follow(const Happening& happening);
/// A Reject: it ends the request, and also a following that was accepted before.
Result<void> reject_follow(const Happening& happening);
/// Undo of a Follow, an Accept or a Reject, of `happening`'s actor. An answer that is taken back
/// leaves the request as it was before any answer.
Result<void> take_back_follow(const Happening& happening, const Known& known);
Result<void> take_back_answer(const Happening& happening, const Known& known);

/// A Block: of a local actor it shuts the other one out; both ways it parts them.
Result<void> block(const Happening& happening);
Result<void> take_back_block(const Happening& happening, const Known& known);

/// A Move of an actor to another one that lists it in alsoKnownAs (interop.md I23), as that one's
/// own server says now: its followers of this server follow that one instead. Of a local actor it
/// sets `movedTo`; a target that is not known to agree is asked later (move.hpp).
Result<void> move(const Happening& happening);
/// The followers of `happening`'s actor that are of this server follow `target` instead, where that
/// one lists it in alsoKnownAs; false where it does not.
Result<bool> lead_followers(const Happening& happening, const std::string& target);
Result<bool> has_local_followers(const store::Txn& txn, std::string_view actor);
/// Undo of a Move: a local actor's `movedTo` goes. Who went along does not come back by it.
Result<void> take_back_move(const Happening& happening, const Known& known);

/// `followed`'s server does not have `follower`, who is of this one, among its followers.
Result<void> end_following(const Happening& happening, const std::string& follower,
                           const std::string& followed);
/// It has it there, but here it does not follow: a request that waits is granted; otherwise it is
/// told with an Undo, once a day at most.
Result<void> settle_following(const Happening& happening, const Actor& follower,
                              const std::string& followed);

/// An actor is gone: nobody follows it or is followed by it any more, or asks to.
Result<void> forget_actor(const Happening& happening, const std::string& actor);

}  // namespace qp::ap
