#include "net/worker_pool.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <vector>

using namespace qp::net;
using namespace std::chrono_literals;

namespace {

/// Jobs that are only done when `count` of them run at the same time.
class Meeting {
 public:
  explicit Meeting(int count) : missing_(count) {}
  void attend() {
    std::unique_lock lock(mutex_);
    --missing_;
    changed_.notify_all();
    changed_.wait_for(lock, 2s, [this] { return missing_ <= 0; });
  }
  bool takes_place() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 2s, [this] { return missing_ <= 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int missing_;
};

}  // namespace

TEST_CASE("a job that comes while the idle worker is being woken gets a worker of its own") {
  const Handler handler = [](const Request&, Response&, int) {};
  for (int i = 0; i < 20; ++i) {
    Meeting meeting(2);
    WorkerPool pool(8, 100, handler, [&](Job, Responder&) { meeting.attend(); });
    pool.start();
    std::this_thread::sleep_for(2ms);  // until it waits
    for (int job = 0; job < 2; ++job) {
      std::vector<Job> jobs;
      jobs.emplace_back();
      pool.submit(jobs);
    }
    REQUIRE(meeting.takes_place());
  }
}
