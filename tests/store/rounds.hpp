#pragma once

#include <cstdlib>

namespace qp::store {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

/// How often, or how much: what the environment asks for by that name, which may be more than CI
/// has time for.
inline int asked_for(const char* name, int usual) {
  const char* asked = std::getenv(name);
  return asked != nullptr ? std::atoi(asked) : usual;
}

}  // namespace qp::store
