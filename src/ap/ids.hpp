#pragma once

#include <string>
#include <string_view>

#include "base/time.hpp"

/// The ids that follow from an actor of this server.
namespace qp::ap {

/// Of its RSA key, for requests.
std::string main_key_of(std::string_view actor_iri);
/// Of its Ed25519 key, for proofs.
std::string ed25519_key_of(std::string_view actor_iri);

/// A new one, of something that the actor does now.
std::string new_activity_iri(std::string_view actor_iri, Millis now);

}  // namespace qp::ap
