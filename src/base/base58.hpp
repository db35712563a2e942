#pragma once

#include <optional>
#include <string>
#include <string_view>

/// The Bitcoin alphabet's base58, which multibase calls `z`. Quadratic: for keys and signatures.
namespace qp::text {

std::string base58(std::string_view bytes);
/// nullopt for characters outside of the alphabet.
std::optional<std::string> from_base58(std::string_view text);

}  // namespace qp::text
