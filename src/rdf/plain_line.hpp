#pragma once

#include <optional>
#include <string_view>

#include "rdf/term.hpp"

namespace qp::rdf {

/// The quad of a line (without its LF) of N-Quads in the form that most have: one blank between
/// terms, nothing escaped, blank node labels of letters, digits, `_` and `-`. nullopt: the line is
/// something else, which only a whole reader can tell. The terms borrow from `line` and still have
/// to be validated.
std::optional<QuadView> plain_quad(std::string_view line);

}  // namespace qp::rdf
