#include "net/loop.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/log.hpp"
#include "base/random.hpp"

namespace qp::net {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kScratchBytes = std::size_t{64} * 1024;
constexpr std::size_t kScratchKept = std::size_t{256} * 1024;  // of out_, between two connections
constexpr auto kSweepTime = 250ms;
constexpr auto kLingerTime = 1s;
constexpr std::size_t kHandshakesTurn = 8;  // two milliseconds of RSA at most
constexpr auto kDrainTime = 10s;
// Values of epoll_data that are no connection.
constexpr std::uint64_t kListener = ~std::uint64_t{0};
constexpr std::uint64_t kWakeup = kListener - 1;

std::uint64_t event_key(std::uint32_t slot, std::uint32_t generation) {
  return std::uint64_t{generation} << 32 | slot;
}

void watch(int epoll, int fd, std::uint32_t events, std::uint64_t key) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = key;
  epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

void forget(std::string& text) { std::string().swap(text); }

/// Last words: what the socket takes of them at once.
void push(int socket, std::string& bytes) {
  if (!bytes.empty()) ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  bytes.clear();
}

}  // namespace

Shared::Shared(ServerOptions options_in, Dispatch dispatch_in, Handler handler_in)
    : options(std::move(options_in)),
      dispatch(std::move(dispatch_in)),
      handler(std::move(handler_in)),
      proxies(options.trusted_proxies),
      addresses(options.max_per_address),
      bodies(options.bodies_bytes),
      parking(options.parked_time) {}

FileDescriptor::~FileDescriptor() {
  if (number_ >= 0) ::close(number_);
}

struct Loop::Connection {
  explicit Connection(BodyLimit body_limit) : framer({.body_limit = body_limit}) {}

  FileDescriptor socket;
  Peer peer;
  Framer framer;
  std::string input;         // received, not consumed by the framer
  std::size_t input_at = 0;  // consumed of it
  std::string output;        // not taken by the socket yet
  std::size_t output_at = 0;
  std::size_t output_mark = 0;  // where the time to take it began
  SteadyTime deadline;
  Phase phase = Phase::Silent;
  bool counted = false;      // in Shared::addresses
  bool readable = true;      // the socket may have more
  bool half_closed = false;  // the peer will send no more
  bool unseen = false;       // input holds bytes that the framer has not been shown
  bool close_after = false;  // once output is empty
  bool lingers = false;      // instead: tells the peer, then waits for it to close
  bool busy = false;         // a worker or the parking lot has its request
  bool ended = false;        // by TLS: the peer will send no more
  bool postponed = false;    // goes on in the next turn
  BodyBudget::Share body;    // that of the request which is coming
  std::unique_ptr<TlsSession> tls;

  std::string_view unread() const { return std::string_view(input).substr(input_at); }
};

Loop::Loop(std::uint32_t index, FileDescriptor listener, Shared& shared)
    : index_(index),
      listener_(std::move(listener)),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      wakeup_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      shared_(shared),
      responder_(shared.handler),
      id_prefix_(text::hex(random::bytes(3))),
      scratch_(std::make_unique<char[]>(kScratchBytes)) {
  const ServerOptions& options = shared.options;
  const auto shortest = std::min({options.head_time, options.body_time, options.idle_time,
                                  options.parked_time, std::chrono::milliseconds(4 * kSweepTime)});
  sweep_every_ = std::max(shortest / 4, std::chrono::milliseconds(5));
  watch(epoll_.get(), listener_.get(), EPOLLIN, kListener);
  watch(epoll_.get(), wakeup_.get(), EPOLLIN | EPOLLET, kWakeup);
}

Loop::~Loop() = default;

void Loop::start() {
  thread_ = std::thread([this] { run(); });
  pthread_setname_np(thread_.native_handle(), "qp-loop");
}

void Loop::join() {
  if (thread_.joinable()) thread_.join();
}

void Loop::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wakeup_.get(), &one, sizeof(one));
}

void Loop::complete(const Ticket& ticket, std::string bytes, bool keep_alive) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = completions_.empty();
    completions_.push_back({ticket, std::move(bytes), keep_alive});
  }
  if (first) wake();
}

void Loop::run() {
  std::array<epoll_event, 256> events;
  now_ = std::chrono::steady_clock::now();
  next_sweep_ = now_ + sweep_every_;
  while (!finished()) {
    const bool idle = open_ == 0 && listening_ && shared_.parking.size() == 0 && !shared_.draining;
    const int timeout = !postponed_.empty() ? 0
                        : idle              ? -1
                                            : static_cast<int>(sweep_every_.count());
    const int count =
        epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), timeout);
    now_ = std::chrono::steady_clock::now();
    for (int i = 0; i < count; ++i) {
      const std::uint64_t key = events[i].data.u64;
      if (key == kListener) {
        accept_all();
      } else if (key == kWakeup) {
        take_completions();
      } else if (const auto slot = static_cast<std::uint32_t>(key);
                 slots_[slot] && generations_[slot] == key >> 32) {
        on_event(slot, events[i].events);
      }
    }
    take_postponed();
    if (now_ >= next_sweep_) sweep();
    hand_over();
  }
}

/// All that one turn found for the workers at once.
void Loop::hand_over() {
  if (!for_workers_.empty()) shared_.submit(std::exchange(for_workers_, {}));
}

/// Draining ends when the last connection has gone, or its time is over.
bool Loop::finished() {
  if (!shared_.draining) return false;
  if (drain_until_ == SteadyTime::max()) {
    drain_until_ = now_ + kDrainTime;
    listener_ = FileDescriptor();
  }
  for (std::uint32_t slot = 0; slot < slots_.size(); ++slot) {
    if (!slots_[slot]) continue;
    const Connection& connection = *slots_[slot];
    const bool rests = connection.phase == Phase::Silent || connection.phase == Phase::Idle;
    if (rests && !connection.postponed) close(slot);
  }
  if (open_ > 0 && now_ < drain_until_) return false;
  for (std::uint32_t slot = 0; slot < slots_.size(); ++slot) {
    if (slots_[slot]) close(slot);
  }
  return true;
}

void Loop::accept_all() {
  while (listening_ && listener_) {
    if (shared_.open >= shared_.options.max_connections) return pause_listener();
    sockaddr_storage address{};
    socklen_t size = sizeof(address);
    FileDescriptor socket(accept4(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size,
                                  SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket) {
      if (errno == ECONNABORTED || errno == EINTR) continue;
      if (errno != EAGAIN) {  // EMFILE and its kin: asking again at once would spin
        log::warning("cannot accept", {log::field("errno", errno)});
        pause_listener();
      }
      return;
    }
    open(std::move(socket), Peer::of(address));
  }
}

void Loop::open(FileDescriptor socket, Peer peer) {
  const bool counted = !peer.loopback && !shared_.proxies.contains(peer);
  if (counted && !shared_.addresses.enter(peer.group)) {
    ++shared_.rejected;
    return;
  }
  const int on = 1;
  setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  std::uint32_t slot = static_cast<std::uint32_t>(slots_.size());
  if (free_.empty()) {
    slots_.emplace_back();
    generations_.push_back(0);
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  slots_[slot] = std::make_unique<Connection>(shared_.options.body_limit);
  Connection& connection = *slots_[slot];
  connection.socket = std::move(socket);
  connection.peer = std::move(peer);
  connection.counted = counted;
  connection.deadline = now_ + shared_.options.head_time;
  ++open_;
  ++shared_.open;
  ++shared_.connections;
  watch(epoll_.get(), connection.socket.get(), EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
        event_key(slot, generations_[slot]));
}

void Loop::close(std::uint32_t slot) {
  Connection& connection = *slots_[slot];
  if (connection.tls && connection.tls->established() && connection.output.empty()) {
    connection.tls->finish(wire_);
    push(connection.socket.get(), wire_);
  }
  if (connection.counted) shared_.addresses.leave(connection.peer.group);
  slots_[slot].reset();
  ++generations_[slot];
  free_.push_back(slot);
  --open_;
  --shared_.open;
}

void Loop::pause_listener() {
  if (!std::exchange(listening_, false)) return;
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, listener_.get(), nullptr);
}

void Loop::resume_listener() {
  if (!listener_ || listening_) return;
  listening_ = true;
  watch(epoll_.get(), listener_.get(), EPOLLIN, kListener);
}

void Loop::on_event(std::uint32_t slot, std::uint32_t events) {
  Connection& connection = *slots_[slot];
  if (events & (EPOLLERR | EPOLLHUP)) return close(slot);
  if (events & (EPOLLIN | EPOLLRDHUP)) connection.readable = true;
  if (events & EPOLLRDHUP) connection.half_closed = true;
  serve(slot);
}

void Loop::serve(std::uint32_t slot) {
  Connection& connection = *slots_[slot];
  for (int round = 0;; ++round) {
    if (!connection.output.empty() && !transmit(slot, connection.output)) return;
    if (connection.close_after && !connection.lingers) return close(slot);
    if (connection.busy) return;
    if (round == limits::kRoundsInTurn) return postpone(slot);
    if (connection.unseen) {
      connection.unseen = false;
      connection.input_at += frame(slot, connection.unread());
      connection.unseen = connection.unseen && !connection.unread().empty();
      if (connection.unread().empty()) {
        forget(connection.input);
        connection.input_at = 0;
      }
    } else if (!connection.readable || !receive(slot)) {
      return;
    }
    if (!send(slot, out_)) return;
  }
}

bool Loop::send(std::uint32_t slot, std::string& answers) {
  Connection& connection = *slots_[slot];
  if (connection.tls) {
    connection.tls->send(answers, wire_);
    if (connection.close_after) connection.tls->finish(wire_);
    answers.clear();
  }
  if (!connection.output.empty()) {
    std::string& last = connection.tls ? wire_ : answers;
    connection.output += last;
    last.clear();
    return false;
  }
  std::string bytes = std::move(connection.tls ? wire_ : answers);
  const bool open = transmit(slot, bytes);
  std::string& kept = shared_.tls ? wire_ : out_;
  kept = std::move(bytes);
  kept.clear();
  if (kept.capacity() > kScratchKept) forget(kept);
  return open;
}

bool Loop::may_shake_hands(std::uint32_t slot) {
  Connection& connection = *slots_[slot];
  if (!shared_.tls || (connection.tls && connection.tls->established())) return true;
  if (handshakes_++ < kHandshakesTurn) return true;
  postpone(slot);
  return false;
}

void Loop::postpone(std::uint32_t slot) {
  if (std::exchange(slots_[slot]->postponed, true)) return;
  postponed_.push_back({index_, slot, generations_[slot]});
}

void Loop::take_postponed() {
  handshakes_ = 0;
  std::vector<Ticket> postponed;
  postponed.swap(postponed_);
  for (const Ticket& ticket : postponed) {
    if (!slots_[ticket.slot] || generations_[ticket.slot] != ticket.generation) continue;
    slots_[ticket.slot]->postponed = false;
    serve(ticket.slot);
  }
}

std::optional<std::string_view> Loop::decrypt(std::uint32_t slot, std::string_view came) {
  Connection& connection = *slots_[slot];
  if (!connection.tls) connection.tls = shared_.tls->accept();
  plain_.clear();
  switch (connection.tls->receive(came, plain_, wire_)) {
    case TlsSession::State::Open:
      break;
    case TlsSession::State::Ended:
      connection.ended = connection.readable = true;
      break;
    case TlsSession::State::Broken:
      ++shared_.rejected;
      push(connection.socket.get(), wire_);
      connection.tls.reset();
      close(slot);
      return std::nullopt;
  }
  return plain_;
}

bool Loop::receive(std::uint32_t slot) {
  Connection& connection = *slots_[slot];
  if (connection.ended) {
    close(slot);
    return false;
  }
  if (!may_shake_hands(slot)) return false;
  const ssize_t count = ::recv(connection.socket.get(), scratch_.get(), kScratchBytes, 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
    connection.readable = errno == EINTR;
    return connection.readable;
  }
  if (count <= 0) {
    close(slot);
    return false;
  }
  std::string_view bytes(scratch_.get(), static_cast<std::size_t>(count));
  // A short read has emptied the socket; only the end of the stream would give no new event.
  if (bytes.size() < kScratchBytes && !connection.half_closed) connection.readable = false;
  if (connection.lingers) return true;
  if (shared_.tls) {
    const auto plain = decrypt(slot, bytes);
    if (!plain) return false;
    bytes = *plain;
  }
  if (connection.input.empty()) {
    keep_unread(connection, bytes.substr(frame(slot, bytes)));
  } else {
    connection.input.erase(0, std::exchange(connection.input_at, 0));
    connection.input += bytes;
    connection.unseen = true;
  }
  return true;
}

void Loop::keep_unread(Connection& connection, std::string_view from_scratch) {
  connection.input = from_scratch;
  connection.input_at = 0;
  connection.unseen = connection.unseen && !from_scratch.empty();
}

/// Sends what the socket takes; the rest waits in output. False: closed, or waiting for room.
bool Loop::transmit(std::uint32_t slot, std::string& bytes) {
  Connection& connection = *slots_[slot];
  const bool waited = &bytes == &connection.output;
  std::size_t at = waited ? connection.output_at : 0;
  while (at < bytes.size()) {
    const ssize_t count =
        ::send(connection.socket.get(), bytes.data() + at, bytes.size() - at, MSG_NOSIGNAL);
    if (count >= 0) {
      at += static_cast<std::size_t>(count);
    } else if (errno == EAGAIN) {
      break;
    } else if (errno != EINTR) {
      close(slot);
      return false;
    }
  }
  if (at < bytes.size()) {
    // The time to take the rest begins anew with each high-water mark's worth of progress.
    if (!waited || at - connection.output_mark >= limits::kOutputBytes) {
      connection.deadline = now_ + limits::kWriteTime;
      connection.output_mark = at;
    }
    if (!waited) connection.output = std::exchange(bytes, {});
    connection.output_at = at;
    connection.phase = Phase::Writing;
    return false;
  }
  if (waited) {
    forget(connection.output);
    connection.output_at = connection.output_mark = 0;
    set_phase(connection, connection.busy ? Phase::Busy : Phase::Idle);
  }
  if (connection.close_after && connection.lingers) linger(connection);
  return true;
}

/// Shows bytes to the framer and acts upon its requests; gives how many it consumed. `unseen` says
/// afterwards that it stopped before the end, for a worker's or for the output's sake.
std::size_t Loop::frame(std::uint32_t slot, std::string_view bytes) {
  Connection& connection = *slots_[slot];
  std::size_t consumed = 0;
  while (consumed < bytes.size()) {
    if (connection.busy || connection.close_after || out_.size() >= limits::kOutputBytes) {
      connection.unseen = true;
      return consumed;
    }
    const Framer::Step step = connection.framer.feed(bytes.substr(consumed));
    consumed += step.consumed;
    if (step.state == Framer::State::Failed) {
      reject(connection, connection.framer.status());
      return bytes.size();
    }
    if (!shared_.bodies.grow(connection.body, connection.framer.body_bytes())) {
      reject(connection, 503);
      return bytes.size();
    }
    if (step.state == Framer::State::Complete) {
      on_frame(slot);
      continue;
    }
    set_phase(connection, connection.framer.in_body() ? Phase::Body : Phase::Head);
    if (connection.framer.take_continue()) out_ += "HTTP/1.1 100 Continue\r\n\r\n";
    return consumed;
  }
  return consumed;
}

void Loop::on_frame(std::uint32_t slot) {
  Connection& connection = *slots_[slot];
  auto [request, keep_alive] = connection.framer.take();
  ++shared_.requests;
  shared_.proxies.name_client(connection.peer, request);
  request.id = next_request_id();
  keep_alive = keep_alive && !shared_.draining;

  std::optional<Responder::Unanswered> unanswered;
  Where where = Where::Inline;
  if (!answer_again(request, keep_alive)) {
    where = shared_.dispatch(request);
    unanswered = where == Where::Inline ? respond(request, keep_alive) : Responder::Unanswered();
  }
  if (!unanswered) {
    connection.close_after = !keep_alive;
    connection.body.give_back();
    set_phase(connection, Phase::Idle);
    return;
  }
  connection.busy = true;
  set_phase(connection, Phase::Busy);
  Job job{
      std::move(request), {index_, slot, generations_[slot]}, keep_alive, 0, where != Where::Pool};
  job.body = std::move(connection.body);
  if (unanswered->key.empty()) return for_workers_.push_back(std::move(job));
  shared_.park(std::move(job), unanswered->key, now_);
}

bool Loop::answer_again(const Request& request, bool keep_alive) {
  const Reuse& reuse = shared_.options.reuse;
  key_.clear();
  if (!reuse.key || !reuse.key(request, key_)) key_.clear();
  if (key_.empty()) return false;
  const ReadyAnswers::Answer* ready = ready_.find(key_, reuse.generation());
  if (!ready) return false;
  responder_.append(out_, request, *ready, keep_alive);
  return true;
}

std::optional<Responder::Unanswered> Loop::respond(Request& request, bool keep_alive) {
  const log::RequestScope scope(request.id);
  request.on_loop = true;
  Response response = responder_.handle(request, 0);
  request.on_loop = false;
  if (response.generation > 0 && !key_.empty()) {
    ready_.keep(key_, response.generation, Responder::prepare(request, response));
  }
  return responder_.answer(request, response, keep_alive, out_);
}

/// Whoever sent this may have meant something else by the bytes behind it: they are not read. Nor
/// is what came of a body kept.
void Loop::reject(Connection& connection, int status) {
  ++shared_.rejected;
  append_refusal(out_, status, next_request_id(), "GET", Then::Close);
  connection.framer.take();
  connection.body.give_back();
  connection.close_after = true;
  connection.lingers = true;
}

/// Closing with unread bytes would reset the connection and take the answer back from the peer.
void Loop::linger(Connection& connection) {
  if (connection.phase == Phase::Lingering) return;
  ::shutdown(connection.socket.get(), SHUT_WR);
  connection.input_at = 0;
  connection.unseen = false;
  forget(connection.input);
  connection.readable = true;
  set_phase(connection, Phase::Lingering);
}

void Loop::take_completions() {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t size = ::read(wakeup_.get(), &count, sizeof(count));
  std::vector<Completion> completions;
  {
    const std::lock_guard lock(mutex_);
    completions.swap(completions_);
  }
  for (Completion& done : completions) {
    const std::uint32_t slot = done.ticket.slot;
    if (!slots_[slot] || generations_[slot] != done.ticket.generation) continue;
    Connection& connection = *slots_[slot];
    connection.busy = false;
    connection.close_after = !done.keep_alive || shared_.draining;
    if (connection.output.empty()) set_phase(connection, Phase::Idle);
    if (send(slot, done.bytes)) serve(slot);
  }
}

void Loop::set_phase(Connection& connection, Phase phase) {
  if (connection.phase == phase && phase != Phase::Idle) return;
  connection.phase = phase;
  switch (phase) {
    case Phase::Silent:
    case Phase::Head:
      connection.deadline = now_ + shared_.options.head_time;
      break;
    case Phase::Body:
      connection.deadline = now_ + shared_.options.body_time;
      break;
    case Phase::Busy:
      connection.deadline = SteadyTime::max();
      break;
    case Phase::Writing:
      connection.deadline = now_ + limits::kWriteTime;
      break;
    case Phase::Idle:
      connection.deadline = now_ + shared_.options.idle_time;
      break;
    case Phase::Lingering:
      connection.deadline = now_ + kLingerTime;
      break;
  }
}

void Loop::sweep() {
  next_sweep_ = now_ + sweep_every_;
  for (std::uint32_t slot = 0; slot < slots_.size(); ++slot) {
    if (!slots_[slot]) continue;
    if (slots_[slot]->deadline <= now_ || lags(*slots_[slot])) expire(slot);
  }
  for (Job& job : shared_.parking.expired(now_)) {
    job.attempt = limits::kMostParkings;
    for_workers_.push_back(std::move(job));
  }
  resume_listener();
}

/// security.md 2.4: a body keeps up with 1 KiB/s once it has had time to begin.
bool Loop::lags(const Connection& connection) const {
  if (connection.phase != Phase::Body) return false;
  const auto begun = connection.deadline - shared_.options.body_time;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now_ - begun);
  return seconds >= shared_.options.body_grace &&
         connection.framer.body_bytes() <
             static_cast<std::size_t>(seconds.count()) * limits::kBodyBytesPerSecond;
}

/// Too slow. Told so where a request had begun; the telling is not waited for.
void Loop::expire(std::uint32_t slot) {
  Connection& connection = *slots_[slot];
  if (connection.phase == Phase::Head || connection.phase == Phase::Body) {
    ++shared_.rejected;
    std::string bytes;
    append_refusal(bytes, 408, next_request_id(), "GET", Then::Close);
    if (connection.tls) {
      connection.tls->send(bytes, wire_);
      bytes = std::exchange(wire_, {});
    }
    push(connection.socket.get(), bytes);
  }
  close(slot);
}

std::string Loop::next_request_id() {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string id = id_prefix_;  // 15 characters: std::string needs no memory for them
  id += "-00000000";
  std::uint64_t number = ++next_id_;
  for (auto digit = id.rbegin(); number > 0 && *digit != '-'; ++digit, number >>= 4) {
    *digit = kDigits[number & 15];
  }
  return id;
}

}  // namespace qp::net
