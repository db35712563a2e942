#pragma once

#include <cstdint>

namespace qp {

/// The number by which a store knows a term. 1-65535 are the rows of terms.def, the same in every
/// store; what the others mean only the store that gave them out can tell. None is no term: in a
/// pattern it stands for any.
enum class TermId : std::uint64_t { None = 0 };

constexpr std::uint64_t number(TermId id) { return static_cast<std::uint64_t>(id); }

}  // namespace qp
