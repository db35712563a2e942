#include "ap/application.hpp"

#include <memory>
#include <mutex>

#include "ap/ids.hpp"
#include "ap/tables.hpp"
#include "base/mutex.hpp"

namespace qp::ap {

namespace {

/// Reserved, so that nobody has it yet (check_new_actor).
constexpr const char* kUsername = "quadpub";

/// The parsed key, and the text that it was parsed from.
class KeyInUse {
 public:
  Result<sig::PrivateKey> get(std::string_view pem) {
    const std::lock_guard lock(mutex_);
    if (!key_ || pem_ != pem) {
      key_ = QP_TRY(sig::PrivateKey::from_pem(pem));
      pem_ = pem;
    }
    return *key_;
  }

 private:
  std::mutex mutex_;
  std::string pem_ GUARDED_BY(mutex_);
  std::optional<sig::PrivateKey> key_ GUARDED_BY(mutex_);
};

}  // namespace

Result<std::optional<std::string>> find_application(const store::Txn& txn, std::string_view host) {
  const auto iri = QP_TRY(txn.get(kApplications, host));
  if (!iri) return std::optional<std::string>();
  return std::optional(std::string(*iri));
}

Result<void> ensure_application(const Domain& domain, const Services& services) {
  {
    const auto txn = QP_TRY(services.store.read());
    if (QP_TRY(find_application(*txn, domain.host))) return {};
  }
  const auto rsa = QP_TRY(sig::PrivateKey::generate(sig::KeyType::Rsa));
  const auto ed25519 = QP_TRY(sig::PrivateKey::generate(sig::KeyType::Ed25519));
  const NewActor wanted{kUsername, domain.host, "Application", "", domain};
  return services.store.write([&](store::WriteTxn& txn) -> Result<void> {
    if (QP_TRY(find_application(txn, domain.host))) return {};
    const Actor actor = QP_TRY(create_actor(txn, wanted, rsa, ed25519, services.clock(), services));
    return txn.put(kApplications, domain.host, actor.iri);
  });
}

FetchSigner application_signer(const Domain& domain, const Services& services) {
  const auto in_use = std::make_shared<KeyInUse>();
  return [in_use, host = domain.host, &services](net::OutgoingRequest& request,
                                                 sig::Form form) -> Result<void> {
    std::optional<sig::PrivateKey> key;
    std::string iri;
    {
      const auto txn = QP_TRY(services.store.read());
      const auto found = QP_TRY(find_application(*txn, host));
      if (!found) return {};
      iri = *found;
      const auto pem = QP_TRY(txn->get(kPrivateKeys, iri));
      if (!pem) return {};
      key = QP_TRY(in_use->get(*pem));
    }
    return sig::sign(request, *key, main_key_of(iri), form, services.clock());
  };
}

}  // namespace qp::ap
