#pragma once

#include <array>
#include <string_view>
#include <utility>

#include "vocab/terms.hpp"

namespace qp::ap {

/// The properties that name recipients (ActivityPub 6), by their plain names.
inline constexpr std::array<std::pair<std::string_view, Word>, 5> kAddressing = {
    {{"to", as::to},
     {"bto", as::bto},
     {"cc", as::cc},
     {"bcc", as::bcc},
     {"audience", as::audience}}};

}  // namespace qp::ap
