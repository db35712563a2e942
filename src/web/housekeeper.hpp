#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/mutex.hpp"
#include "web/context.hpp"

namespace qp::web {

/// The figures of this moment.
Result<Figures> current_figures(const Context& context);

/// A thread that comes round every minute: adds to the history, and takes out tokens, codes and
/// sessions that are over.
class Housekeeper {
 public:
  explicit Housekeeper(Context& context) : context_(context) {}
  ~Housekeeper() { stop(); }
  Housekeeper(const Housekeeper&) = delete;
  Housekeeper& operator=(const Housekeeper&) = delete;

  void start();
  void stop();

 private:
  void run();
  void sweep();

  Context& context_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace qp::web
