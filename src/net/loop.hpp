#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/mutex.hpp"
#include "net/body_budget.hpp"
#include "net/framer.hpp"
#include "net/parking_lot.hpp"
#include "net/peer.hpp"
#include "net/ready_answers.hpp"
#include "net/responder.hpp"
#include "net/server.hpp"
#include "net/tls.hpp"
#include "net/worker_pool.hpp"

namespace qp::net {

/// What the loops of one server have in common.
struct Shared {
  Shared(ServerOptions options_in, Dispatch dispatch_in, Handler handler_in);

  const ServerOptions options;
  const Dispatch dispatch;
  const Handler handler;
  const TrustedProxies proxies;
  std::unique_ptr<TlsContext> tls;  ///< none: plain text; set before the loops start
  AddressCounts addresses;
  BodyBudget bodies;  ///< before all that holds shares of it
  ParkingLot parking;
  std::atomic<bool> draining = false;
  std::atomic<std::uint64_t> requests = 0, rejected = 0, connections = 0, queue_full = 0;
  std::atomic<std::size_t> open = 0;

  /// Set by the server before the loops start: hands jobs to the pool, or answers them 503.
  std::function<void(std::vector<Job> jobs)> submit;
  /// A request whose handler waits for `key`; it was called at `since`.
  std::function<void(Job job, const std::string& key, SteadyTime since)> park;
};

class FileDescriptor {
 public:
  explicit FileDescriptor(int number = -1) : number_(number) {}
  ~FileDescriptor();
  FileDescriptor(FileDescriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  int get() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }

 private:
  int number_;
};

/// One thread with its own listener and its own connections. Only complete() and wake() may be
/// called from others; what they hand in is picked up by the thread.
///
/// Connections are edge-triggered: what epoll said is kept in `readable` until read() has been
/// told otherwise, so that nothing is re-armed for a request.
class Loop {
 public:
  Loop(std::uint32_t index, FileDescriptor listener, Shared& shared);
  ~Loop();

  void start();
  void join();
  void wake();
  /// The answer for `ticket`; dropped where its connection has gone.
  void complete(const Ticket& ticket, std::string bytes, bool keep_alive);

 private:
  /// What a connection is waiting for, which says which deadline counts.
  enum class Phase : std::uint8_t { Silent, Head, Body, Busy, Writing, Idle, Lingering };
  struct Connection;
  struct Completion {
    Ticket ticket;
    std::string bytes;
    bool keep_alive;
  };

  void run();
  bool finished();
  void accept_all();
  void open(FileDescriptor socket, Peer peer);
  void close(std::uint32_t slot);
  void pause_listener();
  void resume_listener();

  void on_event(std::uint32_t slot, std::uint32_t events);
  /// Goes on with a connection until it must wait: for bytes, for room, for a worker, or for the
  /// next turn, so that one that always has more to ask does not keep the others from theirs.
  void serve(std::uint32_t slot);
  /// Both only move bytes, encrypted ones where there is TLS. True: some moved, go on.
  bool receive(std::uint32_t slot);
  bool transmit(std::uint32_t slot, std::string& bytes);
  /// Sends answers, after those that wait in output; where there is TLS, encrypted, behind what the
  /// handshake has to say. False as with transmit().
  bool send(std::uint32_t slot, std::string& answers);
  /// What `came` says, in plain text; nothing where the connection is closed by it.
  std::optional<std::string_view> decrypt(std::uint32_t slot, std::string_view came);
  /// A handshake costs as much as thirty requests: some are begun in each turn, the others wait.
  bool may_shake_hands(std::uint32_t slot);
  void postpone(std::uint32_t slot);
  void take_postponed();
  void keep_unread(Connection& connection, std::string_view from_scratch);
  std::size_t frame(std::uint32_t slot, std::string_view bytes);
  void on_frame(std::uint32_t slot);
  /// Answers into out_ with what was answered before, where that holds. Sets key_.
  bool answer_again(const Request& request, bool keep_alive);
  /// Answers into out_, or says what is to be waited for.
  std::optional<Responder::Unanswered> respond(Request& request, bool keep_alive);
  /// Answers `status` and reads no more requests.
  void reject(Connection& connection, int status);
  void linger(Connection& connection);
  void take_completions();
  void hand_over();

  void set_phase(Connection& connection, Phase phase);
  void sweep();
  bool lags(const Connection& connection) const;
  void expire(std::uint32_t slot);
  std::string next_request_id();

  const std::uint32_t index_;
  FileDescriptor listener_;
  FileDescriptor epoll_;
  FileDescriptor wakeup_;
  Shared& shared_;
  Responder responder_;
  ReadyAnswers ready_;
  std::string key_;  // (Reuse) of the request that is being answered; empty: none
  const std::string id_prefix_;
  std::uint64_t next_id_ = 0;

  std::vector<std::unique_ptr<Connection>> slots_;
  std::vector<std::uint32_t> generations_;
  std::vector<std::uint32_t> free_;
  std::size_t open_ = 0;
  bool listening_ = true;
  SteadyTime now_;
  SteadyTime next_sweep_;
  SteadyTime drain_until_ = SteadyTime::max();
  std::chrono::milliseconds sweep_every_;
  std::string out_;                  // answers of the connection that is being served
  std::unique_ptr<char[]> scratch_;  // what was just received
  std::string plain_;                // the same, decrypted
  std::string wire_;                 // out_, encrypted
  std::size_t handshakes_ = 0;       // of this turn
  std::vector<Ticket> postponed_;    // for the next one
  std::vector<Job> for_workers_;     // of this turn

  std::mutex mutex_;
  std::vector<Completion> completions_ GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace qp::net
