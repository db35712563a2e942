#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_set>

#include "ap/compose.hpp"
#include "ap/hosts.hpp"
#include "ap/services.hpp"
#include "base/mutex.hpp"
#include "base/thread_group.hpp"

namespace qp::ap {

/// Sends what the queue holds: parallel over hosts, in order within one. A host that fails is left
/// alone for a time that doubles, up to half a day, or as long as it asks for; then one delivery
/// tries it. What is older than ten days is given up.
class Delivery {
 public:
  explicit Delivery(Services& services, std::size_t threads = 16);
  ~Delivery();
  Delivery(const Delivery&) = delete;
  Delivery& operator=(const Delivery&) = delete;

  void start();
  /// Something was queued. Any thread.
  void wake();
  /// Whoever was away and speaks to us is back: what waits for it is due now. Any thread.
  void heard_from(std::string_view host);
  /// One thing that is due, sent on this thread; false where nothing is. For tests, in place of
  /// start().
  bool work();
  /// Lets what is being sent finish.
  void stop();

  struct Counters {
    std::uint64_t delivered, failed, dropped;
  };
  Counters counters() const { return {delivered_, failed_, dropped_}; }

 private:
  void run();
  bool take(store::QueueItem& item);
  void attempt(const store::QueueItem& item);
  void work(const store::QueueItem& item, const std::function<Result<void>(store::WriteTxn&)>& act);
  void lead(const store::QueueItem& item, const std::string& moved, const std::string& target,
            Millis queued);
  void note(const std::string& lane, const HostState& host, bool delivered, bool final);
  void load_away();
  void sweep();

  Services& services_;
  Composer composer_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::unordered_set<std::string> busy_lanes_ GUARDED_BY(mutex_);
  /// Hosts that are away, and when each was last heard from all the same.
  std::map<std::string, Millis, std::less<>> away_ GUARDED_BY(mutex_);
  Millis swept_ GUARDED_BY(mutex_){};
  bool stopping_ GUARDED_BY(mutex_) = false;
  bool woken_ GUARDED_BY(mutex_) = false;
  bool started_ GUARDED_BY(mutex_) = false;
  std::size_t idle_ GUARDED_BY(mutex_) = 0;
  std::atomic<std::uint64_t> delivered_{0}, failed_{0}, dropped_{0};
  ThreadGroup threads_;  // last: they use all the others
};

}  // namespace qp::ap
