#include "base/thread_group.hpp"

#include <doctest/doctest.h>

#include <condition_variable>
#include <mutex>

using qp::ThreadGroup;

namespace {

/// A door that holds whoever comes until it is opened.
class Door {
 public:
  void enter() {
    std::unique_lock lock(mutex_);
    ++inside_;
    change_.notify_all();
    change_.wait(lock, [this] { return open_; });
  }
  void wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    change_.wait(lock, [&] { return inside_ >= count; });
  }
  std::size_t open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    change_.notify_all();
    return inside_;
  }
  std::size_t inside() {
    const std::lock_guard lock(mutex_);
    return inside_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable change_;
  std::size_t inside_ = 0;
  bool open_ = false;
};

}  // namespace

TEST_SUITE("thread group") {
  TEST_CASE("no thread runs before it is asked for, and never more than are allowed") {
    Door door;
    ThreadGroup group("test", 3, [&] { door.enter(); });
    CHECK(door.inside() == 0);
    group.start(2);
    door.wait_for(2);
    group.start(10);
    door.wait_for(3);
    door.open();
    group.join();
    CHECK(door.inside() == 3);
  }

  TEST_CASE("none is started after the end") {
    Door door;
    door.open();
    ThreadGroup group("test", 3, [&] { door.enter(); });
    group.join();
    group.start(1);
    group.join();
    CHECK(door.inside() == 0);
  }
}
