#include "web/housekeeper.hpp"

#include <pthread.h>

#include "base/log.hpp"
#include "oauth/tokens.hpp"

namespace qp::web {

namespace {

constexpr std::chrono::minutes kRound{1};
/// In one write, so that nobody waits long behind it.
constexpr std::size_t kSweptAtOnce = 200;

}  // namespace

Result<Figures> current_figures(const Context& context) {
  Figures figures;
  figures.at = context.clock();
  if (context.server) {
    const net::Server::Counters counters = context.server->counters();
    figures.requests = counters.requests;
    figures.rejected = counters.rejected;
  }
  if (context.delivery) {
    const ap::Delivery::Counters counters = context.delivery->counters();
    figures.delivered = counters.delivered;
    figures.failed = counters.failed;
  }
  const store::Statistics statistics = QP_TRY(context.store.statistics());
  figures.quads = statistics.quads;
  figures.documents = statistics.documents;
  figures.file_bytes = statistics.file_bytes;
  figures.queued = statistics.queued;
  return figures;
}

void Housekeeper::start() {
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "housekeeper");
    run();
  });
}

void Housekeeper::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Housekeeper::run() {
  while (true) {
    const Result<Figures> figures = current_figures(context_);
    if (figures) context_.history.add(*figures);
    sweep();
    std::unique_lock lock(mutex_);
    if (wake_.wait_for(lock, kRound, [this] { return stopping_; })) return;
  }
}

void Housekeeper::sweep() {
  std::size_t erased = kSweptAtOnce;
  while (erased == kSweptAtOnce) {
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
    }
    const Result<void> written = context_.store.write([&](store::WriteTxn& txn) -> Result<void> {
      erased = QP_TRY(oauth::sweep(txn, context_.clock(), kSweptAtOnce));
      return {};
    });
    if (!written) {
      log::error("sweep_failed", {log::field("detail", written.error().detail)});
      return;
    }
  }
}

}  // namespace qp::web
