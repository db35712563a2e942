#include "oauth/sign_in.hpp"

#include <vector>

namespace qp::oauth {

namespace {

/// Counts an attempt ahead of its outcome, so that attempts at the same time count too.
class Attempt {
 public:
  Attempt(const Service& service, std::string_view name, std::string_view peer) {
    counted_.push_back({service.account_sign_ins, account_key(name)});
    if (peer.empty()) return;
    counted_.push_back({service.account_sign_ins, address_key(peer)});
    counted_.push_back({service.sign_ins, sign_in_key(peer, name)});
  }

  std::optional<std::chrono::seconds> begin(Millis now) {
    for (std::size_t i = 0; i < counted_.size(); ++i) {
      auto wait = counted_[i].limiter.take(counted_[i].key, now);
      if (!wait) continue;
      give_back(i);
      return wait;
    }
    return std::nullopt;
  }
  void forgive() { give_back(counted_.size()); }

 private:
  struct Counted {
    RateLimiter& limiter;
    std::string key;
  };
  void give_back(std::size_t first) {
    for (std::size_t i = 0; i < first; ++i) counted_[i].limiter.give_back(counted_[i].key);
  }

  std::vector<Counted> counted_;
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
  if (!service.passwords.enter()) {
    attempt.forgive();
    return error(Code::Unavailable, "Too many are signing in just now: try again in a moment");
  }
  const bool holds = check_password(user, password);
  service.passwords.leave();
  if (!holds) return SignIn{};
  attempt.forgive();
  return SignIn{std::move(user), {}};
}

}  // namespace qp::oauth
