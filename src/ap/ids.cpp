#include "ap/ids.hpp"

#include "base/random.hpp"

namespace qp::ap {

std::string main_key_of(std::string_view actor_iri) {
  return std::string(actor_iri).append("#main-key");
}

std::string ed25519_key_of(std::string_view actor_iri) {
  return std::string(actor_iri).append("#ed25519-key");
}

std::string new_activity_iri(std::string_view actor_iri, Millis now) {
  const std::string_view domain = actor_iri.substr(0, actor_iri.find("/actors/"));
  return std::string(domain).append("/activities/").append(random::uuid_v7(now));
}

}  // namespace qp::ap
