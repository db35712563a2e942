#include "oauth/sign_in.hpp"

namespace qp::oauth {

namespace {

/// Counts an attempt ahead of its outcome, so that attempts at the same time count too.
class Attempt {
 public:
  Attempt(const Service& service, std::string_view name, std::string_view peer)
      : service_(service), account_(text::lower(name)) {
    if (!peer.empty()) from_ = sign_in_key(peer, name);
  }

  std::optional<std::chrono::seconds> begin(Millis now) {
    if (from_) {
      if (const auto wait = service_.sign_ins.take(*from_, now)) return wait;
    }
    const auto wait = service_.account_sign_ins.take(account_, now);
    if (wait && from_) service_.sign_ins.give_back(*from_);
    return wait;
  }
  void forgive() {
    if (from_) service_.sign_ins.give_back(*from_);
    service_.account_sign_ins.give_back(account_);
  }

 private:
  const Service& service_;
  std::string account_;
  std::optional<std::string> from_;
};

}  // namespace

Result<SignIn> sign_in(const Service& service, std::string_view name, std::string_view password,
                       std::string_view peer, Millis now) {
  Attempt attempt(service, name, peer);
  if (const auto wait = attempt.begin(now)) return SignIn{{}, wait};
  std::optional<User> user;
  {
    // Closed before the slow part, so that it holds no pages meanwhile.
    const auto txn = QP_TRY(service.store.read());
    user = QP_TRY(find_user(*txn, name));
  }
  if (!check_password(user, password)) return SignIn{};
  attempt.forgive();
  return SignIn{std::move(user), {}};
}

}  // namespace qp::oauth
