#include "ap/signer.hpp"

namespace qp::ap {

namespace {

SignerCheck wait_for_key(const std::string& key_id, int attempt) {
  SignerCheck check{error(Code::Unavailable, "the sender's key is being fetched; try again")};
  if (attempt < limits::kMostParkings) check.wait_for = key_id;
  return check;
}

sig::KeyLookup lookup_in(const KeyCache::Lookup& found) {
  return [&found](std::string_view) -> Result<sig::PublicKey> {
    if (found.key) return found.key->key;
    return error(Code::Unauthenticated, found.problem);
  };
}

}  // namespace

sig::VerifyOptions verify_options(const Domain& domain, Millis now) {
  sig::VerifyOptions options;
  options.scheme = domain.url.substr(0, domain.url.find("://"));
  options.host = domain.host;
  options.now = now;
  return options;
}

SignerCheck check_signer(const net::Request& request, const sig::VerifyOptions& options,
                         KeyCache& keys, int attempt) {
  const Result<std::string> key_id = sig::required_key(request, options);
  if (!key_id) return {key_id.error()};

  const KeyCache::Lookup found = keys.find(*key_id);
  if (found.state == KeyCache::State::Fetching) return wait_for_key(*key_id, attempt);
  if (found.state == KeyCache::State::Busy) return {error(Code::Unavailable, found.problem)};
  const Result<sig::Verified> verified = sig::verify(request, options, lookup_in(found));
  if (verified)
    return {Sender{found.key->owner, verified->key_id, verified->how, verified->covered}};
  const bool may_wait = attempt < limits::kMostParkings;
  if (may_wait && keys.refetch(*key_id)) return wait_for_key(*key_id, attempt);  // rotated?
  return {verified.error(), found.gone};
}

}  // namespace qp::ap
