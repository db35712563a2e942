#include "ap/key_cache.hpp"

#include <doctest/doctest.h>

#include <condition_variable>
#include <mutex>
#include <set>

#include "fixture.hpp"

using namespace qp;
using namespace qp::ap;
using namespace std::chrono_literals;
using State = KeyCache::State;

namespace {

/// silent.example answers when the test ends, all others at once: they know nothing.
class Network final : public net::Client {
 public:
  ~Network() override { release(); }
  Result<net::IncomingResponse> send(net::OutgoingRequest request, const net::Prepare&) override {
    std::unique_lock lock(mutex_);
    if (request.url.starts_with("https://silent.example/")) {
      released_.wait_for(lock, 20s, [this] { return is_released_; });
    }
    return Error{Code::Network, "no answer", {}};
  }
  void release() {
    const std::lock_guard lock(mutex_);
    is_released_ = true;
    released_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable released_;
  bool is_released_ = false;
};

struct Keys {
  store::TemporaryFolder folder;
  std::unique_ptr<store::Store> store = store::must(store::Store::open({.folder = folder.path()}));
  jsonld::ContextCache contexts;
  Network network;
  Services services{*store, contexts, load_bundled, network,
                    [] { return Millis(1'700'000'000'000); }};
  std::mutex mutex;
  std::condition_variable changed;
  std::set<std::string> ready;
  KeyCache cache{services, [this](const std::string& key_id) {
                   const std::lock_guard lock(mutex);
                   ready.insert(key_id);
                   changed.notify_all();
                 }};

  ~Keys() { network.release(); }
  bool are_ready(const std::set<std::string>& wanted) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, 5s, [&] {
      return std::includes(ready.begin(), ready.end(), wanted.begin(), wanted.end());
    });
  }
};

}  // namespace

TEST_CASE("a host that does not answer about its keys holds up no other host's") {
  Keys keys;
  std::set<std::string> asked;
  int busy = 0;
  for (int i = 0; i < 200; ++i) {
    const std::string key_id = "https://silent.example/users/" + std::to_string(i) + "#main-key";
    const State state = keys.cache.find(key_id).state;
    if (state == State::Fetching) asked.insert(key_id);
    if (state == State::Busy) ++busy;
  }
  CHECK(asked.size() >= 16);  // many may write from one server at once
  CHECK(busy > 0);
  CHECK(busy + asked.size() == 200);
  const std::string good = "https://good.example/users/a#main-key";
  CHECK(keys.cache.find(good).state == State::Fetching);
  CHECK(keys.are_ready({good}));
  CHECK(keys.cache.find(good).state == State::Failed);

  // Once they have been answered, others of that host have their turn.
  keys.network.release();
  REQUIRE(keys.are_ready(asked));
  CHECK(keys.cache.find("https://silent.example/users/199#main-key").state == State::Fetching);
}
