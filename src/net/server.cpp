#include "net/server.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/log.hpp"
#include "net/loop.hpp"

namespace qp::net {

namespace {

constexpr int kBacklog = 1024;

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

Result<SocketAddress> resolve(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int status = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (status != 0) {
    return error(Code::BadInput, "cannot listen on " + host + ": " + gai_strerror(status));
  }
  SocketAddress address;
  address.size = found->ai_addrlen;
  std::memcpy(&address.storage, found->ai_addr, found->ai_addrlen);
  freeaddrinfo(found);
  return address;
}

Error cannot_listen(const std::string& step) {
  return error(Code::Unavailable, "cannot listen: " + step + ": " + std::strerror(errno));
}

enum class Port { Alone, Shared };

/// SO_REUSEADDR lets a restarted server in while old connections linger in TIME_WAIT.
Result<FileDescriptor> bind_to(const SocketAddress& address, Port port) {
  FileDescriptor socket(
      ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return cannot_listen("socket");
  const int on = 1;
  setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (port == Port::Shared) setsockopt(socket.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
  if (::bind(socket.get(), address.get(), address.size) != 0) return cannot_listen("bind");
  return socket;
}

/// SO_REUSEPORT lets a second server of the same user in without a word; a bind without it tells
/// that the port is taken, and which one is free where any will do.
Result<SocketAddress> claim_port(SocketAddress address) {
  const FileDescriptor probe = QP_TRY(bind_to(address, Port::Alone));
  if (::listen(probe.get(), 1) != 0) return cannot_listen("listen");
  if (getsockname(probe.get(), reinterpret_cast<sockaddr*>(&address.storage), &address.size) != 0) {
    return cannot_listen("getsockname");
  }
  return address;
}

std::size_t cores() { return std::max<std::size_t>(1, std::thread::hardware_concurrency()); }

std::size_t worker_count(const ServerOptions& options) {
  return options.workers > 0 ? options.workers : std::max<std::size_t>(2, cores());
}

class EpollServer final : public Server {
 public:
  EpollServer(ServerOptions options, Dispatch dispatch, Handler handler)
      : shared_(std::move(options), std::move(dispatch), std::move(handler)),
        pool_(worker_count(shared_.options), limits::kQueuedRequests, shared_.handler,
              [this](Job job, Responder& responder) { run(std::move(job), responder); }) {
    shared_.submit = [this](std::vector<Job> jobs) { submit(std::move(jobs)); };
    shared_.park = [this](Job job, const std::string& key, SteadyTime since) {
      park(std::move(job), key, since);
    };
  }
  ~EpollServer() override { stop(); }

  Result<void> open_listeners() {
    const ServerOptions& options = shared_.options;
    if (!options.tls.certificate.empty()) shared_.tls = QP_TRY(TlsContext::load(options.tls));
    SocketAddress address = QP_TRY(resolve(options.host, options.port));
    address = QP_TRY(claim_port(address));
    port_ = ntohs(address.storage.ss_family == AF_INET6
                      ? reinterpret_cast<const sockaddr_in6&>(address.storage).sin6_port
                      : reinterpret_cast<const sockaddr_in&>(address.storage).sin_port);
    const std::size_t count = options.loops > 0 ? options.loops : cores();
    for (std::uint32_t index = 0; index < count; ++index) {
      FileDescriptor listener = QP_TRY(bind_to(address, Port::Shared));
      if (::listen(listener.get(), kBacklog) != 0) return cannot_listen("listen");
      loops_.push_back(std::make_unique<Loop>(index, std::move(listener), shared_));
    }
    return {};
  }

  std::uint16_t port() const override { return port_; }

  void start() override {
    pool_.start();
    for (auto& loop : loops_) loop->start();
  }

  Result<void> reload_certificate() override {
    return shared_.tls ? shared_.tls->reload() : Result<void>();
  }

  void resume(const std::string& key) override { submit(shared_.parking.resume(key)); }

  void stop() override {
    if (shared_.draining.exchange(true)) return;
    submit(shared_.parking.all());
    for (auto& loop : loops_) loop->wake();
    for (auto& loop : loops_) loop->join();
    pool_.stop();
  }

  Counters counters() const override {
    return {.requests = shared_.requests,
            .rejected = shared_.rejected,
            .connections = shared_.connections,
            .open_connections = shared_.open,
            .parked = shared_.parking.size(),
            .queue_full = shared_.queue_full,
            .body_bytes = shared_.bodies.used()};
  }

 private:
  void run(Job job, Responder& responder) {
    const log::RequestScope scope(job.request.id);
    const SteadyTime since = std::chrono::steady_clock::now();
    std::string bytes;
    Response response = responder.handle(job.request, job.attempt);
    const auto waits = responder.answer(job.request, response, job.keep_alive, bytes);
    if (waits) return park(std::move(job), waits->key, since);
    answer(job, std::move(bytes));
  }

  void answer(const Job& job, std::string bytes) {
    loops_[job.ticket.loop]->complete(job.ticket, std::move(bytes), job.keep_alive);
  }

  void refuse(const Job& job) {
    ++shared_.queue_full;
    std::string bytes;
    append_refusal(bytes, 503, job.request.id, job.request.method,
                   job.keep_alive ? Then::KeepOpen : Then::Close);
    answer(job, std::move(bytes));
  }

  void submit(std::vector<Job> jobs) {
    pool_.submit(jobs);
    for (const Job& job : jobs) refuse(job);
  }
  void submit(Job job) {
    std::vector<Job> one;
    one.push_back(std::move(job));
    submit(std::move(one));
  }

  /// Whoever still has to wait when the time is over, or needs ever more, is sent away.
  void park(Job job, const std::string& key, SteadyTime since) {
    if (job.attempt >= limits::kMostParkings) return refuse(job);
    ++job.attempt;
    if (shared_.draining) return submit(std::move(job));
    switch (shared_.parking.park(job, key, since)) {
      case ParkingLot::Outcome::Parked:
        return;
      case ParkingLot::Outcome::Ready:
        return submit(std::move(job));
      case ParkingLot::Outcome::Full:
        return refuse(job);
    }
  }

  Shared shared_;
  std::uint16_t port_ = 0;
  std::vector<std::unique_ptr<Loop>> loops_;
  WorkerPool pool_;  // ends before the loops that it completes into
};

}  // namespace

Result<std::unique_ptr<Server>> Server::listen(ServerOptions options, Dispatch dispatch,
                                               Handler handler) {
  auto server =
      std::make_unique<EpollServer>(std::move(options), std::move(dispatch), std::move(handler));
  QP_TRY(server->open_listeners());
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace qp::net
