#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "ap/services.hpp"
#include "base/mutex.hpp"
#include "sig/keypair.hpp"

namespace qp::ap {

/// An activity as it goes out, with the key that its requests are signed with.
struct Message {
  std::string body;
  sig::PrivateKey key;
  std::string key_id;
  // Where it goes to followers (synchronize.hpp):
  std::string followers{};                       ///< the collection
  std::map<std::string, std::string> digests{};  ///< by origin
};

/// Makes activities ready for delivery: as their author sees them, without bto and bcc (ActivityPub
/// 6), with an object proof (FEP-8b32); what came from elsewhere, byte for byte. One that goes to
/// many hosts is made once: what is made is kept for a short while, and keys are parsed once. Any
/// thread.
class Composer {
 public:
  explicit Composer(const Services& services) : services_(services) {}

  /// NotFound where the activity or its sender's key is not there any more.
  Result<std::shared_ptr<const Message>> compose(const std::string& activity,
                                                 const std::string& sender);

 private:
  struct Kept {
    std::shared_ptr<const Message> message;
    Millis since{};
  };
  struct Keys {
    std::string pem, ed25519_pem;
    std::optional<sig::PrivateKey> key, ed25519;
  };
  Result<Keys> keys_of(const store::Txn& txn, const std::string& sender);
  Result<std::shared_ptr<const Message>> make(const std::string& activity,
                                              const std::string& sender);

  const Services& services_;
  std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, Kept> messages_ GUARDED_BY(mutex_);
  std::map<std::string, Keys> keys_ GUARDED_BY(mutex_);
};

}  // namespace qp::ap
