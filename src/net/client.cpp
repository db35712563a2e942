#include "net/client.hpp"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <csignal>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>

#include "base/mutex.hpp"
#include "net/address_guard.hpp"
#include "net/client_connection.hpp"
#include "net/url.hpp"

namespace qp::net {

namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kIdleConnections = 64;
constexpr std::size_t kIdlePerPeer = 4;
constexpr auto kIdleTime = 20s;
constexpr std::size_t kAddressesTried = 3;
constexpr int kLookupsAtOnce = 32;

/// The caller may tell its own client `what`; which address it was stays in the log.
Error trouble(Code code, const std::string& what, const Url& url, const std::string& detail = "") {
  return {code, what + ": " + url.text() + (detail.empty() ? "" : " (" + detail + ")"), what};
}

/// Cuts connections whose time is over. One thread; the functions are for any thread.
class Watchdog {
 public:
  Watchdog() : thread_([this] { run(); }) { pthread_setname_np(thread_.native_handle(), "client"); }
  ~Watchdog() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  /// While it lives, the connection is cut at the deadline.
  class Watch {
   public:
    Watch(Watchdog& dog, Connection& connection, Deadline deadline) : dog_(dog) {
      const std::lock_guard lock(dog_.mutex_);
      at_ = dog_.watched_.emplace(deadline, &connection);
      if (at_ == dog_.watched_.begin()) dog_.changed_.notify_one();
    }
    ~Watch() {
      const std::lock_guard lock(dog_.mutex_);
      dog_.watched_.erase(at_);
    }
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

   private:
    Watchdog& dog_;
    std::multimap<Deadline, Connection*>::iterator at_;
  };

 private:
  void run() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      const auto now = SteadyClock::now();
      auto next = now + 1h;
      for (const auto& [deadline, connection] : watched_) {
        if (deadline > now) {
          next = std::min(next, Deadline(deadline));
          break;
        }
        // Again and again until the watch ends: a connection may open a socket after the first.
        connection->cut();
        next = now + 100ms;
      }
      changed_.wait_until(lock, next);
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::multimap<Deadline, Connection*> watched_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

/// Idle connections by scheme, host, port and address. Any thread.
class Pool {
 public:
  std::unique_ptr<Connection> take(const std::string& key) {
    const std::lock_guard lock(mutex_);
    drop_old();
    const auto found = idle_.find(key);
    if (found == idle_.end()) return nullptr;
    auto connection = std::move(found->second.connection);
    idle_.erase(found);
    return connection;
  }
  void give(const std::string& key, std::unique_ptr<Connection> connection) {
    const std::lock_guard lock(mutex_);
    drop_old();
    if (idle_.size() >= kIdleConnections || idle_.count(key) >= kIdlePerPeer) return;
    idle_.emplace(key, Idle{std::move(connection), SteadyClock::now()});
  }

 private:
  struct Idle {
    std::unique_ptr<Connection> connection;
    SteadyClock::time_point since;
  };
  void drop_old() {
    const auto oldest = SteadyClock::now() - kIdleTime;
    std::erase_if(idle_, [&](const auto& entry) { return entry.second.since < oldest; });
  }

  std::mutex mutex_;
  std::multimap<std::string, Idle> idle_ GUARDED_BY(mutex_);
};

/// Resolves on threads of its own, since the system's resolver knows no deadline.
class Resolver {
 public:
  explicit Resolver(NameLookup names) : names_(std::move(names)) {}

  Result<std::vector<Address>> resolve_until(const Url& url, Deadline deadline) {
    if (const auto literal = Address::from_text(url.host)) return std::vector{*literal};
    // Owned by both threads: a lookup that is given up ends whenever it ends.
    const auto lookup = std::make_shared<Lookup>(running_);
    if (lookup->running->fetch_add(1) >= kLookupsAtOnce) {
      lookup->running->fetch_sub(1);
      return trouble(Code::Unavailable, "too many names are being resolved", url);
    }
    try {
      std::thread([lookup, host = url.host, names = names_] { lookup->run(host, names); }).detach();
    } catch (const std::system_error& problem) {
      lookup->running->fetch_sub(1);
      return trouble(Code::Unavailable, "no thread to resolve the name", url, problem.what());
    }
    std::unique_lock lock(lookup->mutex);
    if (!lookup->done.wait_until(lock, deadline, [&] { return lookup->finished; })) {
      return trouble(Code::Network, "resolving the name took too long", url);
    }
    if (lookup->found.empty()) return trouble(Code::Network, "the host has no address", url);
    return lookup->found;
  }

 private:
  using Count = std::shared_ptr<std::atomic<int>>;
  struct Lookup {
    explicit Lookup(Count count) : running(std::move(count)) {}
    void run(const std::string& host, const NameLookup& names) {
      auto addresses = names(host);
      running->fetch_sub(1);
      const std::lock_guard lock(mutex);
      found = std::move(addresses);
      finished = true;
      done.notify_one();
    }
    Count running;
    std::mutex mutex;
    std::condition_variable done;
    bool finished GUARDED_BY(mutex) = false;
    std::vector<Address> found GUARDED_BY(mutex);
  };

  const NameLookup names_;
  Count running_ = std::make_shared<std::atomic<int>>(0);
};

/// No host gets more than kRequestsPerHost requests at a time, whoever asks. Any thread.
class HostGate {
 public:
  /// A place at a host; given back when it goes.
  class Place {
   public:
    Place(HostGate& gate, std::string host) : gate_(gate), host_(std::move(host)) {}
    ~Place() { gate_.leave(host_); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

   private:
    HostGate& gate_;
    const std::string host_;
  };

  /// Null where none was free until the deadline.
  std::unique_ptr<Place> enter(const std::string& host, Deadline deadline) {
    std::unique_lock lock(mutex_);
    const bool is_free =
        left_.wait_until(lock, deadline, [&] { return busy_[host] < kRequestsPerHost; });
    if (!is_free) return nullptr;
    ++busy_[host];
    return std::make_unique<Place>(*this, host);
  }

 private:
  void leave(const std::string& host) {
    {
      const std::lock_guard lock(mutex_);
      const auto found = busy_.find(host);
      if (--found->second == 0) busy_.erase(found);
    }
    left_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable left_;
  std::map<std::string, std::size_t> busy_ GUARDED_BY(mutex_);
};

bool is_token(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return c > 0x20 && c < 0x7F &&
           std::string_view("\"(),/:;<=>?@[\\]{}").find(c) == std::string_view::npos;
  });
}

/// Nothing that ends a line or starts another one, and none of the fields that are the client's.
Result<void> check_fields(OutgoingRequest& request, const std::string& user_agent) {
  if (!is_token(request.method)) return bad_input("request: the method is not a token");
  for (const auto& [name, value] : request.headers.lines()) {
    const bool has_controls = std::any_of(value.begin(), value.end(), [](char c) {
      return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
    });
    if (!is_token(name) || has_controls) return bad_input("request: a header field is malformed");
  }
  for (const auto* name :
       {"Host", "Content-Length", "Transfer-Encoding", "Connection", "Expect", "Accept-Encoding"}) {
    request.headers.remove(name);
  }
  request.headers.set("User-Agent", user_agent);
  return {};
}

std::optional<std::string_view> redirection(const IncomingResponse& response) {
  constexpr int kRedirections[] = {301, 302, 303, 307, 308};
  const bool is_one = std::find(std::begin(kRedirections), std::end(kRedirections),
                                response.status) != std::end(kRedirections);
  return is_one ? response.headers.get("Location") : std::nullopt;
}

class GuardedClient : public Client {
 public:
  explicit GuardedClient(const ClientOptions& options)
      : guard_(options.allow_private), user_agent_(options.user_agent), resolver_(options.names) {}

  Result<IncomingResponse> send(OutgoingRequest request, const Prepare& prepare) override {
    const Deadline deadline = SteadyClock::now() + request.deadline;
    const bool follows = request.follow_redirects && request.method == "GET";
    Url url = QP_TRY(Url::parse(request.url));
    for (std::size_t hops = 0;; ++hops) {
      IncomingResponse response = QP_TRY(send_hop(request, url, prepare, deadline));
      const auto location = redirection(response);
      if (!follows || !location) return response;
      if (hops == limits::kRedirects) return trouble(Code::Network, "too many redirects", url);
      Url next = QP_TRY(next_hop(url, *location));
      if (next.origin() != url.origin()) {
        for (const auto* secret : {"Authorization", "Cookie"}) request.headers.remove(secret);
      }
      url = std::move(next);
    }
  }

 private:
  static Result<Url> next_hop(const Url& url, std::string_view location) {
    auto next = url.resolve(location);
    if (!next) return trouble(Code::Network, "a redirect to no URL", url, next.error().detail);
    if (url.scheme == "https" && next->scheme == "http") {
      return trouble(Code::Forbidden, "a redirect from https to http", url);
    }
    return next;
  }

  /// The addresses of the host that may be reached in this way.
  Result<std::vector<Address>> reachable(const Url& url, Deadline deadline) {
    const bool is_usual = url.scheme == "https" && url.port == url.default_port();
    std::vector<Address> kept;
    for (const Address& address : QP_TRY(resolver_.resolve_until(url, deadline))) {
      const Reach reach = guard_.judge(address);
      if (reach == Reach::Allowed || (reach == Reach::Public && is_usual)) kept.push_back(address);
    }
    if (kept.empty()) {
      return trouble(Code::Forbidden, "only https on port 443 of public addresses may be reached",
                     url);
    }
    kept.resize(std::min(kept.size(), kAddressesTried));
    return kept;
  }

  Result<IncomingResponse> send_hop(OutgoingRequest request, const Url& url, const Prepare& prepare,
                                    Deadline deadline) {
    const auto place = gate_.enter(url.authority(), deadline);
    if (!place) return trouble(Code::Network, "too many requests to one host", url);
    const auto addresses = QP_TRY(reachable(url, deadline));
    const std::string target = sendable_target(url.target);
    request.url = url.origin() + target;
    if (prepare) QP_TRY(prepare(request));
    QP_TRY(check_fields(request, user_agent_));
    std::string why;
    for (const Address& address : addresses) {
      IncomingResponse response;
      response.url = url.text();
      auto outcome = exchange(request, url, target, address, deadline, response, why);
      if (outcome == Connection::Outcome::Answered) return response;
      if (outcome == Connection::Outcome::TooLarge) {
        return trouble(Code::TooLarge, "the answer is too large", url);
      }
      if (outcome == Connection::Outcome::Encoded) {
        return trouble(Code::Network, "the answer is compressed, which was not asked for", url);
      }
      if (outcome == Connection::Outcome::Broken || SteadyClock::now() >= deadline) break;
    }
    const bool late = SteadyClock::now() >= deadline;
    return trouble(Code::Network, late ? "no answer in time" : "no answer", url, why);
  }

  /// With an idle connection where there is one. It may have been closed by the peer meanwhile: a
  /// GET is then sent again on a new one (RFC 9110 9.2.2).
  Connection::Outcome exchange(const OutgoingRequest& request, const Url& url,
                               const std::string& target, const Address& address, Deadline deadline,
                               IncomingResponse& response, std::string& why) {
    const std::string key = url.origin() + " " + address.text();
    auto connection = pool_.take(key);
    const bool is_reused = connection != nullptr;
    if (!connection) connection = Connection::make(url, address);
    auto outcome = exchange_once(*connection, request, target, deadline, response);
    if (outcome == Connection::Outcome::Broken && is_reused && request.method == "GET" &&
        SteadyClock::now() < deadline) {
      connection = Connection::make(url, address);
      outcome = exchange_once(*connection, request, target, deadline, response);
    }
    why = connection->trouble();
    if (outcome == Connection::Outcome::Answered) pool_.give(key, std::move(connection));
    return outcome;
  }

  Connection::Outcome exchange_once(Connection& connection, const OutgoingRequest& request,
                                    const std::string& target, Deadline deadline,
                                    IncomingResponse& response) {
    const Watchdog::Watch watch(watchdog_, connection, deadline);
    return connection.exchange(request, target, deadline, response);
  }

  const AddressGuard guard_;
  const std::string user_agent_;
  Resolver resolver_;
  HostGate gate_;
  Pool pool_;
  Watchdog watchdog_;
};

}  // namespace

std::unique_ptr<Client> Client::make(const ClientOptions& options) {
  // OpenSSL writes to sockets without MSG_NOSIGNAL; a closed one is an error, not our end.
  std::signal(SIGPIPE, SIG_IGN);
  return std::make_unique<GuardedClient>(options);
}

}  // namespace qp::net
