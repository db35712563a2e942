#include "web/key_pool.hpp"

#include <pthread.h>

#include "base/log.hpp"

namespace qp::web {

Result<ActorKeys> ActorKeys::generate() {
  sig::PrivateKey rsa = QP_TRY(sig::PrivateKey::generate(sig::KeyType::Rsa));
  sig::PrivateKey ed25519 = QP_TRY(sig::PrivateKey::generate(sig::KeyType::Ed25519));
  return ActorKeys{std::move(rsa), std::move(ed25519)};
}

void KeyPool::start() {
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "key-pool");
    run();
  });
}

void KeyPool::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

Result<ActorKeys> KeyPool::take() {
  {
    const std::lock_guard lock(mutex_);
    if (!ready_.empty()) {
      ActorKeys keys = std::move(ready_.front());
      ready_.pop_front();
      wake_.notify_all();
      return keys;
    }
  }
  return ActorKeys::generate();
}

void KeyPool::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopping_ || ready_.size() < wanted_; });
    if (stopping_) return;
    lock.unlock();
    Result<ActorKeys> keys = ActorKeys::generate();
    lock.lock();
    if (!keys) {
      // take() makes its own keys and tells its caller what is wrong.
      log::error("key_pool_stopped", {log::field("detail", keys.error().detail)});
      return;
    }
    ready_.push_back(std::move(*keys));
  }
}

}  // namespace qp::web
