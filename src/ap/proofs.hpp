#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ap/key_cache.hpp"
#include "ap/services.hpp"
#include "base/result.hpp"

namespace qp::ap {

/// Who an object proof (FEP-8b32) says a document is from.
struct Proven {
  std::string actor;  ///< owner of the key, checked both ways
  std::string key_id;
};

/// The document's proof, verified. nullopt: it has none of a suite that is known here, or one whose
/// key cannot be had, or one that a later linked-data signature has broken: then only the request's
/// own signature speaks for it. Unauthenticated for any other proof that does not hold, whoever
/// sent it. Unavailable: the key is being fetched, `wait_for`.
Result<std::optional<Proven>> check_proof(std::string_view body, KeyCache& keys, Millis now,
                                          std::optional<std::string>& wait_for);

}  // namespace qp::ap
