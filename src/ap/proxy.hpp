#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "ap/services.hpp"
#include "base/mutex.hpp"
#include "base/result.hpp"

namespace qp::ap {

/// Documents of other servers, fetched in the name of a local actor (proxyUrl, ActivityPub 3): with
/// its signature, so that it gets what it may see there. Fetching happens on threads of its own;
/// who asks parks until `on_ready` is called with the key of what it asked for.
class Proxy {
 public:
  Proxy(Services& services, std::function<void(const std::string& key)> on_ready);
  ~Proxy();
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  /// Names a document for one reader.
  static std::string key_of(const std::string& url, const std::string& actor);
  /// The document as JSON; its id is of the origin that answered. An answer is kept for some
  /// seconds. nullopt: it is being fetched; park on key_of and come again. NotFound, Gone: so the
  /// other server says. Network: it cannot be had. Unavailable: too much is being fetched. Never
  /// blocks.
  std::optional<Result<std::string>> take(const std::string& url, const std::string& actor);
  void stop();

 private:
  struct Entry {
    std::string url, actor;
    std::optional<Result<std::string>> answer;
    Millis since{};
  };
  void run();
  void forget_old(Millis than);

  Services& services_;
  std::function<void(const std::string&)> on_ready_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::unordered_map<std::string, Entry> entries_ GUARDED_BY(mutex_);
  std::deque<std::string> wanted_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace qp::ap
