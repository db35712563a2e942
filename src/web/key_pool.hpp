#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "base/mutex.hpp"
#include "base/result.hpp"
#include "sig/keypair.hpp"

namespace qp::web {

/// The keys of an actor to be.
struct ActorKeys {
  sig::PrivateKey rsa;
  sig::PrivateKey ed25519;

  static Result<ActorKeys> generate();
};

/// Keys made ahead of time on a thread of its own, because an RSA pair takes 170 ms. Any thread.
class KeyPool {
 public:
  explicit KeyPool(std::size_t ready) : wanted_(ready) {}
  ~KeyPool() { stop(); }
  KeyPool(const KeyPool&) = delete;
  KeyPool& operator=(const KeyPool&) = delete;

  void start();
  void stop();
  /// Ready ones, or, where the pool is empty, new ones made by the caller.
  Result<ActorKeys> take();

 private:
  void run();

  const std::size_t wanted_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<ActorKeys> ready_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace qp::web
