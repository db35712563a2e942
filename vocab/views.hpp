#pragma once

#include <array>
#include <span>

#include "vocab/terms.hpp"

/// Which resources a view shows inside another one. Data only: one engine (view/project) walks it.
/// A blank node is always shown inside; an IRI is shown as a link unless a row here says otherwise.
namespace qp::vocab {

/// In a subject of type `type`, values of `property` are shown with what their own graph says.
struct Embed {
  Word type;
  Word property;
};

inline constexpr std::array kEmbeds = {
    Embed{as::Create, as::object}, Embed{as::Update, as::object}, Embed{as::Accept, as::object},
    Embed{as::Reject, as::object}, Embed{as::Undo, as::object},   Embed{as::Offer, as::object},
    Embed{as::Invite, as::object},
};

/// Recipients that only the author is shown (ActivityPub 6, 7.1).
inline constexpr std::array kHiddenRecipients = {as::bto, as::bcc};

}  // namespace qp::vocab
