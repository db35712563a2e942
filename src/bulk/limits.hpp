#pragma once

#include <cstddef>
#include <cstdint>

/// Size and count of what an archive may hold; beside base/limits.hpp, which everything includes.
namespace qp::bulk::limits {

inline constexpr std::size_t kKiB = 1024;
inline constexpr std::size_t kMiB = 1024 * kKiB;

inline constexpr std::size_t kDocumentBytes = 16 * kMiB;  ///< one JSON document, or one item
inline constexpr std::size_t kHeadBytes = kMiB;           ///< of a collection, without its items
inline constexpr std::size_t kFileBytes = 128 * kMiB;     ///< a picture, a video
inline constexpr std::size_t kNameBytes = 4 * kKiB;       ///< of an entry
inline constexpr std::size_t kListNameBytes = kKiB;  ///< what somebody called a list of accounts
inline constexpr std::size_t kEntries = 5'000'000;
/// An archive that unpacks to more than this many times its size is a bomb; small ones may.
inline constexpr std::uint64_t kExpansion = 300;
inline constexpr std::uint64_t kExpansionFree = 256 * kMiB;

}  // namespace qp::bulk::limits
