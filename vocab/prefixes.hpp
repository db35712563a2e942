#pragma once

#include <span>
#include <string_view>

namespace qp::vocab {

/// A namespace of terms.def under the name that it has there.
struct Prefix {
  std::string_view name, iri;
};

/// All of them, in the order of terms.def.
std::span<const Prefix> prefixes();

}  // namespace qp::vocab
